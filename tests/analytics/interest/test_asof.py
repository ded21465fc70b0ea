from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import hours

from flexloan_nb.analytics.interest.asof import prices_at, timestamp
from flexloan_nb.errors import InvalidArgumentError

prices = st.none() | st.floats(0.01, 1e5)


@settings(max_examples=50)
@given(
    known=st.dictionaries(st.integers(0, 20), prices, max_size=8),
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


@pytest.mark.parametrize("wrong", ["soon", None, object(), ""])
def test_what_is_no_time_is_named(wrong):
    with pytest.raises(InvalidArgumentError, match="time"):
        timestamp(wrong)
