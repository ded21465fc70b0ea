"""How the loans came here: LTV over time, forced sales, and whether the books balance."""

from typing import Any, Final

import numpy as np
import pandas as pd

from flexloan_nb.analytics.history.forced import forced_events
from flexloan_nb.analytics.history.reconciliation import reconcile
from flexloan_nb.figures import plot_ltv_history
from flexloan_nb.report.facts import LoanFacts, known
from flexloan_nb.report.formatting import amount, change, each, money, percent, when
from flexloan_nb.report.parts import Columns, Part, Picture, Subtitle, Table, Text
from flexloan_nb.report.texts import Texts

__all__ = ["books", "forced_sales", "ltv_history"]

_NEWEST: Final = 40  # events that are listed
_NOISE: Final = 1e-6  # coins: floats of large debts are off by less, a missing record by more
_HOUR: Final = pd.Timedelta(hours=1)


def ltv_history(facts: LoanFacts, text: Texts) -> list[Part]:
    """Show how the LTV developed, and what happened on the way."""
    path, events = facts.history.path, known(facts.events)
    if path.empty:
        return [Text(text["no_history"])] if len(events) else []
    parts: list[Part] = [
        Text(text["history_intro"]),
        Picture("ltv_history", plot_ltv_history(path, events, lang=text.lang)),
        _extremes(path, text),
    ]
    return [*parts, _events(events, text)] if len(events) else parts


def _extremes(path: pd.DataFrame, text: Texts) -> Table:
    orders = [rows for _, rows in path.groupby("ordId", dropna=False, sort=False)]
    lowest = [rows.iloc[int(rows["ltv"].argmin())] for rows in orders]
    highest = [rows.iloc[int(rows["ltv"].argmax())] for rows in orders]
    columns: Columns = [
        (text["order"], [text.order_id(rows["ordId"].iloc[0]) for rows in orders], False),
        (text["since"], [when(rows["ts"].min()) for rows in orders], False),
        (text["lowest"], [percent(row["ltv"]) for row in lowest], True),
        (text["at"], [when(row["ts"]) for row in lowest], False),
        (text["highest"], [percent(row["ltv"]) for row in highest], True),
        (text["at"], [when(row["ts"]) for row in highest], False),
    ]
    return Table.of(text["extremes_caption"], columns)


def _events(events: pd.DataFrame, text: Texts) -> Table:
    newest = events.iloc[::-1].head(_NEWEST)
    columns: Columns = [
        (text["time"], each(when, newest["ts"]), False),
        (text["order"], each(text.order_id, newest["ordId"]), False),
        (text["event"], each(text.event, newest["type"]), False),
        (text["coin"], newest["ccy"], False),
        (text["amount"], each(amount, newest["amt"]), True),
    ]
    caption = text["events_caption"].format(shown=len(newest), all=len(events))
    return Table.of(caption, columns, folded=True)


def forced_sales(facts: LoanFacts, text: Texts) -> list[Part]:
    """Tell what the exchange sold by force, and what that cost."""
    if not _forced(known(facts.events)):
        return [Text(text["no_sales"], "good")]
    episodes, legs = forced_events(known(facts.events), known(facts.at_sales))
    parts: list[Part] = [Text(text["sales_intro"])]
    groups = legs.groupby(["ts", "ordId"], dropna=False)
    for sale, (_, mine) in zip(episodes.itertuples(index=False), groups, strict=True):
        parts += [
            Subtitle(f"{when(sale.ts)}, {text.order(sale.ordId)}"),
            Text(_sale(sale, text), "warning"),
            _legs(mine, text),
        ]
    return parts


def _forced(events: pd.DataFrame) -> bool:
    kinds = events["type"].str
    return bool((kinds.startswith("forced") | kinds.startswith("partial_liq")).any())


def _sale(sale: Any, text: Texts) -> str:
    kinds = ", ".join(text.kind(kind) for kind in str(sale.kind).split(", "))
    return text["sale"].format(
        kind=kinds,
        sold=sale.sold,
        sold_usd=money(sale.sold_usd),
        settled=sale.settled,
        settled_usd=money(sale.settled_usd),
        cost_usd=money(sale.cost_usd),
        cost_share=percent(sale.cost_share),
        loss_usd=money(sale.loss_usd),
    )


def _legs(legs: pd.DataFrame, text: Texts) -> Table:
    columns: Columns = [
        (text["event"], each(text.event, legs["type"]), False),
        (text["coin"], legs["ccy"], False),
        (text["amount"], each(amount, legs["amt"]), True),
        (text["value_usd"], each(money, legs["usd"]), True),
        (text["against_index"], each(change, legs["against_index"]), True),
    ]
    return Table.of(text["sale_caption"], columns, folded=True)


def books(facts: LoanFacts, text: Texts) -> list[Part]:
    """Say whether all that was booked leads to what is there."""
    if facts.now.legs.empty:
        return []
    balances = reconcile(known(facts.events), known(facts.accruals), facts.now)
    forgotten = _forgotten(balances, facts)
    verdicts = text["yes"], text["no"], text["older"]
    answers = np.select([balances["balanced"], ~forgotten], verdicts[:2], verdicts[2]).tolist()
    columns: Columns = [
        (text["order"], each(text.order_id, balances["ordId"]), False),
        (text["side"], [text[f"side_{side}"] for side in balances["side"]], False),
        (text["coin"], balances["ccy"], False),
        (text["interest"], each(amount, balances["interest"]), True),
        (text["closing"], each(amount, balances["closing"]), True),
        (text["residual"], each(amount, balances["residual"]), True),
        (text["balanced"], answers, False),
    ]
    table = Table.of(text["books_caption"], columns)
    note = [Text(text["books_older"], "note")] if forgotten.any() else []
    return [_verdict(facts, text), table, *note]


def _forgotten(balances: pd.DataFrame, facts: LoanFacts) -> pd.Series:
    """Return which debts had begun before the hours whose interest is on record."""
    began = known(facts.events).groupby("ordId", dropna=False)["ts"].min()
    old = began[began < known(facts.accruals)["ts"].min() - _HOUR].index
    grown = balances["residual"].astype(float) > 0
    mine = balances["ordId"].isin(old)
    return ~balances["balanced"] & grown & mine & (balances["side"] == "loan")


def _verdict(facts: LoanFacts, text: Texts) -> Text:
    """Compare the debts of every hour on record with what the exchange printed."""
    checks = facts.history.checks
    if checks.empty:
        return Text(text["books_unchecked"])
    worst = float(checks["residual"].astype(float).abs().max())
    found = {"hours": len(checks), "worst": amount(worst)}
    if worst < _NOISE:
        return Text(text["books_agree"].format(**found), "good")
    return Text(text["books_differ"].format(**found), "warning")
