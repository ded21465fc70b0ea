"""What a sketch makes of a loan, by the model."""

import math
from collections.abc import Collection
from typing import Final, NamedTuple

import pandas as pd

from flexloan_nb.analytics.cure.capacity import max_loan, max_loan_usd
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.panels.what_if.facts import Loan
from flexloan_nb.panels.what_if.sketch import Sketch

__all__ = ["QUANTITIES", "Outlook", "State", "look_out", "state_of"]

# Rows of the table, and how each is written.
QUANTITIES: Final = {
    "ltv": "percent",
    "collateral_usd": "usd",
    "debt_usd": "usd",
    "max_loan_usd": "usd",
    "headroom_usd": "usd",
    "margin_call_fall": "percent",
    "liquidation_fall": "percent",
}
_ROUNDING = 1e-9  # relative: a draw of all there is is not more than there is


class State(NamedTuple):
    """A loan as it stands: its quantities, how far prices may move, by coin and together."""

    position: Position
    quantities: dict[str, float]
    ladder: pd.DataFrame

    @property
    def falls(self) -> tuple[float, float]:
        """By which share all collateral falls until a margin call, and until liquidation."""
        return self.quantities["margin_call_fall"], self.quantities["liquidation_fall"]


class Outlook(NamedTuple):
    """What a sketch makes of a loan.

    Attributes
    ----------
    sketch : Sketch
        What was sketched.
    max_loan : float
        The most that could be borrowed with the supplement, in coins, at today's prices and
        before anything is drawn; at most the quota where that is known. This is the number
        that the exchange is asked for.
    quota : float
        In coins; NaN where it is not known.
    before, after : State
        The loan as it is, and after the supplement, the draw and the shocks.
    warnings : tuple of str
        Keys of words, worst first.
    """

    sketch: Sketch
    max_loan: float
    quota: float
    before: State
    after: State
    warnings: tuple[str, ...]


def look_out(
    loan: Loan,
    sketch: Sketch,
    before: State | None = None,
    also: Collection[str] = (),
) -> Outlook:
    """Return what a sketch makes of a loan.

    Thresholds are those that the loan has now: how the exchange makes them follow the mix of
    collateral is not published.

    Parameters
    ----------
    loan : Loan
        What is known of it.
    sketch : Sketch
        Of the same order.
    before : State, optional
        ``state_of(loan.position)`` where that is known already.
    also : collection of str
        Coins that have a rung in the ladder even where none of them is pledged.

    Raises
    ------
    InvalidArgumentError
        A coin has no price or cannot be pledged or borrowed for this loan.
    """
    _check_coins(loan, sketch)
    quota = loan.quotas.get(sketch.borrow_ccy, math.nan)
    known = None if math.isnan(quota) else quota
    most = float(max_loan(loan.position, sketch.borrow_ccy, sketch.supplement, known))
    after = state_of(_after(loan.position, sketch, also))
    return Outlook(
        sketch,
        most,
        quota,
        before or state_of(loan.position),
        after,
        tuple(_warnings(sketch, most, after)),
    )


def state_of(position: Position) -> State:
    """Return a loan's quantities and its ladder of liquidation prices."""
    known = position.thresholds.initial is not None
    return State(
        position,
        {
            "ltv": position.ltv,
            "collateral_usd": position.collateral_usd,
            "debt_usd": position.debt_usd,
            "max_loan_usd": float(max_loan_usd(position)) if known else math.nan,
            "headroom_usd": position.liquidation_ltv * position.collateral_usd - position.debt_usd,
            "margin_call_fall": float(uniform_fall(position, "margin_call")),
            "liquidation_fall": float(uniform_fall(position, "liquidation")),
        },
        liquidation_prices(position),
    )


def _after(position: Position, sketch: Sketch, also: Collection[str]) -> Position:
    added = {**dict.fromkeys(also, 0.0), **sketch.supplement}
    moved = position.add_collateral(added) if added else position
    moved = moved.borrow({sketch.borrow_ccy: sketch.draw}) if sketch.draw else moved
    prices = {ccy: moved.prices[ccy] * (1 + of) for ccy, of in sketch.shocks.items()}
    return moved.with_prices(prices) if prices else moved


def _check_coins(loan: Loan, sketch: Sketch) -> None:
    named = [sketch.borrow_ccy, *sketch.supplement, *sketch.shocks]
    if unknown := [ccy for ccy in named if ccy not in loan.position.prices]:
        raise InvalidArgumentError(f"There is no USD price of {', '.join(unknown)}.")


def _warnings(sketch: Sketch, most: float, after: State) -> list[str]:
    position, warnings = after.position, []
    if position.debt_usd and position.ltv >= position.liquidation_ltv:
        warnings.append("what_if_liquidated")
    elif position.debt_usd and position.ltv >= position.margin_call_ltv:
        warnings.append("what_if_called")
    if sketch.draw > most * (1 + _ROUNDING):
        warnings.append("what_if_overdrawn")
    return warnings
