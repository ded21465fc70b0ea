"""Rows of an answer to a DataFrame, by the endpoint's columns. No I/O."""

import json
from collections.abc import Callable, Container, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain
from operator import itemgetter
from typing import Any, Literal

import numpy as np
import pandas as pd

from flexloan_nb.api.endpoints import Column, Table
from flexloan_nb.api.envelope import Row
from flexloan_nb.errors import ResponseFormatError

__all__ = ["Numbers", "to_frame"]

Numbers = Literal["float", "decimal"]

_CHUNK = 8192  # rows; what a processor's cache holds of them is not fetched anew for each column
_DIGITS = b"0123456789"
_NUMBER = _DIGITS + b"+-.eE"
_STRING = pd.StringDtype()
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
    if len(rows) > _CHUNK:
        parts = [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
        return pd.concat([to_frame(part, table, numbers) for part in parts], ignore_index=True)
    columns = {
        column.name: _typed(_values(rows, column.name), column, table, numbers)
        for column in table.columns
    }
    for name in _undocumented(rows, columns):
        columns[name] = _strings(_values(rows, name))
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)), copy=False)


def _values(rows: Sequence[Row], name: str) -> list[Any]:
    try:
        return list(map(itemgetter(name), rows))
    except KeyError:
        return [row.get(name) for row in rows]


def _undocumented(rows: Iterable[Row], documented: Container[str]) -> list[str]:
    names = dict.fromkeys(chain.from_iterable(rows))
    return [name for name in names if name not in documented]


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
    texts = _written_with(_NUMBER, values, missing="nan")
    floats = np.fromiter(map(float, texts), np.float64, len(texts))
    if np.isinf(floats).any():
        raise OverflowError("beyond what a float can be")
    return floats


def _decimals(values: list[Any]) -> np.ndarray[Any, np.dtype[np.object_]]:
    texts = _written_with(_NUMBER, values, missing="NaN")
    return np.fromiter(map(Decimal, texts), np.object_, len(texts))


def _times(values: list[Any]) -> pd.DatetimeIndex:
    texts = _written_with(_DIGITS, values, missing=str(_NAT))
    epoch_ms = np.fromiter(map(int, texts), np.int64, len(texts))
    if (epoch_ms > _LAST_MS).any():
        raise OverflowError("beyond the calendar")
    return pd.DatetimeIndex(epoch_ms.view("datetime64[ms]"), tz="UTC")


def _written_with(characters: bytes, values: list[Any], missing: str) -> list[str]:
    """Return the values as text to be read; Python itself would take "nan" and "1_0"."""
    whole = all(values)
    texts = values if whole else ["" if value is None else value for value in values]
    if "".join(texts).encode().translate(None, characters):
        raise ValueError("not a number")
    return texts if whole else [text or missing for text in texts]


def _strings(values: list[Any]) -> Any:
    if not all(values) or {*map(type, values)} - {str}:
        values = [_text(value) for value in values]
    return pd.array(values, dtype=_STRING)


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value or None
    return None if value is None else json.dumps(value, ensure_ascii=False)
