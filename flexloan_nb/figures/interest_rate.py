"""The rate that was charged, hour by hour, a line for each coin."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.figures.template import as_text, line_style, new_figure, percent_axis
from flexloan_nb.figures.thinning import thinned
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_interest_rate"]


class _Line(NamedTuple):
    ccy: str
    order: str  # empty where all orders of the coin paid the same
    rows: pd.DataFrame


def plot_interest_rate(accruals: pd.DataFrame, *, lang: str | None = None) -> go.Figure:
    """Plot the annual rate at which each hour's interest was charged.

    The rate is as the exchange prints it, used as a simple annual one: an hour costs
    ``loan * interestRate / 8760``.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it. Without rows, the figure is empty
        but for its title.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        Time against the rate, shown in percent, as steps. A line for each coin, and for each
        order where those of a coin did not all pay the same. The debt and the interest of the
        hour stand in the hover text.

    Raises
    ------
    InvalidArgumentError
        The frame lacks a column, or the language is unknown.

    Examples
    --------
    >>> from flexloan_nb import connect
    >>> from flexloan_nb.figures import plot_interest_rate
    >>> figure = plot_interest_rate(connect("simulator").interest_accrued(), lang="en")
    >>> [trace.name for trace in figure.data]
    ['USDC', 'USDT']
    """
    columns = ("ts", "ccy", "loan", "interest", "interestRate")
    require_columns(accruals, *columns, of="a frame of interest_accrued()")
    text = words(lang)
    return _draw(list(_lines(accruals)), text)


def _lines(accruals: pd.DataFrame) -> Iterator[_Line]:
    numbers = {"loan": float, "interest": float, "interestRate": float}
    frame = accruals.astype(numbers).sort_values("ts", kind="stable")
    if "ordId" not in frame:
        frame = frame.assign(ordId="")
    for ccy, coin in frame.groupby("ccy"):
        if (coin.groupby("ts")["interestRate"].nunique() <= 1).all():
            yield _line(ccy, "", coin)
            continue
        for order, rows in coin.groupby("ordId", dropna=False):
            yield _line(ccy, "" if pd.isna(order) else as_text(order), rows)


def _line(ccy: object, order: str, rows: pd.DataFrame) -> _Line:
    hours = rows.groupby("ts").agg(
        rate=("interestRate", "first"),
        loan=("loan", "sum"),
        interest=("interest", "sum"),
    )
    return _Line(as_text(ccy), order, hours.iloc[thinned(hours["rate"])].reset_index())


def _draw(lines: list[_Line], text: Words) -> go.Figure:
    title = text["rate_title"] if lines else text["no_rate"]
    figure = new_figure(title, x=text["time"], y=text["rate_axis"])
    figure.add_traces([_trace(line, number, text) for number, line in enumerate(lines)])
    figure.update_yaxes(rangemode="tozero", **percent_axis(1))
    return figure.update_layout(showlegend=True, hovermode="x")


def _trace(line: _Line, number: int, text: Words) -> go.Scatter:
    name = f"{line.ccy}, {text['order']} {line.order}" if line.order else line.ccy
    return go.Scatter(
        x=line.rows["ts"],
        y=line.rows["rate"],
        customdata=line.rows[["loan", "interest"]].to_numpy(),
        name=name,
        mode="lines" if len(line.rows) > 1 else "markers",
        line=line_style(number) | {"shape": "hv"},
        hovertemplate=f"{name} %{{y:.2%}}<br>"
        f"{text['debt']} %{{customdata[0]:,.8~f}} {line.ccy}<br>"
        f"{text['interest_accrued.interest']} %{{customdata[1]:.8f}} {line.ccy} "
        f"{text['this_hour']}<extra></extra>",
    )
