"""Prices over time, and which of them holds at a moment."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.history.changes import epoch_ms
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Quotes"]


@dataclass(frozen=True)
class Quotes:
    """USD prices by coin.

    Attributes
    ----------
    times : ndarray of int, (times,)
        Milliseconds, in rising order.
    prices : DataFrame
        A row for each time, a column for each coin.
    """

    times: NDArray[np.int64]
    prices: pd.DataFrame

    @classmethod
    def of(cls, prices: pd.DataFrame, ccys: Collection[str]) -> "Quotes":
        """Return the prices of these coins.

        Raises
        ------
        InvalidArgumentError
            The index is not UTC times in rising order, or a coin has no price.
        """
        if not isinstance(prices.index, pd.DatetimeIndex):
            raise InvalidArgumentError("prices must have times as its index, a column per coin.")
        if missing := [ccy for ccy in ccys if ccy not in prices or prices[ccy].isna().all()]:
            raise InvalidArgumentError(
                f"prices has none of {', '.join(missing)}. Read them with "
                f'client.market.index_candles("{missing[0]}-USD", start=...).'
            )
        times = epoch_ms(prices.index, "prices")
        if (np.diff(times) <= 0).any():
            raise InvalidArgumentError("The times of prices must rise: use prices.sort_index().")
        quoted = prices[list(ccys)].astype(float)
        if not (quoted.isna() | ((quoted > 0) & (quoted < np.inf))).to_numpy().all():
            raise InvalidArgumentError("A price in prices is not above zero and finite.")
        return cls(times, quoted)

    def at(self, ccy: str, moments: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the last price at or before each moment; NaN before the first."""
        quoted = self.prices[ccy].to_numpy()
        known = ~np.isnan(quoted)
        rows = np.searchsorted(self.times[known], moments, side="right")
        return np.append(np.nan, quoted[known])[rows]
