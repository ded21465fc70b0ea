"""Prices of coins at given times: the last one known at or before each.

`prices_at` takes them as they come, for amounts in coins that may also be told without USD;
`Quotes` takes a complete table, for what cannot be told without.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.exact import numbers
from flexloan_nb.analytics.times import epoch_ms
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["PricesOverTime", "Quotes", "prices_at"]

PricesOverTime: TypeAlias = Mapping[str, Any] | pd.Series | pd.DataFrame | None


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
        if not isinstance(prices, pd.DataFrame) or not isinstance(prices.index, pd.DatetimeIndex):
            raise InvalidArgumentError("prices must have times as its index, a column per coin.")
        _require_one_column_each(prices)
        if missing := [ccy for ccy in ccys if ccy not in prices or prices[ccy].isna().all()]:
            raise InvalidArgumentError(
                f"prices has none of {', '.join(missing)}. Read them with "
                f'client.market.index_candles("{missing[0]}-USD", start=...).'
            )
        times = epoch_ms(prices.index, "prices")
        if (np.diff(times) <= 0).any():
            raise InvalidArgumentError("The times of prices must rise: use prices.sort_index().")
        try:
            quoted = prices[list(ccys)].astype(float)
        except (TypeError, ValueError):
            raise InvalidArgumentError("A price in prices is not a number.") from None
        if not (quoted.isna() | ((quoted > 0) & (quoted < np.inf))).to_numpy().all():
            raise InvalidArgumentError("A price in prices is not above zero and finite.")
        return cls(times, quoted)

    def at(self, ccy: str, moments: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the last price at or before each moment; NaN before the first."""
        quoted = self.prices[ccy].to_numpy()
        known = ~np.isnan(quoted)
        return _last_known(self.times[known], quoted[known], moments)


def prices_at(prices: PricesOverTime, ccy: pd.Series, ts: pd.Series) -> NDArray[Any]:
    """Return the price of each row's coin at each row's time.

    Parameters
    ----------
    prices : DataFrame, mapping, Series or None
        USD for one coin: a column for each coin over a DatetimeIndex with a zone; or one price
        for each coin, at all times; or the frame of `MarketClient.index_prices`.
    ccy, ts : Series
        Coins and times of as many rows.

    Returns
    -------
    ndarray
        The last price at or before the time, however long ago; NaN where there is none. Floats,
        or Decimals where the prices of a coin are.

    Examples
    --------
    What was a BTC worth at three, and before the first price is known?

    >>> hours = pd.date_range("2026-01-01", periods=3, freq="2h", tz="UTC")
    >>> known = pd.DataFrame({"BTC": [90_000.0, 91_000.0, 92_000.0]}, index=hours)
    >>> asked = pd.Series(pd.to_datetime(["2026-01-01 03:00Z", "2025-12-31 23:00Z"]))
    >>> prices_at(known, pd.Series(["BTC", "BTC"]), asked)
    array([91000.0, nan], dtype=object)
    """
    found = np.full(len(ccy), np.nan, object)
    if prices is None:
        return found
    for coin, rows in ccy.groupby(ccy, sort=False).indices.items():
        known = _of_coin(prices, str(coin))
        if isinstance(known, pd.Series):
            found[rows] = _last_before(known, ts.iloc[rows], str(coin))
        else:
            found[rows] = numbers([known], f"price of {coin}")
    return found


def _of_coin(prices: Any, coin: str) -> Any:
    """Return one price, or a Series over time."""
    if isinstance(prices, pd.DataFrame):
        if {"ccy", "idxPx"} <= set(prices.columns):
            return prices.set_index("ccy")["idxPx"].get(coin, np.nan)
        if not isinstance(prices.index, pd.DatetimeIndex) or prices.index.tz is None:
            raise InvalidArgumentError("prices over time need a DatetimeIndex with a time zone.")
        _require_one_column_each(prices)
    elif not isinstance(prices, Mapping | pd.Series):
        raise InvalidArgumentError(
            f"prices is {prices!r}: give USD by coin, or a frame of them over time."
        )
    return prices.get(coin, np.nan)


def _last_before(known: pd.Series, ts: pd.Series, coin: str) -> NDArray[Any]:
    known = known.dropna().sort_index(kind="stable")
    values = numbers(known, f"price of {coin}").astype(object)
    times = pd.DatetimeIndex(known.index).as_unit("ns").asi8
    return _last_known(times, values, pd.DatetimeIndex(ts).as_unit("ns").asi8)


def _last_known(
    times: NDArray[np.int64], values: NDArray[Any], moments: NDArray[np.int64]
) -> NDArray[Any]:
    """Return the last value at or before each moment; NaN before the first."""
    return np.append(values, np.nan)[np.searchsorted(times, moments, side="right") - 1]


def _require_one_column_each(prices: pd.DataFrame) -> None:
    if not prices.columns.is_unique:
        raise InvalidArgumentError("prices has more than one column of a coin: drop one.")
