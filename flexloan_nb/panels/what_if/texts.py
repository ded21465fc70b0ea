"""What a panel says of an outlook, by the places of its readout."""

import html
import math
from collections.abc import Sequence
from typing import Final

import pandas as pd

from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amounts import as_read
from flexloan_nb.panels.what_if.answer import AnswerState
from flexloan_nb.panels.what_if.facts import Loan
from flexloan_nb.panels.what_if.outlook import QUANTITIES, Outlook

__all__ = [
    "card_texts",
    "cards_html",
    "initial_texts",
    "loan_texts",
    "price_texts",
    "prices_html",
    "sheet_html",
    "sheet_texts",
    "spoken",
    "value_text",
]

_NOWHERE: Final = "-"


def cards_html(text: Words) -> str:
    """Return the HTML of three cards, and of what must be known of them."""
    return f"""<div class="flexloan-sheet">
<div class="flexloan-cards">
<div class="flexloan-card"><h4>{text["sheet_max_loan"]}</h4>
<div class="flexloan-figure" data-text="max_loan"></div>
<small data-text="max_loan_note"></small></div>
<div class="flexloan-card"><h4>{text["sheet_ltv"]}</h4>
<div class="flexloan-figure" data-text="ltv"></div><small data-text="ltv_note"></small></div>
<div class="flexloan-card" data-mark="answer"><h4>{text["sheet_exchange"]}</h4>
<div class="flexloan-figure" data-text="answer_loan"></div>
<small><b data-text="answer_state"></b> <span data-text="answer_residual"></span></small></div>
</div>
<p class="flexloan-problem" data-text="stale"></p>
<p class="flexloan-warning" role="alert" data-text="warnings"></p>
<p class="flexloan-note" data-text="answer_why"></p>
<p class="flexloan-heard" role="status" aria-live="polite" data-text="spoken"></p>
</div>"""


def sheet_html(text: Words) -> str:
    """Return the HTML of the table of before and after, and of what was assumed."""
    rows = "".join(
        f'<tr><th scope="row">{text[f"quantity_{name}"]}</th>'
        + "".join(f'<td data-text="{name}_{when}"></td>' for when in ("before", "after", "change"))
        + "</tr>"
        for name in QUANTITIES
    )
    heads = "".join(
        f'<th scope="col">{text[f"sheet_{when}"]}</th>' for when in ("now", "after", "change")
    )
    return f"""<div class="flexloan-sheet">
<div class="flexloan-scroll"><table>
<thead><tr><th scope="col">{text["sheet_quantity"]}</th>{heads}</tr></thead>
<tbody>{rows}</tbody></table></div>
<p class="flexloan-note" data-text="assumption"></p>
<p class="flexloan-note" data-text="drift"></p>
</div>"""


def sheet_texts(outlook: Outlook, text: Words) -> dict[str, str]:
    """Return the numbers of the table."""
    before, after = outlook.before.quantities, outlook.after.quantities
    said = {}
    for name, unit in QUANTITIES.items():
        said[f"{name}_before"] = value_text(before[name], unit, text)
        said[f"{name}_after"] = value_text(after[name], unit, text)
        said[f"{name}_change"] = _change_text(after[name] - before[name], unit)
    return said


def card_texts(outlook: Outlook, text: Words) -> dict[str, str]:
    """Return the numbers that matter most, and warnings."""
    sketch = outlook.sketch
    now, after = (state.quantities["ltv"] for state in (outlook.before, outlook.after))
    quota = "max_loan_no_quota" if math.isnan(outlook.quota) else "max_loan_quota"
    return {
        "max_loan": f"{as_read(outlook.max_loan)} {sketch.borrow_ccy}",
        "max_loan_note": text[quota].format(quota=as_read(outlook.quota), ccy=sketch.borrow_ccy),
        "ltv": value_text(after, "percent", text),
        "ltv_note": text["ltv_note"].format(now=value_text(now, "percent", text)),
        "warnings": " ".join(
            text[key].format(draw=as_read(sketch.draw), ccy=sketch.borrow_ccy)
            for key in outlook.warnings
        ),
    }


def loan_texts(loan: Loan, text: Words) -> dict[str, str]:
    """Return what is said of a loan as it is, and of what is assumed of it."""
    position = loan.position
    return {
        "assumption": text["assumption"].format(
            call=_percent(position.margin_call_ltv), liquidation=_percent(position.liquidation_ltv)
        ),
        "drift": text["drift"].format(
            printed=_percent(loan.printed_ltv), ours=_percent(position.ltv)
        ),
    }


def initial_texts(loan: Loan, text: Words) -> dict[str, str]:
    """Return how the initial LTV is known."""
    initial = loan.initial_ltv
    return {"initial_note": text[f"initial_{initial.source}"].format(value=f"{initial.value:.4f}")}


def spoken(outlook: Outlook, state: AnswerState, text: Words) -> str:
    """Return the sentence for who hears the panel, said when things have come to rest."""
    return text["spoken"].format(
        loan=as_read(outlook.max_loan),
        ccy=outlook.sketch.borrow_ccy,
        ltv=value_text(outlook.after.quantities["ltv"], "percent", text),
        state=text[f"answer_{state}"],
    )


def prices_html(coins: Sequence[str], text: Words) -> str:
    """Return the HTML of a table of prices, a row for each coin."""
    columns = ("coin", "price", "after", "liquidation")
    heads = "".join(f'<th scope="col">{text[f"shocked_{column}"]}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{html.escape(ccy)}</th>'
        + "".join(f'<td data-text="{number}_{column}"></td>' for column in columns[1:])
        + "</tr>"
        for number, ccy in enumerate(coins)
    )
    return f"""<div class="flexloan-sheet">
<div class="flexloan-scroll"><table><thead><tr>{heads}</tr></thead>
<tbody>{rows}</tbody></table></div></div>"""


def price_texts(prices: pd.DataFrame, text: Words) -> dict[str, str]:
    """Return the numbers of `prices_html` from a ladder with a column ``today``."""
    said = {}
    numbers = prices[["today", "price", "liquidation_price"]].to_numpy(dtype=float)
    for number, (today, after, liquidation) in enumerate(numbers):
        said[f"{number}_price"] = as_read(today)
        said[f"{number}_after"] = as_read(after)
        never = math.isnan(liquidation)
        said[f"{number}_liquidation"] = text["never"] if never else as_read(liquidation)
    return said


def value_text(value: float, unit: str, text: Words) -> str:
    """Return a quantity as it is read.

    >>> from flexloan_nb.figures.words import words
    >>> value_text(0.53391, "percent", words("en")), value_text(1234.5, "usd", words("en"))
    ('53.39%', '1,234.50')
    """
    if pd.isna(value):
        return text["never"]
    if math.isinf(value):
        return "∞"
    return _percent(value) if unit == "percent" else f"{value:,.2f}"


def _change_text(change: float, unit: str) -> str:
    if not math.isfinite(change):
        return _NOWHERE
    shown = f"{change * 100:+.2f} pp" if unit == "percent" else f"{change:+,.2f}"
    return "0" if not float(shown.removesuffix(" pp").replace(",", "")) else shown


def _percent(value: float) -> str:
    return f"{value:.2%}"
