"""Interest accrued over time, a panel for each coin."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.figures.template import as_text, line_style, new_figure
from flexloan_nb.figures.thinning import thinned
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_interest"]


class _Line(NamedTuple):
    ccy: str
    hours: pd.Series
    interest: pd.Series
    total: pd.Series


def plot_interest(accruals: pd.DataFrame, *, lang: str | None = None) -> go.Figure:
    """Plot how interest added up, in units of each coin.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it; the orders' interest in a coin is
        added up. Without rows, the figure is empty but for its title.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each coin: time against the interest since the first record, in the coin.
        The hour's own interest stands in the hover text.

    Raises
    ------
    InvalidArgumentError
        The frame lacks a column, or the language is unknown.

    Examples
    --------
    >>> from flexloan_nb import connect, plot_interest
    >>> figure = plot_interest(connect("simulator").interest_accrued(), lang="en")
    >>> figure.layout.title.text
    'Interest accrued since 2025-12-16 13:00 UTC'
    """
    require_columns(accruals, "ts", "ccy", "interest", of="a frame of interest_accrued()")
    text = words(lang)
    return _draw(_lines(accruals), _title(accruals, text), text)


def _lines(accruals: pd.DataFrame) -> list[_Line]:
    by_hour = (
        accruals.astype({"interest": float}).groupby(["ccy", "ts"])["interest"].sum(min_count=1)
    )
    lines = []
    for ccy, rows in by_hour.reset_index().groupby("ccy", sort=False):
        total = rows["interest"].cumsum()
        kept = thinned(total)
        drawn = rows.iloc[kept]
        lines.append(_Line(as_text(ccy), drawn["ts"], drawn["interest"], total.iloc[kept]))
    return lines


def _title(accruals: pd.DataFrame, text: Words) -> str:
    first = accruals["ts"].dt.tz_convert("UTC").min()
    if pd.isna(first):
        return text["no_interest"]
    return text["interest_since"].format(since=f"{first:%Y-%m-%d %H:%M}")


def _draw(lines: list[_Line], title: str, text: Words) -> go.Figure:
    figure = new_figure(title, x=text["time"], y=[line.ccy for line in lines])
    for row, line in enumerate(lines, start=1):
        figure.add_trace(_trace(line, text), row=row, col=1)
    figure.update_yaxes(rangemode="tozero")
    return figure.update_layout(showlegend=False, hovermode="x")


def _trace(line: _Line, text: Words) -> go.Scatter:
    return go.Scatter(
        x=line.hours,
        y=line.total,
        customdata=line.interest,
        name=line.ccy,
        mode="lines" if len(line.total) > 1 else "markers",  # a line of one point shows nothing
        line=line_style(0) | {"shape": "hv"},
        hovertemplate=f"%{{y:.8f}} {line.ccy} {text['in_all']}<br>"
        f"%{{customdata:.8f}} {line.ccy} {text['this_hour']}<extra></extra>",
    )
