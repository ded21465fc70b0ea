"""How far prices may move together before a level is met.

Coin i's price becomes ``p_i max(0, 1 - beta_i x)``: it falls ``beta_i`` times as far as the
whole, and not below zero. The headroom (see `flexloan_nb.analytics.liquidation.headroom`) is then
linear in ``x`` between the points ``1 / beta_i`` where coins arrive at zero, so that its first
zero is found exactly, interval by interval.
"""

from collections.abc import Mapping
from typing import overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import by_coin, finite
from flexloan_nb.analytics.book import Book, Positions, book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.position import Position, require_position
from flexloan_nb.analytics.thresholds import Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["directional_fall", "fallen_prices", "uniform_fall"]

Betas = Mapping[str, float] | pd.Series


@overload
def uniform_fall(positions: Position, threshold: Level = ...) -> float: ...
@overload
def uniform_fall(positions: Mapping[str, Position], threshold: Level = ...) -> pd.Series: ...
def uniform_fall(positions: Positions, threshold: Level = "liquidation") -> float | pd.Series:
    """Return by which share the collateral falls, all coins alike, until a level is met.

    What falls is every coin that is pledged and not owed, stable or not. Coins that are owed
    keep their price, also as far as they are pledged. Use `directional_fall` to choose.

    Parameters
    ----------
    positions : Position or dict of Position
        One loan, or many by their order.
    threshold : {"initial", "margin_call", "liquidation"}
        The level.

    Returns
    -------
    float or Series
        A share of today's prices from 0 to 1, by ``ordId`` for many: 0 where the level is met
        already, NaN where even a fall to zero does not meet it.

    Raises
    ------
    InvalidArgumentError
        There is no such level, or it is not known.

    Notes
    -----
    ``x = (sum L_i k_i p_i - D) / (sum over what falls of L_i k_i p_i)``; with a debt in other
    coins and one threshold this is ``1 - LTV / L``.

    Examples
    --------
    How far may my coins fall?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> round(uniform_fall(position, "margin_call"), 7), round(uniform_fall(position), 7)
    (0.1594322, 0.2598105)
    """
    book = book_of(positions)
    falling = (book.rows.pledged > 0) & (book.rows.owed == 0)
    falls = _first_fall(book, falling.astype(float), threshold)
    answer: float | pd.Series = book.per_order(falls, "uniform_fall")
    return answer


@overload
def directional_fall(positions: Position, betas: Betas, threshold: Level = ...) -> float: ...
@overload
def directional_fall(
    positions: Mapping[str, Position], betas: Betas, threshold: Level = ...
) -> pd.Series: ...
def directional_fall(
    positions: Positions, betas: Betas, threshold: Level = "liquidation"
) -> float | pd.Series:
    """Return how far prices fall in given proportions until a level is met.

    Parameters
    ----------
    positions : Position or dict of Position
        One loan, or many by their order.
    betas : mapping or Series
        By coin, how far it falls when the whole falls by 1: ``{"BTC": 1, "ETH": 1.3}``. A
        negative number is a rise. A coin that is left out stays; one may be named that not all
        loans have, but not one that none has.
    threshold : {"initial", "margin_call", "liquidation"}
        The level.

    Returns
    -------
    float or Series
        The smallest ``x >= 0`` at which prices of ``p_i max(0, 1 - beta_i x)`` meet the level,
        by ``ordId`` for many: 0 where it is met already, NaN where none meets it. The prices at
        that point are `fallen_prices`.

    Raises
    ------
    InvalidArgumentError
        A beta is no finite number, or names a coin that is in no loan.

    Examples
    --------
    How far may BTC fall, when ETH falls 1.3 times as far?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> betas = {"BTC": 1, "ETH": 1.3}
    >>> fall = directional_fall(position, betas)
    >>> round(fall, 7)
    0.2324367
    >>> round(position.with_prices(fallen_prices(position, betas, fall)).ltv, 7)
    0.8374
    """
    book = book_of(positions)
    known = _checked(betas, book.coins)
    slopes = np.zeros(book.held.shape)
    slopes[book.held] = [known.get(ccy, 0.0) for ccy in book.coins]
    falls = _first_fall(book, slopes, threshold)
    answer: float | pd.Series = book.per_order(falls, "directional_fall")
    return answer


def fallen_prices(position: Position, betas: Betas, fall: float) -> pd.Series:
    """Return the price of each coin after a fall as `directional_fall` states it.

    Parameters
    ----------
    position : Position
        The loan, at the prices before.
    betas : mapping or Series
        As for `directional_fall`.
    fall : float
        How far the whole falls; negative for a rise.

    Returns
    -------
    Series
        USD by ``ccy``: ``p_i max(0, 1 - beta_i fall)``.

    Raises
    ------
    InvalidArgumentError
        A beta or the fall is no finite number, or a beta is of a coin that is not in the loan.

    Examples
    --------
    What is ETH worth when the market falls by 10 % and ETH 1.5 times as far?

    >>> position = Position(
    ...     {"ETH": 20}, {"USDT": 30_000}, {"ETH": 3_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> fallen_prices(position, {"ETH": 1.5}, 0.1).to_dict()
    {'ETH': 2550.0, 'USDT': 1.0}
    """
    require_position(position)
    known, far = _checked(betas, position.coins), finite(fall, "fall")
    return pd.Series(
        {
            ccy: position.prices[ccy] * max(0.0, 1 - known.get(ccy, 0.0) * far)
            for ccy in position.coins
        },
        name="price",
        dtype=float,
    ).rename_axis("ccy")


def _checked(betas: Betas, coins: tuple[str, ...]) -> dict[str, float]:
    checked = by_coin(betas, "betas", "beta of")
    unknown = [ccy for ccy in checked if ccy not in coins]
    if unknown and coins:
        raise InvalidArgumentError(
            f"betas names {', '.join(unknown)}; the coins are {', '.join(dict.fromkeys(coins))}."
        )
    return checked


def _first_fall(book: Book, betas: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Return the first zero of the headroom for each position.

    Every pass of the loop is one interval between the points at which coins arrive at zero.
    """
    headroom = net_capacity(book, level) * book.rows.price
    debt = book.rows.owed * book.rows.price
    met = (headroom.sum(axis=1) <= 0) & (debt.sum(axis=1) > 0)
    falls = np.where(met, 0.0, np.nan)
    with np.errstate(divide="ignore"):
        zeros = 1 / betas
    ends = np.sort(np.where(betas > 0, zeros, np.inf), axis=1)
    start = np.zeros(len(falls))
    for end in ends.T:
        moving = (betas <= 0) | (zeros > start[:, None])
        fall = _zero(headroom, betas, moving)
        found = (fall <= end) & _is_owed(debt, zeros, end) & np.isnan(falls)
        falls[found] = fall[found]
        start = end
    return falls


def _zero(
    headroom: NDArray[np.float64], betas: NDArray[np.float64], moving: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return where the headroom of the coins that are not yet at zero is, going down, zero."""
    speed = np.where(moving, headroom * betas, 0.0).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        zero = np.where(moving, headroom, 0.0).sum(axis=1) / speed
    return np.where((speed > 0) & np.isfinite(zero), zero, np.nan)


def _is_owed(
    debt: NDArray[np.float64], zeros: NDArray[np.float64], fall: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return whether anything is owed after a fall: without a debt no level is met."""
    with np.errstate(invalid="ignore"):
        left = np.maximum(1 - fall[:, None] / zeros, 0.0)
    still: NDArray[np.bool_] = ((debt > 0) & (left != 0)).any(axis=1)
    return still
