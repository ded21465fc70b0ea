"""The client: a short method for each endpoint, each returning a DataFrame."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, NamedTuple, Self

import pandas as pd
import requests

from flexloan_nb.api.address import checked_address
from flexloan_nb.api.adjustment import FIND_OUT, change_of, events_of, unknown_outcome
from flexloan_nb.api.amounts import Amount, SupCollateral, wire_amount, wire_collateral
from flexloan_nb.api.arguments import checked_arguments
from flexloan_nb.api.cache import MarketCache
from flexloan_nb.api.credentials import Credentials
from flexloan_nb.api.describe import describe
from flexloan_nb.api.endpoints import (
    ADJUST_COLLATERAL,
    BORROW_CURRENCIES,
    COLLATERAL_ASSETS,
    INTEREST_ACCRUED,
    LOAN_HISTORY,
    LOAN_INFO,
    LOAN_LEGS,
    MAX_COLLATERAL_REDEEM_AMOUNT,
    MAX_LOAN,
    Endpoint,
    Table,
)
from flexloan_nb.api.envelope import Row
from flexloan_nb.api.fetching import read_pages
from flexloan_nb.api.frames import Numbers, to_frame
from flexloan_nb.api.market import MarketClient
from flexloan_nb.api.nesting import explode, flatten, split_loans
from flexloan_nb.api.pace import Pace, SharedPace
from flexloan_nb.api.paging import walk
from flexloan_nb.api.signing import OkxAuth, utc_now
from flexloan_nb.api.transport import Transport, new_session
from flexloan_nb.errors import (
    FlexLoanError,
    InvalidArgumentError,
    OutcomeUnknownError,
    TradingDisabledError,
)

__all__ = ["LIVE_URL", "FlexibleLoanClient", "LoanSnapshot"]

LIVE_URL = "https://www.okx.com"

_SECONDS_BETWEEN_LOOKS = 1.0


class LoanSnapshot(NamedTuple):
    """All loans at one moment.

    Attributes
    ----------
    info : DataFrame
        A row for each order, as `FlexibleLoanClient.loan_info` gives it.
    legs : DataFrame
        A row for each coin, as `FlexibleLoanClient.loan_legs` gives it.
    fetched_at : datetime
        When the exchange answered, in UTC.
    """

    info: pd.DataFrame
    legs: pd.DataFrame
    fetched_at: datetime


class FlexibleLoanClient:
    """OKX Flexible Loan as DataFrames.

    Columns carry the API's own names; ``client.describe("loan_info")`` explains them. Frames
    say in ``.attrs`` which endpoint they are from, when and from where.

    Parameters
    ----------
    credentials : Credentials
        API key; Read permission is enough for everything but `adjust_collateral`.
    base_url : str
        Address of the exchange; depends on where the account is registered.
    allow_trading : bool
        Whether `adjust_collateral` may be called at all.
    numbers : {"float", "decimal"}
        Amounts as ``float64``, or as exact ``Decimal`` objects.
    demo : bool
        Ask for demo trading, which takes a key made for it.
    timeout : float or (float, float)
        Seconds to connect, and for the whole answer; one number for both.
    session : requests.Session, optional
        To bring proxies, certificates or adapters of your own. Used are its adapters,
        ``proxies``, ``verify``, ``cert``, ``headers`` and ``trust_env``; cookies are neither
        sent nor kept. On the connections to the exchange that it opens from here on, a timeout
        is for the whole answer, and the debugging mode of ``http.client`` prints no headers.
    clock : callable, optional
        Returns the time to sign with as an aware ``datetime``; by default this machine's.
    pace : Pace, optional
        When requests may go out; by default within the limits of one key, which all processes
        of this machine's user share. For several keys of one account see `SharedPace`.
    sleep : callable, optional
        Waits between two attempts of a read; by default `time.sleep`.
    cache : MarketCache, optional
        Keeps prices and complete candles on disk. Not for a simulator: its markets differ by
        seed, but share an address.

    Raises
    ------
    InvalidArgumentError
        An option is wrong; or the session has ``auth``, ``params`` or ``hooks``, which are not
        used, or an adapter that repeats requests by itself.
    CredentialsError
        A part of the key cannot be right.

    Examples
    --------
    What do I owe, and how close am I to liquidation?

    >>> from flexloan_nb import connect
    >>> client = connect("simulator")
    >>> loans = client.loan_info()
    >>> bool((loans["curLTV"] < loans["liqLTV"]).all())
    True
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str = LIVE_URL,
        allow_trading: bool = False,
        numbers: Numbers = "float",
        demo: bool = False,
        timeout: float | tuple[float, float] = (5.0, 15.0),
        session: requests.Session | None = None,
        clock: Callable[[], datetime] = utc_now,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
        cache: MarketCache | None = None,
    ) -> None:
        self._base_url = checked_address(base_url)
        if numbers not in ("float", "decimal"):
            raise InvalidArgumentError(f"numbers is {numbers!r}: choose 'float' or 'decimal'.")
        self._credentials = credentials
        self._options: dict[str, Any] = {
            "base_url": base_url,
            "allow_trading": allow_trading,
            "numbers": numbers,
            "demo": demo,
            "timeout": timeout,
            "session": session or new_session(self._base_url),
            "clock": clock,
            "pace": pace or SharedPace(credentials.api_key),
            "sleep": sleep,
            "cache": cache,
        }
        self._allow_trading = allow_trading
        self._numbers = numbers
        self._transport = Transport(
            self._base_url,
            self._options["session"],
            self._options["pace"],
            timeout if isinstance(timeout, tuple) else (timeout, timeout),
            OkxAuth(credentials, clock, demo=demo),
            sleep,
        )
        self.market = MarketClient(self._transport, self._frame, cache)

    def __repr__(self) -> str:
        return f"FlexibleLoanClient({self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, also those of clients that share them."""
        self._options["session"].close()

    def with_options(self, **options: Any) -> "FlexibleLoanClient":
        """Return a client of the same account with other options, and this one's connections.

        Parameters
        ----------
        **options
            As for the class; the rest stays as it is.

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> exact = connect("simulator").with_options(numbers="decimal")
        >>> exact.loan_info()["curLTV"].iloc[0]
        Decimal('0.5339')
        """
        if "base_url" in options:
            options = {"session": None} | options  # connections are to one address
        return FlexibleLoanClient(self._credentials, **self._options | options)

    def describe(self, name: str | None = None) -> pd.DataFrame:
        """Explain a frame's columns, or list the endpoints.

        Parameters
        ----------
        name : str, optional
            A method's name, e.g. ``"loan_info"``; without it, all endpoints.

        Returns
        -------
        DataFrame
            ``column, dtype, unit, meaning``, a row for each documented column; or
            ``endpoint, method, path, permission, parameters, meaning``.

        Raises
        ------
        InvalidArgumentError
            There is no such frame.
        """
        return describe(name, self._numbers)

    def borrow_currencies(self) -> pd.DataFrame:
        """Return the currencies that can be borrowed, a row each."""
        return self._ask(BORROW_CURRENCIES)

    def collateral_assets(
        self, ccy: str | None = None, *, ord_id: str | None = None
    ) -> pd.DataFrame:
        """Return what the funding account holds that can be pledged, a row for each coin.

        Parameters
        ----------
        ccy : str, optional
            Only this coin.
        ord_id : str, optional
            For this loan order; by default the earliest.
        """
        answer = self._transport.send(COLLATERAL_ASSETS, {"ccy": ccy, "ordId": ord_id})
        assets = explode(answer.rows, "assets", COLLATERAL_ASSETS.name)
        return self._frame(assets, COLLATERAL_ASSETS.table, answer.at)

    def max_loan(
        self,
        borrow_ccy: str,
        sup_collateral: SupCollateral | None = None,
        *,
        ord_id: str | None = None,
    ) -> pd.DataFrame:
        """Return the most that can be borrowed, one row; nothing is borrowed by asking.

        Parameters
        ----------
        borrow_ccy : str
            Coin to borrow.
        sup_collateral : mapping, Series, DataFrame or iterable of mappings, optional
            Collateral that would be added: ``{"BTC": "0.5"}``, or rows with ``ccy`` and
            ``amt``. It first restores the initial LTV; only what is left adds to the loan.
            A whole balance is exact only from a client with ``numbers="decimal"``: a float can
            be a little more than is held.
        ord_id : str, optional
            For this loan order; by default the earliest.

        Raises
        ------
        InvalidArgumentError
            An amount is not positive and finite, or a coin stands twice; nothing was sent.

        Examples
        --------
        How much more could I borrow if I pledged another 0.1 BTC?

        >>> from flexloan_nb import connect
        >>> client = connect("simulator")
        >>> now = client.max_loan("USDT")["maxLoan"].item()
        >>> then = client.max_loan("USDT", {"BTC": "0.1"})["maxLoan"].item()
        >>> then > now
        True
        """
        collateral = None if sup_collateral is None else wire_collateral(sup_collateral)
        return self._ask(MAX_LOAN, borrowCcy=borrow_ccy, supCollateral=collateral, ordId=ord_id)

    def max_collateral_redeem_amount(self, ccy: str, *, ord_id: str | None = None) -> pd.DataFrame:
        """Return the most of a coin that can be taken out of the collateral, one row.

        Parameters
        ----------
        ccy : str
            Pledged coin.
        ord_id : str, optional
            For this loan order; by default the earliest.
        """
        return self._ask(MAX_COLLATERAL_REDEEM_AMOUNT, ccy=ccy, ordId=ord_id)

    def adjust_collateral(
        self,
        *,
        type: Literal["add", "reduce"],
        collateral_ccy: str,
        collateral_amt: Amount,
        ord_id: str | None = None,
    ) -> pd.DataFrame:
        """Move collateral between the funding account and the loan. Never repeated.

        The newest event of the history is read first, so that `confirm_adjustment` can tell
        this change from an earlier one like it.

        Parameters
        ----------
        type : {"add", "reduce"}
            Pledge more, or take out.
        collateral_ccy : str
            Coin to move.
        collateral_amt : str, int, float or Decimal
            Amount of it. A whole balance is exact only from a client with
            ``numbers="decimal"``: a float can be a little more than is held.
        ord_id : str, optional
            For this loan order; by default the earliest.

        Returns
        -------
        DataFrame
            One row with what was accepted, which does not mean done: see
            `confirm_adjustment`.

        Raises
        ------
        TradingDisabledError
            The client was made without ``allow_trading=True``; nothing was sent.
        InvalidArgumentError
            An argument is wrong; nothing was sent.
        OutcomeUnknownError
            No answer tells whether it happened; do not repeat it before you know.
        """
        if not self._allow_trading:
            raise TradingDisabledError(
                "This client may only read; nothing was sent. To move collateral, make it with "
                "allow_trading=True and a key that has Trade permission."
            )
        if type not in ("add", "reduce"):
            raise InvalidArgumentError(f"type is {type!r}: choose 'add' or 'reduce'.")
        change = {
            "type": type,
            "collateralCcy": collateral_ccy,
            "collateralAmt": wire_amount(collateral_amt, "collateral_amt"),
        }
        if ord_id is not None:
            change["ordId"] = ord_id
        checked_arguments(ADJUST_COLLATERAL, change)
        sent_after = {"newestRefId": self._newest_ref_id()}
        try:
            answer = self._transport.send(ADJUST_COLLATERAL, change)
        except KeyboardInterrupt:
            raise OutcomeUnknownError(
                ADJUST_COLLATERAL.name, "it was interrupted", FIND_OUT, change | sent_after
            ) from None
        except FlexLoanError as error:
            if unknown := unknown_outcome(ADJUST_COLLATERAL.name, error, change | sent_after):
                raise unknown from error
            raise
        accepted = self._frame([change], ADJUST_COLLATERAL.table, answer.at)
        accepted.attrs["change"] = change | sent_after
        return accepted

    def confirm_adjustment(
        self, change: pd.DataFrame | OutcomeUnknownError, *, within: float = 30.0
    ) -> pd.DataFrame:
        """Wait until a change of collateral stands in the history. Nothing is sent again.

        Parameters
        ----------
        change : DataFrame or OutcomeUnknownError
            What `adjust_collateral` returned or raised.
        within : float
            Seconds to look for it.

        Returns
        -------
        DataFrame
            Its event, one row of `loan_history`.

        Raises
        ------
        InvalidArgumentError
            ``change`` is neither.
        OutcomeUnknownError
            It is not there within the time. It may still come.

        Examples
        --------
        >>> from flexloan_nb import connect
        >>> client = connect("simulator", allow_trading=True)
        >>> accepted = client.adjust_collateral(
        ...     type="add", collateral_ccy="BTC", collateral_amt="0.01"
        ... )
        >>> client.confirm_adjustment(accepted)["type"].item()
        'collateral_locked'
        """
        known = change_of(change)
        until = time.monotonic() + within
        while True:
            events = self.loan_history(
                before=known["newestRefId"] or None, ord_id=known.get("ordId"), progress=False
            )
            found = events_of(known, events)
            if len(found):
                return found.head(1).reset_index(drop=True)
            if time.monotonic() >= until:
                reason = f"it is not in the history after {within:g} s"
                raise OutcomeUnknownError(ADJUST_COLLATERAL.name, reason, FIND_OUT, known)
            self._options["sleep"](_SECONDS_BETWEEN_LOOKS)

    def _newest_ref_id(self) -> str:
        """Return the newest event's id, "" without any: what comes later is newer than it."""
        return "".join(self.loan_history(limit=1)["refId"])

    def loan_info(self, *, ord_id: str | None = None) -> pd.DataFrame:
        """Return the loans, a row for each order.

        Parameters
        ----------
        ord_id : str, optional
            Only this loan order; by default all.
        """
        answer = self._transport.send(LOAN_INFO, {"ordId": ord_id})
        info, _ = split_loans(answer.rows, LOAN_INFO.name)
        return self._frame(flatten(info, "riskWarningData"), LOAN_INFO.table, answer.at)

    def loan_legs(self, *, ord_id: str | None = None) -> pd.DataFrame:
        """Return what is pledged and owed, a row for each order, side and coin.

        Parameters
        ----------
        ord_id : str, optional
            Only this loan order; by default all.

        Returns
        -------
        DataFrame
            ``ordId``; ``side``, which is ``"collateral"`` or ``"loan"``; ``ccy``; ``amt``.
        """
        return self.loan_snapshot(ord_id=ord_id).legs

    def loan_snapshot(self, *, ord_id: str | None = None) -> LoanSnapshot:
        """Return the loans and their coins as of one moment, from one request.

        Parameters
        ----------
        ord_id : str, optional
            Only this loan order; by default all.
        """
        answer = self._transport.send(LOAN_INFO, {"ordId": ord_id})
        info, legs = split_loans(answer.rows, LOAN_INFO.name)
        return LoanSnapshot(
            self._frame(flatten(info, "riskWarningData"), LOAN_INFO.table, answer.at),
            self._frame(legs, LOAN_LEGS, answer.at),
            answer.at,
        )

    def loan_history(
        self,
        type: str | None = None,
        after: str | int | None = None,
        before: str | int | None = None,
        limit: int | None = None,
        *,
        ord_id: str | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Return the events of the loans, oldest first.

        Parameters
        ----------
        type : str, optional
            Only this action type, e.g. ``"borrowed"`` or ``"partial_liquidation"``.
        after, before : str or int, optional
            Only events older, newer than this refId; both exclusive.
        limit : int, optional
            The newest so many; by default all that the exchange keeps, page by page.
        ord_id : str, optional
            Only this loan order; by default all.
        progress : bool, optional
            Whether to show a progress bar; by default in a notebook or a terminal, when there
            is more than one page and reading takes longer than half a second.

        Raises
        ------
        InvalidArgumentError
            ``limit`` is not positive, or an id is not made of digits; nothing was sent.
        ResponseFormatError
            The exchange repeats pages; no half-read history is returned.
        """
        filters = {"type": type, "ordId": ord_id}
        return self._walk(LOAN_HISTORY, filters, after, before, limit, progress)

    def interest_accrued(
        self,
        ccy: str | None = None,
        after: str | int | None = None,
        before: str | int | None = None,
        limit: int | None = None,
        *,
        ord_id: str | None = None,
        progress: bool | None = None,
    ) -> pd.DataFrame:
        """Return the interest booked in the past 30 days, oldest first.

        Parameters
        ----------
        ccy : str, optional
            Only this loan currency.
        after, before : str or int, optional
            Only records older, newer than this refId; both exclusive.
        limit : int, optional
            The newest so many; by default all that the exchange keeps, page by page.
        ord_id : str, optional
            Only this loan order; by default all.
        progress : bool, optional
            Whether to show a progress bar; by default in a notebook or a terminal, when there
            is more than one page and reading takes longer than half a second.

        Raises
        ------
        InvalidArgumentError
            ``limit`` is not positive, or an id is not made of digits; nothing was sent.
        ResponseFormatError
            The exchange repeats pages; no half-read history is returned.
        """
        filters = {"ccy": ccy, "ordId": ord_id}
        return self._walk(INTEREST_ACCRUED, filters, after, before, limit, progress)

    def _ask(self, endpoint: Endpoint, **arguments: Any) -> pd.DataFrame:
        answer = self._transport.send(endpoint, arguments)
        return self._frame(answer.rows, endpoint.table, answer.at)

    def _walk(
        self,
        endpoint: Endpoint,
        filters: dict[str, str | None],
        after: str | int | None,
        before: str | int | None,
        limit: int | None,
        progress: bool | None,
    ) -> pd.DataFrame:
        rows, at = read_pages(
            self._transport,
            endpoint,
            filters,
            lambda fetch: walk(fetch, endpoint.name, after=after, before=before, limit=limit),
            progress,
        )
        return self._frame(rows, endpoint.table, at)

    def _frame(self, rows: list[Row], table: Table, at: datetime) -> pd.DataFrame:
        frame = to_frame(rows, table, self._numbers)
        frame.attrs = {
            "endpoint": table.name,
            "fetched_at": at.isoformat(),
            "source": self._base_url,
        }
        return frame
