"""What a loan looks like at other prices: one or many coins shocked, lines, grids, millions.

A shock is a change of a price as a share of today's: -0.3 is a fall by 30 %. Debt, adjusted
collateral value and headroom are sums over coins of an amount times a price, so that scenarios
by coins times coins is all there is to compute.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.analytics.arguments import finite_array
from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.liquidation.frontier import require_two
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.position import Position, require_position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["ltv_under", "price_grid", "price_sensitivity"]

Shocks: TypeAlias = Mapping[str, ArrayLike] | pd.DataFrame
Floats: TypeAlias = NDArray[np.float64]

_CELLS_AT_ONCE = 1 << 16  # half a mebibyte, which a processor's cache holds
_NO_SHOCK = "Shocks are shares of today's prices: finite, not below -1."
_IN_STEPS_OF_5_PERCENT = np.linspace(-0.9, 0.9, 37)


def price_sensitivity(position: Position, shocks: Shocks) -> pd.DataFrame:
    """Return the state of a loan under shocks of prices.

    Parameters
    ----------
    position : Position
        The loan at today's prices.
    shocks : mapping of str to array_like, or DataFrame
        By coin, changes as shares of today's price, not below -1; coins left out stay. Arrays
        broadcast against each other: equal lengths are scenarios, ``np.ix_`` makes a grid.

    Returns
    -------
    DataFrame
        A row for each scenario, those of a grid with the last coin changing fastest; the index
        is that of a frame given. A column for each coin with its shock, then ``ltv``,
        ``collateral_usd`` after discount rates, ``debt_usd``, and ``margin_call_headroom_usd``
        and ``liquidation_headroom_usd``: by how much the debt at which the level is met exceeds
        the debt, not above zero where it is met. LTV is 0 without a debt, and infinite where a
        debt stands on nothing of value.

    Raises
    ------
    InvalidArgumentError
        A coin is not in the loan, or a shock is not finite or below -1.

    Examples
    --------
    What if BTC falls by 10, 20, 30 %?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> price_sensitivity(position, {"BTC": [-0.1, -0.2, -0.3]})["ltv"].round(4).tolist()
    [0.6599, 0.7056, 0.758]
    """
    require_position(position)
    coins, table = _scenarios(position, shocks)
    totals = _totals(position, coins, table)
    collateral, debt, margin_call, liquidation = totals
    return pd.DataFrame(
        {
            **dict(zip(coins, table.T, strict=True)),
            "ltv": _ratio(debt, collateral, np.empty_like(debt)),
            "collateral_usd": collateral,
            "debt_usd": debt,
            "margin_call_headroom_usd": margin_call,
            "liquidation_headroom_usd": liquidation,
        },
        index=shocks.index if isinstance(shocks, pd.DataFrame) else None,
    )


def price_grid(
    position: Position,
    x: str,
    y: str,
    x_changes: ArrayLike = _IN_STEPS_OF_5_PERCENT,
    y_changes: ArrayLike = _IN_STEPS_OF_5_PERCENT,
) -> pd.DataFrame:
    """Return the LTV over a grid of two coins' prices, laid out like a picture.

    Parameters
    ----------
    position : Position
        The loan at today's prices.
    x, y : str
        Two of its coins.
    x_changes, y_changes : array_like
        Changes as shares of today's prices, not below -1.

    Returns
    -------
    DataFrame
        LTV; columns are changes of x, named by the coin, the index is changes of y.

    Raises
    ------
    InvalidArgumentError
        A coin is not in the loan, both are the same, or a change is not finite or below -1.

    Examples
    --------
    What is my LTV if BTC halves, with ETH down by a quarter or where it is?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 60_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> grid = price_grid(position, "BTC", "ETH", [-0.5, 0], [-0.25, 0])
    >>> grid.loc[-0.25].round(3).to_dict()  # ETH falls by 25 %
    {-0.5: 0.667, 0.0: 0.444}
    """
    require_two(position, x, y)
    along, up = _changes(x_changes, x), _changes(y_changes, y)
    scenarios = price_sensitivity(position, {y: up[:, None], x: along[None, :]})
    return pd.DataFrame(
        scenarios["ltv"].to_numpy().reshape(len(up), len(along)),
        index=pd.Index(up, name=y),
        columns=pd.Index(along, name=x),
    )


def ltv_under(position: Position, shocks: ArrayLike) -> Floats:
    """Return the LTV under shocks of all coins, for many scenarios at once.

    Parameters
    ----------
    position : Position
        The loan at today's prices.
    shocks : array_like, shape (..., coins)
        Changes as shares of today's prices, not below -1, in the order of `Position.coins`.

    Returns
    -------
    ndarray, shape (...)
        LTV: 0 without a debt, infinite where a debt stands on nothing of value.

    Raises
    ------
    InvalidArgumentError
        There are not as many shocks as coins, or one is not finite or below -1.

    Notes
    -----
    Works through the array in pieces that stay in the processor's cache; beside the result it
    takes no memory to speak of.

    Examples
    --------
    What does half the price of BTC make of an LTV of 50 %?

    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> ltv_under(position, [[0, 0], [-0.5, 0]]).tolist()
    [0.5, 1.0]
    """
    require_position(position)
    table, coins = _table(shocks), len(position.coins)
    if table.ndim == 0 or table.shape[-1] != coins:
        raise InvalidArgumentError(
            f"shocks is of shape {table.shape}: its last axis must be the {coins} coins "
            f"{', '.join(position.coins)}."
        )
    worth = _worth(position)[[1, 0]]
    ltv = np.empty(table.shape[:-1])
    flat = ltv.reshape(-1)
    for piece, prices in _pieces(table.reshape(-1, coins)):
        with np.errstate(invalid="ignore", over="ignore"):
            debt, value = worth @ prices.T
        if not (debt.max() < np.inf and value.max() < np.inf):  # nor where one is NaN
            raise InvalidArgumentError(_NO_SHOCK)
        _ratio(debt, value, flat[piece])
    return ltv


def _table(shocks: ArrayLike) -> Floats:
    try:
        return np.asarray(shocks, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgumentError(_NO_SHOCK) from None


def _worth(position: Position) -> Floats:
    """Return in USD, by coin, collateral, debt, and headroom to both levels."""
    book, rows = book_of(position), position.rows
    amounts = [
        rows.kept,
        rows.owed,
        net_capacity(book, "margin_call")[0],
        net_capacity(book, "liquidation")[0],
    ]
    return np.array(amounts) * rows.price


def _totals(position: Position, coins: list[str], shocks: Floats) -> Floats:
    """Return the totals of what `_worth` returns, for each scenario of shocks of some coins."""
    worth, among = _worth(position), [position.coins.index(ccy) for ccy in coins]
    resting = np.delete(worth, among, axis=1).sum(axis=1, keepdims=True)
    totals = np.empty((len(worth), len(shocks)))
    for piece, prices in _pieces(shocks):
        np.add(worth[:, among] @ prices.T, resting, out=totals[:, piece])
    return totals


def _pieces(shocks: Floats) -> Iterator[tuple[slice, Floats]]:
    """Yield piece by piece the prices relative to today's, in an array that is used again."""
    step = max(_CELLS_AT_ONCE // max(shocks.shape[1], 1), 1)
    relative = np.empty_like(shocks[:step])  # in the layout of shocks
    for start in range(0, len(shocks), step):
        part = shocks[start : start + step]
        prices = np.add(part, 1, out=relative[: len(part)])
        if not prices.min(initial=0) >= 0:
            raise InvalidArgumentError(_NO_SHOCK)
        yield slice(start, start + len(part)), prices


def _ratio(debt: Floats, value: Floats, out: Floats) -> Floats:
    """Write the LTV: 0 without a debt, infinite where a debt stands on nothing."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        np.divide(debt, value, out=out)
    out[debt == 0] = 0.0
    return out


def _scenarios(position: Position, shocks: Shocks) -> tuple[list[str], Floats]:
    """Return the coins that are shocked, and a row of shocks for each scenario."""
    if not isinstance(shocks, Mapping | pd.DataFrame):
        raise InvalidArgumentError(
            f"shocks is {type(shocks).__name__}: give changes by coin like {{'BTC': [-0.1]}}, "
            "or use ltv_under for an array."
        )
    unknown = [str(ccy) for ccy in shocks if ccy not in position.coins]
    if unknown or not len(shocks.keys()):
        raise InvalidArgumentError(
            f"shocks names {', '.join(unknown) or 'no coin'}; the loan's coins are "
            f"{', '.join(position.coins)}."
        )
    arrays = {str(ccy): _changes(of, str(ccy)) for ccy, of in shocks.items()}
    if len(arrays) < len(shocks.keys()):
        raise InvalidArgumentError("shocks has a coin twice.")
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{ccy} {array.shape}" for ccy, array in arrays.items())
        raise InvalidArgumentError(f"shocks do not broadcast: {shapes}.") from None
    return list(arrays), np.stack([array.reshape(-1) for array in together]).T


def _changes(shocks: ArrayLike, ccy: str) -> Floats:
    changes = finite_array(shocks, f"shocks of {ccy}")
    if changes.min(initial=0) < -1:
        raise InvalidArgumentError(f"{_NO_SHOCK} Those of {ccy} are not.")
    return changes
