"""Interest accrued over time, a panel for each coin."""

import html
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

__all__ = ["plot_interest"]

_LINE = "#0072B2"  # blue of the colour-blind safe palette of Okabe and Ito (2008)
_PANEL_HEIGHT = 200
_FRAME_HEIGHT = 120


class _Line(NamedTuple):
    ccy: str
    hours: pd.Series
    interest: pd.Series
    total: pd.Series


def plot_interest(accruals: pd.DataFrame) -> go.Figure:
    """Plot how interest added up, in units of each coin.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it; the orders' interest in a coin is
        added up. Without rows, the figure is empty but for its title.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each coin: time against the interest since the first record, in the coin.
        The hour's own interest stands in the hover text.

    Examples
    --------
    >>> from flexloan_nb import connect, plot_interest
    >>> figure = plot_interest(connect("simulator").interest_accrued())
    >>> figure.layout.title.text
    'Interest accrued since 2025-12-16 13:00 UTC'
    """
    return _draw(_lines(accruals), _title(accruals))


def _lines(accruals: pd.DataFrame) -> list[_Line]:
    by_hour = (
        accruals.astype({"interest": float}).groupby(["ccy", "ts"])["interest"].sum(min_count=1)
    )
    lines = []
    for ccy, rows in by_hour.reset_index().groupby("ccy", sort=False):
        lines.append(_Line(_as_text(ccy), rows["ts"], rows["interest"], rows["interest"].cumsum()))
    return lines


def _as_text(ccy: object) -> str:
    """Return a currency's name without meaning for HTML or for plotly's templates."""
    return html.escape(str(ccy)).replace("%{", "%&#123;")


def _title(accruals: pd.DataFrame) -> str:
    first = accruals["ts"].dt.tz_convert("UTC").min()
    if pd.isna(first):
        return "No interest accrued"
    return f"Interest accrued since {first:%Y-%m-%d %H:%M} UTC"


def _draw(lines: list[_Line], title: str) -> go.Figure:
    figure = make_subplots(rows=max(len(lines), 1), cols=1, shared_xaxes=True)
    for row, line in enumerate(lines, start=1):
        figure.add_trace(_trace(line), row=row, col=1)
        figure.update_yaxes(title_text=line.ccy, rangemode="tozero", row=row, col=1)
    figure.update_xaxes(title_text="Time (UTC)", row=max(len(lines), 1), col=1)
    figure.update_layout(
        title_text=title,
        template="plotly_white",
        showlegend=False,
        hovermode="x",
        margin={"t": 60, "b": 60},
        height=_FRAME_HEIGHT + _PANEL_HEIGHT * max(len(lines), 1),
    )
    return figure


def _trace(line: _Line) -> go.Scatter:
    return go.Scatter(
        x=line.hours,
        y=line.total,
        customdata=line.interest,
        name=line.ccy,
        mode="lines",
        line={"color": _LINE, "shape": "hv"},
        hovertemplate=f"%{{y:.8f}} {line.ccy} in all<br>%{{customdata:.8f}} {line.ccy} this hour"
        "<extra></extra>",
    )
