"""What a loan may still grow by, and what may be taken out of its collateral.

Both ask the same question: up to which debt does the collateral carry the loan at the initial
LTV? By coin, with what counts of it ``k_i`` (see `flexloan_nb.analytics.discount`), the price
``p_i`` and the initial LTV ``I_i``, the answer is ``sum I_i k_i p_i``. OKX does not print the
initial LTV; `Position` must be told. The exchange rounds its answers down to the eighth decimal,
these are not rounded.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import by_coin, coin, not_negative
from flexloan_nb.analytics.book import Positions, book_of, one_by_one
from flexloan_nb.analytics.liquidation.headroom import net_capacity
from flexloan_nb.analytics.position import Coins, Position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["max_loan", "max_loan_usd", "max_redeem"]


def max_loan(
    positions: Positions,
    borrow_ccy: str,
    sup_collateral: Coins | None = None,
    remaining_quota: float | None = None,
) -> Any:
    """Return the most of a coin that may still be borrowed.

    ``max(0, sum I_i k_i p_i - D) / p_b``, at most the quota. A supplement is valued as part of
    the collateral, so that it restores the cover of the old debt first and its discount tiers
    go on where the coins already pledged end.

    Parameters
    ----------
    positions : Position or mapping of str to Position
        With an ``initial_ltv``, and the price of the coin.
    borrow_ccy : str
        Coin to borrow; one that is pledged is not lent (OKX's error 51750).
    sup_collateral : mapping or Series, optional
        Coins that would be pledged as well.
    remaining_quota : float, optional
        In coins; the exchange's ``remainingQuota``.

    Returns
    -------
    float or Series
        In coins, not negative; for many positions a Series by ``ordId``.

    Raises
    ------
    InvalidArgumentError
        The initial LTV or a price is not known, or a coin would be both pledged and owed.

    Examples
    --------
    What could I borrow against a BTC, and what with 10 ETH more?

    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 50_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     initial_ltv=0.65, margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> max_loan(position, "USDT"), max_loan(position, "USDT", {"ETH": 10})
    (8500.0, 28000.0)
    """
    quota = (
        float("inf")
        if remaining_quota is None
        else not_negative(remaining_quota, "remaining_quota")
    )
    supplement = by_coin(
        {} if sup_collateral is None else sup_collateral, "sup_collateral", "add", not_negative
    )
    coin(borrow_ccy, "borrow_ccy")
    pledged = _each(positions, lambda position: _pledging(position, supplement, borrow_ccy))
    book = book_of(pledged)
    prices = np.array([_price(position, borrow_ccy) for position in one_by_one(pledged)])
    return book.per_order(np.minimum(_room_usd(pledged) / prices, quota), "max_loan")


def max_loan_usd(positions: Positions) -> Any:
    """Return for how many USD more may be borrowed, whatever the coin: ``sum I_i k_i p_i - D``.

    Parameters
    ----------
    positions : Position or mapping of str to Position
        With an ``initial_ltv``.

    Returns
    -------
    float or Series
        Not negative; for many positions a Series by ``ordId``.

    Raises
    ------
    InvalidArgumentError
        The initial LTV is not known.

    Examples
    --------
    For how many dollars may my loan still grow?

    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 50_000}, {"BTC": 90_000, "USDT": 1},
    ...     initial_ltv=0.65, margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> max_loan_usd(position)
    8500.0
    """
    return book_of(positions).per_order(_room_usd(positions), "max_loan_usd")


def max_redeem(positions: Positions, ccy: str) -> Any:
    """Return the most of a pledged coin that may be taken out.

    What stays must carry the debt at the initial LTV: of the coin, ``k = (D - sum of the
    others' I_i k_i p_i) / (I p)`` coins must count, and the least amount of which so many count
    stays. Without a debt all of it may go; above the initial LTV nothing may.

    Parameters
    ----------
    positions : Position or mapping of str to Position
        With an ``initial_ltv``.
    ccy : str
        A coin that is pledged; of many positions, in one of them at least.

    Returns
    -------
    float or Series
        In coins, from 0 to what is pledged; for many positions a Series by ``ordId``.

    Raises
    ------
    InvalidArgumentError
        The initial LTV is not known, or the coin is not pledged.

    Examples
    --------
    How much of a BTC is not needed to carry 39,000 USDT?

    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 39_000}, {"BTC": 100_000, "USDT": 1},
    ...     initial_ltv=0.65, margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> round(max_redeem(position, "BTC"), 8)
    0.4
    """
    book, loans = book_of(positions), one_by_one(positions)
    if loans and not any(coin(ccy, "ccy") in position.collateral for position in loans):
        raise InvalidArgumentError(f"{ccy} is not pledged, so that none can be taken out.")
    redeemable = np.array([_redeemable(position, ccy) for position in loans], dtype=float)
    return book.per_order(redeemable, "max_redeem")


def _room_usd(positions: Positions) -> NDArray[np.float64]:
    book = book_of(positions)
    headroom = net_capacity(book, "initial") * book.rows.price
    room: NDArray[np.float64] = np.maximum(headroom.sum(axis=1), 0.0)
    return room


def _redeemable(position: Position, ccy: str) -> float:
    position.threshold("initial")  # raises where it is not known
    pledged = position.collateral.get(ccy, 0.0)
    if pledged == 0:
        return 0.0
    rows, coin = position.rows, position.coins.index(ccy)
    carried = np.where(rows.kept > 0, rows.initial * rows.kept * rows.price, 0.0)
    uncovered = max(0.0, position.debt_usd - float(np.delete(carried, coin).sum()))
    power = rows.initial[coin] * rows.price[coin]
    if power == 0:
        return 0.0 if uncovered else pledged
    with np.errstate(over="ignore"):
        needed = uncovered / power
    return max(0.0, pledged - float(position.discount_rates[ccy].amount_for(needed)))


def _pledging(position: Position, supplement: Mapping[str, float], borrow_ccy: str) -> Position:
    pledged = position.add_collateral(supplement) if len(supplement) else position
    owed = {ccy for ccy, amount in position.debt.items() if amount}
    refused = [
        ccy
        for ccy, amount in pledged.collateral.items()
        if amount and (ccy == borrow_ccy or (ccy in owed and ccy in supplement))
    ]
    if refused:
        raise InvalidArgumentError(
            f"{', '.join(refused)} would be both pledged and owed, which the exchange refuses "
            "(51750): borrow or pledge another coin."
        )
    return pledged


def _price(position: Position, ccy: str) -> float:
    price = position.prices.get(ccy, 0.0)
    if price == 0:
        raise InvalidArgumentError(
            f"The position has no price of {ccy}: give one by position.with_prices."
        )
    return price


def _each(positions: Positions, change: Callable[[Position], Position]) -> Positions:
    book_of(positions)  # raises where they are no positions
    if isinstance(positions, Mapping):
        return {order: change(position) for order, position in positions.items()}
    return change(positions)
