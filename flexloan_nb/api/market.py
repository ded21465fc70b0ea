"""Public market data: clock, prices, discount tiers and rates. No key is needed."""

from collections.abc import Callable, Iterable
from datetime import datetime

import pandas as pd

from flexloan_nb.api.cache import MarketCache, openings
from flexloan_nb.api.endpoints import (
    DISCOUNT_RATES,
    INDEX_CANDLES,
    INDEX_TICKERS,
    LENDING_RATES,
    Endpoint,
    Table,
)
from flexloan_nb.api.envelope import Row
from flexloan_nb.api.fetching import read_pages
from flexloan_nb.api.nesting import explode
from flexloan_nb.api.signing import utc_now
from flexloan_nb.api.timeline import Moment, time_range, walk_back
from flexloan_nb.api.transport import Transport
from flexloan_nb.errors import InvalidArgumentError, ResponseFormatError

__all__ = ["MarketClient"]


class MarketClient:
    """What the market says of the coins of a loan; reached as ``client.market``."""

    def __init__(
        self,
        transport: Transport,
        frame: Callable[[list[Row], Table, datetime], pd.DataFrame],
        cache: MarketCache | None = None,
    ) -> None:
        self._transport = transport
        self._frame = frame
        self._cache = cache

    def server_time(self) -> pd.Timestamp:
        """Return the time of the exchange's clock, in UTC."""
        return pd.Timestamp(self._transport.server_time())

    def index_prices(self, ccys: str | Iterable[str]) -> pd.DataFrame:
        """Return the USD index price of each coin, which is what loans are valued at.

        Parameters
        ----------
        ccys : str or iterable of str
            Coins, e.g. ``["BTC", "ETH"]``; one call for all of them.

        Returns
        -------
        DataFrame
            A row for each coin in the order asked; ``ccy`` and the columns that
            ``client.describe("index_prices")`` lists, in USD.

        Raises
        ------
        InvalidArgumentError
            A coin has no USD index.
        ResponseFormatError
            The exchange names a coin twice.

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> prices = connect("simulator").market.index_prices(["BTC", "ETH"])
        >>> prices["instId"].tolist()
        ['BTC-USD', 'ETH-USD']
        """
        wanted = [ccys] if isinstance(ccys, str) else list(dict.fromkeys(ccys))
        tickers = self._index_tickers().drop(columns="ccy", errors="ignore")
        tickers.insert(0, "ccy", tickers["instId"].str.removesuffix("-USD"))
        if not tickers["ccy"].is_unique:
            raise ResponseFormatError(
                INDEX_TICKERS.name, 200, "a coin has two prices", "The exchange changed its answer."
            )
        if missing := [str(ccy) for ccy in wanted if ccy not in set(tickers["ccy"])]:
            raise InvalidArgumentError(f"No USD index price of {', '.join(missing)}.")
        rows = pd.Index(tickers["ccy"]).get_indexer(wanted)
        return tickers.take(rows).reset_index(drop=True)

    def index_candles(
        self,
        inst_id: str,
        bar: str = "1H",
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Return the candles of an index that open in ``start <= ts < end``, oldest first.

        Parameters
        ----------
        inst_id : str
            Index, e.g. ``"BTC-USD"``.
        bar : str
            ``1m 3m 5m 15m 30m 1H 2H 4H``, or ``6Hutc 12Hutc 1Dutc``; days without ``utc`` open
            at UTC+8.
        start, end : str or datetime, optional
            UTC where they have no zone; without ``start`` the newest 100.
        progress : bool, optional
            As for the histories of `FlexibleLoanClient`.

        Raises
        ------
        InvalidArgumentError
            A time cannot be read, or ``end`` is not after ``start``; nothing was sent.
        InvalidRequestError
            There is no such index or bar.

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> market = connect("simulator").market
        >>> day = market.index_candles("BTC-USD", start="2026-01-14", end="2026-01-15")
        >>> len(day)
        24
        """
        filters = {"instId": inst_id, "bar": bar}
        if self._cache is None:
            rows, at = self._walk(INDEX_CANDLES, filters, start, end, progress)
        else:
            rows, at = self._walk_what_is_missing(self._cache, filters, start, end, progress)
        return self._frame(rows, INDEX_CANDLES.table, at)

    def price_history(
        self,
        ccys: str | Iterable[str],
        bar: str = "1H",
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Return the USD index prices of several coins over time, side by side.

        Parameters
        ----------
        ccys : str or iterable of str
            Coins, e.g. ``["BTC", "ETH"]``; each takes a call for a hundred prices.
        bar, start, end, progress
            As for `index_candles`.

        Returns
        -------
        DataFrame
            Index ``ts``, a column for each coin: its price at that moment, which is the open of
            the candle that begins there. Without ``end`` the last row is the latest price, at
            the time of reading.

        Raises
        ------
        InvalidArgumentError, InvalidRequestError
            As for `index_candles`.

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> prices = connect("simulator").market.price_history(["BTC", "ETH"])
        >>> prices.columns.tolist(), len(prices)
        (['BTC', 'ETH'], 101)
        """
        coins = [ccys] if isinstance(ccys, str) else list(dict.fromkeys(ccys))
        options = {"start": start, "end": end}
        candles = {
            ccy: self.index_candles(f"{ccy}-USD", bar, **options, progress=progress)
            for ccy in coins
        }
        opens = {ccy: of.set_index("ts")["o"] for ccy, of in candles.items()}
        prices = pd.DataFrame(opens).sort_index()
        if end is None and not prices.empty:
            read = max(pd.Timestamp(of.attrs["fetched_at"]) for of in candles.values())
            latest = {ccy: of["c"].iloc[-1] for ccy, of in candles.items() if len(of)}
            prices.loc[read] = pd.Series(latest, dtype=object)
            prices.index = pd.DatetimeIndex(prices.index).as_unit("ms")
        return prices

    def discount_rates(self, ccy: str | None = None) -> pd.DataFrame:
        """Return the share of its value that a coin keeps as collateral, a row for each tier.

        Parameters
        ----------
        ccy : str, optional
            Only this coin.

        Returns
        -------
        DataFrame
            Tiers are marginal and their bounds are in coins. That flexible loans use exactly
            this table is inferred.
        """
        answer = self._transport.send(DISCOUNT_RATES, {"ccy": ccy})
        tiers = explode(answer.rows, "details", DISCOUNT_RATES.name)
        return self._frame(tiers, DISCOUNT_RATES.table, answer.at)

    def lending_rates(
        self,
        ccy: str,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Return a coin's market rates in ``start <= ts < end``, oldest first.

        Whether a loan's ``interestRate`` equals the ``rate`` here is unknown.

        Parameters
        ----------
        ccy : str
            Coin.
        start, end : str or datetime, optional
            UTC where they have no zone; without ``start`` the newest 100.
        progress : bool, optional
            As for the histories of `FlexibleLoanClient`.
        """
        rows, at = self._walk(LENDING_RATES, {"ccy": ccy}, start, end, progress)
        return self._frame(rows, LENDING_RATES.table, at)

    def _index_tickers(self) -> pd.DataFrame:
        source = self._transport.base_url
        kept = self._cache.tickers(source) if self._cache else None
        if kept is None:
            kept = self._transport.send(INDEX_TICKERS, {"quoteCcy": "USD"})
            if self._cache:
                self._cache.keep_tickers(source, kept.rows)
        rows, at = kept
        return self._frame(rows, INDEX_TICKERS.table, at)

    def _walk_what_is_missing(
        self,
        cache: MarketCache,
        filters: dict[str, str],
        start: Moment | None,
        end: Moment | None,
        progress: bool | None,
    ) -> tuple[list[Row], datetime]:
        """Read candles from the first that is not kept on, and keep those that are complete."""
        first, last = time_range(start, end)
        now = utc_now()
        until = int(now.timestamp() * 1000) if last is None else last
        times = None if first is None else openings(filters["bar"], first, until)
        if times is None:
            return self._walk(INDEX_CANDLES, filters, start, end, progress)
        series = (self._transport.base_url, filters["instId"], filters["bar"])
        known, at = cache.candles(*series, times), now
        if missing := [ts for ts in times if ts not in known]:
            since = pd.Timestamp(missing[0], unit="ms", tz="UTC")
            rows, at = self._walk(INDEX_CANDLES, filters, since, end, progress)
            cache.keep_candles(*series, rows)
            known |= {int(row["ts"]): row for row in rows}
        return [known[ts] for ts in sorted(known)], at

    def _walk(
        self,
        endpoint: Endpoint,
        filters: dict[str, str],
        start: Moment | None,
        end: Moment | None,
        progress: bool | None,
    ) -> tuple[list[Row], datetime]:
        return read_pages(
            self._transport,
            endpoint,
            filters,
            lambda fetch: walk_back(fetch, endpoint.name, start=start, end=end),
            progress,
        )
