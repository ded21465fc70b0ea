"""What a report is made of: what was read, and what follows from it for several sections."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import pandas as pd

from flexloan_nb.analytics.history.changes import DatedSnapshot
from flexloan_nb.analytics.history.reconstruction import LtvHistory, reconstruct_ltv
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import FlexLoanError

__all__ = ["Frame", "LoanFacts", "by_coin", "known"]

T = TypeVar("T")

Frame = pd.DataFrame | FlexLoanError  # what was read, or why it was not


def known(read: T | FlexLoanError) -> T:
    """Return what was read, or raise the error for which it was not.

    >>> known(7)
    7
    """
    if isinstance(read, FlexLoanError):
        raise read
    return read


def by_coin(numbers: pd.Series) -> dict[str, float]:
    """Return numbers that are indexed by coin as floats."""
    return {str(ccy): float(number) for ccy, number in numbers.items()}


@dataclass(frozen=True)
class LoanFacts:
    """A loan as it was read at one moment; what could not be read is an error in its place.

    Attributes
    ----------
    now : LoanSnapshot
        The loans and their coins; ``fetched_at`` is the report's time.
    source : str
        Address of the exchange.
    prices, discount_rates, balances : DataFrame or FlexLoanError
        As `MarketClient.index_prices` of the loans' coins, `MarketClient.discount_rates` and
        `FlexibleLoanClient.collateral_assets` return them.
    free_prices : DataFrame or FlexLoanError
        Prices of the coins in the balances.
    events, accruals : DataFrame or FlexLoanError
        As `FlexibleLoanClient.loan_history` and `interest_accrued` return them.
    hourly : DataFrame or FlexLoanError
        USD, a column for each coin, over the hours of the accruals.
    at_sales : DataFrame or FlexLoanError
        USD, a column for each coin, over the moments of forced sales.
    ord_id : str, optional
        The one order that was asked for.
    target : float, optional
        LTV that remedies aim at.
    versions : mapping of str to str
        Of the software.
    """

    now: DatedSnapshot
    source: str
    prices: Frame
    discount_rates: Frame
    balances: Frame
    free_prices: Frame
    events: Frame
    accruals: Frame
    hourly: Frame
    at_sales: Frame
    ord_id: str | None = None
    target: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether the loan is one of the embedded exchange."""
        return self.source.startswith("http://") or self.source.endswith(".invalid")

    @cached_property
    def positions(self) -> dict[str, Position]:
        """The loans by their order."""
        return Position.from_snapshot(self.now, known(self.prices), known(self.discount_rates))

    @cached_property
    def history(self) -> LtvHistory:
        """How the loans developed."""
        return reconstruct_ltv(
            known(self.events),
            known(self.accruals),
            known(self.hourly),
            self.now,
            known(self.discount_rates),
        )

    def falls(self, position: Position) -> tuple[float, float]:
        """Return by which share all collateral may fall, to the margin call and liquidation."""
        call, sale = (uniform_fall(position, level) for level in ("margin_call", "liquidation"))
        return float(call), float(sale)
