"""How liquidation prices move with what is pledged, owed, and with the rules.

A liquidation price solves ``sum_j a_j P_j = 0``, where ``a_j = L_j k_j - d_j`` and P are today's
prices with that price itself in place of the coin's own. Whatever changes the ``a_j``, the price
moves by ``dp_i* = -(sum_j da_j P_j) / a_i``.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.liquidation.prices import critical_prices
from flexloan_nb.analytics.position import Position

__all__ = ["Effect", "Parameter", "Slopes", "effects_of", "slopes_of"]

Parameter: TypeAlias = Literal["collateral", "debt", "discount_rate", "liquidation_ltv"]


class Effect(NamedTuple):
    """One parameter, its value, and by how many coins each ``a_j`` grows with it."""

    parameter: Parameter
    of: str | None
    value: float
    growth: NDArray[np.float64]

    @property
    def unit(self) -> str:
        """What a derivative is in: USD for one coin more, or for a ratio that grows by 1."""
        of_coins = self.parameter in ("collateral", "debt")
        return f"USD per {self.of}" if of_coins else "USD per 1"


class Slopes(NamedTuple):
    """Liquidation prices, of shape (coins,), and how they answer, (coins, effects)."""

    liquidation_price: NDArray[np.float64]
    derivative: NDArray[np.float64]
    elasticity: NDArray[np.float64]


def slopes_of(position: Position, effects: list[Effect]) -> Slopes:
    """Return how the liquidation price of each coin answers to each effect."""
    book = book_of(position)
    net, critical = net_capacity(book, "liquidation")[0], critical_prices(book, "liquidation")[0]
    prices = np.tile(position.rows.price, (len(critical), 1))
    np.fill_diagonal(prices, critical)
    growth = np.array([effect.growth for effect in effects]).reshape(len(effects), len(critical))
    value = np.array([effect.value for effect in effects])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slopes = -(prices @ growth.T) / net[:, None]
        return Slopes(critical, slopes, slopes * value / critical[:, None])


def effects_of(position: Position) -> list[Effect]:
    """Return every amount, threshold and discount rate of a loan, and what it does."""
    rows, one = position.rows, np.eye(len(position.coins))
    pledged = list(enumerate(position.collateral))  # they lead among the coins
    effects = [
        Effect("collateral", ccy, amount, rows.liquidation[i] * _next_kept(position, ccy) * one[i])
        for (i, ccy), amount in zip(pledged, position.collateral.values(), strict=True)
        if not np.isnan(rows.liquidation[i])
    ]
    effects += [
        Effect("debt", ccy, amount, -one[position.coins.index(ccy)])
        for ccy, amount in position.debt.items()
    ]
    effects += [
        Effect("discount_rate", ccy, rows.kept[i] / amount, rows.liquidation[i] * amount * one[i])
        for (i, ccy), amount in zip(pledged, position.collateral.values(), strict=True)
        if amount > 0
    ]
    level = position.thresholds.liquidation
    if not isinstance(level, Mapping):
        return [*effects, Effect("liquidation_ltv", None, level, rows.kept)]
    by_coin = (
        Effect("liquidation_ltv", ccy, level[ccy], rows.kept[i] * one[i])
        for i, ccy in pledged
        if ccy in level
    )
    return [*effects, *by_coin]


def _next_kept(position: Position, ccy: str) -> float:
    return float(position.discount_rates[ccy].marginal(position.collateral[ccy]))
