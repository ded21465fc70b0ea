"""Panels: widgets that wire controls to pure functions and figures."""

from flexloan_nb.panels.liquidation import liquidation_panel
from flexloan_nb.panels.panel import Panel
from flexloan_nb.panels.view import PlotlyView
from flexloan_nb.panels.what_if import what_if_panel

__all__ = ["Panel", "PlotlyView", "liquidation_panel", "what_if_panel"]
