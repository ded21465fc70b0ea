"""How close a loan is to its thresholds, before and after a change, as two bars on one scale."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.template import INK, PALETTE, new_figure, percent_axis
from flexloan_nb.figures.words import Words, words

__all__ = ["gauge_traces", "plot_ltv_gauge"]

Floats = NDArray[np.float64]

_END = 1.1  # of the scale; a bar beyond it ends there, and says how long it would be
_HEIGHT = 160  # pixels
_LEVELS: dict[str, dict[str, Any]] = {
    "gauge_initial": {"color": INK, "dash": "dot", "width": 1.5},
    "gauge_margin_call": {"color": PALETTE[1], "dash": "dash", "width": 1.5},
    "gauge_liquidation": {"color": PALETTE[1], "dash": "solid", "width": 2},
}
_SIDES = ("left", "center", "right")  # of a line, where its number stands
# What a bar is filled with: below the initial LTV, up to the margin call, up to liquidation, past.
_FILLS = (PALETTE[2], PALETTE[4], PALETTE[5], PALETTE[1])
_ON_FILL = "#111111"  # 4.5 : 1 and more on each of them, by the formula of WCAG 2.1
_SCALE = [
    [edge / len(_FILLS), fill]
    for number, fill in enumerate(_FILLS)
    for edge in (number, number + 1)
]


def plot_ltv_gauge(
    position: Position, before: Position | None = None, *, lang: str | None = None
) -> go.Figure:
    """Plot the LTV of a loan against the levels at which something happens.

    Parameters
    ----------
    position : Position
        The loan, whose thresholds are drawn.
    before : Position, optional
        The same loan before a change: a second bar, above.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        A bar for the LTV and a line for each level that is known, with their numbers. The
        bar's colour changes at each level.

    See Also
    --------
    gauge_traces : the arrays alone, to move the bars of a figure that is shown.

    Examples
    --------
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> [trace.name for trace in plot_ltv_gauge(position, lang="en").data]
    ['LTV', 'lent to', 'call', 'sale']
    """
    text = words(lang)
    figure = new_figure(text["gauge_title"], x=text["ltv_axis"], y="")
    names = [text["gauge_after"] if before else text["ltv"], *[text["gauge_before"]] * bool(before)]
    traces = gauge_traces(position, before, lang=lang)
    for height, name in enumerate(names):
        figure.add_trace(_bar(traces[name], name, height))
    for (key, line), side in zip(_LEVELS.items(), _SIDES, strict=True):
        figure.add_trace(_level(traces[text[key]], text[key], line, side))
    return _frame(figure, names, text)


def gauge_traces(
    position: Position, before: Position | None = None, *, lang: str | None = None
) -> dict[str, dict[str, Floats]]:
    """Return the numbers of `plot_ltv_gauge`, by trace.

    Parameters
    ----------
    position, before, lang
        As for `plot_ltv_gauge`.

    Returns
    -------
    dict of str to dict of str to ndarray
        By the trace's name, which is in the language: ``x`` of bars and lines, and of bars
        ``customdata`` with the LTV and ``marker.color`` with its zone: 0 below the initial LTV
        (or the margin call, where that is not known), 1 below the margin call, 2 below
        liquidation, 3 from there on.

    Examples
    --------
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 72_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> gauge_traces(position, lang="en")["LTV"]["marker.color"]
    array([2.])
    """
    text = words(lang)
    after = text["gauge_after"] if before else text["ltv"]
    bars = {after: _arrays(position)}
    if before:
        bars[text["gauge_before"]] = _arrays(before)
    ends = np.array([-0.5, 1.5 if before else 0.5])
    return bars | {
        text[key]: {"x": np.full(2, level), "y": ends}
        for key, level in zip(_LEVELS, _levels(position), strict=True)
    }


def _arrays(position: Position) -> dict[str, Floats]:
    ltv = position.ltv
    zone = float(sum(ltv >= level for level in _levels(position)))  # no number is at least NaN
    if np.isnan(_levels(position)[0]) and zone:
        zone += 1.0
    return {
        "x": np.array([min(ltv, _END)]),
        "customdata": np.array([[ltv]]),
        "marker.color": np.array([zone if position.debt_usd else 0.0]),
    }


def _levels(position: Position) -> tuple[float, float, float]:
    initial = position.initial_ltv
    return (
        np.nan if initial is None else initial,
        position.margin_call_ltv,
        position.liquidation_ltv,
    )


def _bar(arrays: dict[str, Floats], name: str, height: int) -> go.Bar:
    bar = go.Bar(
        x=arrays["x"],
        y=np.array([float(height)]),
        customdata=arrays["customdata"],
        name=name,
        orientation="h",
        width=0.55,
        texttemplate="<b>%{customdata[0]:.2%}</b>",
        textposition="inside",
        insidetextanchor="start",
        insidetextfont={"color": _ON_FILL},
        hovertemplate=f"{name}: %{{customdata[0]:.2%}}<extra></extra>",
        showlegend=False,
    )
    scale = {"colorscale": _SCALE, "cmin": -0.5, "cmax": len(_FILLS) - 0.5, "showscale": False}
    return bar.update(marker={"color": arrays["marker.color"], **scale})


def _level(arrays: dict[str, Floats], name: str, line: dict[str, Any], side: str) -> go.Scatter:
    return go.Scatter(
        x=arrays["x"],
        y=arrays["y"],
        name=name,
        mode="lines+text",
        line=line,
        texttemplate=["", f"{name} %{{x:.3~p}}"],
        textposition=f"top {side}",
        cliponaxis=False,
        hovertemplate=f"{name} %{{x:.2%}}<extra></extra>",
        showlegend=False,
    )


def _frame(figure: go.Figure, names: list[str], text: Words) -> go.Figure:
    figure.update_xaxes(range=[0, _END], zeroline=False, **percent_axis())
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[-0.5, len(names) - 0.5],
        showgrid=False,
        zeroline=False,
    )
    return figure.update_layout(
        height=_HEIGHT + 34 * (len(names) - 1),
        margin={"t": 64},
        hovermode="closest",
    )
