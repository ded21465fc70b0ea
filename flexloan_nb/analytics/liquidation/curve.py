"""Liquidation prices over a range of amounts, thresholds and discount rates."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.liquidation.slopes import Parameter
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["liquidation_curve"]

_POINTS = 41


def liquidation_curve(
    position: Position,
    parameter: Parameter,
    of: str | None = None,
    values: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return each coin's liquidation price while one amount, threshold or rate takes values.

    Parameters
    ----------
    position : Position
        The loan; everything else stays.
    parameter : {"collateral", "debt", "discount_rate", "liquidation_ltv"}
        What varies: the amount pledged or owed of a coin, the share kept of the whole amount
        pledged of a coin, or the threshold.
    of : str, optional
        The coin. Not for a ``liquidation_ltv`` that is one number.
    values : array_like, optional
        In coins, or decimals. By default 41 values: amounts from zero to twice what they are,
        discount rates from half of what they are to 1, thresholds from the margin call to 1.

    Returns
    -------
    DataFrame
        A row for each value and coin: ``value``, ``ccy`` and the columns of `liquidation_prices`.

    Raises
    ------
    InvalidArgumentError
        There is no such parameter, its coin is missing or not in the loan, or a value is not
        possible, such as a liquidation LTV below the margin call.

    Examples
    --------
    Where is BTC's liquidation price with 10, 20, 30 ETH pledged beside it?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> curve = liquidation_curve(position, "collateral", "ETH", [10, 20, 30])
    >>> curve[curve["ccy"] == "BTC"]["liquidation_price"].round(1).tolist()
    [80587.3, 51505.6, 22424.0]
    """
    _check(position, parameter, of)
    points = _around(position, parameter, of) if values is None else np.atleast_1d(values)
    if points.ndim != 1 or not len(points):
        raise InvalidArgumentError(f"values is of shape {points.shape}: give a row of numbers.")
    changed = {str(i): _with(position, parameter, of, value) for i, value in enumerate(points)}
    frame = liquidation_prices(changed).reset_index()
    at = frame.pop("ordId").astype(int)
    frame.insert(0, "value", points.astype(float)[at])
    return frame


def _check(position: Position, parameter: Parameter, of: str | None) -> None:
    if parameter not in get_args(Parameter):
        known = ", ".join(get_args(Parameter))
        raise InvalidArgumentError(f"parameter is {parameter!r}: it is one of {known}.")
    if _is_of_the_loan(position, parameter):
        if of is not None:
            raise InvalidArgumentError(f"liquidation_ltv is one number: it has none of {of!r}.")
    elif of is None:
        raise InvalidArgumentError(f"{parameter} is of a coin: name it with of.")
    elif parameter in ("discount_rate", "liquidation_ltv") and of not in position.collateral:
        raise InvalidArgumentError(f"{of!r} is not pledged: it has no {parameter} here.")


def _is_of_the_loan(position: Position, parameter: Parameter) -> bool:
    level = position.thresholds.liquidation
    return parameter == "liquidation_ltv" and not isinstance(level, Mapping)


def _around(position: Position, parameter: Parameter, of: str | None) -> NDArray[np.float64]:
    coin = of or next(iter(position.collateral), "")
    if parameter == "liquidation_ltv":
        called = position.thresholds.by_coin("margin_call", [coin])[0]
        return np.linspace(called, max(1.0, called), _POINTS)
    amount = (position.debt if parameter == "debt" else position.collateral).get(coin, 0.0)
    if amount == 0:
        raise InvalidArgumentError(f"There is no {parameter} of {coin} to vary: give values.")
    if parameter == "discount_rate":
        share = position.discount_rates[coin].kept(amount) / amount
        return np.linspace(share / 2, 1, _POINTS)
    return np.linspace(0, 2 * amount, _POINTS)


def _with(position: Position, parameter: Parameter, of: str | None, value: Any) -> Position:
    """Return the position with one value in the place of its own."""
    levels = position.thresholds
    fields: dict[str, Any] = {
        "collateral": position.collateral,
        "debt": position.debt,
        "prices": position.prices,
        "discount_rates": position.discount_rates,
        "initial_ltv": levels.initial,
        "margin_call_ltv": levels.margin_call,
        "liquidation_ltv": levels.liquidation,
    }
    name = "discount_rates" if parameter == "discount_rate" else parameter
    changed = value if of is None else {**fields[name], of: value}
    return Position(**{**fields, name: changed})
