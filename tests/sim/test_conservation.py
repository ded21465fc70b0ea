"""Over any life, coins are neither made nor lost, and every event is on record once."""

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.ledger import EFFECTS
from flexloan_nb.sim.violations import LoanRuleViolation

COINS = ("BTC", "ETH", "SOL", "USDT", "USDC")
DEPOSITS = {"BTC": Decimal(5), "ETH": Decimal(50), "SOL": Decimal(900), "USDC": Decimal(9_000)}
RECORDED = 110  # seconds after the hour, by when its accruals are on record

# What a signed amount means, said here once more: +1 adds it to the balance, -1 takes it away.
DEBT = {"borrowed": 1, "repaid": 1, "partial_liquidation": 1, "forced_liquidation": 1,
        "forced_repayment_buy": -1}  # fmt: skip
COLLATERAL = {"collateral_locked": -1, "collateral_released": -1, "sell_collateral": 1,
              "forced_repayment_sell": 1}  # fmt: skip
FUNDING = {"collateral_locked": 1, "collateral_released": 1, "borrowed": 1, "repaid": 1}
TRANSITION = {"buy_transition_coin": 1, "sell_transition_coin": 1}
BOUGHT = {"buy_borrowed_coin": 1, "partial_liquidation": 1}

coins = st.sampled_from(COINS)
amounts = st.decimals("0.00000001", 50_000, places=8)
shares = st.sampled_from(["0.01", "0.3", "0.5", "0.9", "1"])
levels = st.sampled_from(["0.2", "0.4", "0.55"])
orders = st.integers(0, 2)


def totals(rows, signs):
    """Sum the amounts of these types of events by order and currency."""
    sums = defaultdict(Decimal)
    for row in rows:
        sums[row["ordId"], row["ccy"]] += signs.get(row["type"], 0) * Decimal(row["amt"])
    return sums


def without_zeros(sums):
    return {key: amt for key, amt in sums.items() if amt}


class Life(RuleBasedStateMachine):
    """A user does what a user can, while the market does what it wants."""

    @initialize(seed=st.integers(0, 9))
    def open(self, seed):
        self.exchange = SimulatedExchange(seed, scenario=None)
        for ccy, amt in DEPOSITS.items():
            self.exchange.deposit(ccy, amt)
        self.exchange.borrow("USDT", 80_000, collateral={"BTC": 1, "ETH": 10})
        self.exchange.borrow("USDC", 9_000, collateral={"SOL": 100})
        self.events, self.interest = {}, {}

    @rule(ccy=coins, pledged=st.lists(coins, min_size=1, unique=True), share=shares, ltv=levels)
    def open_an_order(self, ccy, pledged, share, ltv):
        exchange, held = self.exchange, self.exchange.funding()
        pledge = {c: round(held[c] * Decimal(share), 8) for c in pledged if held.get(c, 0) > 1}
        worth = sum(amt * exchange.price(c) for c, amt in pledge.items())
        with suppress(LoanRuleViolation, ValueError):
            exchange.borrow(
                ccy, round(worth * Decimal(ltv) / exchange.price(ccy), 8), collateral=pledge
            )

    @rule(ccy=coins, share=shares, which=orders)
    def borrow_more(self, ccy, share, which):
        for loan in self.exchange.loan_info()[which : which + 1]:
            with suppress(LoanRuleViolation, ValueError):
                (row,) = self.exchange.max_loan(ccy, ord_id=loan["ordId"])
                part = round(Decimal(row["maxLoan"]) * Decimal(share), 8)
                self.exchange.borrow(ccy, part, ord_id=loan["ordId"])

    @rule(share=shares, which=orders)
    def repay(self, share, which):
        for loan in self.exchange.loan_info()[which : which + 1]:
            for debt in loan["loanData"]:
                with suppress(LoanRuleViolation):
                    part = round(Decimal(debt["amt"]) * Decimal(share), 8)
                    self.exchange.repay(debt["ccy"], max(part, 1), ord_id=loan["ordId"])

    @rule(share=shares, name=st.sampled_from(["a", "b"]))
    def repay_under_a_name(self, share, name):
        for loan in self.exchange.loan_info()[:1]:
            for debt in loan["loanData"]:
                part = round(Decimal(debt["amt"]) * Decimal(share), 8)
                with suppress(LoanRuleViolation):
                    self.exchange.repay(debt["ccy"], max(part, 1), cl_ord_id=name)

    @rule(kind=st.sampled_from(["add", "reduce"]), ccy=coins, amt=amounts)
    def move_collateral(self, kind, ccy, amt):
        with suppress(LoanRuleViolation):
            self.exchange.adjust_collateral(kind, ccy, amt)

    @rule(ccy=coins, share=shares)
    def redeem(self, ccy, share):
        with suppress(LoanRuleViolation, ValueError):
            for row in self.exchange.max_collateral_redeem_amount(ccy):
                part = Decimal(row["maxRedeemAmt"]) * Decimal(share)
                self.exchange.adjust_collateral("reduce", ccy, round(part, 8))

    @rule(hours=st.integers(0, 60))
    def let_time_pass(self, hours):
        self.exchange.advance(hours=hours)

    @rule(ltv=st.sampled_from(["0.4", "0.8", "0.87", "0.9", "0.97", "1.2"]), which=orders)
    def let_the_market_move_a_loan(self, ltv, which):
        for loan in self.exchange.loan_info()[which : which + 1]:
            if Decimal(loan["curLTV"]):
                fallen = [c["ccy"] for c in loan["collateralData"]]
                self.exchange.shock(Decimal(loan["curLTV"]) / Decimal(ltv) - 1, fallen)
        self.exchange.advance(hours=1)

    @rule(ccy=coins, share=st.sampled_from(["0.8", "1"]))
    def lend_out(self, ccy, share):
        self.exchange.set_utilisation(ccy, share)
        self.exchange.advance(hours=1)
        self.exchange.set_utilisation(ccy, "0.5")

    @invariant()
    def nothing_is_made_or_lost(self):
        if not hasattr(self, "exchange"):
            return
        self._settle()
        self._read()
        events = self.events.values()
        self._check_debt(events)
        self._check_collateral(events)
        self._check_funding(events)
        self._check_conversions(events)
        self._check_ltv()

    def _settle(self):
        """Wait until the last hour's accruals are on record, before the next hour's."""
        seconds = self.exchange.now().minute * 60 + self.exchange.now().second
        if seconds < RECORDED:
            self.exchange.advance(seconds=RECORDED - seconds)

    def _read(self):
        """Collect every row once, however often it is read."""
        history = self.exchange.loan_history(limit=10_000)
        assert len({row["refId"] for row in history}) == len(history)
        for row in history:
            assert self.events.setdefault(row["refId"], row) == row
        assert len(self.events) == len(history)
        for row in self.exchange.interest_accrued(limit=10_000):
            assert self.interest.setdefault(row["refId"], row) == row

    def _check_debt(self, events):
        owed = totals(events, DEBT)
        for row in self.interest.values():
            owed[row["ordId"], row["ccy"]] += Decimal(row["interest"])
        assert self._held("loanData") == without_zeros(owed)

    def _check_collateral(self, events):
        assert self._held("collateralData") == without_zeros(totals(events, COLLATERAL))

    def _check_funding(self, events):
        funding = defaultdict(Decimal, DEPOSITS)
        for (_, ccy), amt in totals(events, FUNDING).items():
            funding[ccy] += amt
        assert self.exchange.funding() == without_zeros(funding)
        assert all(amt >= 0 for amt in funding.values())

    def _check_conversions(self, events):
        assert not any(totals(events, TRANSITION).values())
        full = {row["ordId"] for row in events if row["type"] == "forced_liquidation"}
        bought = totals(events, BOUGHT)
        assert not any(amt for (order, _), amt in bought.items() if order not in full)

    def _check_ltv(self):
        """What the endpoint says is debt over discounted collateral, cut to four decimals."""
        for loan in self.exchange.loan_info():
            debt = sum(self._usd(leg["ccy"], Fraction(leg["amt"])) for leg in loan["loanData"])
            value = sum(
                self._usd(leg["ccy"], self._counted(leg["ccy"], Fraction(leg["amt"])))
                for leg in loan["collateralData"]
            )
            assert Fraction(loan["loanNotionalUsd"]) == debt
            assert Fraction(loan["collateralNotionalUsd"]) == value
            assert Fraction(loan["curLTV"]) == Fraction(debt * 10_000 // value, 10_000)

    def _usd(self, ccy, coins):
        return coins * Fraction(self.exchange.price(ccy))

    def _counted(self, ccy, coins):
        (row,) = self.exchange.discount_rates(ccy)
        total = Fraction(0)
        for tier in row["details"]:
            upper = min(coins, Fraction(tier["maxAmt"])) if tier["maxAmt"] else coins
            total += max(0, upper - Fraction(tier["minAmt"])) * Fraction(tier["discountRate"])
        return total

    def _held(self, side):
        held = {}
        for loan in self.exchange.loan_info():
            for leg in loan[side]:
                assert Decimal(leg["amt"]) > 0
                held[loan["ordId"], leg["ccy"]] = Decimal(leg["amt"])
        return held


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase


def test_every_type_of_event_is_accounted_for():
    assert {*DEBT, *COLLATERAL, *FUNDING, *TRANSITION, *BOUGHT} == set(EFFECTS)
