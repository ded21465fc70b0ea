"""The what-if panel: controls, pure functions, figures, and the exchange's own answer."""

import math
from dataclasses import replace
from typing import Any

import ipywidgets
import pandas as pd

from flexloan_nb.errors import FlexLoanError, InvalidArgumentError
from flexloan_nb.figures.words import words
from flexloan_nb.panels.choices import offer
from flexloan_nb.panels.heading import heading
from flexloan_nb.panels.panel import Panel
from flexloan_nb.panels.problem import Problem, shown_in
from flexloan_nb.panels.readout import Readout
from flexloan_nb.panels.what_if.answer import Answer, answer_of, answer_texts, question_of
from flexloan_nb.panels.what_if.asking import Asker
from flexloan_nb.panels.what_if.controls import Controls
from flexloan_nb.panels.what_if.facts import (
    Account,
    Loan,
    LoanClient,
    read_account,
    with_initial_ltv,
)
from flexloan_nb.panels.what_if.kept import KeptScenarios
from flexloan_nb.panels.what_if.outlook import Outlook, State, look_out, state_of
from flexloan_nb.panels.what_if.results import Results
from flexloan_nb.panels.what_if.sketch import Sketch
from flexloan_nb.panels.what_if.texts import loan_texts, spoken

__all__ = ["WhatIfPanel", "what_if_panel"]

_READ_AT = '<div class="flexloan-sheet flexloan-note" data-text="read_at"></div>'


def what_if_panel(
    client: LoanClient, *, ord_id: str | None = None, rest: float = 0.5, lang: str | None = None
) -> "WhatIfPanel":
    """Return a panel on which changes of a loan can be tried. Nothing is moved by it.

    Parameters
    ----------
    client : FlexibleLoanClient
        Read when the panel is made and when its button says so; asked for the maximum loan
        with the collateral that is sketched, when the controls have come to rest.
    ord_id : str, optional
        Loan order to begin with; by default the first.
    rest : float
        Seconds without a change before the exchange is asked. With 0 it is asked at once, and
        everything waits for it: for programs.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    WhatIfPanel
        Its controls are attributes, its results too: see there.

    Raises
    ------
    InvalidArgumentError
        The language is unknown, or there is no such order. All else is shown in the panel.

    Examples
    --------
    What if I pledge half of my free BTC?

    >>> from flexloan_nb import connect
    >>> panel = what_if_panel(connect("simulator"), rest=0, lang="en")
    >>> panel.collateral.add.click()
    >>> panel.collateral.rows[0].control.presets["50%"].click()
    >>> panel.sketch.supplement
    {'BTC': 0.55}
    >>> round(panel.outlook.before.position.ltv, 4), round(panel.outlook.after.position.ltv, 4)
    (0.5339, 0.4248)
    >>> panel.answer.state
    'agreed'
    """
    return WhatIfPanel(client, ord_id=ord_id, rest=rest, lang=lang)


class WhatIfPanel(Panel):
    """See `what_if_panel`.

    The parts that belong to a loan are there once a loan has been read.

    Attributes
    ----------
    account : Account or None
        What was read; None where that failed.
    outlook : Outlook or None
        What the model makes of the sketch.
    answer : Answer
        What the exchange says of it.
    order, refresh, ask_again : Dropdown, Button, Button
        The panel's own controls.
    controls : Controls
        Those of the sketch.
    borrow, initial, collateral, draw, shocks
        Its parts.
    results : Results
        Figures and numbers.
    kept : KeptScenarios
        Scenarios.
    problem : Problem
        What went wrong.
    """

    def __init__(
        self, client: LoanClient, *, ord_id: str | None, rest: float, lang: str | None
    ) -> None:
        self._client = client
        self._lang = lang
        self._text = words(lang)
        self._asked: Any = None
        self._loans: dict[str, Loan] = {}
        self._before: State | None = None
        self.account: Account | None = None
        self.outlook: Outlook | None = None
        self.answer = Answer("none")
        self._is_built = False
        self._answers: Asker[Answer] = Asker(self._answered, rest=rest)
        self._readings: Asker[Account] = Asker(self._read, rest=min(rest, 0.01))
        with_options = getattr(client, "with_options", None)
        self._asked_client = with_options(sleep=self._answers.pause) if with_options else client
        self.problem = Problem()
        self._make_head()
        self._body = ipywidgets.VBox()
        super().__init__([self._head, self.problem, self._body])
        self.add_class("flexloan-panel")
        self._open(ord_id)

    # What it says

    @property
    def sketch(self) -> Sketch:
        """What the controls say; of a field with a wrong entry, what it said before."""
        if not self._is_built:
            raise InvalidArgumentError(self._text["no_loan"])
        return self.controls.sketch

    @property
    def is_stale(self) -> bool:
        """Whether the numbers shown are not those of what stands in the controls."""
        return bool(self.problem.text) or not self.controls.valid

    @property
    def scenarios(self) -> pd.DataFrame:
        """Scenarios that were kept, as `compare_scenarios` returns them."""
        return self.kept.frame

    def to_json(self) -> str:
        """Return the scenarios that were kept as a text that `load` reads."""
        return self.kept.to_json()

    def load(self, text: str) -> None:
        """Keep the scenarios in a text as well.

        Raises
        ------
        InvalidArgumentError
            It has none; nothing was changed.
        """
        self.kept.load(text)

    def apply(self, sketch: Sketch) -> None:
        """Set the controls to a sketch.

        Raises
        ------
        InvalidArgumentError
            The account has no such order, or not so much free; nothing was changed.
        """
        if sketch.ord_id not in self._loans:
            raise InvalidArgumentError(self._text["no_order"].format(ord_id=sketch.ord_id))
        before = self.order.value
        self.order.value = sketch.ord_id
        try:
            self.controls.set(sketch)
        except InvalidArgumentError:
            self.order.value = before
            raise

    def close(self) -> None:
        """Ask nothing any more, and take the panel away."""
        self._answers.close()
        self._readings.close()
        super().close()

    # How it is built

    def _make_head(self) -> None:
        text = self._text
        self.order = ipywidgets.Dropdown(
            description=text["what_if_order"],
            tooltip=text["what_if_order_tip"],
            style={"description_width": "initial"},
        )
        self.refresh = ipywidgets.Button(
            description=text["what_if_refresh"],
            tooltip=text["what_if_refresh_tip"],
            icon="refresh",
            layout={"width": "auto"},
        )
        self._read_at = Readout(_READ_AT)
        wrap = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "4px 16px"}
        self._head = ipywidgets.HBox(
            [heading(text["what_if_title"]), self.order, self.refresh, self._read_at], layout=wrap
        )
        self.order.observe(lambda _: self._choose_order(), "value")
        self.refresh.on_click(lambda _: self._read_again())

    def _build(self, loan: Loan) -> None:
        text = self._text
        self.controls = Controls(loan, text, self._update, self._max_loan)
        self.borrow, self.initial = self.controls.borrow, self.controls.initial
        self.collateral, self.draw = self.controls.collateral, self.controls.draw
        self.shocks = self.controls.shocks
        self.results = Results(state_of(loan.position), self._lang)
        self.ask_again = ipywidgets.Button(
            description=text["what_if_ask"],
            tooltip=text["what_if_ask_tip"],
            layout={"width": "auto", "height": "24px", "align_self": "flex-end"},
        )
        self.ask_again.on_click(lambda _: self._ask(again=True))
        self.kept = KeptScenarios(text, lambda: self.sketch, self.apply)
        self.results.top.children = [*self.results.top.children, self.ask_again]
        both = ipywidgets.Box([self.controls, self.results.top, self.results.rest])
        both.add_class("flexloan-grid")
        self._body.children = [both, heading(text["what_if_scenarios"]), self.kept]
        self._is_built = True

    # What was read

    def _open(self, ord_id: str | None) -> None:
        with shown_in(self.problem):
            self._take(read_account(self._client))
        if ord_id is not None and self._loans:
            if ord_id not in self._loans:
                raise InvalidArgumentError(self._text["no_order"].format(ord_id=ord_id))
            self.order.value = ord_id

    def _read_again(self) -> None:
        self.refresh.disabled = True
        self._read_at.show({"read_at": self._text["what_if_reading"]})
        self._readings.ask(lambda: read_account(self._client))

    def _read(self, account: Account | BaseException) -> None:
        self.refresh.disabled = False
        self._show_read_at()
        with shown_in(self.problem):
            if isinstance(account, BaseException):
                raise account
            self._take(account)

    def _take(self, account: Account) -> None:
        self.account = account
        self._show_read_at()
        self._body.layout.display = "" if account.loans else "none"
        if not account.loans:
            self._loans = {}
            raise InvalidArgumentError(self._text["no_loan"])
        entered = self._entered()
        self._loans = {
            order: with_initial_ltv(loan, entered[order]) if order in entered else loan
            for order, loan in account.loans.items()
        }
        self._asked = None
        offer(self.order, list(self._loans))  # chooses another where the order is gone
        self.order.layout.display = "" if len(self._loans) > 1 else "none"
        if not self._is_built:
            self._build(self._loans[self.order.value])
        self._choose_order()

    def _entered(self) -> dict[str, float]:
        """Return initial LTVs of the user's own, which reading again does not change."""
        return {
            order: loan.initial_ltv.value
            for order, loan in self._loans.items()
            if loan.initial_ltv.source == "given"
        }

    def _choose_order(self) -> None:
        if self._is_built and self.order.value in self._loans:
            self.controls.take(self._loans[self.order.value])
            self.kept.compute(self._loans)

    def _show_read_at(self) -> None:
        if self.account is not None:
            time = f"{self.account.read_at:%Y-%m-%d %H:%M:%S}"
            self._read_at.show({"read_at": self._text["read_at"].format(time=time)})

    # What was changed

    def _max_loan(self) -> float:
        return 0.0 if self.outlook is None else self.outlook.max_loan

    def _update(self) -> None:
        """Show what the controls say, and have the exchange asked if it is another question."""
        with shown_in(self.problem):
            self._take_up(self.controls.loan)
            coins = self.controls.collateral.supplement
            self.outlook = look_out(self.controls.loan, self.sketch, self._before, also=coins)
            self.results.show(self.outlook)
            self._ask()
        if self.problem.text:
            self._forget_answer()
        self.results.mark(stale=self.is_stale)

    def _take_up(self, loan: Loan) -> None:
        """Take notice of a loan that is another, or of which something else is known."""
        if self._loans[loan.ord_id] is not loan:
            self._loans[loan.ord_id] = loan
            self.kept.compute(self._loans)
        if self._before is None or self._before.position is not loan.position:
            self._before, self._asked = state_of(loan.position), None
            self.results.sheet.show(loan_texts(loan, self._text))

    # What the exchange says

    def _ask(self, *, again: bool = False) -> None:
        sketch, loan = self.sketch, self.controls.loan
        question = question_of(sketch)
        if question != self._asked or again:
            self._asked = question
            self._show_answer(Answer("asking"))
            self._answers.ask(lambda: answer_of(self._asked_client, loan, sketch))

    def _answered(self, answer: Answer | BaseException) -> None:
        if isinstance(answer, BaseException):
            known = isinstance(answer, FlexLoanError)
            why = str(answer) if known else f"{type(answer).__name__}: {answer}"
            answer = Answer("failed", error=why)
        self._learn_quota(answer.quota)
        self._show_answer(answer)
        if self.outlook is not None:
            self.results.cards.show({"spoken": spoken(self.outlook, answer.state, self._text)})

    def _forget_answer(self) -> None:
        """Show no answer to what cannot be asked, nor one that is still to come."""
        self._asked = None
        self._answers.cancel()
        self._show_answer(Answer("none"))

    def _learn_quota(self, quota: float) -> None:
        loan, ccy = self.controls.loan, self.controls.borrow.value
        if not math.isnan(quota) and loan.quotas.get(ccy) != quota:
            self.controls.take(replace(loan, quotas={**loan.quotas, ccy: quota}))

    def _show_answer(self, answer: Answer) -> None:
        self.answer = answer
        self.results.cards.show(answer_texts(answer, self.controls.borrow.value, self._text))
