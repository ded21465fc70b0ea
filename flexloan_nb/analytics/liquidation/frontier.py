"""Pairs of prices of two coins at which a level is met: the frontier of what a loan survives."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.analytics.arguments import coin, finite_array
from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.position import Position, require_position
from flexloan_nb.analytics.thresholds import Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["price_frontier", "require_two"]

_TO_TWICE_THE_PRICE = np.linspace(-1, 1, 101)


def price_frontier(
    position: Position,
    x: str,
    y: str,
    *,
    changes: ArrayLike = _TO_TWICE_THE_PRICE,
    threshold: Level = "liquidation",
) -> pd.DataFrame:
    """Return for prices of one coin the price of another at which a level is met.

    Parameters
    ----------
    position : Position
        The loan; its other coins stay at their prices.
    x, y : str
        Two of its coins.
    changes : array_like
        Changes of x's price as shares of today's, not below -1: -0.3 for a fall by 30 %.
    threshold : {"initial", "margin_call", "liquidation"}
        The level.

    Returns
    -------
    DataFrame
        A row for each change: ``x_change`` and ``y_change`` as shares of today's prices,
        ``x_price`` and ``y_price`` in USD. Those of y are NaN where no price of y above zero
        meets the level with that price of x.

    Raises
    ------
    InvalidArgumentError
        x or y is none of the loan's coins, they are the same, or a change is below -1.

    Notes
    -----
    A straight line in prices: ``a_x p_x + a_y p_y`` is the headroom that the other coins lack.

    Examples
    --------
    If BTC falls by 30 %, how far may ETH fall?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> price_frontier(position, "BTC", "ETH", changes=[-0.3])["y_change"].round(4).tolist()
    [-0.1976]
    """
    require_two(position, x, y)
    shares = _shares(changes)
    net, price = net_capacity(book_of(position), threshold)[0], position.rows.price
    i, j = position.coins.index(x), position.coins.index(y)
    rest = np.delete(net * price, [i, j]).sum()
    x_price = price[i] * (1 + shares)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y_price = -(rest + net[i] * x_price) / net[j]
    y_price = np.where((y_price > 0) & np.isfinite(y_price), y_price, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        y_change = np.where(price[j] > 0, y_price / price[j] - 1, np.nan)
    return pd.DataFrame(
        {"x_change": shares, "y_change": y_change, "x_price": x_price, "y_price": y_price}
    )


def require_two(position: Position, x: str, y: str) -> None:
    """Raise `InvalidArgumentError` where x and y are not two coins of a loan."""
    require_position(position)
    for name, ccy in (("x", x), ("y", y)):
        if coin(ccy, name) not in position.coins:
            raise InvalidArgumentError(
                f"{ccy!r} is not in the loan; its coins are {', '.join(position.coins)}."
            )
    if x == y:
        raise InvalidArgumentError(f"x and y are both {x}: give two coins.")


def _shares(changes: ArrayLike) -> NDArray[np.float64]:
    shares = finite_array(changes, "changes")
    if shares.ndim > 1 or (shares < -1).any():
        raise InvalidArgumentError("changes are a row of shares of today's price, not below -1.")
    return shares
