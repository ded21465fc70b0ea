"""What the exchange tells everybody: its time, index prices, candles, discounts and rates.

The readings answer rows of strings as the real interface writes them; they move nothing.
"""

from collections.abc import Mapping
from itertools import islice
from threading import RLock
from typing import Final

from flexloan_nb.sim import rows
from flexloan_nb.sim.atomic import atomic
from flexloan_nb.sim.candles import BARS, MS_PER_MINUTE, openings
from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.desk import Desk
from flexloan_nb.sim.market import Index, Market
from flexloan_nb.sim.rows import PAGE_ROWS, CandleRow, Row
from flexloan_nb.sim.state import Opening

RECENT_CANDLES: Final = 1_440  # that the endpoint of recent candles reaches back


class Board:
    """The public part of an exchange; what it reads from is opened by `SimulatedExchange`.

    Attributes
    ----------
    coins : dict of str to Coin
        What it lists, by currency.
    lock : threading.RLock
        Held during every call.
    """

    coins: Mapping[str, Coin]
    lock: RLock
    _opening: Opening
    _market: Market
    _indices: Mapping[str, Index]
    _desk: Desk

    def server_time(self) -> list[Row]:
        """Answer the exchange's time."""
        return [{"ts": str(self._desk.now)}]

    @atomic
    def index_tickers(
        self, inst_id: str | None = None, *, quote_ccy: str | None = None
    ) -> list[Row]:
        """List the indices of this name or in this quote currency, or all of them."""
        return [
            self._index_ticker(index)
            for name, index in self._indices.items()
            if inst_id in (None, name) and quote_ccy in (None, index.quote)
        ]

    @atomic
    def index_candles(
        self,
        inst_id: str,
        *,
        bar: str = "1m",
        after: int | None = None,
        before: int | None = None,
        limit: int = PAGE_ROWS,
    ) -> list[CandleRow]:
        """List the latest 1,440 candles of an index, newest first; the first may be unfinished.

        `after` and `before` are times in milliseconds.
        """
        reach = (RECENT_CANDLES - 1) * BARS[bar].minutes
        oldest = self._desk.now // MS_PER_MINUTE - reach
        return self._candles(inst_id, bar, oldest, after, before, limit)

    @atomic
    def history_index_candles(
        self,
        inst_id: str,
        *,
        bar: str = "1m",
        after: int | None = None,
        before: int | None = None,
        limit: int = PAGE_ROWS,
    ) -> list[CandleRow]:
        """List the candles of an index as far back as it is known."""
        return self._candles(inst_id, bar, 0, after, before, limit)

    @atomic
    def discount_rates(self, ccy: str | None = None) -> list[Row]:
        """List what share of each coin's value counts as collateral, tier by tier."""
        return [
            rows.discount(name, coin.tiers, self._opening.settings.liquidation_penalty)
            for name, coin in self.coins.items()
            if ccy in (None, name)
        ]

    @atomic
    def lending_rates(
        self,
        ccy: str | None = None,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = PAGE_ROWS,
    ) -> list[Row]:
        """List the hourly rates of one borrowable coin or of all, newest first.

        `after` and `before` are times in milliseconds.
        """
        market = self._market
        hours = self._openings("1H", 0, after, before, limit)
        moments = (
            (name, minute * MS_PER_MINUTE)
            for minute in reversed(hours)
            for name, coin in self.coins.items()
            if coin.borrowable and ccy in (None, name)
        )
        return [
            rows.lending_rate(name, market.rate(name, ts), market.lending_rate(name, ts), ts)
            for name, ts in islice(moments, limit)
        ]

    def _index_ticker(self, index: Index) -> Row:
        now = self._desk.now
        price = self._market.price(index.base, now, index.quote)
        return rows.index_ticker(index.inst_id, price, self._market.day_range(index, now), now)

    def _candles(
        self,
        inst_id: str,
        bar: str,
        oldest: int,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> list[CandleRow]:
        """List candles that open in minute `oldest` or later, newest first."""
        if inst_id not in self._indices:
            raise ValueError(f"the exchange has no index {inst_id!r}")
        minutes = self._openings(bar, oldest, after, before, limit)
        candles = self._market.candles(self._indices[inst_id], minutes, self._desk.now)
        return [rows.candle(candle) for candle in reversed(candles)]

    def _openings(
        self, bar: str, oldest: int, after: int | None, before: int | None, limit: int
    ) -> range:
        """Return the minutes of a page of bars that the market knows of at present."""
        known, now = self._market.first_minute, self._desk.now // MS_PER_MINUTE
        return openings(BARS[bar], max(oldest, known), now, after, before, limit)
