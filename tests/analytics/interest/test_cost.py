from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import booked, frame, histories, hours, record, shuffled, sizeable

from flexloan_nb.analytics.interest.cost import effective_cost
from flexloan_nb.errors import InvalidArgumentError

both_kinds = pytest.mark.parametrize("numbers", ["float", "decimal"])
DOLLARS = {"USDT": 1, "USDC": 1, "BTC": 90_000, "ETH": 3_000}


def constant_loan(rate, count, ccy="BTC"):
    """Return the records of a debt to which each hour's interest is added."""
    rows, debt = [], Decimal(100_000_000)
    for hour in range(count):
        rows.append(record(hour, ccy, debt, rate))
        debt += Decimal(rows[-1]["interest"])
    return rows


@both_kinds
def test_a_constant_rate_is_found_again(numbers):
    cost = effective_cost(frame(constant_loan("0.41", 48), numbers)).loc["BTC"]
    assert cost["apr"] == pytest.approx(0.41, rel=1e-9)
    assert cost["quoted_rate"] == pytest.approx(0.41, rel=1e-14)
    assert cost["apy"] == pytest.approx(0.5068033281, rel=1e-9)


def test_figures_are_those_computed_by_hand():
    rows = [
        record(0, loan="1000", rate="0.1", interest="2"),
        record(0, loan="500", rate="0.2", interest="1", order="2", nr=1),
        record(1, loan="3000", rate="0.3", interest="3"),
    ]
    cost = effective_cost(frame(rows), {"USDT": 0.5})
    usdt = cost.loc["USDT"]
    assert usdt["hours"] == 2
    assert usdt["average_debt"] == (1_500 + 3_000) / 2
    assert usdt["interest"] == 6
    assert usdt["interest_usd"] == 3
    assert usdt["apr"] == pytest.approx(6 / 2_250 / 2 * 8_760)
    assert usdt["apy"] == pytest.approx((1.002 * 1.001) ** (8_760 / 2) - 1)
    assert usdt["quoted_rate"] == pytest.approx((100 + 100 + 900) / 4_500)
    rates = ["apr", "apy", "quoted_rate", "interest_usd"]
    pd.testing.assert_series_equal(cost.loc["total", rates], usdt[rates], check_names=False)
    assert cost.loc["total", ["average_debt", "interest", "rounding_cost"]].isna().all()


def test_the_total_weighs_coins_by_their_value_at_each_hour():
    rows = [
        record(0, "BTC", "1", "0.1", interest="0.01"),
        record(1, "BTC", "1", "0.1", interest="0.01"),
        record(1, "USDT", "100", "0.2", interest="3", nr=1),
    ]
    prices = pd.DataFrame({"BTC": [100.0, 300.0], "USDT": [1.0, 1.0]}, index=hours(2))
    cost = effective_cost(frame(rows), prices)
    assert cost["hours"].tolist() == [2, 1, 2]
    assert cost["interest_usd"].tolist() == pytest.approx([1 + 3, 3, 7])
    assert cost.loc["total", "apr"] == pytest.approx(7 / 500 * 8_760)
    assert cost.loc["total", "quoted_rate"] == pytest.approx((10 + 30 + 20) / 500)
    assert cost.loc["total", "apy"] == pytest.approx((1.01 * 1.015) ** 4_380 - 1)


@both_kinds
def test_rounding_cost_is_what_the_eighth_decimal_hides(numbers):
    rows = [record(hour, loan="0.86599309", rate="0.41") for hour in range(10)]
    cost = effective_cost(frame(rows, numbers)).loc["USDT", "rounding_cost"]
    assert cost == pytest.approx(10 * (0.00004054 - 0.86599309 * 0.41 / 8760), rel=1e-6)
    assert effective_cost(frame([record(loan="876", rate="0.0001")]))["rounding_cost"].iloc[0] == 0


@settings(max_examples=15)
@given(rows=histories(sizeable), seed=st.integers(0, 99))
def test_decimals_and_floats_agree_and_the_order_of_rows_changes_nothing(rows, seed):
    cost = effective_cost(frame(rows), DOLLARS)
    pd.testing.assert_frame_equal(effective_cost(frame(rows, "decimal"), DOLLARS), cost, rtol=1e-12)
    pd.testing.assert_frame_equal(effective_cost(shuffled(frame(rows), seed), DOLLARS), cost)


@settings(max_examples=15)
@given(rows=histories(sizeable))
def test_apr_times_debt_times_hours_is_the_interest(rows):
    cost = effective_cost(frame(rows), DOLLARS)
    coins = cost.drop("total")
    again = coins["apr"] * coins["average_debt"] * coins["hours"] / 8_760
    np.testing.assert_allclose(again, coins["interest"], rtol=1e-12)
    assert coins["interest_usd"].sum() == pytest.approx(cost.loc["total", "interest_usd"])
    booked_interest = sum(Decimal(row["interest"]) for row in rows if row["ccy"] == rows[0]["ccy"])
    assert coins.loc[rows[0]["ccy"], "interest"] == pytest.approx(float(booked_interest))
    assert (cost["apr"] >= cost["quoted_rate"] * (1 - 1e-12)).all()


def test_the_last_price_at_or_before_the_hour_counts():
    rows = [record(hour, interest="1") for hour in range(4)]
    prices = pd.DataFrame({"USDT": [2.0, np.nan, 5.0]}, index=hours(3))
    assert effective_cost(frame(rows), prices).loc["USDT", "interest_usd"] == 2 + 2 + 5 + 5
    backwards = prices[::-1].tz_convert("Asia/Tokyo")
    assert effective_cost(frame(rows), backwards).loc["USDT", "interest_usd"] == 14
    by_minute = prices.set_axis(prices.index + pd.Timedelta(minutes=1))
    assert np.isnan(effective_cost(frame(rows), by_minute).loc["USDT", "interest_usd"])


@pytest.mark.parametrize("prices", [None, {"USDT": 1}, {"USDT": 1, "BTC": np.nan}])
def test_without_a_price_usd_are_missing_and_coins_are_not(prices):
    cost = effective_cost(frame([record(), record(ccy="BTC", nr=1)]), prices)
    assert np.isnan(cost.loc["BTC", "interest_usd"])
    assert cost.loc["BTC", ["hours", "interest", "apr", "apy"]].notna().all()
    assert cost.loc["total"].drop("hours").isna().all()
    assert np.isnan(cost.loc["USDT", "interest_usd"]) == (prices is None)


@pytest.mark.parametrize(
    "prices",
    [
        {"USDT": Decimal("0.5")},
        {"USDT": "0.5"},
        pd.Series({"USDT": 0.5}),
        pd.DataFrame({"ccy": ["USDT"], "idxPx": [0.5]}),
        pd.DataFrame({"USDT": [Decimal("0.5")]}, index=hours(1)),
    ],
)
@both_kinds
def test_prices_come_in_several_shapes(prices, numbers):
    cost = effective_cost(frame([record(interest="3")], numbers), prices)
    assert cost.loc["USDT", "interest_usd"] == 1.5


@both_kinds
def test_a_rebate_makes_every_hour_cheaper_by_the_same_share(numbers):
    rows = [record(0, interest="2"), record(1, interest="4"), record(0, "BTC", nr=1)]
    prices = pd.DataFrame({"USDT": [1.0, 10.0], "BTC": 1.0}, index=hours(2))
    plain = effective_cost(frame(rows, numbers), prices)
    cost = effective_cost(frame(rows, numbers), prices, rebates={"USDT": Decimal("1.5")})
    pd.testing.assert_series_equal(cost.loc["BTC"], plain.loc["BTC"])
    assert cost.loc["USDT", "interest"] == 4.5
    assert cost.loc["USDT", "interest_usd"] == pytest.approx(0.75 * 42)
    assert cost.loc["USDT", "apr"] == pytest.approx(0.75 * plain.loc["USDT", "apr"])
    assert cost.loc["USDT", "apy"] == pytest.approx((1.0015 * 1.003) ** 4_380 - 1)
    same = ["quoted_rate", "rounding_cost", "hours", "average_debt"]
    pd.testing.assert_series_equal(cost.loc["USDT", same], plain.loc["USDT", same])


@pytest.mark.parametrize("rebates", [{"USDT": 2.01}, {"BTC": 1}, {"USDT": -1}])
def test_a_rebate_that_cannot_be_is_refused(rebates):
    with pytest.raises(InvalidArgumentError, match="rebate of"):
        effective_cost(frame([record(interest="2")]), rebates=rebates)


def test_a_rebate_of_all_interest_leaves_nothing():
    cost = effective_cost(frame([record(interest="2")]), rebates=pd.Series({"USDT": 2}))
    assert cost.loc["USDT", ["interest", "apr", "apy"]].tolist() == [0, 0, 0]


def test_an_hour_booked_twice_is_one_hour_of_one_debt_with_the_interest_of_both():
    rows = [record(interest="2"), record(interest="2", nr=1)]
    cost = effective_cost(frame(rows)).loc["USDT"]
    assert cost[["hours", "average_debt", "interest"]].tolist() == [1, 1_000, 4]


def test_without_accruals_nothing_was_paid():
    for numbers in ("float", "decimal"):
        cost = effective_cost(frame([], numbers), DOLLARS)
        assert cost.index.tolist() == ["total"]
        assert cost.loc["total", ["hours", "interest_usd"]].tolist() == [0, 0]
        assert cost.loc["total", ["apr", "apy", "quoted_rate"]].isna().all()


def test_columns_are_floats_and_hours_are_whole():
    cost = effective_cost(frame(booked(0), "decimal"), DOLLARS)
    assert cost["hours"].dtype == np.int64
    assert set(cost.drop(columns="hours").dtypes) == {np.dtype(float)}
    assert cost.index.name == "ccy"


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([record(), record()], "more than once"),
        ([record(interest="")], "1 records lack a figure"),
    ],
)
def test_records_that_would_make_sums_wrong_are_refused(rows, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        effective_cost(frame(rows))


def test_prices_without_a_zone_are_refused():
    prices = pd.DataFrame({"USDT": [1.0]}, index=pd.DatetimeIndex(["2026-01-01"]))
    with pytest.raises(InvalidArgumentError, match="time zone"):
        effective_cost(frame([record()]), prices)


def test_dust_that_doubles_every_hour_has_no_end():
    cost = effective_cost(frame([record(loan="0.00000001", rate="0.0001")]), DOLLARS)
    assert cost["apr"].tolist() == [8_760, 8_760]
    assert cost["apy"].tolist() == [np.inf, np.inf]
