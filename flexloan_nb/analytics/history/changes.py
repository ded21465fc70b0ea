"""Everything that changed the amounts of a loan: events by their effect, and interest."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.history.event_types import EVENT_TYPES, require_known_types
from flexloan_nb.analytics.position import Snapshot, require_snapshot
from flexloan_nb.analytics.times import epoch_ms, utc_ms
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Books", "DatedSnapshot", "Key", "Numbers", "books_of"]

Numbers: TypeAlias = NDArray[Any]  # float64, or Decimal objects
Key: TypeAlias = tuple[str, str, str]  # order, side, coin

NAMELESS: Final = ""  # stands for the order of an exchange that does not name its orders


class DatedSnapshot(Snapshot, Protocol):
    """The loans at a moment, as `FlexibleLoanClient.loan_snapshot` returns them."""

    @property
    def fetched_at(self) -> datetime: ...  # noqa: D102


class Books(NamedTuple):
    """Histories and present amounts in one form.

    Attributes
    ----------
    changes : DataFrame
        ``ts, ordId, side, ccy, type, amt``: an event's or an hour's interest, signed by its effect
        on the amount; oldest first, ``ts`` in milliseconds.
    accruals : DataFrame
        ``ts, ordId, ccy, loan, interest`` likewise.
    legs : DataFrame
        ``ordId, side, ccy, amt``.
    info : DataFrame
        ``ordId, marginCallLTV, liqLTV``.
    first_event : int or None
        From when on the events are known.
    at : int
        When the present amounts were read.
    exact : bool
        Whether amounts are Decimal objects.
    """

    changes: pd.DataFrame
    accruals: pd.DataFrame
    legs: pd.DataFrame
    info: pd.DataFrame
    first_event: int | None
    at: int
    exact: bool


def books_of(
    events: pd.DataFrame,
    accruals: pd.DataFrame,
    now: DatedSnapshot,
    other: DatedSnapshot | None = None,
) -> Books:
    """Return histories and present amounts in one form; what came later is left out.

    Where no row of a history names its order, and there is but one, it is that order's. Books
    that are to be compared are made with each other's snapshot as ``other``.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column or an amount, an event's type is unknown, or it cannot be told
        which order a row is of.
    """
    snapshots = [now] if other is None else [now, other]
    _check(events, accruals, snapshots)
    legs = [snapshot.legs for snapshot in snapshots]
    amounts = [events["amt"], accruals["interest"], *(of["amt"] for of in legs)]
    exact = any(len(column) and column.dtype == object for column in amounts)
    frames = _with_orders(events, accruals, now.info, *legs)
    at = utc_ms(now.fetched_at, "fetched_at")
    dated, accrued = (_until(frame, at) for frame in frames[:2])
    hours = _hours(accrued, exact)
    with localcontext(ARITHMETIC):
        changes = _in_time([_interest(hours), _moves(dated, exact)])
    present = frames[3].assign(amt=_numbers(frames[3]["amt"], "the legs", exact))
    first = None if dated.empty else int(dated["ts"].min())
    return Books(changes, hours, present, frames[2], first, at, exact)


def _check(
    events: pd.DataFrame, accruals: pd.DataFrame, snapshots: Iterable[DatedSnapshot]
) -> None:
    require_columns(events, "ts", "type", "ccy", "amt", of="a loan history")
    require_columns(accruals, "ts", "ccy", "loan", "interest", of="a table of accrued interest")
    for snapshot in snapshots:
        require_snapshot(snapshot)
        require_columns(snapshot.legs, "side", "ccy", "amt", of="the legs of a loan snapshot")
        require_columns(snapshot.info, "marginCallLTV", "liqLTV", of="the info of a loan snapshot")
    require_known_types(events["type"])


def _with_orders(*frames: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the frames with an order's id in each row."""
    named = {str(name) for f in frames if "ordId" in f for name in f["ordId"].dropna().unique()}
    return [_with_order(frame, named) for frame in frames]


def _with_order(frame: pd.DataFrame, named: set[str]) -> pd.DataFrame:
    if "ordId" in frame and frame["ordId"].notna().all():
        return frame
    known = "ordId" in frame and frame["ordId"].notna().any()
    if frame.empty or (not known and len(named) < 2):
        only = pd.array([next(iter(named), NAMELESS)] * len(frame), dtype="string")
        return frame.assign(ordId=only)
    raise InvalidArgumentError(
        f"Rows do not say which of the orders {', '.join(sorted(named))} they are of. Read and "
        "analyse one order at a time (ord_id=...), or fill in ordId."
    )


def _until(frame: pd.DataFrame, last: int) -> pd.DataFrame:
    dated = frame.assign(ts=epoch_ms(frame["ts"], "the history"))
    return dated[dated["ts"] <= last]


def _numbers(column: pd.Series, of: str, exact: bool) -> Numbers:
    if column.isna().any():
        raise InvalidArgumentError(f"An amount of {of} is missing.")
    if not exact:
        try:
            return column.to_numpy(dtype=np.float64)
        except (TypeError, ValueError):
            raise InvalidArgumentError(f"An amount of {of} is not a number.") from None
    return np.array([_decimal(value, of) for value in column], dtype=object)


def _decimal(value: Any, of: str) -> Decimal:
    if isinstance(value, Decimal):
        return value
    raise InvalidArgumentError(
        f"An amount of {of} is {value!r}, others are Decimal. Read all from one client, made with "
        'numbers="decimal" or without.'
    )


def _hours(accruals: pd.DataFrame, exact: bool) -> pd.DataFrame:
    return accruals[["ts", "ordId", "ccy"]].assign(
        loan=_numbers(accruals["loan"], "the accrued interest", exact),
        interest=_numbers(accruals["interest"], "the accrued interest", exact),
    )


def _in_time(frames: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled).sort_values("ts", kind="stable", ignore_index=True)


def _moves(events: pd.DataFrame, exact: bool) -> pd.DataFrame:
    """Return the events that change an amount, signed by what they do to it."""
    moving = events[events["type"].isin([n for n, kind in EVENT_TYPES.items() if kind.side])]
    kinds = [EVENT_TYPES[name] for name in moving["type"]]
    directions = np.array([kind.direction for kind in kinds], dtype=object if exact else float)
    with_effect = np.abs(_numbers(moving["amt"], "the loan history", exact)) * directions
    return pd.DataFrame(
        {
            "ts": moving["ts"],
            "ordId": moving["ordId"],
            "side": pd.array([kind.side for kind in kinds], dtype="string"),
            "ccy": moving["ccy"],
            "type": moving["type"],
            "amt": with_effect,
        }
    )


def _interest(accruals: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts": accruals["ts"],
            "ordId": accruals["ordId"],
            "side": pd.array(["loan"], dtype="string").repeat(len(accruals)),
            "ccy": accruals["ccy"],
            "type": pd.array(["interest"], dtype="string").repeat(len(accruals)),
            "amt": accruals["interest"],
        }
    )
