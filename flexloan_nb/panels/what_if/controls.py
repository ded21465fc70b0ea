"""What is set of a sketch, in one column of controls."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import ipywidgets

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amount_control import AmountControl
from flexloan_nb.panels.amounts import as_read, parsed
from flexloan_nb.panels.choices import offer
from flexloan_nb.panels.heading import heading
from flexloan_nb.panels.problem import Problem, shown_in
from flexloan_nb.panels.readout import Readout
from flexloan_nb.panels.shocks import ShockControls
from flexloan_nb.panels.what_if.collateral import CollateralRows
from flexloan_nb.panels.what_if.facts import Loan, with_initial_ltv
from flexloan_nb.panels.what_if.outlook import look_out
from flexloan_nb.panels.what_if.sketch import Sketch
from flexloan_nb.panels.what_if.texts import initial_texts

__all__ = ["Controls"]

_INITIAL = '<div class="flexloan-sheet flexloan-note" data-text="initial_note"></div>'


class Controls(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The controls of a sketch of one loan.

    Parameters
    ----------
    loan : Loan
        Which bounds them.
    text : Words
        The language.
    changed : callable
        Called when the sketch, the loan or the validity of an entry has changed; several
        changes that are made together are one.
    max_loan : callable
        Returns the maximum loan as it is shown, of which the draw's presets are shares.

    Attributes
    ----------
    loan : Loan
        With the initial LTV that is entered.
    borrow, initial, collateral, draw, shocks
        The controls.
    """

    def __init__(
        self,
        loan: Loan,
        text: Words,
        changed: Callable[[], None],
        max_loan: Callable[[], float],
    ) -> None:
        self.loan = loan
        self._text = text
        self._changed = changed
        self._is_quiet = False
        self.borrow = ipywidgets.Dropdown(
            description=text["what_if_borrow"],
            tooltip=text["what_if_borrow_tip"],
            layout={"width": "auto"},
        )
        self.initial = ipywidgets.Text(
            description=text["what_if_initial"],
            tooltip=text["what_if_initial_tip"],
            continuous_update=False,
            layout={"width": "auto"},
        )
        self._initial_note = Readout(_INITIAL)
        self._initial_problem = Problem()
        self.collateral = CollateralRows(text, self._say)
        self.draw = AmountControl(text["what_if_draw_name"], 0.0, text, max_loan)
        self.shocks = ShockControls(text, self._say)
        super().__init__(
            [
                self.borrow,
                self.initial,
                self._initial_problem,
                self._initial_note,
                heading(text["what_if_collateral"]),
                self.collateral,
                heading(text["what_if_draw"]),
                self.draw,
                heading(text["what_if_shocks"]),
                self.shocks,
            ]
        )
        self.borrow.observe(lambda _: self._choose_borrow(), "value")
        self.initial.observe(lambda _: self._enter_initial(), "value")
        self.draw.observe(lambda _: self._say(), ["amount", "valid"])
        with self._silent():
            self._offer()

    @property
    def sketch(self) -> Sketch:
        """What they say; of a field with a wrong entry, what it said before."""
        return Sketch(
            self.loan.ord_id,
            self.borrow.value,
            self.collateral.supplement,
            self.draw.amount,
            self.shocks.shocks,
        )

    @property
    def valid(self) -> bool:
        """Whether every field says what counts."""
        return self.collateral.valid and self.draw.valid and not self._initial_problem.text

    def take(self, loan: Loan) -> None:
        """Go on with another loan, or with what is known of this one now."""
        with self._at_once():
            self.loan = loan
            self._offer()

    def set(self, sketch: Sketch) -> None:
        """Say what a sketch says.

        Raises
        ------
        InvalidArgumentError
            A coin cannot be borrowed, or more is asked than there is; nothing was changed.
        """
        before = self.sketch
        with self._at_once():
            try:
                self._set(sketch)
            except InvalidArgumentError:
                self._set(before)
                raise

    def _set(self, sketch: Sketch) -> None:
        if sketch.borrow_ccy not in self.loan.borrowable:
            raise InvalidArgumentError(self._text["not_borrowable"].format(ccy=sketch.borrow_ccy))
        self.borrow.value = sketch.borrow_ccy
        self.collateral.set(sketch.supplement)
        self.draw.most = self._most_to_draw()
        if sketch.draw > self.draw.most:
            raise InvalidArgumentError(
                self._text["amount_above"].format(
                    entry=as_read(sketch.draw), most=as_read(self.draw.most)
                )
            )
        self.draw.amount = sketch.draw
        self._offer_shocks()
        self.shocks.set(sketch.shocks)

    def _offer(self) -> None:
        """Offer what can be done with the loan."""
        offer(self.borrow, self.loan.borrowable)
        self.collateral.offer(self.loan.free)
        self.draw.most = self._most_to_draw()
        self._offer_shocks()
        self.initial.value = _written(self.loan)
        self._initial_problem.text = ""
        self._initial_note.show(initial_texts(self.loan, self._text))

    def _most_to_draw(self) -> float:
        """Return what could be borrowed with all that is free, which bounds the draw."""
        ccy = self.borrow.value
        if ccy is None:
            return 0.0
        everything = {of: amount for of, amount in self.loan.free.items() if of != ccy}
        return look_out(self.loan, Sketch(self.loan.ord_id, ccy, everything)).max_loan

    def _offer_shocks(self) -> None:
        position = self.loan.position
        owed = [ccy for ccy, amount in position.debt.items() if amount]
        pledged = [ccy for ccy, amount in position.collateral.items() if amount]
        pledged = list(dict.fromkeys([*pledged, *self.collateral.supplement]))
        drawn = [self.borrow.value] if self.draw.amount else []
        coins = list(dict.fromkeys([*pledged, *owed, *drawn]))
        self.shocks.offer(coins, together=[ccy for ccy in pledged if ccy not in owed])

    def _choose_borrow(self) -> None:
        if not self._is_quiet:
            with self._at_once():
                self.draw.most = self._most_to_draw()

    def _enter_initial(self) -> None:
        if self._is_quiet:
            return
        if self.initial.value == _written(self.loan):
            self._initial_problem.text = ""
        else:
            with shown_in(self._initial_problem):
                self.loan = with_initial_ltv(self.loan, parsed(self.initial.value))
                with self._silent():
                    self._offer()
        self._say()

    def _say(self) -> None:
        if not self._is_quiet:
            with self._silent():
                self._offer_shocks()
            self._changed()

    @contextmanager
    def _silent(self) -> Iterator[None]:
        outer, self._is_quiet = self._is_quiet, True
        try:
            yield
        finally:
            self._is_quiet = outer

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        with self._silent():
            yield
        self._say()


def _written(loan: Loan) -> str:
    return f"{loan.initial_ltv.value:.6g}"
