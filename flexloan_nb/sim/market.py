"""The market of the embedded exchange: index prices and borrow rates as exact decimals.

Paths are statistics and live in floats; a price leaves this module as a `Decimal` of seven
significant digits, a rate as one of four decimals, and only those are ever multiplied with
an amount. An index has one price a minute: tickers and candles of every bar summarise these.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from flexloan_nb.sim import rules
from flexloan_nb.sim.candles import (
    MINUTES_PER_DAY,
    MINUTES_TO_HONG_KONG,
    MS_PER_MINUTE,
    Candle,
)
from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.paths import (
    HISTORY_HOURS,
    Floats,
    FramePrices,
    PricePath,
    SeededPrices,
    SeededRates,
    frame_minutes,
)

if TYPE_CHECKING:
    import pandas as pd

MS_PER_HOUR: Final = 3_600_000
LOWEST_RATE: Final = Decimal("0.0001")
LENDERS_SHARE: Final = Decimal("0.85")  # of what borrowers pay
DOLLAR: Final = "USD"
QUOTES: Final = (DOLLAR, "USDT", "USDC", "BTC")


class Index(NamedTuple):
    """The price of a coin in dollars or in another coin."""

    base: str
    quote: str = DOLLAR

    @property
    def inst_id(self) -> str:
        """Its name on the interface, e.g. ``BTC-USD``."""
        return f"{self.base}-{self.quote}"


class DayRange(NamedTuple):
    """The last 24 hours of one index, and its price when the UTC and UTC+8 days opened."""

    open: Decimal
    high: Decimal
    low: Decimal
    utc_open: Decimal
    utc8_open: Decimal


class Market:
    """Index prices and borrow rates at any time from a year before the opening on.

    Attributes
    ----------
    first_minute : int
        The first one it knows, in minutes since the epoch.
    factors : dict of str to list of (int, float)
        By currency, the minutes of prices that were set, and what its path is multiplied with
        from then on.
    """

    def __init__(
        self, coins: Sequence[Coin], seed: int, start: int, frame: "pd.DataFrame | None" = None
    ) -> None:
        self.first_minute = 60 * (start // MS_PER_HOUR - HISTORY_HOURS)
        self._columns = {coin.ccy: column for column, coin in enumerate(coins)}
        self._prices: PricePath = SeededPrices(coins, seed, start // MS_PER_HOUR)
        if frame is not None:
            self._prices = FramePrices(frame, list(self._columns), self._prices)
        self._rates = SeededRates(coins, seed, start // MS_PER_HOUR)
        self.factors: dict[str, list[tuple[int, float]]] = {ccy: [] for ccy in self._columns}

    def require(self, ms: int) -> None:
        """Refuse a time the prices do not reach."""
        self._prices.at(ms // MS_PER_MINUTE)

    # Rates

    def rate(self, ccy: str, ms: int) -> Decimal:
        """Return the annual borrow rate of a coin in the hour of `ms`."""
        rate = self._rates.at(ms // MS_PER_HOUR)[self._columns[ccy]]
        return max(LOWEST_RATE, Decimal(f"{rate:.4f}"))

    def lending_rate(self, ccy: str, ms: int) -> Decimal:
        """Return the annual rate that lenders of a coin get in the hour of `ms`."""
        return rules.round_down(LENDERS_SHARE * self.rate(ccy, ms), rules.RATIO_STEP)

    # Prices

    def price(self, ccy: str, ms: int, quote: str = DOLLAR) -> Decimal:
        """Return the index price of a coin."""
        minute = ms // MS_PER_MINUTE
        level = self._level(ccy, minute)
        return _decimal_price(level if quote == DOLLAR else level / self._level(quote, minute))

    def set_price(self, ccy: str, price: Decimal, ms: int) -> None:
        """Move the coin's path, from this minute on, so that it passes through `price`."""
        minute = ms // MS_PER_MINUTE
        path = self._prices.at(minute)[self._columns[ccy]]
        self.factors[ccy].append((minute, float(price) / float(path)))

    def day_range(self, index: Index, ms: int) -> DayRange:
        """Summarise the 24 hours before `ms`."""
        now = ms // MS_PER_MINUTE
        path = self._index_path(index, now - MINUTES_PER_DAY, now)
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

    def candles(self, index: Index, openings: range, ms: int) -> list[Candle]:
        """Return the candles that open in these minutes and end where the next one opens.

        One that has not ended at `ms` is made of what has passed of it.
        """
        if not openings:
            return []
        first, length, now = openings[0], openings.step, ms // MS_PER_MINUTE
        path = self._index_path(index, first, min(openings[-1] + length - 1, now))
        return [
            _candle(opening, path[opening - first :][:length], opening + length <= now)
            for opening in openings
        ]

    def _index_path(self, index: Index, first: int, last: int) -> Floats:
        """Prices of one index by minute, both ends included."""
        path = self._path(index.base, first, last)
        return path if index.quote == DOLLAR else path / self._path(index.quote, first, last)

    def _path(self, ccy: str, first: int, last: int) -> Floats:
        path = self._prices.between(first, last)[:, self._columns[ccy]]
        times = [minute for minute, _ in self.factors[ccy]]
        factors = np.array([1.0, *(factor for _, factor in self.factors[ccy])])
        rebased: Floats = (
            path * factors[np.searchsorted(times, np.arange(first, last + 1), side="right")]
        )
        return rebased

    def _level(self, ccy: str, minute: int) -> float:
        level: float = self._prices.at(minute)[self._columns[ccy]]
        return level * self._factor(ccy, minute)

    def _factor(self, ccy: str, minute: int) -> float:
        factors = self.factors[ccy]
        index = bisect_right(factors, minute, key=itemgetter(0))
        return factors[index - 1][1] if index else 1.0


def indices(ccys: Iterable[str]) -> dict[str, Index]:
    """Return the indices of these coins by their names: each coin in every quote but itself."""
    bases = tuple(ccys)
    quotes = [quote for quote in QUOTES if quote == DOLLAR or quote in bases]
    every = (Index(base, quote) for quote in quotes for base in bases if base != quote)
    return {index.inst_id: index for index in every}


def opening_of(frame: "pd.DataFrame") -> int:
    """Return the time of a price frame's first row, in milliseconds since the epoch."""
    return int(frame_minutes(frame)[0]) * MS_PER_MINUTE


def _candle(minute: int, path: Floats, complete: bool) -> Candle:
    return Candle(
        ts=minute * MS_PER_MINUTE,
        open=_decimal_price(path[0]),
        high=_decimal_price(path.max()),
        low=_decimal_price(path.min()),
        close=_decimal_price(path[-1]),
        complete=complete,
    )


def _decimal_price(price: float) -> Decimal:
    return Decimal(f"{price:.7g}")
