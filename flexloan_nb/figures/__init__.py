"""Figures: each takes a frame and returns a plotly ``Figure``; none shows or saves it."""

from flexloan_nb.figures.collateral_mix import plot_collateral_mix
from flexloan_nb.figures.interest import plot_interest
from flexloan_nb.figures.interest_rate import plot_interest_rate
from flexloan_nb.figures.liquidation_ladder import ladder_traces, plot_liquidation_ladder
from flexloan_nb.figures.liquidation_sensitivity import plot_liquidation_sensitivity
from flexloan_nb.figures.ltv_heatmap import plot_ltv_heatmap
from flexloan_nb.figures.ltv_history import plot_ltv_history
from flexloan_nb.figures.price_sensitivity import plot_price_sensitivity, sensitivity_traces
from flexloan_nb.figures.stress import plot_stress

__all__ = [
    "ladder_traces",
    "plot_collateral_mix",
    "plot_interest",
    "plot_interest_rate",
    "plot_liquidation_ladder",
    "plot_liquidation_sensitivity",
    "plot_ltv_heatmap",
    "plot_ltv_history",
    "plot_price_sensitivity",
    "plot_stress",
    "sensitivity_traces",
]
