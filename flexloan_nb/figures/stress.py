"""LTV after each scenario of a stress, with its thresholds, a panel for each kind."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.figures.template import (
    PALETTE,
    Level,
    as_text,
    new_figure,
    percent_axis,
    threshold,
)
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_stress"]

_COLUMNS = ("kind", "ltv", "status", "distance", "shortfall_usd")
_SYMBOLS = {
    "safe": ("circle", PALETTE[2]),
    "margin_call": ("diamond", PALETTE[1]),
    "liquidation": ("x", PALETTE[1]),
}
_EDGE = 1.5  # LTV at the right end; what is beyond stands there with its number
_MORE = 1.04  # of the width, so that a point at the right end is whole
_ROW, _GAP, _TOP, _BOTTOM = 26, 46, 84, 110  # pixels


class _Panel(NamedTuple):
    kind: str
    rows: pd.DataFrame  # worst last, as the y axis counts upwards


def plot_stress(
    outcomes: pd.DataFrame,
    *,
    margin_call_ltv: float | None = None,
    liquidation_ltv: float | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Plot what LTV a loan would have after each scenario, and what would happen to it.

    Parameters
    ----------
    outcomes : DataFrame
        As `stress_test`, `rate_stress` or `stablecoin_stress` return it, or several of them
        below each other. Without rows, the figure is empty but for its title.
    margin_call_ltv, liquidation_ltv : float, optional
        Where to draw the thresholds, as decimals. What happens is what the frame says.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each kind of scenario, the highest LTV at the top; LTVs above 150 % stand at
        the right end with their number. Symbols say what happens, open ones that a coin without
        figures of its own moved by its beta.

    Raises
    ------
    InvalidArgumentError
        The frame lacks a column, or the language is unknown.

    Examples
    --------
    Would I have survived March 2020?

    >>> from flexloan_nb.analytics.position import Position
    >>> from flexloan_nb.analytics.stress.scenarios import stress_test
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.85,
    ... )
    >>> figure = plot_stress(
    ...     stress_test(position), margin_call_ltv=0.75, liquidation_ltv=0.85, lang="en"
    ... )
    >>> figure.layout.yaxis.ticktext[-1]  # the worst
    '2018-11'
    """
    require_columns(outcomes, *_COLUMNS, of="a frame of stress_test()")
    text = words(lang)
    levels: dict[Level, float | None] = {
        "margin_call": margin_call_ltv,
        "liquidation": liquidation_ltv,
    }
    return _draw(_panels(outcomes), levels, text)


def _panels(outcomes: pd.DataFrame) -> list[_Panel]:
    frame = outcomes.assign(
        scenario=_scenarios(outcomes.index),
        by_beta=_column(outcomes, "by_beta"),
        from_table=_column(outcomes, "from_table"),
    )
    return [
        _Panel(str(kind), rows.sort_values("ltv", kind="stable"))
        for kind, rows in frame.groupby("kind", sort=False)
    ]


def _scenarios(index: pd.Index) -> list[str]:
    """Return what a scenario is called: with its order where there are many."""
    if index.nlevels == 1:
        return [as_text(name) for name in index]
    return [f"{as_text(name)} · {as_text(order)}" for order, name in index]


def _column(outcomes: pd.DataFrame, name: str) -> Any:
    return outcomes[name].fillna("") if name in outcomes else ""


def _draw(panels: list[_Panel], levels: Mapping[Level, float | None], text: Words) -> go.Figure:
    figure = new_figure(
        text["stress_title" if panels else "no_stress"],
        x=text["ltv_axis"],
        y=[""] * len(panels),
        panel_titles=[text.get(f"stress_{panel.kind}", as_text(panel.kind)) for panel in panels],
    )
    right_end = _right_end(panels, levels)
    named: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        for trace in _points(panel, text):
            drawn = bool(pd.notna(trace.x).any()) and trace.name not in named
            figure.add_trace(trace.update(showlegend=drawn), row, 1)
            named |= {trace.name} if drawn else set()
        figure.add_trace(_labels(panel, right_end, text), row, 1)
        figure.add_traces(_thresholds(levels, len(panel.rows), row == 1, text), row, 1)
        figure.update_yaxes(
            tickvals=np.arange(len(panel.rows)),
            ticktext=list(panel.rows["scenario"]),
            range=[-0.6, len(panel.rows) - 0.4],
            zeroline=False,
            row=row,
            col=1,
        )
    _stack(figure, [len(panel.rows) for panel in panels])
    figure.update_xaxes(range=[0, right_end], **percent_axis())
    return figure.update_layout(
        margin={"t": _TOP, "b": _BOTTOM, "r": 160},
        legend={"yref": "container", "y": 0.01, "yanchor": "bottom"},
        hovermode="closest",
    )


def _stack(figure: go.Figure, counts: Sequence[int]) -> None:
    """Give each panel the height of its rows, with its title above it on the left."""
    inner = _ROW * sum(counts) + _GAP * max(len(counts) - 1, 0)
    top = inner
    titles = figure.layout.annotations or [None] * len(counts)
    for axis, title, count in zip(figure.select_yaxes(), titles, counts, strict=False):
        axis.domain = [max(top - _ROW * count, 0) / inner, top / inner]
        title.update(x=0, xanchor="left", y=top / inner, yanchor="bottom")
        top -= _ROW * count + _GAP
    if counts:
        figure.update_layout(height=_TOP + inner + _BOTTOM)


def _right_end(panels: list[_Panel], levels: Mapping[Level, float | None]) -> float:
    ltvs = [panel.rows["ltv"].clip(upper=_EDGE).max() for panel in panels]
    return _MORE * float(np.nanmax([1.0, *ltvs, *(of for of in levels.values() if of)]))


def _points(panel: _Panel, text: Words) -> list[go.Scatter]:
    """Return for each status the scenarios whose coins have figures, and those by beta."""
    return [
        _of_status(panel.rows, status, by_beta, text)
        for status in _SYMBOLS
        for by_beta in (False, True)
    ]


def _of_status(rows: pd.DataFrame, status: str, by_beta: bool, text: Words) -> go.Scatter:
    here = rows["status"].eq(status).to_numpy(bool) & (rows["by_beta"].ne("") == by_beta)
    symbol, color = _SYMBOLS[status]
    name = text[status]
    return go.Scatter(
        x=rows["ltv"].clip(upper=_EDGE).where(here),
        y=np.arange(len(rows)),
        hovertext=[_hover(row, text) for row in rows.itertuples()],
        name=text["stress_by_beta"].format(status=name) if by_beta else name,
        legendgroup=f"{status} {by_beta}",
        showlegend=False,
        mode="markers",
        legendrank=1000 + list(_SYMBOLS).index(status) + 3 * by_beta,
        marker={
            "symbol": f"{symbol}-open" if by_beta else symbol,
            "color": color,
            "size": 11,
            "line": {"color": color, "width": 2},
        },
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _labels(panel: _Panel, right_end: float, text: Words) -> go.Scatter:
    """Write numbers and what happens in a column at the right."""
    told = [_label(row, text) for row in panel.rows.itertuples()]
    return go.Scatter(
        x=np.full(len(told), right_end),
        y=np.arange(len(told)),
        text=told,
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )


def _label(row: Any, text: Words) -> str:
    word = text[row.status]
    return f"  {_percent(row.ltv)} " + (word if row.status == "safe" else f"<b>{word}</b>")


def _percent(ltv: float) -> str:
    return "∞" if np.isinf(ltv) else f"{ltv:.1%}"


def _hover(row: Any, text: Words) -> str:
    beyond = row.distance < 0
    distance = text["stress_beyond" if beyond else "stress_left"]
    lines = [
        f"<b>{row.scenario}</b>",
        text["stress_after"].format(ltv=_percent(row.ltv), status=text[row.status]),
        distance.format(distance=f"{abs(row.distance):.1%}"),
    ]
    if row.shortfall_usd > 0:
        lines.append(text["stress_shortfall"].format(usd=f"{row.shortfall_usd:,.2f}"))
    for key, coins in (("stress_figures", row.from_table), ("stress_betas", row.by_beta)):
        if coins:
            lines.append(text[key].format(coins=as_text(coins)))
    return "<br>".join(lines)


def _thresholds(
    levels: Mapping[Level, float | None], count: int, labelled: bool, text: Words
) -> list[go.Scatter]:
    fields = {"margin_call": "loan_info.marginCallLTV", "liquidation": "loan_info.liqLTV"}
    sides = {"margin_call": "top left", "liquidation": "top right"}
    ends = [-0.6, count - 0.4]
    return [
        threshold([at, at], ends, text[fields[level]] if labelled else "", level).update(
            name=text[fields[level]], textposition=sides[level]
        )
        for level, at in levels.items()
        if at is not None
    ]
