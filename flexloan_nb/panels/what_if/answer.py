"""What the exchange itself says of a supplement, beside what the model says."""

import math
from typing import Any, Final, Literal, NamedTuple

import pandas as pd

from flexloan_nb.analytics.scenario.comparison import MaxLoanClient, compare_with_exchange
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amounts import as_read
from flexloan_nb.panels.what_if.facts import Loan, sent_order
from flexloan_nb.panels.what_if.sketch import Sketch

__all__ = ["Answer", "AnswerState", "answer_of", "answer_texts", "question_of"]

AnswerState = Literal["none", "asking", "agreed", "differs", "failed"]

# The exchange prints an LTV of four decimals: what is within that of its answer is agreement.
_AGREED: Final = 1e-4
_CAUSES: Final = ("price", "initial_ltv", "rest")


class Answer(NamedTuple):
    """An answer of the exchange, or that there is none.

    Attributes
    ----------
    state : str
        ``none`` before the first question; ``asking``; ``agreed``, ``differs``; ``failed``.
    table : DataFrame or None
        As `compare_with_exchange` explains it.
    error : str
        Why there is none.
    """

    state: AnswerState
    table: pd.DataFrame | None = None
    error: str = ""

    @property
    def max_loan(self) -> float:
        """What the exchange would lend, in coins; NaN where it is not known."""
        return self._cell("amount", "exchange")

    @property
    def residual(self) -> float:
        """The exchange's answer less the model's, in coins."""
        return self._cell("amount", "residual")

    @property
    def quota(self) -> float:
        """The exchange's remaining quota, in coins."""
        return self._cell("implied", "quota")

    def _cell(self, column: str, part: str) -> float:
        return math.nan if self.table is None else float(self.table[column][part])


def question_of(sketch: Sketch) -> tuple[Any, ...]:
    """Return what the exchange can be asked of a sketch: nothing of draws and shocks.

    >>> question_of(Sketch("1", "USDT", {"BTC": 0.5}, shocks={"BTC": -0.3}))
    ('1', 'USDT', (('BTC', 0.5),))
    """
    return sketch.ord_id, sketch.borrow_ccy, tuple(sorted(sketch.supplement.items()))


def answer_of(client: MaxLoanClient, loan: Loan, sketch: Sketch) -> Answer:
    """Ask the exchange for the maximum loan with the supplement of a sketch.

    Raises
    ------
    FlexLoanError
        There is no answer.
    """
    table = compare_with_exchange(
        client,
        loan.position,
        sketch.supplement,
        sketch.borrow_ccy,
        ord_id=sent_order(loan.ord_id),
    )
    amounts = table["amount"]
    agreed = abs(amounts["residual"]) <= _AGREED * abs(amounts["exchange"]) + 1e-8
    return Answer("agreed" if agreed else "differs", table)


def answer_texts(answer: Answer, ccy: str, text: Words) -> dict[str, str]:
    """Return what is said of an answer, by the places of a readout."""
    said = {
        "answer": answer.state,
        "answer_state": text[f"answer_{answer.state}"],
        "answer_loan": "-",
        "answer_residual": "",
        "answer_why": answer.error,
    }
    if answer.table is None:
        return said
    return said | {
        "answer_loan": f"{as_read(answer.max_loan)} {ccy}",
        "answer_residual": text["answer_residual"].format(
            residual=_signed(answer.residual), ccy=ccy
        ),
        "answer_why": _why(answer.table, ccy, text) if answer.state == "differs" else "",
    }


def _why(table: pd.DataFrame, ccy: str, text: Words) -> str:
    """Name the causes of a difference with what each of them changes."""
    amounts = {cause: float(table["amount"][cause]) for cause in _CAUSES}
    parts = [
        f"{text[f'answer_cause_{cause}']} {_signed(amount)} {ccy}"
        for cause, amount in amounts.items()
        if abs(amount) > 1e-8
    ]
    return text["answer_why"].format(parts=", ".join(parts)) if parts else ""


def _signed(amount: float) -> str:
    tiny = abs(amount) < 1e-8  # the exchange rounds down to that
    return "0" if tiny else f"{'+' if amount > 0 else '-'}{as_read(abs(amount))}"
