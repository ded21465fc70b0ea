"""A flash crash, watched hour by hour: the call, the part, the rest, at the market's prices."""

from decimal import Decimal

import pytest

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.rules import DEFAULTS

SEEDS = (7, 1, 2)
KEPT = 1 - DEFAULTS.liquidation_penalty
CENT = Decimal("0.01")
PARTIAL = [
    ("sell_collateral", "BTC"), ("buy_transition_coin", "USDT"),
    ("sell_collateral", "ETH"), ("buy_transition_coin", "USDT"),
    ("sell_transition_coin", "USDT"), ("buy_borrowed_coin", "USDC"),
    ("sell_transition_coin", "USDT"), ("buy_borrowed_coin", "SOL"),
    ("partial_liquidation", "USDC"), ("partial_liquidation", "SOL"),
]  # fmt: skip
FULL = [*PARTIAL[:8], ("forced_liquidation", "USDC"), ("forced_liquidation", "SOL")]


class Crash:
    """A loan that three falls push over one level each; what is seen after each full hour."""

    def __init__(self, seed):
        self.exchange = SimulatedExchange(seed, scenario=None)
        for ccy, amt in {"BTC": 2, "ETH": 30}.items():
            self.exchange.deposit(ccy, amt)
        self.exchange.borrow("USDC", 100_000, collateral={"BTC": 2, "ETH": 30})
        self.exchange.borrow("SOL", 150, ord_id=self.exchange.loan_info()[0]["ordId"])
        self.exchange.advance(seconds=53 * 60)
        self.hours = [self.fall_to(ltv) for ltv in ("0.80", "0.87", "0.96")]

    def fall_to(self, ltv):
        (loan,) = self.exchange.loan_info()
        self.exchange.shock(Decimal(loan["curLTV"]) / Decimal(ltv) - 1, ["BTC", "ETH"])
        known = len(self.exchange.loan_history())
        self.exchange.advance(hours=1)
        legs = self.exchange.loan_history()[::-1][known:]
        prices = {leg["ccy"]: self.exchange.price(leg["ccy"]) for leg in legs}
        return legs, prices, self.exchange.loan_info()


@pytest.fixture(scope="module", params=SEEDS)
def crash(request):
    return Crash(request.param)


def kinds(legs):
    return [(leg["type"], leg["ccy"]) for leg in legs]


def test_a_margin_call_is_followed_by_a_part_and_then_by_the_rest(crash):
    (called, _, (at_call,)), (part, _, (after_part,)), (rest, _, after_rest) = crash.hours
    assert called == []
    assert Decimal(at_call["marginCallLTV"]) <= Decimal(at_call["curLTV"])
    assert Decimal(at_call["curLTV"]) < Decimal(at_call["liqLTV"])
    assert kinds(part) == PARTIAL
    assert abs(Decimal(after_part["curLTV"]) - DEFAULTS.liquidation_target_ltv) < Decimal("0.001")
    assert kinds(rest)[: len(FULL)] == FULL
    assert after_rest == []


def test_every_leg_is_at_the_price_of_its_hour(crash):
    for legs, prices, _ in crash.hours[1:]:
        sold = [leg for leg in legs if leg["type"].startswith("sell")]
        bought = [leg for leg in legs if leg["type"].startswith("buy")]
        for given, taken in zip(sold, bought, strict=True):
            kept = KEPT if given["type"] == "sell_collateral" else 1
            worth = -Decimal(given["amt"]) * prices[given["ccy"]] * kept
            got = Decimal(taken["amt"]) * prices[taken["ccy"]]
            assert 0 <= worth - got < CENT


def test_what_is_bought_reduces_the_debt_and_the_rest_of_it_is_cancelled(crash):
    (_, _, (before,)), (part, _, (between,)), (rest, _, _) = crash.hours
    for debt_before, debt_between in zip(before["loanData"], between["loanData"], strict=True):
        bought, cut = (
            next(Decimal(leg["amt"]) for leg in part if (leg["type"], leg["ccy"]) == (kind, ccy))
            for ccy in [debt_before["ccy"]]
            for kind in ("buy_borrowed_coin", "partial_liquidation")
        )
        assert cut == -bought
        interest = Decimal(debt_between["amt"]) + bought - Decimal(debt_before["amt"])
        assert 0 < interest < Decimal(debt_before["amt"]) / 10_000
    cancelled = {
        leg["ccy"]: -Decimal(leg["amt"]) for leg in rest if leg["type"] == "forced_liquidation"
    }
    for debt in between["loanData"]:
        assert 0 < cancelled[debt["ccy"]] - Decimal(debt["amt"]) < Decimal(debt["amt"]) / 10_000


def test_a_crash_can_be_replayed_from_its_seed(crash):
    seed = SEEDS[0]
    assert Crash(seed).hours == Crash(seed).hours
    assert Crash(seed).hours != Crash(seed + 1).hours
