"""What an analysis was given, checked before anything is computed."""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.errors import InvalidArgumentError

__all__ = [
    "by_coin",
    "coin",
    "coins",
    "finite",
    "finite_array",
    "is_missing",
    "not_negative",
    "positive",
    "require_columns",
    "share",
]


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
        number = math.nan if isinstance(value, complex) else float(value)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} is {value!r}, which is not a number.") from None
    except OverflowError:
        raise InvalidArgumentError(f"{name} is beyond what a float can be.") from None
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


def by_coin(
    values: Any, name: str, each: str, check: Callable[[Any, str], float] = finite
) -> dict[str, float]:
    """Return numbers by coin, or raise `InvalidArgumentError`.

    Parameters
    ----------
    values : mapping or Series
        What was given, by coin.
    name, each : str
        What it is, and what comes before a coin's name, for the error messages.
    check : callable
        One of the checks above.

    Examples
    --------
    >>> by_coin({"BTC": "0.5"}, "collateral", "collateral", not_negative)
    {'BTC': 0.5}
    """
    if not isinstance(values, Mapping | pd.Series):
        raise InvalidArgumentError(f"{name} is {_shown(values)}: give coins like {{'BTC': 0.5}}.")
    numbers = {str(ccy): check(value, f"{each} {ccy}") for ccy, value in values.items()}
    if len(numbers) < len(values):
        raise InvalidArgumentError(f"{name} has a coin twice: give each coin once.")
    return numbers


def coin(value: Any, name: str) -> str:
    """Return a coin's name, or raise `InvalidArgumentError`."""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} is {_shown(value)}: name a coin like 'BTC'.")
    return str(value)


def coins(value: Any, name: str) -> Collection[str]:
    """Return names of coins, of which one may come by itself, or raise `InvalidArgumentError`.

    Examples
    --------
    >>> coins("USDT", "stable")
    ('USDT',)
    """
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Collection) or isinstance(value, pd.DataFrame | bytes):
        raise InvalidArgumentError(f"{name} is {_shown(value)}: name coins like ['USDT'].")
    return tuple(coin(ccy, f"a coin of {name}") for ccy in value)


def finite_array(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return an array of at least one dimension, all finite, or raise `InvalidArgumentError`."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgumentError(f"{name} is {_shown(values)}: give numbers.") from None
    if not np.isfinite(array).all():
        raise InvalidArgumentError(f"{name} must be finite numbers.")
    return array


def is_missing(value: Any) -> bool:
    """Return whether a value is None, NaN or NA."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def require_columns(frame: pd.DataFrame, *columns: str, of: str) -> None:
    """Raise `InvalidArgumentError` where a frame lacks a column; ``of`` says what it should be."""
    if not isinstance(frame, pd.DataFrame):
        raise InvalidArgumentError(f"This is {_shown(frame)}, and not {of}.")
    missing = [column for column in columns if column not in frame]
    if missing:
        raise InvalidArgumentError(
            f"This is not {of}: it lacks {', '.join(missing)}. Its columns are "
            f"{', '.join(map(str, frame.columns)) or 'none'}."
        )


def _shown(value: Any) -> str:
    """Return how a wrong argument is named: itself where it is short, else its type."""
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else f"of type {type(value).__name__}"
