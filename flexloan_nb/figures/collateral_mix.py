"""What is pledged, what counts of it, and what is owed, by coin: three bars on one scale."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.figures.template import INK, PALETTE, as_text, new_figure
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_collateral_mix"]

Floats = NDArray[np.float64]

_COLUMNS = ("collateral", "debt", "price", "collateral_usd", "debt_usd")
_PATTERNS = ("", "/", ".", "x", "-", "\\", "+", "|")  # as many as no multiple of the colours
_BARS = ("mix_debt", "mix_adjusted", "mix_market")  # from the bottom


class _Segment(NamedTuple):
    """A coin's part of each bar, from the bottom."""

    ccy: str
    amounts: Floats
    price: float
    usd: Floats
    shares: Floats


def plot_collateral_mix(coins: pd.DataFrame, *, lang: str | None = None) -> go.Figure:
    """Plot which coins carry the loan, what discounts cost, and in which coins the debt is.

    Parameters
    ----------
    coins : DataFrame
        As `Position.to_frame` returns it. Without rows, the figure is empty but for its title.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        Three bars in USD: the market value of the collateral, its value after discount rates
        with what they take, and the debt. A coin has its colour and pattern in all of them, and
        its share of the bar as label.

    Raises
    ------
    InvalidArgumentError
        The frame lacks a column, or the language is unknown.

    Examples
    --------
    What carries my loan?

    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> figure = plot_collateral_mix(position.to_frame(), lang="en")
    >>> [trace.name for trace in figure.data]
    ['BTC', 'ETH', 'USDT', 'Lost to discounts', None]
    """
    require_columns(coins, *_COLUMNS, of="a frame of Position.to_frame()")
    text = words(lang)
    return _draw(_segments(coins), text)


def _segments(coins: pd.DataFrame) -> list[_Segment]:
    numbers = coins.astype(dict.fromkeys(_COLUMNS, float))
    market = numbers["collateral"] * numbers["price"]
    usd = np.column_stack([numbers["debt_usd"], numbers["collateral_usd"], market])
    amounts = numbers[["debt", "collateral", "collateral"]].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = usd / usd.sum(axis=0)
    return [
        _Segment(as_text(ccy), amounts[i], numbers["price"].iloc[i], usd[i], shares[i])
        for i, ccy in enumerate(coins.index)
    ]


def _draw(segments: list[_Segment], text: Words) -> go.Figure:
    title = text["mix_title" if segments else "no_mix"]
    figure = new_figure(title, x=text["mix_axis"], y="")
    figure.add_traces([_bar(segment, n, text) for n, segment in enumerate(segments)])
    if segments:
        totals = np.sum([segment.usd for segment in segments], axis=0)
        figure.add_traces([_lost(totals, text), _totals(totals, text)])
        figure.update_xaxes(range=[0, (totals.max() or 1.0) * 1.02])
    figure.update_yaxes(showgrid=False, type="category", ticklabelstandoff=8)
    return figure.update_layout(
        barmode="stack",
        bargap=0.35,
        height=340,
        margin={"r": 170, "b": 100},
        hovermode="closest",
        legend={"yref": "container", "y": 0.01, "yanchor": "bottom", "traceorder": "normal"},
        uniformtext={"minsize": 11, "mode": "hide"},
    )


def _names(text: Words) -> list[str]:
    return [text[key] for key in _BARS]


def _bar(segment: _Segment, number: int, text: Words) -> go.Bar:
    hovers = [
        text["mix_hover"].format(what=what, ccy=segment.ccy) + "<extra></extra>"
        for what in _names(text)
    ]
    told = [segment.amounts, np.full(len(_BARS), segment.price), segment.shares]
    return go.Bar(
        x=segment.usd,
        y=_names(text),
        customdata=np.column_stack(told),
        name=segment.ccy,
        orientation="h",
        texttemplate=f"{segment.ccy}<br>%{{customdata[2]:.0%}}",
        textposition="inside",
        textangle=0,
        insidetextanchor="middle",
        hovertemplate=hovers,
        marker=_fill(number),
    )


def _fill(number: int) -> dict[str, object]:
    """Return colour and pattern of the n-th coin, which stand out from their neighbours'."""
    return {
        "color": PALETTE[number % len(PALETTE)],
        "line": {"color": INK, "width": 1},
        "pattern": {
            "shape": _PATTERNS[number % len(_PATTERNS)],
            "fillmode": "overlay",
            "fgopacity": 0.35,
            "size": 8,
            "solidity": 0.15,
        },
    }


def _lost(totals: Floats, text: Words) -> go.Bar:
    adjusted, market = totals[1:]
    lost = max(market - adjusted, 0.0)
    return go.Bar(
        x=[0.0, lost, 0.0],
        y=_names(text),
        customdata=np.full(len(_BARS), lost / market if market > 0 else 0.0),
        name=text["mix_discount"],
        orientation="h",
        hovertemplate=text["mix_discount_hover"] + "<extra></extra>",
        marker={"color": "rgba(0, 0, 0, 0)", "line": {"color": INK, "width": 1.5}},
    )


def _totals(totals: Floats, text: Words) -> go.Scatter:
    """Write what each bar comes to at its end."""
    debt, adjusted, market = totals
    lost = f" ({adjusted / market - 1:.1%})" if adjusted < market else ""
    return go.Scatter(
        x=[debt, max(adjusted, market), market],
        y=_names(text),
        text=[f" {debt:,.0f} USD", f" {adjusted:,.0f} USD{lost}", f" {market:,.0f} USD"],
        mode="text",
        textposition="middle right",
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
