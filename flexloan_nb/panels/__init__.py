"""Panels: widgets that wire controls to pure functions and figures."""

from flexloan_nb.panels.panel import Panel
from flexloan_nb.panels.view import PlotlyView

__all__ = ["Panel", "PlotlyView"]
