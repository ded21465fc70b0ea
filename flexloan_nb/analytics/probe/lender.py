"""What a probe asks of an exchange: what could be borrowed, with how much more collateral."""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import pandas as pd

from flexloan_nb.analytics.arguments import finite, positive
from flexloan_nb.analytics.position import Snapshot
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["LAST_DECIMAL", "Lender", "LendingClient", "MaxLoan"]

LAST_DECIMAL = 1e-8  # of the amounts that OKX prints


class Market(Protocol):
    """What a probe asks of `FlexibleLoanClient.market`."""

    def index_prices(self, ccys: Any) -> pd.DataFrame: ...
    def discount_rates(self, ccy: str | None = None) -> pd.DataFrame: ...


class LendingClient(Protocol):
    """What a probe asks of a `FlexibleLoanClient`; all of it only reads."""

    @property
    def market(self) -> Market: ...  # noqa: D102
    def loan_snapshot(self, *, ord_id: str | None = None) -> Snapshot: ...  # noqa: D102
    def max_loan(  # noqa: D102
        self, borrow_ccy: str, sup_collateral: Any = None, *, ord_id: str | None = None
    ) -> pd.DataFrame: ...
    def collateral_assets(  # noqa: D102
        self, ccy: str | None = None, *, ord_id: str | None = None
    ) -> pd.DataFrame: ...


class MaxLoan(NamedTuple):
    """What could be borrowed, in USD.

    Attributes
    ----------
    usd : float
        Its value.
    step : float
        By how much that may be off, as the exchange rounds.
    room : float
        By how much less it is than the quota, zero where the quota ends it.
    """

    usd: float
    step: float
    room: float


class Lender:
    """Asks what an order could borrow of one coin, and counts how often.

    Attributes
    ----------
    calls : int
        To max-loan.
    debt_usd : float
        What the order owes.
    base : list of MaxLoan
        What the order could borrow as it is, each time that it was asked.
    """

    def __init__(
        self,
        client: LendingClient,
        borrow_ccy: str,
        ord_id: str | None,
        debt_usd: float,
        tell: Callable[[int], object],
    ) -> None:
        self.calls = 0
        self.debt_usd = debt_usd
        self.base: list[MaxLoan] = []
        self._client = client
        self._borrow_ccy = borrow_ccy
        self._ord_id = ord_id
        self._tell = tell
        self._loan_price = self.price(borrow_ccy)

    def max_loan(self, ccy: str = "", amount: float = 0.0) -> MaxLoan:
        """Return what could be borrowed with so much of a coin in addition."""
        supplement = {ccy: amount} if amount else None
        self.calls += 1
        frame = self._client.max_loan(self._borrow_ccy, supplement, ord_id=self._ord_id)
        self._tell(self.calls)
        answer = self._read(frame)
        if supplement is None:
            self.base.append(answer)
        return answer

    def price(self, ccy: str) -> float:
        """Return the present price of a coin in USD."""
        prices = self._client.market.index_prices([ccy, self._borrow_ccy])
        usd = {row.ccy: positive(row.idxPx, f"price of {row.ccy}") for row in prices.itertuples()}
        self._loan_price = usd[self._borrow_ccy]
        return usd[ccy]

    def balance(self, ccy: str) -> float:
        """Return how much of a coin the funding account could pledge."""
        assets = self._client.collateral_assets(ccy, ord_id=self._ord_id)
        return float(assets.loc[assets["ccy"] == ccy, "amt"].astype(float).sum())

    def _read(self, frame: pd.DataFrame) -> MaxLoan:
        if frame.empty:
            raise InvalidArgumentError(
                "There is no loan order to probe: max_loan answers without a row."
            )
        row = frame.iloc[0]
        loan, usd, quota = (
            finite(row[name], name) for name in ("maxLoan", "notionalUsd", "remainingQuota")
        )
        capped = loan >= quota - LAST_DECIMAL
        return MaxLoan(
            usd,
            LAST_DECIMAL * (1 + self._loan_price),
            0.0 if capped else quota * self._loan_price - usd,
        )
