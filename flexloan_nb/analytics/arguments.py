"""What an analysis was given, checked before anything is computed."""

import math
from typing import Any

import pandas as pd

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["finite", "not_negative", "positive", "require_columns", "share"]


def finite(value: Any, name: str) -> float:
    """Return a number as a float, or raise `InvalidArgumentError`.

    Parameters
    ----------
    value : int, float, Decimal or str
        Also a scalar of numpy or pandas.
    name : str
        What it is, for the error message.

    Examples
    --------
    >>> finite("0.5", "amount")
    0.5
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} is {value!r}, which is not a number.") from None
    if not math.isfinite(number):
        raise InvalidArgumentError(f"{name} is {value}: it must be a finite number.")
    return number


def not_negative(value: Any, name: str) -> float:
    """Return a finite number from zero up as a float, or raise `InvalidArgumentError`."""
    number = finite(value, name)
    if number < 0:
        raise InvalidArgumentError(f"{name} is {value}: it must not be negative.")
    return number


def positive(value: Any, name: str) -> float:
    """Return a finite number above zero as a float, or raise `InvalidArgumentError`."""
    number = finite(value, name)
    if number <= 0:
        raise InvalidArgumentError(f"{name} is {value}: it must be above zero.")
    return number


def share(value: Any, name: str) -> float:
    """Return a part of a whole as a float, or raise `InvalidArgumentError`."""
    number = finite(value, name)
    if not 0 <= number <= 1:
        raise InvalidArgumentError(f"{name} is {value}: give a decimal from 0 to 1, 0.1 for 10 %.")
    return number


def require_columns(frame: pd.DataFrame, *columns: str, of: str) -> None:
    """Raise `InvalidArgumentError` where a frame lacks a column; ``of`` says what it should be."""
    missing = [column for column in columns if column not in frame]
    if missing:
        raise InvalidArgumentError(
            f"This is not {of}: it lacks {', '.join(missing)}. Its columns are "
            f"{', '.join(map(str, frame.columns)) or 'none'}."
        )
