from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.quotes import Quotes

HOURS = pd.date_range("2026-01-01", periods=4, freq="h", tz="UTC")
HOUR = 3_600_000
FIRST = int(HOURS[0].timestamp() * 1000)


def at(prices, *hours):
    moments = FIRST + (np.array(hours) * HOUR).astype(np.int64)
    return Quotes.of(prices, ["BTC"]).at("BTC", moments).tolist()


def test_the_last_price_at_or_before_a_time_holds():
    prices = pd.DataFrame({"BTC": [10.0, 20.0, 30.0, 40.0]}, index=HOURS)
    assert at(prices, 0, 0.5, 1, 2.999, 3, 50) == [10, 10, 20, 30, 40, 40]


def test_before_the_first_price_there_is_none():
    prices = pd.DataFrame({"BTC": [np.nan, 20.0, 30.0, 40.0]}, index=HOURS)
    assert np.isnan(at(prices, -1, 0, 0.999)).all()


def test_a_gap_is_bridged_by_the_price_before_it():
    prices = pd.DataFrame({"BTC": [10.0, np.nan, np.nan, 40.0]}, index=HOURS)
    assert at(prices, 1, 2, 3) == [10, 10, 40]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Hong_Kong"])
def test_units_and_zones_of_the_index_do_not_matter(unit, zone):
    index = HOURS.as_unit(unit).tz_convert(zone)
    prices = pd.DataFrame({"BTC": [Decimal(10), Decimal(20), Decimal(30), Decimal(40)]}, index)
    assert at(prices, 0.5, 3) == [10, 40]


@pytest.mark.parametrize(
    ("prices", "problem"),
    [
        (pd.DataFrame({"BTC": [1.0]}), "times as its index"),
        (pd.DataFrame({"BTC": [1.0]}, index=HOURS[:1].tz_localize(None)), "must be UTC"),
        (pd.DataFrame({"ETH": [1.0]}, index=HOURS[:1]), r"none of BTC.*BTC-USD"),
        (pd.DataFrame({"BTC": [np.nan]}, index=HOURS[:1]), "none of BTC"),
        (pd.DataFrame({"BTC": [1.0, 2.0]}, index=HOURS[[1, 0]]), "sort_index"),
        (pd.DataFrame({"BTC": [1.0, 2.0]}, index=HOURS[[0, 0]]), "must rise"),
        (pd.DataFrame({"BTC": [1.0, 0.0]}, index=HOURS[:2]), "above zero"),
        (pd.DataFrame({"BTC": [1.0, np.inf]}, index=HOURS[:2]), "finite"),
    ],
)
def test_prices_that_cannot_be_meant_are_refused(prices, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        Quotes.of(prices, ["BTC"])
