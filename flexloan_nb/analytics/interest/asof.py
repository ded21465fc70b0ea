"""Prices of coins at given times: the last one known at or before each."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.exact import numbers
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["PricesOverTime", "prices_at", "require_time_zone", "timestamp"]

PricesOverTime: TypeAlias = Mapping[str, Any] | pd.Series | pd.DataFrame | None


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
    return prices.get(coin, np.nan)


def _last_before(known: pd.Series, ts: pd.Series, coin: str) -> NDArray[Any]:
    known = known.dropna().sort_index(kind="stable")
    values = np.append(numbers(known, f"price of {coin}").astype(object), np.nan)
    known_until = pd.DatetimeIndex(known.index).as_unit("ns").asi8
    asked = pd.DatetimeIndex(ts).as_unit("ns").asi8
    return np.asarray(values[known_until.searchsorted(asked, side="right") - 1])


def require_time_zone(ts: pd.Series) -> None:
    """Raise `InvalidArgumentError` where a column is not of times with a zone."""
    if not isinstance(ts.dtype, pd.DatetimeTZDtype):
        raise InvalidArgumentError("ts has no time zone: tz_localize it, the exchange's is UTC.")


def timestamp(time: Any) -> pd.Timestamp:
    """Return a time, or raise `InvalidArgumentError`."""
    try:
        stamp = pd.Timestamp(time)
    except (ValueError, TypeError):
        raise InvalidArgumentError(f"{time!r} is not a time.") from None
    if pd.isna(stamp):
        raise InvalidArgumentError("A time is missing.")
    return stamp
