"""What would bring each loan down to a target."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from flexloan_nb.analytics.cure.plans import cure_plans
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import FlexLoanError
from flexloan_nb.report.facts import LoanFacts, by_coin
from flexloan_nb.report.formatting import amount, each, money, percent
from flexloan_nb.report.parts import Columns, Part, Subtitle, Table, Text
from flexloan_nb.report.texts import Texts

__all__ = ["FALL_TO_BEAR", "remedies"]

FALL_TO_BEAR: Final = 0.3  # by which all collateral is to be able to fall before a margin call
_MIX: Final = "mix"


def remedies(facts: LoanFacts, text: Texts) -> list[Part]:
    """List the least that each way takes, from what the funding account holds."""
    assumed = text["target_given"] if facts.target else text["target_assumed"]
    fall = percent(FALL_TO_BEAR, 0)
    parts: list[Part] = []
    for order, position in facts.positions.items():
        if position.debt_usd == 0:
            continue
        target = facts.target or (1 - FALL_TO_BEAR) * position.margin_call_ltv
        parts += [
            Subtitle(text.order(order)),
            Text(assumed.format(target=percent(target), fall=fall)),
            *_plans(facts, position, target, text),
        ]
    return [*parts, Text(text["remedies_note"], "note")] if parts else []


def _plans(facts: LoanFacts, position: Position, target: float, text: Texts) -> list[Part]:
    if position.ltv <= target:
        return [Text(text["nothing_to_do"].format(ltv=percent(position.ltv)), "good")]
    free, prices = _free(facts)
    priced = position.with_prices({**prices, **position.prices})
    plans = cure_plans(priced, target, {**free, **position.debt})
    feasible = plans.table[plans.table["feasible"]].sort_values("usd", kind="stable")
    moves = {str(plan): rows for plan, rows in plans.moves.groupby("plan", sort=False)}
    # A mix of one coin is one of the other plans.
    shown = feasible[[plan != _MIX or len(moves[plan]) > 1 for plan in feasible.index]]
    columns: Columns = [
        (text["plan"], [text.action(action) for action in shown["action"]], False),
        (text["amount"], [_steps(moves[plan]) for plan in shown.index], False),
        (text["value_usd"], each(money, shown["usd"]), True),
    ]
    short = [str(plan) for plan in plans.table.index[~plans.table["feasible"]] if plan != _MIX]
    parts: list[Part] = [Table.of(text["plans_caption"], columns)] if len(shown) else []
    if short:
        parts.append(Text(text["not_enough"].format(plans=", ".join(short)), "note"))
    return parts


def _steps(moves: pd.DataFrame) -> str:
    """Return the coins that are moved; what is repaid with a sale after an arrow."""
    sold = moves["action"] == "sell"
    sides = [moves[sold], moves[~sold]] if sold.any() else [moves]
    return " → ".join(", ".join(_coins(side)) for side in sides)


def _coins(moves: pd.DataFrame) -> Iterator[str]:
    for ccy, of in zip(moves["ccy"], moves["amount"], strict=True):
        yield f"{amount(of)} {ccy}"


def _free(facts: LoanFacts) -> tuple[dict[str, float], dict[str, float]]:
    """Return what the funding account holds, and its prices, as far as both are known."""
    if isinstance(facts.balances, FlexLoanError) or isinstance(facts.free_prices, FlexLoanError):
        return {}, {}
    held = facts.balances.groupby("ccy")["amt"].sum()
    prices = facts.free_prices.set_index("ccy")["idxPx"]
    return by_coin(held), by_coin(prices)
