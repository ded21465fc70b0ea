"""What the falls of the past would leave of the loans."""

import pandas as pd

from flexloan_nb.analytics.stress.episodes import BASES
from flexloan_nb.analytics.stress.scenarios import stress_test
from flexloan_nb.figures.stress import plot_stress
from flexloan_nb.report.facts import LoanFacts
from flexloan_nb.report.formatting import each, money, percent
from flexloan_nb.report.parts import Columns, Part, Picture, Subtitle, Table, Text
from flexloan_nb.report.texts import Texts

__all__ = ["stress"]


def stress(facts: LoanFacts, text: Texts) -> list[Part]:
    """Try each loan on the falls from 2018 to 2022."""
    parts: list[Part] = [Text(text["stress_intro"])]
    for number, (order, position) in enumerate(facts.positions.items(), start=1):
        if position.debt_usd == 0:
            continue
        closes, lows = (stress_test(position, basis=basis) for basis in BASES)
        figure = plot_stress(
            lows,
            margin_call_ltv=position.margin_call_ltv,
            liquidation_ltv=position.liquidation_ltv,
            lang=text.lang,
        )
        parts += [
            Subtitle(text.order(order)),
            Picture(f"stress_{number}", figure),
            _table(closes, lows, text),
        ]
    return parts if len(parts) > 1 else []


def _table(closes: pd.DataFrame, lows: pd.DataFrame, text: Texts) -> Table:
    columns: Columns = [
        (text["episode"], lows.index, False),
        (text["ltv_close"], each(percent, closes["ltv"]), True),
        (text["then"], each(text.state, closes["status"]), False),
        (text["ltv_low"], each(percent, lows["ltv"]), True),
        (text["then"], each(text.state, lows["status"]), False),
        (text["shortfall"], each(money, lows["shortfall_usd"]), True),
        (text["by_beta"], lows["by_beta"], False),
    ]
    return Table.of(text["stress_caption"], columns)
