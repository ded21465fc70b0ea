"""Where an outlook is shown: a figure and numbers, changed in place."""

import ipywidgets

from flexloan_nb.figures.words import words
from flexloan_nb.panels.readout import Readout
from flexloan_nb.panels.view import PlotlyView
from flexloan_nb.panels.what_if.outlook import Outlook, State
from flexloan_nb.panels.what_if.picture import outlook_traces, plot_outlook
from flexloan_nb.panels.what_if.texts import card_texts, cards_html, sheet_html, sheet_texts

__all__ = ["Results"]

_STALE = "flexloan-stale"


class Results:
    """The figures and numbers of an outlook, in two boxes.

    Parameters
    ----------
    state : State
        What is shown at first, as before and after.
    lang : {"en", "zh"}, optional
        The language.

    Attributes
    ----------
    top, rest : VBox
        What must be seen while a slider moves, and what explains it.
    view : PlotlyView
        LTV against its thresholds, and liquidation prices.
    cards, sheet : Readout
        The numbers that matter most, and all of them.
    """

    def __init__(self, state: State, lang: str | None) -> None:
        self._lang = lang
        self._text = words(lang)
        self._rungs = _rungs(state, state)
        self.view = PlotlyView(plot_outlook(state, state, lang=lang))
        self.cards = Readout(cards_html(self._text))
        self.sheet = Readout(sheet_html(self._text))
        self.top = ipywidgets.VBox([self.cards])
        self.rest = ipywidgets.VBox([self.view, self.sheet])

    def show(self, outlook: Outlook) -> None:
        """Show an outlook: new numbers in the same figure, unless it has other coins."""
        before, after = outlook.before, outlook.after
        rungs = _rungs(after, before)
        if rungs == self._rungs:
            self.view.update(outlook_traces(after, before, lang=self._lang))
        else:
            self.view.show(plot_outlook(after, before, lang=self._lang))
        self._rungs = rungs
        self.cards.show(card_texts(outlook, self._text))
        self.sheet.show(sheet_texts(outlook, self._text))

    def mark(self, *, stale: bool) -> None:
        """Mark numbers that are not those of what stands in the controls."""
        self.cards.show({"stale": self._text["stale"] if stale else ""})
        for box in (self.top, self.rest):
            (box.add_class if stale else box.remove_class)(_STALE)


def _rungs(after: State, before: State) -> tuple[str, ...]:
    """Return the coins of the ladder, which make its shape."""
    return tuple(sorted({*after.ladder.index, *before.ladder.index}))
