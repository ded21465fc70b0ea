"""Public market data: the exchange's clock and index prices. No key is needed."""

from collections.abc import Callable, Iterable
from datetime import datetime

import pandas as pd

from flexloan_nb.api.endpoints import INDEX_TICKERS
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["MarketClient"]


class MarketClient:
    """What the market says of the coins of a loan; reached as ``client.market``."""

    def __init__(
        self, ask: Callable[..., pd.DataFrame], server_time: Callable[[], datetime]
    ) -> None:
        self._ask = ask
        self._server_time = server_time

    def server_time(self) -> pd.Timestamp:
        """Return the time of the exchange's clock, in UTC."""
        return pd.Timestamp(self._server_time())

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

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> prices = connect("simulator").market.index_prices(["BTC", "ETH"])
        >>> prices["instId"].tolist()
        ['BTC-USD', 'ETH-USD']
        """
        wanted = [ccys] if isinstance(ccys, str) else list(dict.fromkeys(ccys))
        tickers = self._ask(INDEX_TICKERS, quoteCcy="USD")
        tickers.insert(0, "ccy", tickers["instId"].str.removesuffix("-USD"))
        if missing := [str(ccy) for ccy in wanted if ccy not in set(tickers["ccy"])]:
            raise InvalidArgumentError(f"No USD index price of {', '.join(missing)}.")
        rows = pd.Index(tickers["ccy"]).get_indexer(wanted)
        return tickers.take(rows).reset_index(drop=True)
