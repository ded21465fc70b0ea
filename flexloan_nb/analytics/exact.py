"""Columns of numbers taken exactly: Decimals as they are, floats by their shortest decimals.

A float that came from digits stands for the shortest decimal that reads back as it: 0.1 is a
tenth, not 0.1000000000000000055. Sums and products are exact under `ARITHMETIC`. A column whose
numbers have few decimals can be counted in steps of the last one, which is as exact, and fast.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.errors import InvalidArgumentError

__all__ = [
    "ARITHMETIC",
    "as_decimal",
    "as_decimals",
    "in_steps",
    "minus",
    "missing_in",
    "numbers",
]

ARITHMETIC = Context(prec=100, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])
_WHOLE = Context(prec=100, traps=[InvalidOperation, Inexact])
_MISSING = Decimal("NaN")
_FLOAT_STEPS = 2.0**52  # up to here floats lie closer than steps, so a step has a float of its own
_INT64 = 2**63


def as_decimal(value: Any, name: str) -> Decimal:
    """Return a finite number from zero up exactly, or raise `InvalidArgumentError`.

    >>> as_decimal(0.1, "rate")
    Decimal('0.1')
    """
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except (InvalidOperation, ValueError):
        raise InvalidArgumentError(f"{name} is {value!r}, which is not a number.") from None
    if not number.is_finite() or number < 0:
        raise InvalidArgumentError(f"{name} is {value}: it must be a finite number from zero up.")
    return number


def as_decimals(column: Iterable[Any], name: str) -> NDArray[np.object_]:
    """Return a column as Decimals, as `as_decimal` does; what is missing is a NaN."""
    decimals = [_MISSING if pd.isna(value) else as_decimal(value, name) for value in column]
    return np.fromiter(decimals, object, len(decimals))


def numbers(column: Any, name: str) -> NDArray[Any]:
    """Return a column as float64, or as Decimals where it is of text or objects.

    Raises
    ------
    InvalidArgumentError
        A number is negative or infinite, or no number.
    """
    if getattr(getattr(column, "dtype", None), "kind", "O") in "fiu":
        values = np.asarray(pd.Series(column).to_numpy(np.float64, na_value=np.nan))
    else:
        values = np.asarray(column, object)
        kinds = set(map(type, values))
        if kinds and not kinds & {Decimal, str}:
            values = as_decimals(values, name).astype(np.float64)
        elif kinds != {Decimal}:
            values = as_decimals(values, name)
    present = values[~missing_in(values)]
    wrong = present[(present < 0) | (present == np.inf)]
    if wrong.size:
        raise InvalidArgumentError(
            f"{name} is {wrong[0]}: it must be a finite number from zero up."
        )
    return values


def missing_in(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers of a column are missing."""
    return np.asarray(pd.isna(values), bool)


def in_steps(values: NDArray[Any], decimals: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Count numbers in steps of their last decimal.

    Parameters
    ----------
    values : ndarray
        Of float64 or Decimals.
    decimals : int
        The step is ``10**-decimals``; at most 22, up to which its inverse is a float.

    Returns
    -------
    steps : ndarray of int64
        Zero where it is not exact.
    exact : ndarray of bool
        Where ``steps * 10**-decimals`` is the number, and less than 2^63 steps (floats: 2^52).

    Examples
    --------
    >>> in_steps(np.array([0.86599309, 1e-9]), 8)
    (array([86599309,        0]), array([ True, False]))
    """
    if values.dtype == object:
        return _steps_of_decimals(values, decimals)
    scale = 10.0**decimals
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.rint(values * scale)
        # A quotient of two such floats is rounded correctly, as is a decimal that is read: where
        # it gives the float back, and no neighbouring step can, the step is the shortest decimal.
        exact = (np.abs(steps) < _FLOAT_STEPS) & (steps / scale == values)
    return np.where(exact, steps, 0).astype(np.int64), exact


def _steps_of_decimals(
    values: NDArray[Any], decimals: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    scale = Decimal(1).scaleb(decimals)
    whole, times = _WHOLE.to_integral_exact, _WHOLE.multiply
    try:
        steps = np.fromiter((int(whole(times(of, scale))) for of in values), np.int64, len(values))
    except (Inexact, InvalidOperation, ValueError, OverflowError):
        counted = [_whole(value, scale) for value in values]
        exact = np.fromiter((steps is not None for steps in counted), bool, len(counted))
        return np.fromiter((steps or 0 for steps in counted), np.int64, len(counted)), exact
    return steps, np.ones(len(values), bool)


def _whole(value: Decimal, scale: Decimal) -> int | None:
    try:
        steps = int(_WHOLE.to_integral_exact(_WHOLE.multiply(value, scale)))
    except (Inexact, InvalidOperation, ValueError):
        return None
    return steps if -_INT64 < steps < _INT64 else None


def minus(left: NDArray[Any], right: NDArray[Any], decimals: int) -> NDArray[Any]:
    """Return the differences of two columns, exact before they are rounded to floats again.

    Parameters
    ----------
    left, right : ndarray
        Both of float64 or both of Decimals.
    decimals : int
        That most of the numbers have; others take longer.
    """
    if left.dtype == object:
        with localcontext(ARITHMETIC):
            return np.asarray(left - right)
    (of_left, exact), (of_right, also_exact) = in_steps(left, decimals), in_steps(right, decimals)
    differences = np.asarray((of_left - of_right) / 10.0**decimals)
    missing = missing_in(left) | missing_in(right)
    differences[missing] = np.nan
    for row in np.flatnonzero(~(exact & also_exact | missing)):
        differences[row] = float(
            Fraction(repr(left[row].item())) - Fraction(repr(right[row].item()))
        )
    return differences
