"""Rows of an answer to a DataFrame, by the endpoint's columns. No I/O."""

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

import numpy as np
import pandas as pd

from flexloan_nb.api.endpoints import Column, Table
from flexloan_nb.api.envelope import Row
from flexloan_nb.errors import ResponseFormatError

__all__ = ["Numbers", "to_frame"]

Numbers = Literal["float", "decimal"]

_DIGITS = frozenset("0123456789")
_NUMBER = _DIGITS | set("+-.eE")
_NAT = pd.NaT.value  # the integer that datetime64 keeps for a missing time
_LAST_MS = 253_402_300_799_999  # the end of the year 9999, with which Python's calendar ends


def to_frame(rows: Sequence[Row], table: Table, numbers: Numbers = "float") -> pd.DataFrame:
    """Return one typed frame of the rows.

    The documented columns come first and always have the same dtype: numbers ``float64`` made
    from the digits sent (``numbers="decimal"``: ``Decimal`` objects, exact), ids and text
    ``string``, times ``datetime64[ms, UTC]``. A value that is absent, null or ``""`` is missing
    (NaN, ``<NA>``, NaT). Fields that are not documented follow, as strings.

    Raises
    ------
    ResponseFormatError
        A value cannot be read as its column's kind.
    """
    columns = {
        column.name: _typed([row.get(column.name) for row in rows], column, table, numbers)
        for column in table.columns
    }
    for name in _undocumented(rows, columns):
        columns[name] = _strings([row.get(name) for row in rows])
    return pd.DataFrame(columns)


def _undocumented(rows: Iterable[Row], documented: Iterable[str]) -> list[str]:
    names = {name: None for row in rows for name in row}
    return [name for name in names if name not in set(documented)]


def _typed(values: list[Any], column: Column, table: Table, numbers: Numbers) -> Any:
    convert: Callable[[list[Any]], Any] = {
        "number": _decimals if numbers == "decimal" else _floats,
        "text": _strings,
        "id": _strings,
        "time": _times,
    }[column.kind]
    try:
        return convert(values)
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        raise ResponseFormatError(
            table.name,
            200,
            f"a value of {column.name} is not a {column.kind}",
            "The exchange has changed its answer, or something on the way has altered it.",
        ) from None


def _floats(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    texts = _written_with(_NUMBER, values)
    return np.fromiter((float(text or "nan") for text in texts), np.float64, len(texts))


def _decimals(values: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    texts = _written_with(_NUMBER, values)
    return np.array([Decimal(text or "NaN") for text in texts], dtype=object)


def _times(values: list[Any]) -> pd.DatetimeIndex:
    texts = _written_with(_DIGITS, values)
    epoch_ms = np.fromiter((int(text or _NAT) for text in texts), np.int64, len(texts))
    if (epoch_ms > _LAST_MS).any():
        raise OverflowError("beyond the calendar")
    return pd.DatetimeIndex(epoch_ms.view("datetime64[ms]"), tz="UTC")


def _written_with(characters: frozenset[str], values: list[Any]) -> list[str]:
    """Return the values as text, "" where missing; Python itself would take "nan" and "1_0"."""
    texts = ["" if value is None else value for value in values]
    if not characters.issuperset("".join(texts)):
        raise ValueError("not a number")
    return texts


def _strings(values: list[Any]) -> Any:
    return pd.array([_text(value) for value in values], dtype="string")


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return None if value is None else json.dumps(value, ensure_ascii=False)
