"""The least of one thing that brings a loan's LTV down to a target.

With the debt ``D``, the adjusted collateral value ``V`` and the target ``T``, a loan is at its
target where ``D - T V = 0``. Every remedy takes something off that number for each coin it
moves: a repayment the price ``p``; a top-up ``T h p``, of which the share ``h`` counts; a sale
that repays with its proceeds after the cost ``c`` takes off ``(1 - c - T h) p``. Shares ``h`` are
those of the discount tiers that are moved through: upwards by a top-up, from the top down by a
sale. So each remedy is a row of pieces of constant gain, and the least amount is found by walking
along them.
"""

import math
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.position import Position

__all__ = [
    "ROUNDING",
    "Action",
    "Move",
    "Piece",
    "Remedy",
    "above",
    "is_cured",
    "missing_usd",
    "repayment",
    "rounded_up",
    "sale",
    "top_up",
]

Action: TypeAlias = Literal["top_up", "repay", "sell", "mix", "none"]

_STEPS: Final = 1e8  # of a coin: the exchange keeps its books to the eighth decimal
_EXACT: Final = 2.0**52  # steps, beyond which floats lie further apart than they
ROUNDING: Final = 1e-12  # relative: more than sums of floats are off by, less than matters


class Move(NamedTuple):
    """So many coins, moved one way: ``top_up``, ``repay`` or ``sell``."""

    action: Action
    ccy: str
    amount: float


class Remedy(NamedTuple):
    """What to do, or why it cannot be done.

    Attributes
    ----------
    action : str
        ``top_up``, ``repay``, ``sell``, ``mix``, or ``none`` where there is nothing to do.
    ccy : str or None
        The coin it is about; None for a mix.
    amount : float
        Coins it needs, also where they are not there; infinite where no amount is enough, NaN
        for a mix.
    moves : tuple of Move
        That carry it out; empty where it cannot be.
    reason : str or None
        Why it cannot be.
    """

    action: Action
    ccy: str | None
    amount: float
    moves: tuple[Move, ...] = ()
    reason: str | None = None

    def carried_out(self, position: Position) -> Position:
        """Return what the moves make of a position."""
        for action, ccy, amount in self.moves:
            if action == "top_up":
                position = position.add_collateral({ccy: amount})
            elif action == "repay":
                position = position.repay({ccy: amount})
            else:
                position = position.remove_collateral({ccy: amount})
        return position


class Piece(NamedTuple):
    """Coins that are next to be pledged, or taken out; ``kept`` is what counts of each."""

    size: float
    kept: float


def top_up(position: Position, target: float, ccy: str, free: float) -> Remedy:
    """Return the least of a coin that must be pledged on top, of so many that are free."""
    if lacking := position.thresholds.lacking(ccy):
        return _impossible("top_up", ccy, math.nan, f"{', '.join(lacking)} of {ccy} is not known")
    gain = target * position.prices[ccy]
    pieces = [(size, gain * kept) for size, kept in above(position, ccy)]
    need = _least(pieces, missing_usd(position, target))
    if math.isinf(need):
        return _impossible("top_up", ccy, need, f"no amount of {ccy} is enough")
    if not _within(need, free):
        return _impossible("top_up", ccy, need, f"{_needs(need, ccy)}, {free:,.8g} are free")
    amount = rounded_up(need, free)
    return Remedy("top_up", ccy, amount, (Move("top_up", ccy, amount),))


def repayment(position: Position, target: float, ccy: str, free: float) -> Remedy:
    """Return the least of a coin that must be repaid, of so many that are free."""
    owed, price = position.debt[ccy], position.prices[ccy]
    need = missing_usd(position, target) / price if price else math.inf
    if math.isinf(need):
        return _impossible("repay", ccy, need, f"no amount of {ccy} is enough")
    for most, state in ((owed, "owed"), (free, "free")):
        if not _within(need, most):
            return _impossible("repay", ccy, need, f"{_needs(need, ccy)}, {most:,.8g} are {state}")
    amount = rounded_up(need, min(owed, free))
    return Remedy("repay", ccy, amount, (Move("repay", ccy, amount),))


def sale(position: Position, target: float, ccy: str, selling_cost: float) -> Remedy:
    """Return the least of a pledged coin that must be sold to repay with the proceeds.

    In one tier that is ``x = (D - T V) / ((1 - c) - T h)`` in USD, which needs ``1 - c > T h``.
    The proceeds repay every coin owed by the same share.
    """
    price = position.prices[ccy]
    pieces = [
        (size, price * (1 - selling_cost - target * kept)) for size, kept in _below(position, ccy)
    ]
    need = _least(pieces, missing_usd(position, target))
    if not any(gain > 0 for _, gain in pieces):
        return _impossible("sell", ccy, need, f"a sale of {ccy} costs more than it clears")
    if math.isinf(need):
        pledged = position.collateral[ccy]
        return _impossible("sell", ccy, need, f"all {pledged:,.8g} {ccy} are not enough")
    amount = rounded_up(need, _end_of_piece(pieces, need))
    repaid = min(1.0, (1 - selling_cost) * price * amount / position.debt_usd)
    moves = [Move("repay", owed, repaid * of) for owed, of in position.debt.items() if of]
    return Remedy("sell", ccy, amount, (Move("sell", ccy, amount), *moves))


def is_cured(position: Position, target: float) -> bool:
    """Return whether a loan is at a target or below, as far as floats can tell."""
    return missing_usd(position, target) <= ROUNDING * position.debt_usd


def missing_usd(position: Position, target: float) -> float:
    """Return by how many USD a loan is above a target: ``D - T V``."""
    return position.debt_usd - target * position.collateral_usd


def above(position: Position, ccy: str) -> list[Piece]:
    """Return what counts of the next coins pledged, without an end."""
    held = position.collateral.get(ccy, 0.0)
    return [
        Piece(end - max(start, held), kept)
        for start, end, kept in _tiers(position, ccy)
        if end > held
    ]


def _below(position: Position, ccy: str) -> list[Piece]:
    """Return what counts of the coins pledged, the last ones first."""
    held = position.collateral[ccy]
    pieces = [
        Piece(min(end, held) - start, kept)
        for start, end, kept in _tiers(position, ccy)
        if start < held
    ]
    return pieces[::-1]


def _tiers(position: Position, ccy: str) -> Iterable[tuple[float, float, float]]:
    tiers = position.discount_rates.get(ccy, Tiers())
    return zip(tiers.starts, (*tiers.starts[1:], math.inf), tiers.rates, strict=True)


def _least(pieces: Iterable[tuple[float, float]], missing: float) -> float:
    """Return the least amount along pieces (size, gain of each coin) that gains what is missing."""
    walked = 0.0
    for size, gain in pieces:
        if gain > 0 and gain * size >= missing * (1 - ROUNDING):
            return walked + missing / gain
        missing -= gain * size
        walked += size
    return math.inf


def _end_of_piece(pieces: Iterable[tuple[float, float]], amount: float) -> float:
    end = 0.0
    for size, _ in pieces:
        end += size
        if _within(amount, end):
            break
    return end


def _within(need: float, most: float) -> bool:
    return need <= most * (1 + ROUNDING)


def rounded_up(amount: float, most: float) -> float:
    """Return an amount that can be sent: up to the next step of a coin, at most what there is."""
    if amount >= most * (1 - ROUNDING):
        return most
    if amount * _STEPS > _EXACT:
        return amount
    return min(most, max(amount, math.ceil(amount * _STEPS) / _STEPS))


def _impossible(action: Action, ccy: str, need: float, reason: str) -> Remedy:
    return Remedy(action, ccy, need, reason=reason)


def _needs(need: float, ccy: str) -> str:
    return f"needs {need:,.8g} {ccy}"
