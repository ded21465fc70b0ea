"""Figures: each takes a frame and returns a plotly ``Figure``; none shows or saves it."""

from flexloan_nb.figures.interest import plot_interest

__all__ = ["plot_interest"]
