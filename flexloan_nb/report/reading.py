"""Reading what a report needs: all that touches the network is here."""

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, Final, NamedTuple, TypeVar

import pandas as pd
from plotly.offline import get_plotlyjs_version

from flexloan_nb import __version__
from flexloan_nb.analytics.history.event_types import EVENT_TYPES
from flexloan_nb.api.client import FlexibleLoanClient, LoanSnapshot
from flexloan_nb.errors import FlexLoanError
from flexloan_nb.report.facts import Frame, LoanFacts, known

__all__ = ["collect"]

T = TypeVar("T")

_LIBRARIES: Final = ("pandas", "numpy", "plotly")
_BAR_LENGTH: Final = {"1H": pd.Timedelta(hours=1), "1m": pd.Timedelta(minutes=1)}
_NEVER: Final = pd.DatetimeIndex([], tz="UTC")
_BY_PLATFORM: Final = [
    name for name, kind in EVENT_TYPES.items() if kind.cause in ("forced_repayment", "liquidation")
]


def collect(
    client: FlexibleLoanClient,
    *,
    ord_id: str | None = None,
    target: float | None = None,
    progress: bool | None = None,
) -> LoanFacts:
    """Read all that a report says of the loans.

    Parameters
    ----------
    client : FlexibleLoanClient
        Of the account; Read permission is enough.
    ord_id : str, optional
        Only this loan order; by default all.
    target : float, optional
        LTV that remedies are to aim at.
    progress : bool, optional
        Whether to show a progress bar; by default in a notebook or a terminal.

    Returns
    -------
    LoanFacts
        With an error in the place of what could not be read.

    Raises
    ------
    FlexLoanError
        The loans themselves could not be read.

    Examples
    --------
    >>> from flexloan_nb import connect
    >>> facts = collect(connect("simulator"))
    >>> len(facts.positions)
    2
    """
    with _bar(progress) as bar:
        reader = _Reader(client, bar)
        # The loans first, so that the histories reach up to them.
        now = reader.step("loans", lambda: client.loan_snapshot(ord_id=ord_id))
        market = client.market
        balances = reader.attempt("balances", lambda: client.collateral_assets(ord_id=ord_id))
        events = reader.attempt(
            "history", lambda: client.loan_history(ord_id=ord_id, progress=False)
        )
        accruals = reader.attempt(
            "interest", lambda: client.interest_accrued(ord_id=ord_id, progress=False)
        )
        return LoanFacts(
            now=now,
            source=str(now.info.attrs.get("source", "")),
            prices=reader.attempt("prices", lambda: market.index_prices(now.legs["ccy"])),
            discount_rates=reader.attempt("discount rates", market.discount_rates),
            balances=balances,
            free_prices=reader.attempt(
                "prices", lambda: market.index_prices(known(balances)["ccy"])
            ),
            events=events,
            accruals=accruals,
            hourly=_unless(lambda: reader.hourly(now, known(events), known(accruals))),
            at_sales=_unless(lambda: reader.at_sales(known(events))),
            ord_id=ord_id,
            target=target,
            versions=_versions(),
        )


class _Reader(NamedTuple):
    client: FlexibleLoanClient
    bar: Any

    def step(self, label: str, read: Callable[[], T]) -> T:
        self.bar.set_postfix_str(label)
        answer = read()
        self.bar.update()
        return answer

    def attempt(self, label: str, read: Callable[[], pd.DataFrame]) -> Frame:
        return _unless(lambda: self.step(label, read))

    def hourly(
        self, now: LoanSnapshot, events: pd.DataFrame, accruals: pd.DataFrame
    ) -> pd.DataFrame:
        """Return prices over the hours of which the interest is on record."""
        until = pd.Timestamp(now.fetched_at)
        since = min([until, *accruals["ts"]]).floor("h") - _BAR_LENGTH["1H"]
        coins = pd.concat([frame["ccy"] for frame in (now.legs, accruals, events)]).unique()
        self.bar.total += len(coins)
        opens = {ccy: self._opens(ccy, "1H", since, until) for ccy in coins}
        return _side_by_side(opens).ffill()

    def at_sales(self, events: pd.DataFrame) -> pd.DataFrame:
        """Return prices of the coins that the platform moved, in the minutes when it did."""
        forced = events[events["type"].isin(_BY_PLATFORM)]
        minutes = forced.assign(minute=forced["ts"].dt.floor("min"))[["ccy", "minute"]]
        wanted = minutes.drop_duplicates()
        self.bar.total += len(wanted)
        opens = {
            str(ccy): pd.concat([self._minute(str(ccy), minute) for minute in rows["minute"]])
            for ccy, rows in wanted.groupby("ccy")
        }
        return _side_by_side(opens)

    def _minute(self, ccy: str, minute: pd.Timestamp) -> pd.Series:
        return self._opens(ccy, "1m", minute, minute + _BAR_LENGTH["1m"])

    def _opens(self, ccy: str, bar: str, since: pd.Timestamp, until: pd.Timestamp) -> pd.Series:
        prices = self.step(
            f"{ccy} {bar}",
            lambda: self.client.market.price_history(
                ccy, bar, start=since, end=until, progress=False
            ),
        )
        return prices[ccy].astype(float)


def _side_by_side(opens: dict[str, pd.Series]) -> pd.DataFrame:
    return pd.DataFrame(opens, index=None if opens else _NEVER).sort_index()


def _unless(read: Callable[[], pd.DataFrame]) -> Frame:
    try:
        return read()
    except FlexLoanError as error:
        return error


def _bar(progress: bool | None) -> Any:
    from tqdm.auto import tqdm
    from tqdm.notebook import tqdm_notebook

    # Left to itself, tqdm asks whether the output is a terminal, which a notebook's is not.
    shown = issubclass(tqdm, tqdm_notebook) if progress is None else progress
    quiet = False if shown else True if progress is False else None
    return tqdm(desc="report", total=7, leave=False, disable=quiet)


def _versions() -> dict[str, str]:
    return {
        "flexloan_nb": __version__,
        **{name: version(name) for name in _LIBRARIES},
        "plotly.js": get_plotlyjs_version(),
        "Python": platform.python_version(),
    }
