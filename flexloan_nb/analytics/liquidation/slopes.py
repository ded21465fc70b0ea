"""How liquidation prices move with what is pledged, owed, and with the rules.

A liquidation price solves ``sum_j a_j P_j = 0``, where ``a_j = L_j k_j - d_j`` and P are today's
prices with that price itself in place of the coin's own. Whatever changes the ``a_j``, the price
moves by ``dp_i* = -(sum_j da_j P_j) / a_i``.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.liquidation.prices import critical_prices
from flexloan_nb.analytics.position import Position

__all__ = ["Parameter", "liquidation_sensitivity"]

Parameter: TypeAlias = Literal["collateral", "debt", "discount_rate", "liquidation_ltv"]


class _Effect(NamedTuple):
    """One parameter, its value, and by how many coins each ``a_j`` grows with it."""

    parameter: Parameter
    of: str | None
    value: float
    growth: NDArray[np.float64]


def liquidation_sensitivity(position: Position) -> pd.DataFrame:
    """Return how each liquidation price answers to each amount, threshold and discount rate.

    Parameters
    ----------
    position : Position
        The loan.

    Returns
    -------
    DataFrame
        A row for each pair: ``ccy`` is the coin whose ``liquidation_price`` moves, ``parameter``
        what it moves with: the amount of ``collateral`` or ``debt`` of the coin ``of``, its
        ``discount_rate`` (the share kept of the whole amount pledged), or the
        ``liquidation_ltv``, which is of a coin where thresholds are. ``value`` is the parameter's
        present value, ``derivative`` the change of the price in USD for one more of it (``unit``)
        and ``elasticity`` the same in per cent for one per cent more. NaN where the coin has no
        liquidation price. At the edge of a discount tier the derivative is that upwards.

    Notes
    -----
    ``dp_i*/dq_j = -L_j h_j P_j / a_i`` with ``h_j`` the share kept of the next coin,
    ``dp_i*/dd_j = P_j / a_i``, ``dp_i*/dL_j = -k_j P_j / a_i`` (the sum over j where L is one
    number) and ``dp_i*/d(k_j / q_j) = -L_j q_j P_j / a_i``.

    Examples
    --------
    What does one more ETH do to the price of BTC at which I am liquidated?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> slopes = liquidation_sensitivity(position).set_index(["ccy", "parameter", "of"])
    >>> slopes.loc[("BTC", "collateral", "ETH"), "derivative"].round(3).item()
    -2908.163
    """
    book, effects = book_of(position), _effects(position)
    net, critical = net_capacity(book, "liquidation")[0], critical_prices(book, "liquidation")[0]
    prices = np.tile(position.rows.price, (len(critical), 1))
    np.fill_diagonal(prices, critical)
    growth = np.array([effect.growth for effect in effects]).reshape(len(effects), len(critical))
    value = np.array([effect.value for effect in effects])
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = -(prices @ growth.T) / net[:, None]
    frame = pd.DataFrame(
        {
            "ccy": np.repeat(np.array(position.coins, dtype=object), len(effects)),
            "parameter": [effect.parameter for effect in effects] * len(critical),
            "of": [effect.of for effect in effects] * len(critical),
            "value": np.tile(value, len(critical)),
            "liquidation_price": np.repeat(critical, len(effects)),
            "derivative": slopes.reshape(-1),
            "elasticity": (slopes * value / critical[:, None]).reshape(-1),
            "unit": [_unit(effect) for effect in effects] * len(critical),
        }
    )
    return frame.astype(dict.fromkeys(["ccy", "parameter", "of", "unit"], "string"))


def _effects(position: Position) -> list[_Effect]:
    rows, one = position.rows, np.eye(len(position.coins))
    pledged = list(enumerate(position.collateral))  # they lead among the coins
    effects = [
        _Effect("collateral", ccy, amount, rows.liquidation[i] * _next_kept(position, ccy) * one[i])
        for (i, ccy), amount in zip(pledged, position.collateral.values(), strict=True)
    ]
    effects += [
        _Effect("debt", ccy, amount, -one[position.coins.index(ccy)])
        for ccy, amount in position.debt.items()
    ]
    effects += [
        _Effect("discount_rate", ccy, rows.kept[i] / amount, rows.liquidation[i] * amount * one[i])
        for (i, ccy), amount in zip(pledged, position.collateral.values(), strict=True)
        if amount > 0
    ]
    level = position.thresholds.liquidation
    if not isinstance(level, Mapping):
        return [*effects, _Effect("liquidation_ltv", None, level, rows.kept)]
    by_coin = (
        _Effect("liquidation_ltv", ccy, level[ccy], rows.kept[i] * one[i]) for i, ccy in pledged
    )
    return [*effects, *by_coin]


def _next_kept(position: Position, ccy: str) -> float:
    return float(position.discount_rates[ccy].marginal(position.collateral[ccy]))


def _unit(effect: _Effect) -> str:
    """Return what a derivative is in: USD for one coin more, or for a ratio that grows by 1."""
    return f"USD per {effect.of}" if effect.parameter in ("collateral", "debt") else "USD per 1"
