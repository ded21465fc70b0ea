"""Over any life, coins are neither made nor lost, and every event is on record once."""

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.violations import LoanRuleViolation

COINS = ("BTC", "ETH", "SOL", "USDT", "USDC")
DEPOSITS = {"BTC": Decimal(5), "ETH": Decimal(50), "SOL": Decimal(900), "USDC": Decimal(9_000)}
RECORDED = 110  # seconds after the hour, by when its accruals are on record

coins = st.sampled_from(COINS)
amounts = st.decimals("0.00000001", 50_000, places=8)
shares = st.sampled_from(["0.01", "0.3", "0.5", "0.9", "1"])
levels = st.sampled_from(["0.2", "0.4", "0.55"])
orders = st.integers(0, 2)


def totals(rows, *types):
    """Sum the amounts of these types of events by currency."""
    sums = defaultdict(Decimal)
    for row in rows:
        if row["type"] in types:
            sums[row["ccy"]] += Decimal(row["amt"])
    return sums


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

    @invariant()
    def nothing_is_made_or_lost(self):
        if not hasattr(self, "exchange"):
            return
        self._settle()
        self._read()
        events = self.events.values()
        self._check_debt(events)
        self._check_collateral(events)
        self._check_transition(events)

    def _settle(self):
        """Wait until the last hour's accruals are on record, before the next hour's."""
        seconds = self.exchange.now().minute * 60 + self.exchange.now().second
        if seconds < RECORDED:
            self.exchange.advance(seconds=RECORDED - seconds)

    def _read(self):
        """Collect every row once, however often it is read."""
        for row in self.exchange.loan_history(limit=10_000):
            assert self.events.setdefault(row["refId"], row) == row
        for row in self.exchange.interest_accrued(limit=10_000):
            assert self.interest.setdefault(row["refId"], row) == row

    def _check_debt(self, events):
        moved = totals(events, "borrowed", "repaid", "partial_liquidation", "forced_liquidation")
        for row in self.interest.values():
            moved[row["ccy"]] += Decimal(row["interest"])
        assert self._held("loanData") == {ccy: amt for ccy, amt in moved.items() if amt}

    def _check_collateral(self, events):
        locked = totals(events, "collateral_locked", "collateral_released")
        sold = totals(events, "sell_collateral")
        pledged = {ccy: sold[ccy] - locked[ccy] for ccy in {*locked, *sold}}
        assert self._held("collateralData") == {ccy: amt for ccy, amt in pledged.items() if amt}
        moved = totals(events, "collateral_locked", "collateral_released", "borrowed", "repaid")
        funding = {ccy: DEPOSITS.get(ccy, Decimal(0)) + moved[ccy] for ccy in COINS}
        assert self.exchange.funding() == {ccy: amt for ccy, amt in funding.items() if amt}
        assert all(amt >= 0 for amt in funding.values())

    def _check_transition(self, events):
        through = totals(events, "buy_transition_coin", "sell_transition_coin")
        assert not any(through.values())

    def _held(self, side):
        held = defaultdict(Decimal)
        for loan in self.exchange.loan_info():
            for leg in loan[side]:
                assert Decimal(leg["amt"]) > 0
                held[leg["ccy"]] += Decimal(leg["amt"])
        return held


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
