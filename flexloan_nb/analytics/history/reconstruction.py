"""How a loan got where it is: debt, collateral and LTV, walked back from the present."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import localcontext
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from flexloan_nb.analytics.discount import DiscountRates, discount_schedule
from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.history.balances import Balance, balances_of
from flexloan_nb.analytics.history.changes import Books, DatedSnapshot, Key, books_of
from flexloan_nb.analytics.history.columns import orders, repeated, rows_by, stacked, times
from flexloan_nb.analytics.history.walk import HOUR_MS, Held, Walk, walk_back
from flexloan_nb.analytics.quotes import Quotes

__all__ = ["LtvHistory", "reconstruct_ltv"]

# An hour's interest is on record about 100 s after it was booked, by OKX's own sample: its refId
# begins with the milliseconds 1731913303519, its ts is 1731913200000.
_LATEST_RECORD_MS: Final = 300_000
_SIDES: Final = ("loan", "collateral")


class LtvHistory(NamedTuple):
    """A loan over time, at every full hour and whenever an amount changed.

    Attributes
    ----------
    path : DataFrame
        ``ts, ordId, debt_usd, collateral_usd, ltv, margin_call_ltv, liquidation_ltv``: debt with
        its interest, collateral after discount rates, both in USD when all that happened at
        ``ts`` is done. Without debt ``ltv`` is zero. The thresholds are the present ones, NaN
        for an order that is closed: OKX does not tell what they were.
    amounts : DataFrame
        ``ts, ordId, side, ccy, amt, adjusted_amt, price``: for each row of the path its coins,
        what counts of them after discount rates, and the price in USD.
    changes : DataFrame
        ``ts, ordId, side, ccy, type, amt``: what happened on the way, signed by what it did to
        the amount. ``type`` is the event's, or ``"interest"``.
    checks : DataFrame
        ``ts, ordId, ccy, loan, owed, residual``: what OKX says was owed when it booked an hour's
        interest, beside the reconstruction. A residual that is not zero says that between then
        and now a record is missing or wrong.
    """

    path: pd.DataFrame
    amounts: pd.DataFrame
    changes: pd.DataFrame
    checks: pd.DataFrame


def reconstruct_ltv(
    events: pd.DataFrame,
    accruals: pd.DataFrame,
    prices: pd.DataFrame,
    now: DatedSnapshot,
    discount_rates: DiscountRates | None = None,
) -> LtvHistory:
    """Reconstruct how a loan's debt, collateral and LTV developed.

    From the present amounts every event and every hour's interest is undone, so that the amount
    ``t`` ago is the present one less all that was added since. With amounts ``d`` and ``q``,
    prices ``p`` and the discount rates' share ``k``: ``LTV = sum d p / sum k(q) p``.

    An order's path begins where all of this is known: where the order began, but not before the
    first event given, nor before an hour in which a coin was owed and whose interest is not on
    record (OKX forgets it after 30 days), nor before the first price.

    Parameters
    ----------
    events : DataFrame
        As `FlexibleLoanClient.loan_history` returns it. An event counts by its type, see
        `flexloan_nb.analytics.history.event_types`.
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it.
    prices : DataFrame
        USD, a column for each coin, over UTC times in rising order; hourly or finer. The price
        that holds at a time is the last at or before it.
    now : LoanSnapshot
        As `FlexibleLoanClient.loan_snapshot` returns it; best read before the histories, so that
        these reach up to it. What happened later is left out.
    discount_rates : mapping, Series or DataFrame, optional
        By coin, the share kept of its value, or its tiers; or the frame of
        `MarketClient.discount_rates`. A coin without one counts in full. The present rates are
        used for all times: OKX does not tell what they were.

    Returns
    -------
    LtvHistory
        Amounts are exact where all frames have Decimal numbers; USD and ratios are floats.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, a coin's price or an amount, an event's type is unknown, or it
        cannot be told which order a row is of.

    Examples
    --------
    How close did I come to a liquidation in the past week?

    >>> import pandas as pd
    >>> from flexloan_nb import connect
    >>> client = connect("simulator")
    >>> now, market = client.loan_snapshot(), client.market
    >>> week = {"start": now.fetched_at - pd.Timedelta(days=7), "end": now.fetched_at}
    >>> prices = pd.DataFrame({
    ...     ccy: market.index_candles(f"{ccy}-USD", **week).set_index("ts")["o"]
    ...     for ccy in now.legs["ccy"].unique()
    ... })
    >>> history = reconstruct_ltv(
    ...     client.loan_history(), client.interest_accrued(), prices, now, market.discount_rates()
    ... )
    >>> print(history.path.groupby("ordId")["ltv"].max().round(4).tolist())
    [0.6033, 0.6889]
    """
    with localcontext(ARITHMETIC):
        books = _with_late_hour(books_of(events, accruals, now))
        balances = balances_of(books)
        quotes = Quotes.of(prices, list(dict.fromkeys(ccy for _, _, ccy in balances)))
        tiers = discount_schedule(discount_rates)
        walks = [
            walk_back(ord_id, of_order, books, quotes, tiers)
            for ord_id, of_order in _by_order(balances).items()
        ]
        checks = _checks(walks, balances, books)
        return LtvHistory(
            _path(walks, books), _amounts(walks, books), _changes(walks, books), checks
        )


def _by_order(balances: Mapping[Key, Balance]) -> dict[str, dict[Held, Balance]]:
    found: dict[str, dict[Held, Balance]] = defaultdict(dict)
    for (ord_id, side, ccy), balance in balances.items():
        found[ord_id][side, ccy] = balance
    return found


def _with_late_hour(books: Books) -> Books:
    """Add the interest of a full hour that has just passed and is not on record yet.

    It is what is owed now beyond what the hour before says, all events since undone.
    """
    hour = books.at // HOUR_MS * HOUR_MS
    if books.at - hour > _LATEST_RECORD_MS:
        return books
    last = books.accruals.groupby(["ordId", "ccy"], sort=False).tail(1)
    last = last[last["ts"] == hour - HOUR_MS]
    balances = balances_of(books)
    moment = np.array([hour - HOUR_MS])
    late = []
    for order, ccy, loan, interest in last[["ordId", "ccy", "loan", "interest"]].itertuples(
        index=False
    ):
        balance = balances[order, "loan", ccy]
        unbooked = balance.after(moment)[0] - loan - interest
        if unbooked > balance.noise:
            late.append((hour, order, "loan", ccy, "interest", unbooked))
    if not late:
        return books
    rows = pd.DataFrame(late, columns=books.changes.columns).astype(books.changes.dtypes)
    changes = pd.concat([books.changes, rows]).sort_values("ts", kind="stable", ignore_index=True)
    return books._replace(changes=changes)


def _path(walks: Sequence[Walk], books: Books) -> pd.DataFrame:
    counts = [len(walk.moments) for walk in walks]
    debt, collateral = (stacked(walk.usd(side) for walk in walks) for side in _SIDES)
    with np.errstate(divide="ignore", invalid="ignore"):
        ltv = np.where(debt == 0, 0.0, debt / collateral)
    levels = books.info.set_index("ordId")[["marginCallLTV", "liqLTV"]].astype(float)
    margin_call, liquidation = levels.reindex([walk.ord_id for walk in walks]).to_numpy().T
    return pd.DataFrame(
        {
            "ts": times(stacked((walk.moments for walk in walks), np.int64)),
            "ordId": repeated([walk.ord_id for walk in walks], counts),
            "debt_usd": debt,
            "collateral_usd": collateral,
            "ltv": ltv,
            "margin_call_ltv": np.repeat(margin_call, counts),
            "liquidation_ltv": np.repeat(liquidation, counts),
        }
    )


def _amounts(walks: Sequence[Walk], books: Books) -> pd.DataFrame:
    held = [(walk, holding) for walk in walks for holding in walk.holdings]
    counts = [len(walk.moments) for walk, _ in held]
    return pd.DataFrame(
        {
            "ts": times(stacked((walk.moments for walk, _ in held), np.int64)),
            "ordId": repeated([walk.ord_id for walk, _ in held], counts),
            "side": repeated([holding.side for _, holding in held], counts),
            "ccy": repeated([holding.ccy for _, holding in held], counts),
            "amt": stacked((h.amt for _, h in held), object if books.exact else float),
            "adjusted_amt": stacked(h.adjusted_amt for _, h in held),
            "price": stacked(h.price for _, h in held),
        }
    )


def _changes(walks: Sequence[Walk], books: Books) -> pd.DataFrame:
    """Return what happened after the start of each order's path."""
    on_the_way = _after_start(books.changes, walks)
    return on_the_way.assign(
        ts=times(on_the_way["ts"].to_numpy()), ordId=orders(on_the_way["ordId"])
    )


def _checks(walks: Sequence[Walk], balances: Mapping[Key, Balance], books: Books) -> pd.DataFrame:
    hours = _after_start(books.accruals, walks)
    owed = hours["loan"].to_numpy(copy=True)
    moments = hours["ts"].to_numpy()
    for (order, ccy), rows in rows_by(hours, "ordId", "ccy").items():
        owed[rows] = balances[order, "loan", ccy].before(moments[rows])
    return pd.DataFrame(
        {
            "ts": times(moments),
            "ordId": orders(hours["ordId"]),
            "ccy": hours["ccy"],
            "loan": hours["loan"],
            "owed": owed,
            "residual": hours["loan"] - owed,
        }
    )


def _after_start(rows: pd.DataFrame, walks: Sequence[Walk]) -> pd.DataFrame:
    after = np.zeros(len(rows), dtype=bool)
    for walk in walks:
        if len(walk.moments):
            after |= ((rows["ordId"] == walk.ord_id) & (rows["ts"] > walk.moments[0])).to_numpy()
    return rows[after].reset_index(drop=True)
