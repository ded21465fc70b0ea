"""The market of the embedded exchange: index prices and borrow rates as exact decimals.

Paths are statistics and live in floats; a price leaves this module as a `Decimal` of seven
significant digits, a rate as one of four decimals, and only those are ever multiplied with
an amount.
"""

from bisect import bisect_right
from collections.abc import Sequence
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.paths import (
    Floats,
    FramePrices,
    PricePath,
    SeededPrices,
    SeededRates,
    frame_minutes,
)

if TYPE_CHECKING:
    import pandas as pd

MS_PER_MINUTE: Final = 60_000
MS_PER_HOUR: Final = 3_600_000
MINUTES_PER_DAY: Final = 1_440
MINUTES_TO_HONG_KONG: Final = 480  # its day opens eight hours before the UTC day
LOWEST_RATE: Final = Decimal("0.0001")


class DayRange(NamedTuple):
    """The last 24 hours of one index, and its price when the UTC and UTC+8 days opened."""

    open: Decimal
    high: Decimal
    low: Decimal
    utc_open: Decimal
    utc8_open: Decimal


class Market:
    """Index prices and borrow rates at any time from a year before the opening on."""

    def __init__(
        self, coins: Sequence[Coin], seed: int, start: int, frame: "pd.DataFrame | None" = None
    ) -> None:
        self._columns = {coin.ccy: column for column, coin in enumerate(coins)}
        self._prices: PricePath = SeededPrices(coins, seed, start // MS_PER_HOUR)
        if frame is not None:
            self._prices = FramePrices(frame, list(self._columns), self._prices)
        self._rates = SeededRates(coins, seed, start // MS_PER_HOUR)
        self._factors: dict[str, list[tuple[int, float]]] = {ccy: [] for ccy in self._columns}

    def require(self, ms: int) -> None:
        """Refuse a time the prices do not reach."""
        self._prices.at(ms // MS_PER_MINUTE)

    def price(self, ccy: str, ms: int) -> Decimal:
        """Return the USD index price of a coin."""
        minute = ms // MS_PER_MINUTE
        path = self._prices.at(minute)[self._columns[ccy]]
        return _decimal_price(path * self._factor(ccy, minute))

    def rate(self, ccy: str, ms: int) -> Decimal:
        """Return the annual borrow rate of a coin in the hour of `ms`."""
        rate = self._rates.at(ms // MS_PER_HOUR)[self._columns[ccy]]
        return max(LOWEST_RATE, Decimal(f"{rate:.4f}"))

    def set_price(self, ccy: str, price: Decimal, ms: int) -> None:
        """Move the coin's path, from this minute on, so that it passes through `price`."""
        minute = ms // MS_PER_MINUTE
        path = self._prices.at(minute)[self._columns[ccy]]
        self._factors[ccy].append((minute, float(price) / float(path)))

    def day_range(self, ccy: str, ms: int) -> DayRange:
        """Summarise the 24 hours before `ms`."""
        now = ms // MS_PER_MINUTE
        path = self._path(ccy, now - MINUTES_PER_DAY, now)
        since_utc_open = now % MINUTES_PER_DAY
        since_utc8_open = (now + MINUTES_TO_HONG_KONG) % MINUTES_PER_DAY
        picks = (
            path[0],
            path.max(),
            path.min(),
            path[-1 - since_utc_open],
            path[-1 - since_utc8_open],
        )
        return DayRange(*map(_decimal_price, picks))

    def _path(self, ccy: str, first: int, last: int) -> Floats:
        """Prices of one coin by minute, both ends included."""
        path = self._prices.between(first, last)[:, self._columns[ccy]]
        times = [minute for minute, _ in self._factors[ccy]]
        factors = np.array([1.0, *(factor for _, factor in self._factors[ccy])])
        rebased: Floats = (
            path * factors[np.searchsorted(times, np.arange(first, last + 1), side="right")]
        )
        return rebased

    def _factor(self, ccy: str, minute: int) -> float:
        factors = self._factors[ccy]
        index = bisect_right(factors, minute, key=itemgetter(0))
        return factors[index - 1][1] if index else 1.0


def opening_of(frame: "pd.DataFrame") -> int:
    """Return the time of a price frame's first row, in milliseconds since the epoch."""
    return int(frame_minutes(frame)[0]) * MS_PER_MINUTE


def _decimal_price(price: float) -> Decimal:
    return Decimal(f"{price:.7g}")
