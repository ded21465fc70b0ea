"""Where prices and borrow rates come from: seeded series by hour, or the user's own prices.

Series are drawn in chunks of fixed size from a generator seeded by the chunk's number, and the
minutes inside an hour from one seeded by the hour, so what is asked, in which order and in which
steps, never changes a number. Minutes and hours are counted from the epoch, in UTC.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.rules import HOURS_PER_YEAR

if TYPE_CHECKING:
    import pandas as pd

Floats: TypeAlias = NDArray[np.float64]

CHUNK_HOURS: Final = 720
HISTORY_HOURS: Final = HOURS_PER_YEAR  # of market before the exchange opens
VOLATILITY, RETURNS, MINUTES, RATES = range(4)  # streams of one seed

TAIL_FREEDOM: Final = 5  # degrees of freedom of Student's t
COMMON_SHARE: Final = 0.65  # of every coin's variance, shared by all
PEG_PERSISTENCE: Final = 0.97  # by hour, of a stable coin's distance from one dollar
CLUSTER_PERSISTENCE: Final = 0.985  # by hour, of the logarithm of volatility
CLUSTER_DEVIATION: Final = 0.40  # long-run deviation of that logarithm
RATE_PERSISTENCE: Final = 0.99  # by hour, of the logarithm of a borrow rate
RATE_DEVIATION: Final = 0.30


class PricePath(Protocol):
    """Prices of every coin, one column each, at any minute."""

    def at(self, minute: int) -> Floats:
        """Return one row of prices."""

    def between(self, first: int, last: int) -> Floats:
        """Return a row of prices for every minute from `first` to `last`, both included."""


class Autoregression:
    """Columns that follow ``x[t] = persistence * x[t-1] + shock[t]`` from zero, by hour."""

    def __init__(
        self,
        origin: int,
        seed: Sequence[int],
        persistence: Floats,
        shocks: Callable[[np.random.Generator, int], Floats],
    ) -> None:
        self._origin = origin
        self._seed = list(seed)
        self._persistence = persistence
        self._shocks = shocks
        self._chunks: list[Floats] = []

    def at(self, hour: int) -> Floats:
        """Return the row of one hour."""
        chunk, row = divmod(hour - self._origin, CHUNK_HOURS)
        level: Floats = self.chunk(chunk)[row]
        return level

    def chunk(self, number: int) -> Floats:
        """Return the rows of one chunk, drawing it and those before it where needed."""
        if number < 0:
            raise ValueError("the market has no history that far back")
        while len(self._chunks) <= number:
            self._chunks.append(self._draw(len(self._chunks)))
        return self._chunks[number]

    def _draw(self, number: int) -> Floats:
        generator = np.random.default_rng([*self._seed, number])
        rows = self._shocks(generator, number)
        level = self._chunks[-1][-1] if self._chunks else np.zeros(rows.shape[1])
        for row in rows:
            level = self._persistence * level + row
            row[:] = level
        return rows


class SeededPrices:
    """Correlated, fat-tailed, volatility-clustered prices that start from the coins' own.

    Log returns share a common Student-t factor and have one each; a common factor of volatility
    wanders slowly. Stable coins move alone and return to one dollar. Inside an hour, minutes
    follow a Brownian bridge between the hourly prices.
    """

    def __init__(self, coins: Sequence[Coin], seed: int, start: int) -> None:
        origin = start - HISTORY_HOURS
        self._seed = seed
        self._stable = np.array([coin.stable for coin in coins])
        self._sigma = np.array([coin.volatility for coin in coins]) / np.sqrt(HOURS_PER_YEAR)
        self._common = np.sqrt(np.where(self._stable, 0.0, COMMON_SHARE))
        self._own = np.sqrt(1.0 - self._common**2)
        self._volatility = Autoregression(
            origin, (seed, VOLATILITY), np.array([CLUSTER_PERSISTENCE]), _cluster_shocks
        )
        persistence = np.where(self._stable, PEG_PERSISTENCE, 1.0)
        self._returns = Autoregression(origin, (seed, RETURNS), persistence, self._return_shocks)
        anchor = np.log([coin.price for coin in coins])
        self._offset = anchor - np.where(self._stable, 0.0, self._returns.at(start))
        self._hour = lru_cache(maxsize=64)(self._minutes_of)

    def at(self, minute: int) -> Floats:
        """Return one row of prices."""
        hour, rest = divmod(minute, 60)
        return self._hour(hour)[rest] if rest else np.exp(self._log_prices(hour))

    def between(self, first: int, last: int) -> Floats:
        """Return a row of prices for every minute from `first` to `last`, both included."""
        begin = first // 60
        hours = [self._hour(hour) for hour in range(begin, last // 60 + 1)]
        return np.concatenate(hours)[first - 60 * begin : last - 60 * begin + 1]

    def _log_prices(self, hour: int) -> Floats:
        return self._offset + self._returns.at(hour)

    def _return_shocks(self, generator: np.random.Generator, chunk: int) -> Floats:
        spread = np.sqrt((TAIL_FREEDOM - 2) / TAIL_FREEDOM)
        common = spread * generator.standard_t(TAIL_FREEDOM, (CHUNK_HOURS, 1))
        own = spread * generator.standard_t(TAIL_FREEDOM, (CHUNK_HOURS, len(self._sigma)))
        clusters = _multiplier(self._volatility.chunk(chunk))
        drift = np.where(self._stable, 0.0, -0.5 * self._sigma**2)
        shocks: Floats = self._sigma * clusters * (self._common * common + self._own * own)
        return drift + shocks

    def _minutes_of(self, hour: int) -> Floats:
        """Prices of sixty minutes: a bridge from this hour's price to the next one's."""
        generator = np.random.default_rng([self._seed, MINUTES, hour])
        common = generator.standard_normal((60, 1))
        own = generator.standard_normal((60, len(self._sigma)))
        clusters = _multiplier(self._volatility.at(hour))
        steps = self._sigma * clusters * (self._common * common + self._own * own) / np.sqrt(60)
        walk = np.cumsum(steps, axis=0)
        passed = np.arange(60)[:, np.newaxis] / 60
        bridge = np.vstack([np.zeros_like(walk[:1]), walk[:-1]]) - passed * walk[-1]
        begin, end = self._log_prices(hour), self._log_prices(hour + 1)
        minutes: Floats = np.exp(begin + passed * (end - begin) + bridge)
        return minutes


class FramePrices:
    """The user's prices, each holding until the next; other coins keep their seeded path.

    The first price also holds before its time, so that a look back finds something.
    """

    def __init__(self, frame: "pd.DataFrame", ccys: Sequence[str], others: PricePath) -> None:
        unknown = [column for column in frame.columns if column not in ccys]
        if unknown:
            raise ValueError(f"the exchange does not list {unknown}")
        self._minutes = frame_minutes(frame)
        self._values = frame.to_numpy(dtype=np.float64)
        if not (np.isfinite(self._values) & (self._values > 0)).all():
            raise ValueError("the price frame needs a positive price in every cell")
        self._columns = [ccys.index(ccy) for ccy in frame.columns]
        self._others = others

    def at(self, minute: int) -> Floats:
        """Return one row of prices."""
        return self._overlay(self._others.at(minute), minute)

    def between(self, first: int, last: int) -> Floats:
        """Return a row of prices for every minute from `first` to `last`, both included."""
        return self._overlay(self._others.between(first, last), np.arange(first, last + 1))

    def _overlay(self, prices: Floats, minutes: int | NDArray[np.int64]) -> Floats:
        if np.max(minutes) > self._minutes[-1]:
            raise ValueError("the price frame ends before this time")
        rows = np.searchsorted(self._minutes, minutes, side="right") - 1
        merged = prices.copy()
        merged[..., self._columns] = self._values[np.maximum(rows, 0)]
        return merged


class SeededRates:
    """Annual borrow rates that wander around each coin's own, by hour."""

    def __init__(self, coins: Sequence[Coin], seed: int, start: int) -> None:
        self._base = np.array([coin.borrow_rate or 0.0 for coin in coins])
        scale = RATE_DEVIATION * np.sqrt(1 - RATE_PERSISTENCE**2)
        self._series = Autoregression(
            start - HISTORY_HOURS,
            (seed, RATES),
            np.full(len(coins), RATE_PERSISTENCE),
            lambda generator, _: scale * generator.standard_normal((CHUNK_HOURS, len(coins))),
        )

    def at(self, hour: int) -> Floats:
        """Return one row of rates."""
        rates: Floats = self._base * np.exp(self._series.at(hour))
        return rates


def frame_minutes(frame: "pd.DataFrame") -> NDArray[np.int64]:
    """Return the times of a price frame as minutes since the epoch."""
    index = frame.index
    if getattr(index, "tz", None) is None:
        raise ValueError("the price frame needs a timezone-aware DatetimeIndex")
    if index.empty or not (index.is_monotonic_increasing and index.is_unique):
        raise ValueError("the price frame needs rows in rising order of time, each time once")
    utc = cast("pd.DatetimeIndex", index).tz_convert(None)
    return utc.to_numpy().astype("datetime64[m]").astype(np.int64)


def _cluster_shocks(generator: np.random.Generator, _: int) -> Floats:
    scale: float = CLUSTER_DEVIATION * np.sqrt(1 - CLUSTER_PERSISTENCE**2)
    return scale * generator.standard_normal((CHUNK_HOURS, 1))


def _multiplier(log_volatility: Floats) -> Floats:
    """Turn the wandering logarithm into a factor whose mean square is one."""
    factor: Floats = np.exp(log_volatility - CLUSTER_DEVIATION**2)
    return factor
