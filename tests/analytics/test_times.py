"""A time is one, and has a zone."""

import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.times import epoch_ms, timestamp, utc_ms


@pytest.mark.parametrize("wrong", ["soon", None, object(), ""])
def test_what_is_no_time_is_named(wrong):
    with pytest.raises(InvalidArgumentError, match="time"):
        timestamp(wrong)


def test_a_moment_is_counted_in_utc_whatever_its_zone():
    assert utc_ms(pd.Timestamp("1970-01-01 09:00:00.001", tz="Asia/Tokyo"), "now") == 1
    with pytest.raises(InvalidArgumentError, match=r"now is .* no time zone"):
        utc_ms(pd.Timestamp("1970-01-01"), "now")


def test_a_column_of_times_lacks_none():
    times = pd.Series(pd.to_datetime(["1970-01-01 00:00:01", None], utc=True))
    assert epoch_ms(times[:1], "it").tolist() == [1000]
    with pytest.raises(InvalidArgumentError, match="A time of it is missing"):
        epoch_ms(times, "it")
