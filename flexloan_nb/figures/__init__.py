"""Figures: each takes a frame and returns a plotly ``Figure``; none shows or saves it."""

from flexloan_nb.figures.interest import plot_interest
from flexloan_nb.figures.interest_rate import plot_interest_rate
from flexloan_nb.figures.ltv_history import plot_ltv_history

__all__ = ["plot_interest", "plot_interest_rate", "plot_ltv_history"]
