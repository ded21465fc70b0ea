"""Liquidation prices over a range of amounts, thresholds and discount rates."""

from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.analytics.arguments import coin, finite_array
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.liquidation.slopes import Effect, Parameter, effects_of, slopes_of
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["curve_of"]

_POINTS = 41
_SLOPES = ("derivative", "elasticity")


def curve_of(
    position: Position, vary: Parameter, of: str | None, values: ArrayLike | None
) -> pd.DataFrame:
    """Return the curve of `flexloan_nb.analytics.liquidation.sensitivity`, with its slopes."""
    _check(position, vary, of)
    points = _around(position, vary, of) if values is None else finite_array(values, "values")
    if points.ndim != 1 or not len(points):
        raise InvalidArgumentError(f"values is of shape {points.shape}: give a row of numbers.")
    changed = {str(i): _with(position, vary, of, value) for i, value in enumerate(points)}
    frame = liquidation_prices(changed).reset_index()
    at = frame.pop("ordId").astype(int)
    frame.insert(0, "value", points[at])
    slopes = [
        slopes_of(loan, [_effect(loan, vary, of, value)])
        for loan, value in zip(changed.values(), points, strict=True)
    ]
    for name in _SLOPES:
        frame[name] = np.concatenate([getattr(of_point, name)[:, 0] for of_point in slopes])
    unit = _effect(position, vary, of, np.nan).unit
    return frame.assign(unit=pd.array([unit] * len(frame), dtype="string"))


def _effect(position: Position, vary: Parameter, of: str | None, value: float) -> Effect:
    """Return what a parameter does at a value; of nothing pledged or owed, nothing."""
    effects = (effect for effect in effects_of(position) if effect[:2] == (vary, of))
    nothing = Effect(vary, of, value, np.zeros(len(position.coins)))
    return next(effects, nothing)._replace(value=value)


def _check(position: Position, vary: Parameter, of: str | None) -> None:
    known = get_args(Parameter)
    if not isinstance(vary, str) or vary not in known:
        raise InvalidArgumentError(f"vary is {vary!r}: it is one of {', '.join(known)}.")
    if _is_of_the_loan(position, vary):
        if of is not None:
            raise InvalidArgumentError(f"liquidation_ltv is one number: it has none of {of!r}.")
    elif of is None:
        raise InvalidArgumentError(f"{vary} is of a coin: name it with of.")
    elif vary in ("discount_rate", "liquidation_ltv") and coin(of, "of") not in position.collateral:
        raise InvalidArgumentError(f"{of!r} is not pledged: it has no {vary} here.")
    else:
        coin(of, "of")


def _is_of_the_loan(position: Position, vary: Parameter) -> bool:
    level = position.thresholds.liquidation
    return vary == "liquidation_ltv" and not isinstance(level, Mapping)


def _around(position: Position, vary: Parameter, of: str | None) -> NDArray[np.float64]:
    ccy = of or next(iter(position.collateral), "")
    if vary == "liquidation_ltv":
        called = position.thresholds.by_coin("margin_call", [ccy])[0]
        return np.linspace(called, max(1.0, called), _POINTS)
    amount = (position.debt if vary == "debt" else position.collateral).get(ccy, 0.0)
    if amount == 0:
        raise InvalidArgumentError(f"There is no {vary} of {ccy} to vary: give values.")
    if vary == "discount_rate":
        share = position.discount_rates[ccy].kept(amount) / amount
        return np.linspace(share / 2, 1, _POINTS)
    return np.linspace(0, 2 * amount, _POINTS)


def _with(position: Position, vary: Parameter, of: str | None, value: Any) -> Position:
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
    name = "discount_rates" if vary == "discount_rate" else vary
    changed = value if of is None else {**fields[name], of: value}
    return Position(**{**fields, name: changed})
