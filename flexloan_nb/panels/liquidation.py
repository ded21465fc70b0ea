"""A loan under shocks of its prices."""

import pandas as pd

from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.words import words
from flexloan_nb.panels.heading import heading
from flexloan_nb.panels.panel import Panel
from flexloan_nb.panels.problem import Problem, shown_in
from flexloan_nb.panels.readout import Readout
from flexloan_nb.panels.shocks import ShockControls
from flexloan_nb.panels.view import PlotlyView
from flexloan_nb.panels.what_if.outlook import State, state_of
from flexloan_nb.panels.what_if.picture import outlook_traces, plot_outlook
from flexloan_nb.panels.what_if.texts import price_texts, prices_html

__all__ = ["LiquidationPanel", "liquidation_panel", "shocked"]


def liquidation_panel(position: Position, *, lang: str | None = None) -> "LiquidationPanel":
    """Return a panel with a shock for each coin's price. It asks no exchange.

    Parameters
    ----------
    position : Position
        The loan at today's prices.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    LiquidationPanel
        Its controls and its state are attributes: see there.

    Raises
    ------
    InvalidArgumentError
        The language is unknown.

    Examples
    --------
    What if everything that is pledged falls by 20 %?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     margin_call_ltv=0.7374, liquidation_ltv=0.8374,
    ... )
    >>> panel = liquidation_panel(position, lang="en")
    >>> panel.shocks.together.value = -0.2
    >>> round(panel.state.position.ltv, 4)
    0.75
    """
    return LiquidationPanel(position, lang)


class LiquidationPanel(Panel):
    """See `liquidation_panel`.

    Attributes
    ----------
    position : Position
        As it was given.
    state : State
        As it is under the shocks.
    shocks : ShockControls
        The controls.
    view, prices : PlotlyView, Readout
        Where the results are shown.
    problem : Problem
        What went wrong.
    """

    def __init__(self, position: Position, lang: str | None) -> None:
        self._lang = lang
        self._text = words(lang)
        self.position = position
        self.state = self._before = state_of(position)
        self.problem = Problem()
        self.shocks = ShockControls(self._text, self._update)
        self.view = PlotlyView(plot_outlook(self.state, self.state, lang=lang))
        self.prices = Readout(prices_html(position.coins, self._text))
        super().__init__(
            [
                heading(self._text["shocked_title"]),
                self.problem,
                self.shocks,
                self.view,
                self.prices,
            ]
        )
        self.add_class("flexloan-panel")
        owed = [ccy for ccy, amount in position.debt.items() if amount]
        together = [ccy for ccy in position.collateral if ccy not in owed]
        self.shocks.offer(position.coins, together=together)
        self._update()

    def _update(self) -> None:
        with shown_in(self.problem):
            self.state = shocked(self.position, self.shocks.shocks)
            self.view.update(outlook_traces(self.state, self._before, lang=self._lang))
            self.prices.show(price_texts(self._table(), self._text))

    def _table(self) -> pd.DataFrame:
        return self.state.ladder.assign(today=pd.Series(dict(self.position.prices)))


def shocked(position: Position, shocks: dict[str, float]) -> State:
    """Return a loan after changes of prices, as shares of today's.

    Examples
    --------
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> shocked(position, {"BTC": -0.2}).quantities["ltv"]
    0.625
    """
    prices = {ccy: position.prices[ccy] * (1 + of) for ccy, of in shocks.items()}
    return state_of(position.with_prices(prices) if prices else position)
