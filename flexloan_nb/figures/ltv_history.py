"""LTV over time with its thresholds and with what happened, a panel for each order."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.figures.template import (
    INK,
    PALETTE,
    as_text,
    line_style,
    new_figure,
    percent_axis,
    threshold,
)
from flexloan_nb.figures.thinning import thinned
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_ltv_history"]

_NUMBERS = ("ltv", "margin_call_ltv", "liquidation_ltv", "debt_usd", "collateral_usd")

# What the platform does to a loan, worst first, and then what its owner does. Of several things
# at one moment the marker shows the first; the hover text names them all.
_SYMBOLS = {
    "forced_liquidation": "x",
    "partial_liquidation": "star-diamond",
    "forced_repayment_sell": "star-square",
    "forced_repayment_buy": "star",
    "sell_collateral": "hexagram",
    "buy_transition_coin": "hourglass",
    "sell_transition_coin": "bowtie",
    "buy_borrowed_coin": "pentagon",
    "borrowed": "triangle-up",
    "repaid": "triangle-down",
    "collateral_locked": "square",
    "collateral_released": "diamond",
}
_FORCED = tuple(_SYMBOLS)[:8]
_OTHER = "circle"  # a type that came after this was written


class _Panel(NamedTuple):
    order: str
    path: pd.DataFrame  # ts and the numbers, as many rows as are drawn
    events: pd.DataFrame  # ts, ltv, type, hover


def plot_ltv_history(
    history: pd.DataFrame, events: pd.DataFrame | None = None, *, lang: str | None = None
) -> go.Figure:
    """Plot how the LTV of each order moved, where it is called and liquidated, and why it jumped.

    Parameters
    ----------
    history : DataFrame
        A row for each order and time: ``ts``, ``ordId``, ``ltv``, ``margin_call_ltv``,
        ``liquidation_ltv`` (decimals), ``debt_usd``, ``collateral_usd``. Without rows, the figure
        is empty but for its title.
    events : DataFrame, optional
        As `FlexibleLoanClient.loan_history` returns it. Those of one moment are one marker on the
        path; those before the path begins are left out.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each order: time against LTV, shown in percent. What the platform forced has
        larger markers of other shapes.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, or the language is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> hours = pd.date_range("2025-12-01", periods=3, freq="h", tz="UTC")
    >>> history = pd.DataFrame(
    ...     {"ts": hours, "ordId": "1", "ltv": [0.5, 0.6, 0.55], "margin_call_ltv": 0.75,
    ...      "liquidation_ltv": 0.85, "debt_usd": 60.0, "collateral_usd": [120.0, 100.0, 109.0]}
    ... )
    >>> [trace.name for trace in plot_ltv_history(history, lang="en").data]
    ['LTV', 'Margin call LTV', 'Liquidation LTV']
    """
    require_columns(history, "ts", "ordId", *_NUMBERS, of="an LTV history")
    text = words(lang)
    if events is None:
        events = pd.DataFrame(columns=["ts", "ordId", "type", "ccy", "amt"])
    require_columns(events, "ts", "type", "ccy", "amt", of="a frame of loan_history()")
    return _draw(list(_panels(history, events, text)), text)


def _panels(history: pd.DataFrame, events: pd.DataFrame, text: Words) -> Iterator[_Panel]:
    frame = history.astype(dict.fromkeys(_NUMBERS, float)).sort_values("ts", kind="stable")
    for order, path in frame.groupby("ordId", dropna=False):
        mine = events
        if "ordId" in events:
            mine = events[events["ordId"].isna() if pd.isna(order) else events["ordId"].eq(order)]
        yield _Panel(
            "" if pd.isna(order) else as_text(order),
            path.iloc[thinned(path["ltv"])],
            _markers(mine, path, text),
        )


def _markers(events: pd.DataFrame, path: pd.DataFrame, text: Words) -> pd.DataFrame:
    """Return a row for each moment at which something happened, at the LTV it left behind."""
    rows = []
    for moment, together in events.groupby("ts"):
        row = int(path["ts"].searchsorted(moment, side="right")) - 1
        if row >= 0:
            worst = min(together["type"], key=_severity)
            rows.append((moment, path["ltv"].iloc[row], worst, _hover(together, text)))
    return pd.DataFrame(rows, columns=["ts", "ltv", "type", "hover"])


def _severity(kind: str) -> int:
    return list(_SYMBOLS).index(kind) if kind in _SYMBOLS else len(_SYMBOLS)


def _hover(together: pd.DataFrame, text: Words) -> str:
    moved = zip(together["type"], together["ccy"], together["amt"], strict=True)
    return "<br>".join(
        f"{as_text(text.get(kind, kind))} {float(amt):+,.8g} {as_text(ccy)}"
        for kind, ccy, amt in moved
    )


def _draw(panels: list[_Panel], text: Words) -> go.Figure:
    figure = new_figure(
        text["ltv_title"] if panels else text["no_ltv"],
        x=text["time"],
        y=[text["ltv"] for _ in panels],
        panel_titles=[f"{text['order']} {panel.order}" for panel in panels if panel.order],
    )
    named: set[str] = set()
    for row, panel in enumerate(panels, start=1):
        figure.add_trace(_path(panel.path, text), row=row, col=1)
        figure.add_traces(_thresholds(panel.path, text), rows=row, cols=1)
        for kind in sorted(panel.events["type"].unique(), key=_severity, reverse=True):
            markers = panel.events[panel.events["type"] == kind]
            trace = _events(kind, markers, text).update(showlegend=kind not in named)
            figure.add_trace(trace, row=row, col=1)  # the worst last, on top of the others
            named.add(kind)
    figure.update_yaxes(**percent_axis())
    return figure.update_layout(showlegend=bool(named), hovermode="closest")


def _path(path: pd.DataFrame, text: Words) -> go.Scatter:
    return go.Scatter(
        x=path["ts"],
        y=path["ltv"],
        customdata=path[["debt_usd", "collateral_usd"]].to_numpy(),
        name=text["ltv"],
        mode="lines" if len(path) > 1 else "markers",
        line=line_style(0),
        showlegend=False,
        hovertemplate=f"%{{x|%Y-%m-%d %H:%M}}<br>{text['ltv']} %{{y:.2%}}<br>"
        f"{text['debt']} %{{customdata[0]:,.2f}} USD<br>"
        f"{text['collateral']} %{{customdata[1]:,.2f}} USD<extra></extra>",
    )


def _thresholds(path: pd.DataFrame, text: Words) -> list[go.Scatter]:
    """Return both thresholds, with a point only where they move and at their ends."""
    call, liquidation = path["margin_call_ltv"], path["liquidation_ltv"]
    moved = call.ne(call.shift()) | liquidation.ne(liquidation.shift())
    corners = moved | moved.shift(-1, fill_value=True)
    drawn = path[corners]
    return [
        threshold(
            drawn["ts"], drawn["margin_call_ltv"], text["loan_info.marginCallLTV"], "margin_call"
        ),
        threshold(drawn["ts"], drawn["liquidation_ltv"], text["loan_info.liqLTV"], "liquidation"),
    ]


def _events(kind: str, markers: pd.DataFrame, text: Words) -> go.Scatter:
    forced = kind in _FORCED
    return go.Scatter(
        x=markers["ts"],
        y=markers["ltv"],
        customdata=np.array(markers["hover"], dtype=object),
        name=as_text(text.get(kind, kind)),
        legendgroup=as_text(kind),
        mode="markers",
        marker={
            "symbol": _SYMBOLS.get(kind, _OTHER),
            "size": 15 if forced else 9,
            "color": PALETTE[1] if forced else PALETTE[2],
            "line": {"color": INK, "width": 1},
        },
        hovertemplate="%{x|%Y-%m-%d %H:%M:%S}<br>%{customdata}<extra></extra>",
    )
