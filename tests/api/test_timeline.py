from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError, ResponseFormatError
from flexloan_nb.api.timeline import walk_back

HOUR = 3_600_000
NOW = 1_768_478_400_000  # 2026-01-15 12:00 UTC


class Series:
    """Pages as the exchange gives them: newest first, ``after`` a time and exclusive."""

    def __init__(self, size):
        self.times = [NOW - i * HOUR for i in range(size)]
        self.asked = []

    def page(self, cursor):
        self.asked.append(cursor)
        after = cursor["after"]
        times = [ts for ts in self.times if after is None or ts < int(after)]
        return [{"ts": str(ts)} for ts in times[: int(cursor["limit"])]]


def moment(ts):
    return datetime.fromtimestamp(ts / 1000, UTC)


def times(rows):
    return [int(row["ts"]) for row in rows]


@given(st.integers(0, 350), st.integers(1, 400), st.none() | st.integers(-5, 399))
def test_a_range_comes_complete_and_oldest_first(size, back, until):
    until = until if until is None or until < back else None
    series = Series(size)
    start, end = NOW - back * HOUR, None if until is None else NOW - until * HOUR
    rows = walk_back(
        series.page, "index_candles", start=moment(start), end=None if end is None else moment(end)
    )
    expected = [ts for ts in series.times if ts >= start and (end is None or ts < end)]
    assert times(rows) == sorted(expected)


def test_without_a_start_one_page_is_read():
    series = Series(350)
    assert len(walk_back(series.page, "index_candles")) == 100
    assert len(series.asked) == 1


@pytest.mark.parametrize(
    "end",
    [
        "2026-01-15 12:00",
        "2026-01-15T12:00:00Z",
        "2026-01-15T20:00+08:00",
        datetime(2026, 1, 15, 12),
        datetime(2026, 1, 15, 20, tzinfo=timezone(timedelta(hours=8))),
    ],
)
def test_a_time_without_a_zone_is_utc(end):
    series = Series(1)
    walk_back(series.page, "index_candles", end=end)
    assert series.asked[0]["after"] == str(NOW)


@pytest.mark.parametrize(
    "limits", [{"start": "yesterdayish"}, {"end": 5j}, {"start": "2026-01-02", "end": "2026-01-02"}]
)
def test_times_that_cannot_be_meant_are_refused_before_anything_is_asked(limits):
    series = Series(1)
    with pytest.raises(InvalidArgumentError):
        walk_back(series.page, "index_candles", **limits)
    assert not series.asked


def test_a_server_that_repeats_a_page_is_an_error_not_an_endless_loop():
    page = Series(100).page({"after": None, "limit": "100"})
    with pytest.raises(ResponseFormatError, match="repeats rows"):
        walk_back(lambda cursor: page, "index_candles", start="2020-01-01")


@pytest.mark.parametrize("row", [{}, {"ts": ""}, {"ts": "x"}, {"ts": "9" * 30}])
def test_a_row_without_a_time_is_an_error(row):
    with pytest.raises(ResponseFormatError, match="no time"):
        walk_back(lambda cursor: [row], "index_candles")
