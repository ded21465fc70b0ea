"""The price that holds is the last one at or before a time."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import hours

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.quotes import Quotes, prices_at

TIMES = pd.date_range("2026-01-01", periods=4, freq="h", tz="UTC")
HOUR = 3_600_000
FIRST = int(TIMES[0].timestamp() * 1000)


def at(prices, *hours):
    moments = FIRST + (np.array(hours) * HOUR).astype(np.int64)
    return Quotes.of(prices, ["BTC"]).at("BTC", moments).tolist()


def test_the_last_price_at_or_before_a_time_holds():
    prices = pd.DataFrame({"BTC": [10.0, 20.0, 30.0, 40.0]}, index=TIMES)
    assert at(prices, 0, 0.5, 1, 2.999, 3, 50) == [10, 10, 20, 30, 40, 40]


def test_before_the_first_price_there_is_none():
    prices = pd.DataFrame({"BTC": [np.nan, 20.0, 30.0, 40.0]}, index=TIMES)
    assert np.isnan(at(prices, -1, 0, 0.999)).all()


def test_a_gap_is_bridged_by_the_price_before_it():
    prices = pd.DataFrame({"BTC": [10.0, np.nan, np.nan, 40.0]}, index=TIMES)
    assert at(prices, 1, 2, 3) == [10, 10, 40]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Hong_Kong"])
def test_units_and_zones_of_the_index_do_not_matter(unit, zone):
    index = TIMES.as_unit(unit).tz_convert(zone)
    prices = pd.DataFrame({"BTC": [Decimal(10), Decimal(20), Decimal(30), Decimal(40)]}, index)
    assert at(prices, 0.5, 3) == [10, 40]


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        (pd.DataFrame({"BTC": [1.0]}), "times as its index"),
        ({"BTC": 1.0}, "times as its index"),
        (pd.DataFrame([[1.0, 2.0]], TIMES[:1], ["BTC", "BTC"]), "more than one column"),
        (pd.DataFrame({"BTC": ["x"]}, index=TIMES[:1]), "not a number"),
        (pd.DataFrame({"BTC": [1.0]}, index=TIMES[:1].tz_localize(None)), "must be UTC"),
        (pd.DataFrame({"ETH": [1.0]}, index=TIMES[:1]), r"none of BTC.*BTC-USD"),
        (pd.DataFrame({"BTC": [np.nan]}, index=TIMES[:1]), "none of BTC"),
        (pd.DataFrame({"BTC": [1.0, 2.0]}, index=TIMES[[1, 0]]), "sort_index"),
        (pd.DataFrame({"BTC": [1.0, 2.0]}, index=TIMES[[0, 0]]), "must rise"),
        (pd.DataFrame({"BTC": [1.0, 0.0]}, index=TIMES[:2]), "above zero"),
        (pd.DataFrame({"BTC": [1.0, np.inf]}, index=TIMES[:2]), "finite"),
    ],
)
def test_prices_that_cannot_be_meant_are_refused(prices, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        Quotes.of(prices, ["BTC"])


PRICES = st.none() | st.floats(0.01, 1e5)


@settings(max_examples=50)
@given(
    known=st.dictionaries(st.integers(0, 20), PRICES, max_size=8),
    asked=st.lists(st.integers(-3, 25), min_size=1),
    unit=st.sampled_from(["s", "ms", "ns"]),
)
def test_prices_are_those_that_pandas_merges_backwards(known, asked, unit):
    times = hours(1)[0] + pd.to_timedelta(list(known), unit="h")
    frame = pd.DataFrame({"BTC": list(known.values())}, index=times.as_unit(unit), dtype=float)
    ts = pd.Series(hours(1)[0] + pd.to_timedelta(asked, unit="h")).dt.as_unit("ms")
    found = prices_at(frame, pd.Series(["BTC"] * len(ts)), ts).astype(float)
    merged = pd.merge_asof(
        ts.dt.as_unit("ns").rename("ts").sort_values().reset_index(),
        frame.set_axis(times.as_unit("ns")).dropna().rename_axis("ts").sort_index().reset_index(),
        on="ts",
    )
    expected = merged.set_index("index")["BTC"].sort_index()
    np.testing.assert_array_equal(found, expected)


def test_coins_do_not_mix():
    frame = pd.DataFrame({"BTC": [1.0, 2.0], "ETH": [3.0, np.nan]}, index=hours(2))
    ccy, ts = pd.Series(["ETH", "BTC", "SOL", "ETH"]), pd.Series(hours(2)[[0, 1, 1, 1]])
    assert prices_at(frame, ccy, ts).astype(float).tolist()[:2] == [3, 2]
    np.testing.assert_array_equal(prices_at(frame, ccy, ts).astype(float), [3, 2, np.nan, 3])


def test_one_price_is_that_of_all_times_and_stays_a_decimal():
    found = prices_at({"BTC": Decimal("0.1")}, pd.Series(["BTC"] * 2), pd.Series(hours(2)))
    assert found.tolist() == [Decimal("0.1")] * 2


@pytest.mark.parametrize("wrong", [-1, "cheap", float("inf")])
def test_what_is_no_price_is_named(wrong):
    with pytest.raises(InvalidArgumentError, match="price of BTC"):
        prices_at({"BTC": wrong}, pd.Series(["BTC"]), pd.Series(hours(1)))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (1.0, "give USD by coin"),
        (["BTC"], "give USD by coin"),
        (pd.DataFrame({"BTC": [1.0]}), "time zone"),
        (pd.DataFrame([[1.0, 2.0]], hours(1), ["BTC", "BTC"]), "more than one column"),
    ],
)
def test_what_prices_are_not_is_said(wrong, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        prices_at(wrong, pd.Series(["BTC"]), pd.Series(hours(1)))
