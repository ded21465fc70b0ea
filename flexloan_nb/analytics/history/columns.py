"""Columns of result frames, with the dtypes that all frames have."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.history.changes import NAMELESS

__all__ = ["orders", "repeated", "rows_by", "stacked", "texts", "times"]


def texts(names: Iterable[str]) -> Any:
    """Return names as a column of strings; an order without a name is NA."""
    return pd.array([name if name != NAMELESS else None for name in names], dtype="string")


def repeated(names: Sequence[str], counts: Sequence[int]) -> Any:
    """Return each name as many times as its count says."""
    return texts(names).repeat(np.asarray(counts, dtype=np.intp))


def orders(named: pd.Series) -> pd.Series:
    """Return a column of orders, in which one without a name is NA."""
    return named.mask(named == NAMELESS)


def times(moments: NDArray[np.int64]) -> pd.DatetimeIndex:
    """Return milliseconds since 1970 as UTC times."""
    return pd.DatetimeIndex(moments.astype(np.int64).view("datetime64[ms]"), tz="UTC")


def stacked(arrays: Iterable[NDArray[Any]], dtype: Any = np.float64) -> NDArray[Any]:
    """Return arrays one below the other; without any, an empty one."""
    parts = list(arrays)
    return np.concatenate(parts) if parts else np.array([], dtype=dtype)


def rows_by(frame: pd.DataFrame, *columns: str) -> dict[Any, NDArray[np.intp]]:
    """Return the positions of the rows with the same values, by the tuple of these."""
    groups: dict[Any, Any] = frame.groupby(list(columns), sort=False).indices
    return {key if isinstance(key, tuple) else (key,): rows for key, rows in groups.items()}
