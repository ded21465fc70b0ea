"""Gauge and ladder as one figure: one message and one redraw for each move of a slider."""

from typing import Any, Final

import plotly.graph_objects as go

from flexloan_nb.figures.liquidation_ladder import ladder_traces, plot_liquidation_ladder
from flexloan_nb.figures.ltv_gauge import gauge_traces, plot_ltv_gauge
from flexloan_nb.panels.what_if.outlook import State

__all__ = ["outlook_traces", "plot_outlook"]

_TITLE_SIZE: Final = 14  # pixels, as all of these
_GAUGE_HEIGHT: Final = 84
_GAP: Final = 104  # between the gauge and the ladder, with an axis and a title


def plot_outlook(after: State, before: State, *, lang: str | None = None) -> go.Figure:
    """Plot a loan before and after changes: its LTV, and how far prices may move.

    Parameters
    ----------
    after, before : State
        The loan.
    lang : {"en", "zh"}, optional
        Language of the texts.

    Returns
    -------
    plotly.graph_objects.Figure
        `plot_ltv_gauge` above `plot_liquidation_ladder`.
    """
    gauge = plot_ltv_gauge(after.position, before.position, lang=lang)
    ladder = plot_liquidation_ladder(**_rungs(after, before), lang=lang)
    title, margin = ladder.layout.title.text, ladder.layout.margin
    of_ladder = ladder.layout.height - margin.t - margin.b
    whole = of_ladder + _GAP + _GAUGE_HEIGHT
    for trace in gauge.data:
        ladder.add_trace(trace.update(xaxis="x2", yaxis="y2"))
    ladder.update_layout(
        title={"text": gauge.layout.title.text, "font_size": _TITLE_SIZE},
        legend={"entrywidth": 165, "entrywidthmode": "pixels", "x": -0.25},
        height=ladder.layout.height + _GAP + _GAUGE_HEIGHT,
        yaxis_domain=[0, of_ladder / whole],
        xaxis2=gauge.layout.xaxis.to_plotly_json() | {"anchor": "y2", "title": None},
        yaxis2=gauge.layout.yaxis.to_plotly_json()
        | {"anchor": "x2", "domain": [1 - _GAUGE_HEIGHT / whole, 1]},
    )
    return ladder.add_annotation(
        text=title,
        font_size=_TITLE_SIZE,
        showarrow=False,
        x=0,
        y=(of_ladder + 24) / whole,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
    )


def outlook_traces(after: State, before: State, *, lang: str | None = None) -> Any:
    """Return the numbers of `plot_outlook`, by trace; of the same coins, of the same shapes."""
    return {
        **gauge_traces(after.position, before.position, lang=lang),
        **ladder_traces(**_rungs(after, before), lang=lang),
    }


def _rungs(after: State, before: State) -> Any:
    return {
        "prices": after.ladder,
        "before": before.ladder,
        "uniform": after.falls,
        "uniform_before": before.falls,
    }
