"""The cheapest top-ups and repayments that together bring a loan's LTV down to a target.

Cheapest is the least market value in USD that leaves the funding account. For each dollar that
leaves it a repayment takes a dollar off ``D - T V`` (see `flexloan_nb.analytics.cure.remedies`)
and a top-up takes off ``T h``, tier by tier. To take the best first is the least there is, as for
any knapsack whose things can be cut: as long as the tiers of no coin rise, since they can only be
gone through in their own order.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from flexloan_nb.analytics.cure.remedies import (
    ROUNDING,
    Action,
    Move,
    Piece,
    Remedy,
    above,
    missing_usd,
    rounded_up,
)
from flexloan_nb.analytics.position import Position

__all__ = ["cheapest_mix"]

_Way: TypeAlias = tuple[Action, str]  # top up or repay, and the coin


class _Option(NamedTuple):
    """Coins that may be moved; ``effect`` is what each dollar of them takes off."""

    way: _Way
    size: float
    price: float
    effect: float


def cheapest_mix(position: Position, target: float, free: Mapping[str, float]) -> Remedy:
    """Return the top-ups and repayments of the least market value that reach a target together.

    Parameters
    ----------
    position : Position
        Above the target.
    target : float
        LTV to reach.
    free : mapping of str to float
        Coins that may be moved, infinite for as many as are needed. Those that are owed repay,
        the others are pledged.

    Returns
    -------
    Remedy
        With a reason in place of moves where the coins are not enough together, or where tiers
        rise so that this is not solved.
    """
    most = _most(position, free)
    options = list(_options(position, target, most))
    rising = {b.way[1] for a, b in pairwise(options) if a.way == b.way and b.effect > a.effect}
    if rising:
        return _impossible(
            f"the discount rates of {', '.join(sorted(rising))} rise with the amount"
        )
    missing, noise = missing_usd(position, target), ROUNDING * position.debt_usd
    amounts, left = _best_first(options, missing, noise)
    moves = tuple(Move(*way, rounded_up(amount, most[way])) for way, amount in amounts.items())
    mix = Remedy("mix", None, math.nan, moves)
    if left > noise:
        reached = mix.carried_out(position).ltv
        return _impossible(f"all that is free together leaves an LTV of {reached:.4f}")
    return mix


def _most(position: Position, free: Mapping[str, float]) -> dict[_Way, float]:
    """Return the coins for each way; the exchange takes none as collateral that is owed (51750)."""
    most: dict[_Way, float] = {}
    for ccy, amount in free.items():
        owed = position.debt.get(ccy, 0.0)
        if owed:
            most["repay", ccy] = min(owed, amount)
        elif not position.thresholds.lacking(ccy):
            most["top_up", ccy] = amount
    return {way: amount for way, amount in most.items() if amount and position.prices[way[1]]}


def _options(position: Position, target: float, most: Mapping[_Way, float]) -> Iterable[_Option]:
    for way, amount in most.items():
        action, ccy = way
        pieces = [Piece(amount, 1.0)] if action == "repay" else above(position, ccy)
        share, left = (1.0 if action == "repay" else target), amount
        for size, kept in pieces:
            if left > 0:
                yield _Option(way, min(size, left), position.prices[ccy], share * kept)
            left -= size


def _best_first(
    options: Iterable[_Option], missing: float, noise: float
) -> tuple[dict[_Way, float], float]:
    """Return coins to move, and what is still missing in USD when all have been."""
    amounts: dict[_Way, float] = {}
    for way, size, price, effect in sorted(options, key=lambda option: -option.effect):
        if missing <= noise or effect == 0:
            break
        amount = min(size, missing / (price * effect))
        amounts[way] = amounts.get(way, 0.0) + amount
        missing -= amount * price * effect
    return amounts, missing


def _impossible(reason: str) -> Remedy:
    return Remedy("mix", None, math.nan, reason=reason)
