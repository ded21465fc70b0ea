"""The default story is the same in every market, and worth looking at."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal, localcontext

import pytest

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.rules import DEFAULTS
from flexloan_nb.sim.scenario import ninety_days


@pytest.fixture(scope="module", params=range(16))
def exchange(request):
    return SimulatedExchange(request.param)


@pytest.fixture(scope="module")
def history(exchange):
    return exchange.loan_history(limit=1_000)


def test_it_ends_on_a_day_that_does_not_move(exchange):
    assert exchange.now() == datetime(2026, 1, 15, 12, 7, tzinfo=UTC)


def test_two_loans_are_alive_and_neither_is_being_called(exchange):
    first, second = exchange.loan_info()
    assert len(first["collateralData"]) == 3
    assert {debt["ccy"] for debt in first["loanData"]} == {"USDT", "USDC"}
    assert second["riskWarningData"]["instId"] == "LTC-USDT"
    for loan in (first, second):
        assert Decimal("0.2") < Decimal(loan["curLTV"]) < DEFAULTS.margin_call_ltv


def test_everything_a_borrower_does_happens(history):
    happened = Counter(row["type"] for row in history)
    assert happened["borrowed"] >= 4
    assert happened["repaid"] >= 2
    assert happened["collateral_locked"] >= 7
    assert happened["collateral_released"] == 1


def test_a_part_is_liquidated_and_never_the_whole(history):
    happened = Counter(row["type"] for row in history)
    assert happened["partial_liquidation"] >= 2
    assert happened["forced_liquidation"] == 0


def test_several_coins_are_free_to_be_pledged(exchange):
    (free,) = exchange.collateral_assets()
    assert len(free["assets"]) >= 5
    assert all(Decimal(asset["notionalUsd"]) > 100 for asset in free["assets"])


def test_a_month_of_interest_at_changing_rates_is_on_record(exchange):
    rows = exchange.interest_accrued(limit=10_000)
    assert len(rows) == 3 * 720
    assert len({row["interestRate"] for row in rows}) > 50


def test_the_callers_arithmetic_does_not_change_the_story():
    with localcontext() as context:
        context.prec = 4
        coarse = SimulatedExchange(3)
    assert coarse.loan_history() == SimulatedExchange(3).loan_history()


@pytest.mark.parametrize("seed", range(5))
def test_a_margin_call_is_survived_by_a_top_up(seed):
    watched = Watched(seed)
    topped_up = [
        before
        for before, after in zip(watched.levels, watched.levels[1:], strict=False)
        if before > DEFAULTS.margin_call_ltv and after < Decimal("0.65")
    ]
    assert topped_up


class Watched(SimulatedExchange):
    """Notes the first order's loan to value before and after every top-up."""

    def __init__(self, seed):
        self.levels = []
        super().__init__(seed, scenario=ninety_days)

    def adjust_collateral(self, *args, **kwargs):
        self.levels.append(Decimal(self.loan_info()[0]["curLTV"]))
        rows = super().adjust_collateral(*args, **kwargs)
        self.levels.append(Decimal(self.loan_info()[0]["curLTV"]))
        return rows
