"""Walking a history page by page. No I/O: the pages come from a callable."""

from collections.abc import Callable
from numbers import Integral
from operator import itemgetter

from flexloan_nb.api.envelope import Row
from flexloan_nb.errors import InvalidArgumentError, ResponseFormatError

__all__ = ["PAGE_SIZE", "Cursor", "FetchPage", "unwalkable", "walk"]

PAGE_SIZE = 100  # the most that the exchange puts in a page
_LONGEST_ID = 40  # digits; a refId has 17, and Python reads no number of thousands

Cursor = dict[str, str | None]  # where a page begins and how long it is, as the wire has it
FetchPage = Callable[[Cursor], list[Row]]


def walk(
    fetch_page: FetchPage,
    endpoint: str,
    *,
    after: str | int | None = None,
    before: str | int | None = None,
    limit: int | None = None,
) -> list[Row]:
    """Return the newest ``limit`` rows between two ids, oldest first.

    Pages come newest first and are walked with ``after``. ``before`` is sent with the first
    page only: alone it asks for the newest page, not for the one next to the id, so the walk
    itself stops there. A page with fewer rows than asked for is taken as the last.

    Parameters
    ----------
    fetch_page : callable
        Takes ``{"after", "before", "limit"}`` as the wire has them, returns a page of rows.
    endpoint : str
        The endpoint's name, for error messages.
    after, before : str or int, optional
        Only rows older, newer than this refId; both exclusive.
    limit : int, optional
        How many rows; None for all that the exchange keeps.

    Raises
    ------
    InvalidArgumentError
        ``limit`` is not positive, or an id is not made of digits.
    ResponseFormatError
        A page repeats rows or has no readable refId, so the walk would never end.
    """
    if not (limit is None or (isinstance(limit, Integral) and limit >= 1)):
        raise InvalidArgumentError(f"limit is {limit!r}: give a number from 1, or None for all.")
    newest, oldest = _ref_id("after", after), _ref_id("before", before)
    rows: list[tuple[int, Row]] = []
    cursor = newest
    while limit is None or len(rows) < limit:
        size = PAGE_SIZE if limit is None else min(PAGE_SIZE, limit - len(rows))
        page = fetch_page(
            {
                "after": None if cursor is None else str(cursor),
                "before": None if rows or oldest is None else str(oldest),
                "limit": str(size),
            }
        )
        found = _without_repeats([(_id_of(row, endpoint), row) for row in page])
        if cursor is not None and any(ref_id >= cursor for ref_id, _ in found):
            raise unwalkable(endpoint, "a page repeats rows that came before")
        wanted = [(ref_id, row) for ref_id, row in found if oldest is None or ref_id > oldest]
        rows += wanted
        if len(page) < size or len(wanted) < len(found):
            break
        cursor = min(ref_id for ref_id, _ in found)
    rows.sort(key=itemgetter(0))
    return [row for _, row in rows][-limit if limit else 0 :]


def _without_repeats(rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
    """Drop what stands twice in a page; rows that share only their id are both kept."""
    if len({ref_id for ref_id, _ in rows}) == len(rows):
        return rows
    return list({(ref_id, str(row)): (ref_id, row) for ref_id, row in rows}.values())


def _ref_id(name: str, value: str | int | None) -> int | None:
    if value is None:
        return None
    text = str(value)
    if not _is_id(text):
        raise InvalidArgumentError(f"{name} is {value!r}: give a refId, which has only digits.")
    return int(text)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID


def _id_of(row: Row, endpoint: str) -> int:
    text = str(row.get("refId"))
    if not _is_id(text):
        raise unwalkable(endpoint, "a row has no refId made of digits")
    return int(text)


def unwalkable(endpoint: str, problem: str) -> ResponseFormatError:
    """Return the error for pages that cannot be walked to their end."""
    return ResponseFormatError(
        endpoint, 200, problem, "The exchange has changed its paging; nothing was returned."
    )
