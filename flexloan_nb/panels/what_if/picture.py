"""Gauge and ladder as one figure: one message and one redraw for each move of a slider."""

from typing import Any, Final

import plotly.graph_objects as go

from flexloan_nb.figures.liquidation_ladder import ladder_traces, plot_liquidation_ladder
from flexloan_nb.figures.ltv_gauge import gauge_traces, plot_ltv_gauge
from flexloan_nb.panels.what_if.outlook import State

__all__ = ["outlook_traces", "plot_outlook"]

_TITLE_SIZE: Final = 14  # pixels, as all of these
_GAUGE_HEIGHT: Final = 84
_LABELS: Final = 118  # of the rungs, to their left
_BELOW: Final = 160  # the ladder: its ticks, their unit and the legend
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
    title, unit = ladder.layout.title.text, ladder.layout.xaxis.title.text
    rungs = ladder.layout.height - ladder.layout.margin.t - ladder.layout.margin.b
    whole = rungs + _GAP + _GAUGE_HEIGHT
    for trace in gauge.data:
        ladder.add_trace(trace.update(xaxis="x2", yaxis="y2"))
    ladder.update_layout(
        title={"text": gauge.layout.title.text, "font_size": _TITLE_SIZE},
        legend={"xref": "container", "x": 0.02},
        margin={"l": _LABELS, "b": _BELOW},
        height=whole + ladder.layout.margin.t + _BELOW,
        xaxis_title=None,
        yaxis_domain=[0, rungs / whole],
        xaxis2=gauge.layout.xaxis.to_plotly_json() | {"anchor": "y2", "title": None},
        yaxis2=gauge.layout.yaxis.to_plotly_json()
        | {"anchor": "x2", "domain": [1 - _GAUGE_HEIGHT / whole, 1]},
    )
    # Margins that plotly works out by itself cost a tenth of each redraw; without them it would
    # draw the axis's title over its ticks.
    ladder.update_xaxes(automargin=False).update_yaxes(automargin=False)
    _write(ladder, title, x=0, y=(rungs + 24) / whole, yanchor="bottom", font_size=_TITLE_SIZE)
    return _write(ladder, unit, x=0.5, y=0, yshift=-24, yanchor="top")


def _write(figure: go.Figure, text: str, **place: Any) -> go.Figure:
    anchor = "left" if place["x"] == 0 else "center"
    return figure.add_annotation(
        text=text, showarrow=False, xref="paper", yref="paper", xanchor=anchor, **place
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
