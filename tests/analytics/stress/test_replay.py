"""A replay is the loan of today at the prices of the past, start by start."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import magnitudes, positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.stress.replay import replay
from flexloan_nb.sim import SimulatedExchange

LEVELS = {"margin_call_ltv": 0.7, "liquidation_ltv": 0.8}
USD = {"BTC": 90_000, "ETH": 3_000, "USDT": 1}
LOAN = Position({"BTC": 1}, {"USDT": 54_000}, USD, **LEVELS)
NAN = float("nan")


def history(columns, step="h", start="2024-01-01"):
    bars = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.date_range(start, periods=bars, freq=step, tz="UTC"))


def walk(coins, bars, seed, spread=0.03):
    steps = np.random.default_rng(seed).normal(0, spread, (bars, len(coins)))
    return history(dict(zip(coins, 50 * np.exp(steps.cumsum(axis=0)).T, strict=True)))


def one_by_one(position, prices, horizon_hours, rates=None):
    """Return a replay as positions: every start, every bar ahead."""
    bar = (prices.index[-1] - prices.index[0]) / pd.Timedelta("1h") / max(len(prices) - 1, 1) or 1
    rows = []
    for start in range(len(prices)):
        ahead = prices.iloc[start : start + 1 + round(horizon_hours / bar)]
        loans = [
            position.with_prices(
                {ccy: position.prices[ccy] * now[ccy] / ahead[ccy].iloc[0] for ccy in prices}
            ).accrue(bar * passed, rates or dict.fromkeys(position.debt, 0))
            for passed, (_, now) in enumerate(ahead.iterrows())
        ]
        rows.append(
            {
                "margin_call_hours": first(loans, "margin_call", bar),
                "liquidation_hours": first(loans, "liquidation", bar),
                "lowest_distance": min(1 - of.ltv / of.threshold("liquidation") for of in loans),
                "final_ltv": loans[-1].ltv,
                "complete": len(ahead) == 1 + round(horizon_hours / bar),
            }
        )
    return pd.DataFrame(rows, index=prices.index.as_unit("ms").rename("ts"))


def first(loans, level, bar):
    met = [loan.ltv >= (1 - 1e-12) * loan.threshold(level) for loan in loans]
    return bar * met.index(True) if True in met else NAN


def assert_same(replayed, expected):
    pd.testing.assert_frame_equal(
        replayed, expected, rtol=1e-9, atol=1e-12, check_freq=False, check_dtype=False
    )


# Against positions


@settings(max_examples=60)
@given(data=st.data(), position=positions(), horizon=st.integers(1, 6))
def test_a_replay_is_every_position_on_the_way(data, position, horizon):
    bars = data.draw(st.integers(1, 7))
    column = st.lists(magnitudes(0.5, 2), min_size=bars, max_size=bars)
    prices = history({ccy: data.draw(column) for ccy in position.coins})
    rates = data.draw(
        st.none() | st.fixed_dictionaries({ccy: st.floats(0, 50) for ccy in position.debt})
    )
    replayed = replay(position, prices, horizon, rates=rates)
    assert_same(replayed, one_by_one(position, prices, horizon, rates))


# More bars than are computed at once, and not a multiple of them.
@pytest.mark.parametrize(
    ("position", "rates"),
    [
        (LOAN, None),
        (Position({"USDT": 150_000}, {"BTC": 1}, USD, **LEVELS), {"BTC": 0.05}),
        (
            Position(
                {"BTC": 1, "ETH": 20},
                {"USDT": 88_000, "ETH": 4},
                USD,
                discount_rates={"BTC": 0.98, "ETH": 0.95},
                margin_call_ltv={"BTC": 0.75, "ETH": 0.6},
                liquidation_ltv={"BTC": 0.85, "ETH": 0.7},
            ),
            {"USDT": 20, "ETH": 3},
        ),
    ],
    ids=["long", "short", "two debts, a coin on both sides, thresholds by coin"],
)
def test_a_replay_holds_over_a_long_history(position, rates):
    prices = walk(position.coins, 140, seed=3)
    replayed = replay(position, prices, 15, rates=rates)
    assert replayed["liquidation_hours"].nunique() > 5
    assert replayed["liquidation_hours"].isna().any()
    assert_same(replayed, one_by_one(position, prices, 15, rates))


@pytest.mark.parametrize("bars", [63, 64, 65])
def test_every_start_of_a_history_is_there(bars):
    replayed = replay(LOAN, walk(["BTC"], bars, seed=bars), 24, constant=["USDT"])
    assert len(replayed) == bars
    assert replayed["complete"].sum() == bars - 24
    assert replayed["lowest_distance"].notna().all()


@pytest.mark.parametrize("seed", [5, 7, 20])
def test_the_embedded_exchange_calls_and_liquidates_in_the_hours_of_the_replay(seed):
    prices = walk(["BTC"], 200, seed, spread=0.02).assign(USDT=1.0) * {"BTC": 1_800, "USDT": 1}
    exchange = SimulatedExchange(scenario=None, prices=prices)
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", int(0.63 * prices["BTC"].iloc[0]), collateral={"BTC": 1})
    (order,) = exchange.loan_info()
    position = Position(
        {"BTC": 1},
        {"USDT": order["loanData"][0]["amt"]},
        prices.iloc[0],
        discount_rates={"BTC": 0.98},
        margin_call_ltv=order["marginCallLTV"],
        liquidation_ltv=order["liqLTV"],
    )
    assert position.collateral_usd == pytest.approx(float(order["collateralNotionalUsd"]))
    called = None
    while not exchange.loan_history(type="partial_liquidation"):
        (order,) = exchange.loan_info()
        if called is None and Decimal(order["curLTV"]) >= Decimal(order["marginCallLTV"]):
            called = exchange.now()
        exchange.advance(hours=1)
    # The exchange's rate floats near 7 %, which in two days moves no hour.
    after = replay(position, prices, 199, rates={"USDT": 0.07}).iloc[0]
    hours = [(at - prices.index[0]) / pd.Timedelta("1h") for at in (called, exchange.now())]
    assert hours == [after["margin_call_hours"], after["liquidation_hours"]]


# By hand


def test_a_fall_of_ten_a_day():
    prices = history({"BTC": [100.0, 90, 80, 70, 60, 50]}, step="24h")
    after = replay(LOAN, prices, 48, constant=["USDT"])  # called at 0.6 / 0.7, sold at 0.6 / 0.8
    assert after["margin_call_hours"].tolist() == pytest.approx(
        [48, 48, 48, 24, 24, NAN], nan_ok=True
    )
    assert after["liquidation_hours"].tolist() == pytest.approx(
        [NAN, NAN, 48, 48, NAN, NAN], nan_ok=True
    )
    assert after["lowest_distance"].tolist() == pytest.approx(
        [1 - 0.75 / share for share in (0.8, 7 / 9, 0.75, 5 / 7, 5 / 6, 1)]
    )
    assert after["final_ltv"].iloc[0] == pytest.approx(0.75)
    assert after["complete"].tolist() == [True, True, True, True, False, False]


def test_a_loan_that_recovers_was_liquidated_all_the_same():
    after = replay(LOAN, history({"BTC": [100.0, 100, 60, 110]}), 3, constant=["USDT"]).iloc[0]
    assert (after["margin_call_hours"], after["liquidation_hours"]) == (2, 2)
    assert after["lowest_distance"] == pytest.approx(1 - 0.75 / 0.6)
    assert after["final_ltv"] == pytest.approx(0.6 / 1.1)


def test_a_fall_to_the_liquidation_price_meets_the_threshold():
    for debt in range(10_000, 60_000, 2_000):
        position = Position({"BTC": 1}, {"USDT": debt}, USD, **LEVELS)
        fallen = 1 - uniform_fall(position)
        for price, hours in ((fallen, 1.0), (fallen + 1e-9, NAN)):
            after = replay(position, history({"BTC": [3.0, 3 * price]}), 1, constant=["USDT"])
            assert after["liquidation_hours"].iloc[0] == pytest.approx(hours, nan_ok=True)


def test_a_loan_beyond_a_threshold_is_liquidated_at_once():
    position = LOAN.borrow({"USDT": 18_000})  # exactly 0.8
    after = replay(position, history({"BTC": [1.0, 2.0]}), 1, constant=["USDT"])
    assert after["margin_call_hours"].tolist() == [0, 0]
    assert after["liquidation_hours"].tolist() == [0, 0]


def test_interest_alone_liquidates_a_loan_in_time():
    # 0.6 (1 + r / 8760)^h = 0.8 after h = ln(4 / 3) / ln(1 + r / 8760) = 252.15 hours at r = 10.
    flat = history({"BTC": [1.0] * 300})
    after = replay(LOAN, flat, 299, constant=["USDT"], rates={"USDT": 10}).iloc[0]
    assert after["liquidation_hours"] == 253
    assert after["final_ltv"] == pytest.approx(0.6 * (1 + 10 / 8760) ** 299)
    assert pd.isna(replay(LOAN, flat, 299, constant=["USDT"])["liquidation_hours"].iloc[0])


def test_interest_of_a_bar_is_that_of_its_hours():
    days = history({"BTC": [1.0, 1.0]}, step="24h")
    after = replay(LOAN, days, 24, constant=["USDT"], rates={"USDT": 0.41})
    assert after["final_ltv"].iloc[0] == pytest.approx(0.6 * (1 + 0.41 / 8760) ** 24, rel=1e-12)


# What a history may look like


def test_only_moves_matter_and_not_levels():
    prices = walk(["BTC", "USDT"], 100, seed=1)
    scaled = prices * {"BTC": 1e6, "USDT": 1e-6}
    assert_same(replay(LOAN, scaled, 24), replay(LOAN, prices, 24))


def test_a_longer_horizon_is_never_safer():
    prices = walk(["BTC", "USDT"], 100, seed=2)
    day, days = (replay(LOAN, prices, hours)["lowest_distance"] for hours in (24, 72))
    assert (days <= day).all()
    assert (days < day).any()


def test_a_horizon_ends_with_the_last_bar_within_it():
    prices = walk(["BTC", "USDT"], 40, seed=2)[::4]
    pd.testing.assert_frame_equal(replay(LOAN, prices, 11), replay(LOAN, prices, 8))
    tenths = walk(["BTC", "USDT"], 10, seed=2).set_axis(
        pd.date_range("2024-01-01", periods=10, freq="6min", tz="UTC")
    )
    assert replay(LOAN, tenths, 0.3)["complete"].sum() == 7


def test_a_horizon_beyond_the_history_looks_as_far_as_there_is():
    prices = walk(["BTC", "USDT"], 70, seed=4)
    beyond, most = replay(LOAN, prices, 1e9), replay(LOAN, prices, 69)
    assert not beyond["complete"].any()
    assert most["complete"].tolist() == [True] + [False] * 69
    pd.testing.assert_frame_equal(beyond.drop(columns="complete"), most.drop(columns="complete"))


def test_one_row_is_a_start_with_nothing_ahead():
    after = replay(LOAN, history({"BTC": [5.0]}), 24, constant=["USDT"])
    assert after["final_ltv"].tolist() == pytest.approx([0.6])
    assert after["lowest_distance"].tolist() == pytest.approx([0.25])
    assert after["complete"].tolist() == [False]
    assert after[["margin_call_hours", "liquidation_hours"]].isna().all(axis=None)


def test_starts_begin_when_all_coins_exist():
    prices = walk(["BTC", "USDT"], 50, seed=5)
    prices["ETH"] = NAN
    late = prices.assign(USDT=prices["USDT"].mask(np.arange(50) < 20))
    assert_same(replay(LOAN, late, 5), replay(LOAN, prices.iloc[20:], 5))


def test_a_constant_coin_keeps_its_price_whatever_its_column_says():
    prices = walk(["BTC", "USDT"], 50, seed=6)
    after = replay(LOAN, prices, 5, constant=["USDT", "DAI"])
    assert_same(after, replay(LOAN, prices.assign(USDT=1.0), 5))


def test_a_coin_of_which_there_is_nothing_needs_no_history():
    position = Position({"BTC": 1, "ETH": 0}, {"USDT": 54_000}, USD, **LEVELS)
    prices = walk(["BTC", "USDT"], 50, seed=6)
    assert_same(replay(position, prices, 5), replay(LOAN, prices, 5))


def test_without_a_debt_nothing_happens():
    after = replay(Position({"BTC": 1}, {}, USD, **LEVELS), history({"BTC": [3.0, 2.0]}), 1)
    assert after["final_ltv"].tolist() == [0, 0]
    assert after["lowest_distance"].tolist() == [1, 1]
    assert after[["margin_call_hours", "liquidation_hours"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("debt", "hours", "distance", "ltv"), [(5, 0, -np.inf, np.inf), (0, NAN, 1, 0)]
)
def test_a_loan_on_nothing_is_liquidated_if_something_is_owed(debt, hours, distance, ltv):
    position = Position({}, {"USDT": debt}, USD, **LEVELS)
    after = replay(position, history({"USDT": [1.0, 1.0]}), 1)
    assert after["liquidation_hours"].tolist() == pytest.approx([hours] * 2, nan_ok=True)
    assert after["lowest_distance"].tolist() == [distance] * 2
    assert after["final_ltv"].tolist() == [ltv] * 2


def test_a_debt_in_the_coin_that_is_pledged_moves_with_it():
    position = Position({"BTC": 1}, {"BTC": 0.75}, USD, **LEVELS)
    after = replay(position, walk(["BTC"], 100, seed=7), 10)
    assert after["final_ltv"].tolist() == pytest.approx([0.75] * 100)
    assert {*after["margin_call_hours"]} == {0}
    assert after["liquidation_hours"].isna().all()


def test_decimals_and_other_zones_are_read_and_the_frame_is_left_as_it_was():
    prices = walk(["BTC", "USDT"], 30, seed=8)
    exact = prices.map(Decimal).tz_convert("Asia/Tokyo")
    before = exact.copy()
    after = replay(LOAN, exact, 5)
    pd.testing.assert_frame_equal(after, replay(LOAN, prices, 5))
    pd.testing.assert_frame_equal(exact, before)
    assert after.index.dtype == "datetime64[ms, UTC]"
    assert after.index.name == "ts"


GOOD = history({"BTC": [1.0, 2.0, 3.0], "USDT": [1.0, 1.0, 1.0]})


def with_gap(value):
    return GOOD.assign(BTC=[1.0, 2.0, value])


@pytest.mark.parametrize(
    ("prices", "options", "says"),
    [
        (GOOD[["BTC"]], {}, "prices lacks USDT: add a column"),
        (GOOD.tz_localize(None), {}, "times with a zone"),
        (GOOD.reset_index(drop=True), {}, "times with a zone"),
        (GOOD[::-1], {}, "oldest first"),
        (GOOD.iloc[[0, 0, 1]], {}, "oldest first, with each time once"),
        (
            GOOD.set_axis(GOOD.index[:2].append(GOOD.index[2:] + pd.Timedelta("1h"))),
            {},
            "after 2024-01-01 01:00:00.* comes 2024-01-01 03:00:00",
        ),
        (with_gap(NAN), {}, "1 prices of BTC are missing .* at 2024-01-01 02:00:00"),
        (with_gap(0), {}, "1 prices of BTC are missing or not above zero"),
        (with_gap(-1), {}, "not above zero"),
        (with_gap(np.inf), {}, "1 prices of BTC"),
        (with_gap("much"), {}, "not a number"),
        (GOOD[:0], {}, "no row in which every coin"),
        (GOOD * NAN, {}, "no row in which every coin"),
        (GOOD.to_dict(), {}, "must be a frame"),
        (GOOD[["BTC", "BTC", "USDT"]], {}, "one column for each coin"),
        (GOOD, {"horizon_hours": 0.5}, "horizon_hours is 0.5, but the prices are 1 hours apart"),
        (GOOD, {"horizon_hours": 0}, "horizon_hours is 0: it must be above zero"),
        (GOOD, {"rates": {"BTC": 0.1}}, "rates lacks USDT"),
        (GOOD, {"rates": {"USDT": "much"}}, "rate of USDT is 'much'"),
    ],
)
def test_what_cannot_be_replayed_is_refused(prices, options, says):
    with pytest.raises(InvalidArgumentError, match=says):
        replay(LOAN, prices, **options)


def test_many_loans_are_replayed_one_by_one():
    with pytest.raises(InvalidArgumentError, match="takes a Position, not dict"):
        replay({"1": LOAN}, GOOD)
