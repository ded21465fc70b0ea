"""An amount by slider, number and presets, tied together."""

import math
from collections.abc import Callable

import ipywidgets
import traitlets

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amounts import as_entry, as_read, nice_step, parsed
from flexloan_nb.panels.problem import Problem

__all__ = ["AmountControl"]

_PRESETS = {"25%": 0.25, "50%": 0.5, "75%": 0.75, "MAX": 1.0}
_TINY = 1e-8  # a slider needs some way to go


class AmountControl(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A slider, a field and buttons for an amount from zero up to a most.

    Parameters
    ----------
    name : str
        What it is an amount of, for who cannot see where it stands.
    most : float
        The most that may be entered.
    text : Words
        The language.
    whole : callable, optional
        Returns what the presets are shares of; by default ``most``.

    Attributes
    ----------
    amount : float
        The last valid amount; setting it sets the controls.
    valid : bool
        Whether the field says the same: after a wrong entry it does not.
    slider, number : FloatSlider, Text
        The controls.
    presets : dict of str to Button
        By their labels.
    problem : Problem
        What is wrong with the entry.

    Examples
    --------
    >>> from flexloan_nb.figures.words import words
    >>> control = AmountControl("BTC", 1.1, words("en"))
    >>> control.slider.value = 0.5
    >>> control.number.value
    '0.5'
    >>> control.number.value = "2"
    >>> control.amount, control.problem.text
    (0.5, '2 is more than the 1.1 there is.')
    """

    amount = traitlets.Float(0.0)
    valid = traitlets.Bool(True)

    def __init__(
        self, name: str, most: float, text: Words, whole: Callable[[], float] | None = None
    ) -> None:
        self._text = text
        self._whole = whole or (lambda: self.most)
        self._is_sliding = False
        self.slider = ipywidgets.FloatSlider(
            description=name,
            tooltip=text["amount_slider"].format(name=name),
            readout=False,
            min=0.0,
            layout={"flex": "1 1 120px", "width": "auto", "min_width": "90px"},
        )
        self.number = ipywidgets.Text(
            value="0",
            description=name,
            tooltip=text["amount_number"].format(name=name),
            continuous_update=False,
            layout={"width": "118px"},
        )
        self.presets = {
            label: ipywidgets.Button(
                description=label,
                tooltip=text["amount_preset"].format(share=label, name=name),
                layout={"width": "52px", "height": "24px"},
            )
            for label in _PRESETS
        }
        self.problem = Problem()
        self.most = most
        super().__init__(
            [
                ipywidgets.HBox([self.slider, self.number]),
                ipywidgets.HBox([*self.presets.values()]),
                self.problem,
            ]
        )
        for control in (self.slider, self.number):
            control.add_class("flexloan-bare")
        self.slider.observe(self._slid, "value")
        self.number.observe(self._entered, "value")
        for label, button in self.presets.items():
            button.on_click(lambda _, share=_PRESETS[label]: self._choose(share))

    @property
    def most(self) -> float:
        """The most that may be entered; a lower one lowers the amount."""
        return self._most

    @most.setter
    def most(self, most: float) -> None:
        self._most = most
        self.slider.step = nice_step(most)
        self.slider.max = max(most, _TINY)
        self.slider.disabled = self.number.disabled = most <= 0
        self.amount = min(self.amount, most)

    def rename(self, name: str) -> None:
        """Say of what it is an amount from now on."""
        self.slider.description = self.number.description = name
        self.slider.tooltip = self._text["amount_slider"].format(name=name)
        self.number.tooltip = self._text["amount_number"].format(name=name)

    @traitlets.observe("amount")
    def _show(self, _: object) -> None:
        if not self._is_sliding:
            self._accept()

    def _accept(self) -> None:
        self.problem.text = ""
        self.valid = True
        # A slider that is being dragged is not set back for a rounding.
        if not math.isclose(self.slider.value, self.amount, rel_tol=1e-9):
            self.slider.value = self.amount
        self.number.value = as_entry(self.amount)

    def _slid(self, change: traitlets.Bunch) -> None:
        if change.new == self.amount:
            return
        self._is_sliding = True  # the number follows when those who observe have drawn
        try:
            # What a slider adds up from its steps has digits that nobody chose.
            self.amount = min(float(f"{change.new:.12g}"), self.most)
        finally:
            self._is_sliding = False
            self._accept()

    def _entered(self, change: traitlets.Bunch) -> None:
        if change.new == as_entry(self.amount):
            self._accept()
            return
        try:
            amount = parsed(change.new)
            if amount > self.most:
                raise InvalidArgumentError(
                    self._text["amount_above"].format(
                        entry=as_read(amount), most=as_read(self.most)
                    )
                )
        except InvalidArgumentError as error:
            self.problem.text = str(error)
            self.valid = False
            return
        if amount == self.amount:
            self._accept()  # another way to write it, e.g. 0.50
        self.amount = amount

    def _choose(self, share: float) -> None:
        whole = min(self._whole(), self.most)
        self.amount = whole if share == 1 else float(f"{whole * share:.12g}")
        self._accept()
