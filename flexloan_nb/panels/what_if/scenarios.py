"""Scenarios side by side, as a frame and as text."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amounts import as_read
from flexloan_nb.panels.what_if.facts import Loan
from flexloan_nb.panels.what_if.outlook import QUANTITIES, Outlook, look_out
from flexloan_nb.panels.what_if.sketch import Scenario
from flexloan_nb.panels.what_if.texts import value_text

__all__ = ["compare_scenarios", "side_by_side"]

_TEXTS: Final = ("ord_id", "borrow_ccy", "supplement", "shocks", "problem")
_NUMBERS: Final = ("draw", "max_loan", *QUANTITIES)
_COLUMNS: Final = ("ord_id", "borrow_ccy", "supplement", "draw", "shocks", "max_loan", *QUANTITIES)


def compare_scenarios(loans: Mapping[str, Loan], scenarios: Sequence[Scenario]) -> pd.DataFrame:
    """Return what each scenario makes of its loan, at the prices that were read last.

    Parameters
    ----------
    loans : mapping of str to Loan
        By their orders.
    scenarios : sequence of Scenario
        All are computed on the same facts, whenever they were kept.

    Returns
    -------
    DataFrame
        A row by ``scenario``: what was sketched; ``max_loan`` in coins with the supplement at
        today's prices; and of the loan after all of it ``ltv``, ``collateral_usd`` after
        discounts, ``debt_usd``, ``max_loan_usd`` that could still be borrowed, ``headroom_usd``
        to liquidation, ``margin_call_fall`` and ``liquidation_fall`` of all collateral together.
        ``problem`` says why one has no numbers.
    """
    rows = [_row(loans, scenario) for scenario in scenarios]
    frame = pd.DataFrame(rows, columns=[*_COLUMNS, "problem"])
    frame = frame.astype(dict.fromkeys(_TEXTS, "string") | dict.fromkeys(_NUMBERS, "float64"))
    frame.index = pd.Index([of.name for of in scenarios], name="scenario", dtype="string")
    return frame


def side_by_side(frame: pd.DataFrame, text: Words) -> str:
    """Return scenarios as an HTML table, one beside the other."""
    shown = pd.DataFrame(
        {
            name: [_cell(row, column, text) for column in (*_COLUMNS, "problem")]
            for name, row in zip(frame.index, frame.to_dict("records"), strict=True)
        },
        index=[text[f"scenario_{column}"] for column in (*_COLUMNS, "problem")],
    )
    if frame["problem"].isna().all():
        shown = shown.iloc[:-1]
    table = shown.to_html(border=0, escape=True)
    return f'<div class="flexloan-sheet flexloan-scroll">{table}</div>'


def _row(loans: Mapping[str, Loan], scenario: Scenario) -> dict[str, object]:
    sketch = scenario.sketch
    row: dict[str, object] = {
        "ord_id": sketch.ord_id,
        "borrow_ccy": sketch.borrow_ccy,
        "supplement": _listed(sketch.supplement, as_read),
        "draw": sketch.draw,
        "shocks": _listed(sketch.shocks, "{:+.0%}".format),
    }
    try:
        if sketch.ord_id not in loans:
            raise InvalidArgumentError(f"The account has no order {sketch.ord_id}.")
        return row | _results(look_out(loans[sketch.ord_id], sketch))
    except InvalidArgumentError as error:
        return row | {"problem": str(error)}


def _results(outlook: Outlook) -> dict[str, object]:
    return {"max_loan": outlook.max_loan, **outlook.after.quantities}


def _listed(amounts: Mapping[str, float], written: Callable[[float], str]) -> str | None:
    parts = [f"{ccy} {written(of)}" for ccy, of in amounts.items()]
    return ", ".join(parts) or None


def _cell(row: Mapping[Hashable, Any], column: str, text: Words) -> str:
    value = row[column]
    if column in QUANTITIES and pd.isna(row["problem"]):
        return value_text(value, QUANTITIES[column], text)
    if pd.isna(value):
        return "-"
    return as_read(value) if isinstance(value, float) else str(value)
