"""How the loans stand: a sentence and a gauge for each, and what they consist of."""

from typing import Any

import pandas as pd

from flexloan_nb.analytics.arguments import finite
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import FlexLoanError
from flexloan_nb.report.facts import LoanFacts, by_coin
from flexloan_nb.report.formatting import NOTHING, amount, each, money, percent, price
from flexloan_nb.report.parts import Columns, Gauge, Part, Table, Text
from flexloan_nb.report.texts import Texts

__all__ = ["coins_of", "status"]


def status(facts: LoanFacts, text: Texts) -> list[Part]:
    """Say of each order how close it is to its thresholds."""
    if facts.now.info.empty:
        return [Text(text["no_loan"])]
    parts: list[Part] = []
    for order in facts.now.info.itertuples(index=False):
        gauge = _gauge(order, text)
        parts += [gauge, _sentence(facts, order, gauge, text)]
    return parts


def _gauge(order: Any, text: Texts) -> Gauge:
    names = ("curLTV", "marginCallLTV", "liqLTV")
    return Gauge(text.order(order.ordId), *(finite(getattr(order, of), of) for of in names))


def _sentence(facts: LoanFacts, order: Any, gauge: Gauge, text: Texts) -> Text:
    name, ltv, call, sale = gauge
    state = "status_safe" if ltv < call else "status_called" if ltv < sale else "status_sold"
    words = text[state].format(
        order=name,
        ltv=percent(ltv),
        call=percent(call),
        sale=percent(sale),
        to_call=f"{100 * (call - ltv):.2f}",
        to_sale=f"{100 * (sale - ltv):.2f}",
        debt=money(order.loanNotionalUsd),
        collateral=money(order.collateralNotionalUsd),
    )
    sentences = words + text.gap + _falls(facts, order.ordId, text)
    return Text(sentences, "good" if state == "status_safe" else "warning")


def _falls(facts: LoanFacts, ord_id: Any, text: Texts) -> str:
    """Say how far all collateral may fall, where prices are known to tell."""
    try:
        call, sale = facts.falls(_position_of(facts, ord_id))
    except FlexLoanError:
        return ""  # the section on prices says why
    if pd.isna(sale):
        return text["falls_never"]
    return text["falls"].format(call=percent(call, 1), sale=percent(sale, 1))


def _position_of(facts: LoanFacts, ord_id: Any) -> Position:
    if pd.isna(ord_id):
        return next(iter(facts.positions.values()))
    return facts.positions[str(ord_id)]


def coins_of(facts: LoanFacts, text: Texts) -> list[Part]:
    """List what is pledged and owed, with its value where prices are known."""
    legs = facts.now.legs
    if legs.empty:
        return []
    quoted: dict[str, float] = {}
    if isinstance(facts.prices, pd.DataFrame):
        quoted = by_coin(facts.prices.set_index("ccy")["idxPx"])
    prices = legs["ccy"].map(quoted).astype(float)
    columns: Columns = [
        (text["order"], each(text.order_id, legs["ordId"]), False),
        (text["side"], [text[f"side_{side}"] for side in legs["side"]], False),
        (text["coin"], legs["ccy"], False),
        (text["amount"], each(amount, legs["amt"]), True),
        (text["price_usd"], each(price, prices), True),
        (text["value_usd"], each(money, legs["amt"].astype(float) * prices), True),
        (text["kept"], _kept(facts, legs), True),
    ]
    return [Table.of(text["legs_caption"], columns), Text(text["legs_note"], "note")]


def _kept(facts: LoanFacts, legs: pd.DataFrame) -> list[str]:
    """Return the share of each collateral's value that counts."""
    try:
        positions = facts.positions
    except FlexLoanError:
        return [NOTHING] * len(legs)
    shares = pd.concat(
        {order: position.to_frame()["kept_share"] for order, position in positions.items()}
    )
    names = legs["ordId"].fillna(next(iter(positions)))
    return [
        percent(shares.get((order, ccy)), 1) if side == "collateral" else NOTHING
        for order, side, ccy in zip(names, legs["side"], legs["ccy"], strict=True)
    ]
