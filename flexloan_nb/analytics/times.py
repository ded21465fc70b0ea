"""Times that were given, checked: points in time need a time zone."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["epoch_ms", "require_time_zone", "timestamp", "utc_ms"]


def timestamp(time: Any) -> pd.Timestamp:
    """Return a time, or raise `InvalidArgumentError`."""
    try:
        stamp = pd.Timestamp(time)
    except (ValueError, TypeError, OverflowError):
        raise InvalidArgumentError(f"{time!r} is not a time.") from None
    if pd.isna(stamp):
        raise InvalidArgumentError("A time is missing.")
    return stamp


def utc_ms(moment: Any, name: str) -> int:
    """Return a moment as milliseconds since 1970, or raise `InvalidArgumentError`."""
    stamp = timestamp(moment)
    if stamp.tz is None:
        raise InvalidArgumentError(f"{name} is {moment}: it has no time zone.")
    return int(stamp.as_unit("ms").value // 1_000_000)


def require_time_zone(ts: pd.Series) -> None:
    """Raise `InvalidArgumentError` where a column is not of times with a zone."""
    if not isinstance(ts.dtype, pd.DatetimeTZDtype):
        raise InvalidArgumentError("ts has no time zone: tz_localize it, the exchange's is UTC.")


def epoch_ms(times: Any, of: str) -> NDArray[np.int64]:
    """Return times as milliseconds since 1970, or raise where one is missing or has no zone."""
    if not isinstance(times.dtype, pd.DatetimeTZDtype):
        raise InvalidArgumentError(f"The times of {of} must be UTC; they are {times.dtype}.")
    if times.hasnans:
        raise InvalidArgumentError(f"A time of {of} is missing.")
    return np.asarray(pd.DatetimeIndex(times).as_unit("ms").asi8)
