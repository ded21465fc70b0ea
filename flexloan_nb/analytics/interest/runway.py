"""The time until interest alone gets a loan called, or liquidated."""

from math import inf
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from flexloan_nb.analytics.arguments import not_negative
from flexloan_nb.analytics.exact import numbers
from flexloan_nb.analytics.position import Coins, Position, require_position
from flexloan_nb.analytics.rates import HOURS_PER_YEAR, debt_rates
from flexloan_nb.analytics.thresholds import Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["hours_to_threshold", "runway"]

_LEVELS: tuple[Level, ...] = ("margin_call", "liquidation")
_HOURS_PER_DAY = 24


def runway(position: Position, rates: Coins) -> pd.DataFrame:
    """Return when interest alone lifts a loan to its thresholds, at today's prices and rates.

    Interest is added to the debt every hour, ``D(t) = sum d_k p_k (1 + r_k / 8760)^t``; a
    threshold L is met where ``D(t) = L V``. The rounding up of each hour is left out.

    Parameters
    ----------
    position : Position
        The loan.
    rates : mapping or Series
        Annual rate of each coin owed, a decimal, as `interestRate`; not negative.

    Returns
    -------
    DataFrame
        Index `threshold`: ``"margin_call"``, ``"liquidation"``; `hours` and `days` until it is
        met; `simple_days`, without interest on interest. 0 where it is met already, infinite
        where interest alone never meets it.

    Raises
    ------
    InvalidArgumentError
        A rate is missing, negative or no number.

    Examples
    --------
    How long can I leave 57,420 USDT owed on 100,000 USD alone, at 41 %?

    >>> position = Position({"BTC": 1}, {"USDT": 57_420}, {"BTC": 100_000, "USDT": 1},
    ...                     margin_call_ltv=0.7374, liquidation_ltv=0.8374)
    >>> runway(position, {"USDT": 0.41}).round(3)  # doctest: +NORMALIZE_WHITESPACE
                    hours     days  simple_days
    threshold
    margin_call  5344.851  222.702      253.026
    liquidation  8062.040  335.918      408.067
    """
    require_position(position)
    debt = np.array([of * position.prices[ccy] for ccy, of in position.debt.items()])
    hourly = np.array(list(debt_rates(position.debt, rates).values())) / HOURS_PER_YEAR
    targets = [position.threshold(level) * position.collateral_usd for level in _LEVELS]
    hours = np.array([_hours_until(target, debt, hourly) for target in targets])
    simple = np.array([_simple_hours_until(target, debt, hourly) for target in targets])
    return pd.DataFrame(
        {"hours": hours, "days": hours / _HOURS_PER_DAY, "simple_days": simple / _HOURS_PER_DAY},
        index=pd.Index(_LEVELS, name="threshold", dtype="string"),
    )


def hours_to_threshold(ltv: Any, rate: Any, *, threshold: Any, compounding: bool = True) -> Any:
    """Return after how many hours interest alone lifts a loan to value to a threshold.

    ``ln(threshold / ltv) / ln(1 + rate / 8760)``; without interest on interest
    ``(threshold / ltv - 1) 8760 / rate``.

    Parameters
    ----------
    ltv, rate, threshold : float, array or Series
        Decimals, not negative, broadcast together; `rate` is annual, as `interestRate`.
    compounding : bool
        Whether interest bears interest, as the exchange books it.

    Returns
    -------
    float, ndarray or Series
        0 where the threshold is met already, infinite at a rate or an LTV of 0, NaN where an
        argument is missing.

    Raises
    ------
    InvalidArgumentError
        A number is negative, or none.

    Examples
    --------
    How long until a loan at 57.42 % is liquidated at 83.74 %, at 41 % a year?

    >>> round(hours_to_threshold(0.5742, 0.41, threshold=0.8374), 2)
    8062.04
    """
    arguments = [_array(ltv, "ltv"), _array(rate, "rate"), _array(threshold, "threshold")]
    try:
        start, yearly, end = np.broadcast_arrays(*arguments)
    except ValueError:
        shapes = ", ".join(str(np.shape(argument)) for argument in arguments)
        raise InvalidArgumentError(f"ltv, rate and threshold do not fit: {shapes}.") from None
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        room, hourly = (end - start) / start, yearly / HOURS_PER_YEAR
        hours = np.log1p(room) / np.log1p(hourly) if compounding else room / hourly
    missing = np.isnan(start) | np.isnan(yearly) | np.isnan(end)
    limits = [missing, start == 0, start >= end, yearly == 0]
    return _like(np.select(limits, [np.nan, inf, 0.0, inf], hours), ltv, rate, threshold)


def _array(argument: Any, name: str) -> NDArray[Any]:
    if np.ndim(argument) == 0:
        return np.array(not_negative(argument, name))
    array = np.asarray(argument)
    return numbers(array.ravel(), name).astype(np.float64).reshape(array.shape)


def _like(hours: NDArray[Any], *arguments: Any) -> Any:
    indexes = [argument.index for argument in arguments if isinstance(argument, pd.Series)]
    if any(not index.equals(indexes[0]) for index in indexes):
        raise InvalidArgumentError("The Series have different indexes: align them first.")
    if indexes:
        return pd.Series(hours, indexes[0], name="hours")
    return hours if hours.ndim else float(hours)


def _hours_until(target: float, debt: NDArray[Any], hourly: NDArray[Any]) -> float:
    if 0 < debt.sum() >= target:
        return 0.0
    bearing = (debt > 0) & (hourly > 0)
    if not bearing.any():
        return inf
    fixed, bearing_debt, logs = debt[~bearing].sum(), debt[bearing], np.log1p(hourly[bearing])

    def excess(hours: float) -> float:
        return float(fixed + bearing_debt @ np.exp(logs * hours)) / target - 1

    # When the first coin would be all of the target by itself, all coins together are beyond it.
    with np.errstate(over="ignore"):
        latest = float(((np.log(target) - np.log(bearing_debt)) / logs).min())
    if latest == inf or excess(latest) <= 0:
        return latest
    return float(brentq(excess, 0, latest))


def _simple_hours_until(target: float, debt: NDArray[Any], hourly: NDArray[Any]) -> float:
    interest = float(debt @ hourly)
    if 0 < debt.sum() >= target:
        return 0.0
    return float(target - debt.sum()) / interest if interest else inf
