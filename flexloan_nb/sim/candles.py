"""Candles of an index: which bars there are, when they open, and which are on a page."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final, NamedTuple

MS_PER_MINUTE: Final = 60_000
MINUTES_PER_DAY: Final = 1_440
MINUTES_TO_HONG_KONG: Final = 480  # its day opens eight hours before the UTC day


class Bar(NamedTuple):
    """The length of a candle, and how long before the UTC day its own day opens, in minutes."""

    minutes: int
    ahead: int = 0

    def opening(self, minute: int) -> int:
        """Return the minute in which the candle that holds `minute` opens."""
        return minute - (minute + self.ahead) % self.minutes


class Candle(NamedTuple):
    """The first, highest, lowest and last price of a bar; `ts` is its opening in milliseconds."""

    ts: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    complete: bool


BARS: Final[Mapping[str, Bar]] = MappingProxyType(
    {
        "1m": Bar(1),
        "3m": Bar(3),
        "5m": Bar(5),
        "15m": Bar(15),
        "30m": Bar(30),
        "1H": Bar(60),
        "2H": Bar(120),
        "4H": Bar(240),
        "6H": Bar(360, MINUTES_TO_HONG_KONG),
        "12H": Bar(720, MINUTES_TO_HONG_KONG),
        "1D": Bar(1_440, MINUTES_TO_HONG_KONG),
        "6Hutc": Bar(360),
        "12Hutc": Bar(720),
        "1Dutc": Bar(1_440),
    }
)


def openings(
    bar: Bar, oldest: int, newest: int, after: int | None, before: int | None, limit: int
) -> range:
    """Return the last `limit` minutes in which candles open, in rising order.

    They lie from minute `oldest` to `newest`, both included, and before the time `after` and
    after the time `before`, in milliseconds, both excluded.
    """
    if after is not None:
        newest = min(newest, (after - 1) // MS_PER_MINUTE)
    if before is not None:
        oldest = max(oldest, before // MS_PER_MINUTE + 1)
    last = bar.opening(newest)
    first = max(bar.opening(oldest + bar.minutes - 1), last - (limit - 1) * bar.minutes)
    return range(first, last + 1, bar.minutes)
