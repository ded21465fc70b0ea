"""At which price of one coin a loan is called and liquidated, while the others stay."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.book import Book, Positions, book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity, sum_of_others
from flexloan_nb.analytics.thresholds import Level

__all__ = ["critical_prices", "liquidation_prices"]

NOTHING_OWED: Final = "nothing is owed"
NO_PART: Final = "neither counts as collateral nor is owed"
PAST: Final = "already past the liquidation LTV"
ALIKE: Final = "moves debt and collateral alike"
COVERED: Final = "the rest covers the debt even at a price of zero"


def liquidation_prices(positions: Positions) -> pd.DataFrame:
    """Return the prices at which each coin alone would get a loan called, and liquidated.

    Parameters
    ----------
    positions : Position or dict of Position
        One loan, or many by their order.

    Returns
    -------
    DataFrame
        Index ``ccy``, or ``ordId`` and ``ccy`` for many. ``price`` is today's in USD, as are
        ``margin_call_price`` and ``liquidation_price``; ``direction`` says whether the coin must
        ``fall`` or ``rise`` to the latter, and ``distance`` by which share of today's price:
        -0.3 for a fall by 30 %, NaN of a
        price of zero. Where the coin alone cannot liquidate the loan both are NaN,
        ``direction`` is ``none`` and ``reason`` says why. The margin-call price is NaN
        likewise, and where the loan is past that level already.

    Notes
    -----
    ``p_i* = (D_-i - sum_-i L_j k_j p_j) / (L_i k_i - d_i)``, from ``D = sum L_j k_j p_j``, where
    -i leaves out everything in coin i: ``k`` coins count as collateral, ``d`` are owed, ``L`` is
    the level. It is reached by a fall where the denominator is positive. A mean of thresholds by
    coin follows the mix that the price makes.

    Examples
    --------
    How far may each coin fall before the loan is liquidated?

    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> liquidation_prices(position)["distance"].round(4)
    ccy
    BTC    -0.4277
    ETH    -0.6618
    USDT    0.3510
    Name: distance, dtype: float64
    """
    book = book_of(positions)
    price, liquidation = book.rows.price, critical_prices(book, "liquidation")
    reached = np.isfinite(liquidation)
    way = np.where(liquidation < price, 1, 2) * reached
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        distance = liquidation / price - 1
    return book.per_coin(
        {
            "price": price,
            "margin_call_price": critical_prices(book, "margin_call"),
            "liquidation_price": liquidation,
            "direction": np.array(["none", "fall", "rise"], dtype=object)[way],
            "distance": np.where(np.isfinite(distance), distance, np.nan),
            "reason": _reasons(book, reached),
        }
    )


def critical_prices(book: Book, level: Level) -> NDArray[np.float64]:
    """Return the price of each coin at which a level is met, of shape (positions, widest).

    NaN where the coin alone does not meet it from today's price, or it is met already: then the
    price at which it would not be is on the other side of today's.
    """
    net, price = net_capacity(book, level), book.rows.price
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        critical = -sum_of_others(net * price) / net
    ahead = np.where(net > 0, (critical > 0) & (critical < price), critical > price)
    return np.where(ahead & np.isfinite(critical), critical, np.nan)


def _reasons(book: Book, reached: NDArray[np.bool_]) -> NDArray[np.object_]:
    rows, net = book.rows, net_capacity(book, "liquidation")
    value = net * rows.price
    in_others = sum_of_others((rows.kept + rows.owed) * rows.price)
    cases = {
        None: reached,
        NOTHING_OWED: ~(rows.owed > 0).any(axis=1, keepdims=True),
        NO_PART: (rows.kept == 0) & (rows.owed == 0),
        PAST: value.sum(axis=1, keepdims=True) <= 0,
        ALIKE: (net <= 0) | ((rows.owed > 0) & (in_others == 0)),
        COVERED: sum_of_others(value) >= 0,
    }
    first = np.select(list(cases.values()), range(len(cases)), default=list(cases).index(PAST))
    words: NDArray[np.object_] = np.array(list(cases), dtype=object)[first]
    return words
