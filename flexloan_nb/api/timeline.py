"""Walking a series back in time, page by page. No I/O: the pages come from a callable."""

from datetime import UTC, datetime, timedelta

import pandas as pd

from flexloan_nb.api.envelope import Row
from flexloan_nb.api.paging import PAGE_SIZE, FetchPage, unwalkable
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Moment", "time_range", "walk_back"]

Moment = str | datetime | pd.Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def walk_back(
    fetch_page: FetchPage,
    endpoint: str,
    *,
    start: Moment | None = None,
    end: Moment | None = None,
) -> list[Row]:
    """Return the rows with ``start <= ts < end``, oldest first.

    Pages come newest first and are walked with ``after``, which is a time.

    Parameters
    ----------
    fetch_page : callable
        Takes ``{"after", "limit"}`` as the wire has them, returns a page of rows.
    endpoint : str
        The endpoint's name, for error messages.
    start : str or datetime, optional
        By default only the newest page is read.
    end : str or datetime, optional
        By default the present. Times without a zone are UTC.

    Raises
    ------
    InvalidArgumentError
        A time cannot be read, or ``end`` is not after ``start``.
    ResponseFormatError
        A page repeats rows or has no readable time, so the walk would never end.
    """
    first, cursor = time_range(start, end)
    rows: dict[int, Row] = {}
    while True:
        after = None if cursor is None else str(cursor)
        page = fetch_page({"after": after, "limit": str(PAGE_SIZE)})
        found = {_time_of(row, endpoint): row for row in page}
        if cursor is not None and any(ts >= cursor for ts in found):
            raise unwalkable(endpoint, "a page repeats rows that came before")
        rows |= {ts: row for ts, row in found.items() if first is None or ts >= first}
        if first is None or len(page) < PAGE_SIZE or min(found) <= first:
            return [rows[ts] for ts in sorted(rows)]
        cursor = min(found)


def time_range(start: Moment | None, end: Moment | None) -> tuple[int | None, int | None]:
    """Return both ends of a range as the wire has them, None where there is none.

    Raises
    ------
    InvalidArgumentError
        A time cannot be read, or ``end`` is not after ``start``.
    """
    first = None if start is None else _epoch_ms("start", start)
    last = None if end is None else _epoch_ms("end", end)
    if first is not None and last is not None and last <= first:
        raise InvalidArgumentError(f"end {end} is not after start {start}.")
    return first, last


def _epoch_ms(name: str, moment: Moment) -> int:
    try:
        stamp = pd.Timestamp(moment)
        stamp = stamp.tz_localize("UTC") if stamp.tz is None else stamp
        return (stamp.to_pydatetime(warn=False) - _EPOCH) // _MS
    except (ValueError, TypeError, OverflowError):
        raise InvalidArgumentError(
            f"{name} is {moment!r}: give a time like '2026-01-15'."
        ) from None


def _time_of(row: Row, endpoint: str) -> int:
    text = str(row.get("ts"))
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise unwalkable(endpoint, "a row has no time")
    return int(text)
