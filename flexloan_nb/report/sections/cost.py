"""What the loans cost, whether that was right, and how long they may go on."""

import numpy as np
import pandas as pd

from flexloan_nb.analytics.interest.audit import audit_interest
from flexloan_nb.analytics.interest.cost import effective_cost
from flexloan_nb.analytics.interest.runway import runway
from flexloan_nb.analytics.interest.statement import interest_statement
from flexloan_nb.errors import FlexLoanError
from flexloan_nb.figures import plot_interest, plot_interest_rate
from flexloan_nb.report.facts import LoanFacts, known
from flexloan_nb.report.formatting import NOTHING, amount, each, money, percent, when
from flexloan_nb.report.parts import Columns, Part, Picture, Table, Text
from flexloan_nb.report.texts import Texts

__all__ = ["audit", "cost", "until_called"]

_LISTED = 30  # findings


def cost(facts: LoanFacts, text: Texts) -> list[Part]:
    """Show the interest, and what it is as a rate for a year."""
    accruals = known(facts.accruals)
    if accruals.empty:
        return [Text(text["no_interest_yet"])]
    unpriced = isinstance(facts.hourly, FlexLoanError)
    prices = None if isinstance(facts.hourly, FlexLoanError) else facts.hourly
    costs = effective_cost(accruals, prices)
    total = costs.loc["total"]
    words = text["cost"].format(
        since=when(accruals["ts"].min()),
        until=when(accruals["ts"].max()),
        usd=money(total["interest_usd"]),
        apr=percent(total["apr"]),
    )
    return [
        Text(text["cost_unpriced"].format(reason=facts.hourly) if unpriced else words),
        _costs(costs, text),
        Picture("interest", plot_interest(accruals, lang=text.lang)),
        Picture("interest_rate", plot_interest_rate(accruals, lang=text.lang)),
        _statement(interest_statement(accruals, prices), text),
        Text(text["cost_note"], "note"),
    ]


def _costs(costs: pd.DataFrame, text: Texts) -> Table:
    columns: Columns = [
        (text["coin"], each(text.total, costs.index), False),
        (text["hours"], each(lambda of: f"{of:,.0f}", costs["hours"]), True),
        (text["average_debt"], each(money, costs["average_debt"]), True),
        (text["interest"], each(amount, costs["interest"]), True),
        (text["interest_usd"], each(money, costs["interest_usd"]), True),
        (text["apr"], each(percent, costs["apr"]), True),
        (text["apy"], each(percent, costs["apy"]), True),
        (text["quoted"], each(percent, costs["quoted_rate"]), True),
    ]
    return Table.of(text["cost_caption"], columns)._replace(sums=frozenset({len(costs) - 1}))


def _statement(statement: pd.DataFrame, text: Texts) -> Table:
    lines = statement.reset_index()
    columns: Columns = [
        (text["month"], each(text.total, lines["month"]), False),
        (text["order"], each(text.total, lines["ordId"]), False),
        (text["coin"], each(text.total, lines["ccy"]), False),
        (text["hours"], each(lambda of: f"{of:,.0f}", lines["hours"]), True),
        (text["interest"], each(amount, lines["interest"]), True),
        (text["interest_usd"], each(money, lines["interest_usd"]), True),
    ]
    added_up = (lines[["month", "ordId", "ccy"]] == "total").any(axis=1)
    sums = frozenset(np.flatnonzero(added_up).tolist())
    return Table.of(text["statement_caption"], columns)._replace(sums=sums)


def audit(facts: LoanFacts, text: Texts) -> list[Part]:
    """Say whether every hour was charged by the exchange's own rule."""
    accruals = known(facts.accruals)
    if accruals.empty:
        return []
    audited = audit_interest(accruals)
    wrong = audited[audited["finding"] != "ok"]
    if wrong.empty:
        return [Text(text["audit_ok"].format(records=len(audited)), "good")]
    newest = wrong.iloc[::-1].head(_LISTED)
    columns: Columns = [
        (text["time"], each(when, newest["ts"]), False),
        (text["order"], each(text.order_id, newest["ordId"]), False),
        (text["coin"], newest["ccy"], False),
        (text["interest"], each(amount, newest["interest"]), True),
        (text["expected"], each(amount, newest["expected"]), True),
        (text["residual"], each(amount, newest["residual"]), True),
        (text["finding"], each(text.finding, newest["finding"]), False),
    ]
    counts = wrong["finding"].value_counts()
    found = ", ".join(f"{count} {text.finding(str(name))}" for name, count in counts.items())
    words = text["audit_wrong"].format(records=len(audited), found=found)
    caption = text["audit_caption"].format(shown=len(newest), all=len(wrong))
    return [Text(words, "warning"), Table.of(caption, columns)]


def until_called(facts: LoanFacts, text: Texts) -> list[Part]:
    """Say how long interest alone may add up until a margin call."""
    accruals = known(facts.accruals)
    rates = accruals.groupby("ccy")["interestRate"].last().astype(float)
    rows = []
    for order, position in facts.positions.items():
        if position.debt_usd > 0 and set(position.debt) <= set(rates.index):
            days = runway(position, rates)["days"]
            until = (_days(days[level]) for level in ("margin_call", "liquidation"))
            rows.append((text.order_id(order), *until))
    if not rows:
        return []
    headers = (text["order"], text["days_to_call"], text["days_to_sale"])
    table = Table(text["runway_caption"], headers, tuple(rows), (False, True, True))
    return [Text(text["runway_intro"]), table]


def _days(days: float) -> str:
    return NOTHING if days == float("inf") else f"{days:,.0f}"
