"""The interest of an hour, to the last digit.

OKX books ``interest = debt x interestRate / (365 x 24)`` every full hour, rounded up at the
eighth decimal: it prints 0.00004054 for 0.86599309 USDC at 0.41, of which the exact quotient is
0.0000405316... The field `interestRate` is labelled APY, and used as a simple annual rate.
"""

from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.exact import (
    ARITHMETIC,
    as_decimal,
    as_decimals,
    in_steps,
    numbers,
)
from flexloan_nb.analytics.rates import HOURS_PER_YEAR
from flexloan_nb.errors import InvalidArgumentError

__all__ = [
    "INTEREST_DECIMALS",
    "hourly_interest",
    "interest_of_rows",
    "rounding_of_rows",
]

INTEREST_DECIMALS = 8

_RATE_DECIMALS = 10
_STEP = 10**INTEREST_DECIMALS
_MISSING = Decimal("NaN")  # also as a float
# What debt steps x rate steps are divided by to give interest in steps.
_DIVISOR = HOURS_PER_YEAR * 10**_RATE_DECIMALS
_MOST_STEPS = 2.0**50  # up to here a quotient of floats is off by less than a step
_MOST_RATE_STEPS = 2**53  # up to here a whole number is a float


def hourly_interest(debt: Any, rate: Any) -> Any:
    """Return the interest of one hour, as OKX rounds it.

    ``ceil(debt x rate / 8760 x 10^8) / 10^8``, computed exactly. The rule is read off the one
    record that OKX's documentation prints.

    Parameters
    ----------
    debt : float, Decimal, str, array or Series
        Coins owed, with the interest booked so far; not negative.
    rate : float, Decimal, str, array or Series
        Annual, a decimal, as `interestRate`; not negative. A float means the shortest decimal
        that reads back as it.

    Returns
    -------
    float, Decimal, ndarray or Series
        Coins, in the shape of the arguments broadcast together. Decimals where either argument
        is of Decimals or text, floats otherwise. Missing where either is missing in a column.

    Raises
    ------
    InvalidArgumentError
        A number is negative, infinite or none, shapes do not fit, or two Series have different
        indexes.

    Examples
    --------
    What does an hour cost at 41 % a year?

    >>> hourly_interest(0.86599309, 0.41)
    4.054e-05
    >>> hourly_interest("0.86599309", "0.41")
    Decimal('0.00004054')
    """
    if np.ndim(debt) == np.ndim(rate) == 0:
        return _of_one(debt, rate)
    index = _common_index(debt, rate)
    arrays = _array(debt, "debt"), _array(rate, "rate")
    try:
        debts, rates = np.broadcast_arrays(*arrays)
    except ValueError:
        raise InvalidArgumentError(
            f"debt and rate do not fit: {np.shape(debt)} and {np.shape(rate)}."
        ) from None
    columns = debts.ravel(), rates.ravel()
    if debts.dtype != rates.dtype:
        columns = as_decimals(columns[0], "debt"), as_decimals(columns[1], "rate")
    interest = interest_of_rows(*columns).reshape(debts.shape)
    return interest if index is None else pd.Series(interest, index, name="interest")


def _of_one(debt: Any, rate: Any) -> float | Decimal:
    interest = _exactly(as_decimal(debt, "debt"), as_decimal(rate, "rate"))
    exact = isinstance(debt, str | Decimal) or isinstance(rate, str | Decimal)
    return interest if exact else float(interest)


def _exactly(debt: Decimal, rate: Decimal) -> Decimal:
    coins, debt_divisor = debt.as_integer_ratio()
    share, rate_divisor = rate.as_integer_ratio()
    steps = -(-coins * share * _STEP // (debt_divisor * rate_divisor * HOURS_PER_YEAR))
    return Decimal(f"{steps}E-{INTEREST_DECIMALS}")


def _common_index(*arguments: Any) -> pd.Index | None:
    indexes = [argument.index for argument in arguments if isinstance(argument, pd.Series)]
    if len(indexes) == 2 and not indexes[0].equals(indexes[1]):
        raise InvalidArgumentError("debt and rate have different indexes: align them first.")
    return indexes[0] if indexes else None


def _array(argument: Any, name: str) -> NDArray[Any]:
    array = argument if hasattr(argument, "dtype") else np.asarray(argument)
    if array.ndim == 0 and array.dtype.kind == "U":
        array = np.asarray(argument, object)
    return numbers(array.ravel() if array.ndim != 1 else array, name).reshape(array.shape)


def interest_of_rows(debts: NDArray[Any], rates: NDArray[Any]) -> NDArray[Any]:
    """Return `hourly_interest` of two columns of `numbers`, of the same length and kind."""
    steps, _, exact = _steps(debts, rates)
    interest = _from_steps(steps, debts.dtype == object)
    for row in np.flatnonzero(~exact):
        present = not pd.isna(debts[row]) and not pd.isna(rates[row])
        interest[row] = _of_one(str(debts[row]), str(rates[row])) if present else _MISSING
    return interest


def rounding_of_rows(debts: NDArray[Any], rates: NDArray[Any]) -> NDArray[np.float64]:
    """Return by how much rounding up raised the interest of each row, in coins.

    Parameters
    ----------
    debts, rates : ndarray
        Two columns of `numbers` without missing ones, of the same length and kind.
    """
    _, remainder, exact = _steps(debts, rates)
    rounding = np.asarray((-remainder % _DIVISOR) / (float(_DIVISOR) * _STEP))
    for row in np.flatnonzero(~exact):
        debt, rate = as_decimal(debts[row], "debt"), as_decimal(rates[row], "rate")
        coins = Fraction(debt) * Fraction(rate) / HOURS_PER_YEAR
        rounding[row] = float(Fraction(_exactly(debt, rate)) - coins)
    return rounding


def _steps(
    debts: NDArray[Any], rates: NDArray[Any]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the interest in steps of its last decimal, what remains, and where both are exact.

    A quotient of floats is next to the true one; how far it is off, the remainder tells, which
    wrapping 64-bit integers give exactly although neither of its terms fits in them.
    """
    debt, debt_exact = in_steps(debts, INTEREST_DECIMALS)
    rate, rate_exact = in_steps(rates, _RATE_DECIMALS)
    quotient = np.rint(debt.astype(float) * rate / _DIVISOR)
    exact = debt_exact & rate_exact & (quotient < _MOST_STEPS) & (rate < _MOST_RATE_STEPS)
    steps = np.where(exact, quotient, 0).astype(np.int64)
    remainder = debt * rate - steps * _DIVISOR
    return steps + (remainder > 0), remainder, exact


def _from_steps(steps: NDArray[np.int64], to_decimals: bool) -> NDArray[Any]:
    if not to_decimals:
        return np.asarray(steps / float(_STEP))
    step = Decimal(1).scaleb(-INTEREST_DECIMALS)
    with localcontext(ARITHMETIC):
        return np.asarray(steps.astype(object) * step, object)
