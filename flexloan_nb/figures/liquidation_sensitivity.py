"""Liquidation prices against an amount, a threshold or a discount rate, a panel for each coin."""

from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.analytics.liquidation.slopes import Parameter
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.template import INK, PALETTE, as_text, new_figure, percent_axis
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_liquidation_sensitivity"]

_CURVE = ("value", "ccy", "price", "margin_call_price", "liquidation_price")
_SLOPES = ("ccy", "parameter", "of", "value", "liquidation_price", "derivative", "elasticity")
_REACH = 0.2  # of the width of the picture to either side, for a tangent
_DOT = {"size": 4}  # as a line of one point would not be seen

_STYLES: dict[str, dict[str, Any]] = {
    "curve_price_today": {"mode": "lines", "line": {"color": INK, "width": 1.5, "dash": "dot"}},
    "curve_margin_call": {
        "mode": "lines+markers",
        "marker": _DOT,
        "line": {"color": PALETTE[1], "width": 1.5, "dash": "dash"},
    },
    "curve_liquidation": {
        "mode": "lines+markers",
        "marker": _DOT,
        "line": {"color": PALETTE[1], "width": 2.5},
    },
    # broad and below the curve, so that it is seen where the curve is straight
    "curve_tangent": {"mode": "lines", "line": {"color": PALETTE[0], "width": 8}, "opacity": 0.7},
    "curve_point": {
        "mode": "markers",
        "marker": {
            "symbol": "circle-open",
            "color": PALETTE[0],
            "size": 11,
            "line": {"width": 3},
        },
    },
}


class _Panel(NamedTuple):
    ccy: str
    curve: pd.DataFrame
    now: pd.DataFrame  # a row of slopes, or none


class _Axis(NamedTuple):
    """What varies: its name with its unit, a value in a hover text, the unit of a slope."""

    title: str
    value: str
    slope: str
    is_share: bool


def plot_liquidation_sensitivity(
    curve: pd.DataFrame,
    slopes: pd.DataFrame,
    vary: Parameter,
    of: str | None = None,
    *,
    lang: str | None = None,
) -> go.Figure:
    """Plot each coin's liquidation price against what varies, with today's point and tangent.

    Parameters
    ----------
    curve : DataFrame
        As `liquidation_sensitivity` returns it with ``vary`` and ``of``. Where no coin has a
        liquidation price, the figure is empty but for its title.
    slopes : DataFrame
        As `liquidation_sensitivity` returns it for the same loan without them: today's point
        and the tangent's slope.
    vary : {"collateral", "debt", "discount_rate", "liquidation_ltv"}
        What varies.
    of : str, optional
        The coin of which it varies.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        A panel for each coin that has a liquidation price: what varies, in coins or in percent,
        against the price in USD, with the margin-call price and today's price of the coin.
        The other coins are named below the title.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, there is no such parameter, or the language is unknown.

    Examples
    --------
    What does more ETH do to the price at which BTC liquidates the loan?

    >>> from flexloan_nb.analytics.liquidation.sensitivity import liquidation_sensitivity
    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> curve = liquidation_sensitivity(position, "collateral", "ETH")
    >>> slopes = liquidation_sensitivity(position)
    >>> figure = plot_liquidation_sensitivity(curve, slopes, "collateral", "ETH", lang="en")
    >>> figure.layout.title.text
    'Liquidation price against ETH pledged (ETH)'
    """
    require_columns(curve, *_CURVE, of="a frame of liquidation_sensitivity(vary=...)")
    require_columns(slopes, *_SLOPES, of="a frame of liquidation_sensitivity(position)")
    known = get_args(Parameter)
    if not isinstance(vary, str) or vary not in known:
        raise InvalidArgumentError(f"vary is {vary!r}: it is one of {', '.join(known)}.")
    text = words(lang)
    return _draw(_panels(curve, slopes, vary, of), _axis(vary, of, text), text)


def _panels(curve: pd.DataFrame, slopes: pd.DataFrame, vary: str, of: str | None) -> list[_Panel]:
    mine = slopes["of"].isna() if of is None else slopes["of"].eq(of).fillna(False)
    now = slopes[slopes["parameter"].eq(vary) & mine & slopes["derivative"].notna()]
    return [
        _Panel(str(ccy), rows.sort_values("value"), now[now["ccy"] == ccy].iloc[:1])
        for ccy, rows in curve.groupby("ccy", sort=False)
    ]


def _axis(vary: str, of: str | None, text: Words) -> _Axis:
    coin = as_text(of or "")
    key = f"curve_{vary}" + ("_of" if vary == "liquidation_ltv" and of else "")
    title = text[key].format(of=coin)
    if vary in ("collateral", "debt"):
        return _Axis(title, f"%{{x:,.6~g}} {coin}", text["curve_unit"].format(unit=coin), False)
    return _Axis(title, "%{x:.2%}", text["curve_unit_point"], True)


def _draw(panels: list[_Panel], axis: _Axis, text: Words) -> go.Figure:
    drawn = [panel for panel in panels if panel.curve["liquidation_price"].notna().any()]
    shown = {panel.ccy for panel in drawn}
    never = [as_text(panel.ccy) for panel in panels if panel.ccy not in shown]
    figure = new_figure(
        text["curve_title"].format(what=axis.title) if drawn else text["no_curve"],
        x=axis.title[:1].upper() + axis.title[1:],
        y=[text["curve_axis"].format(ccy=as_text(panel.ccy)) for panel in drawn],
    )
    for row, panel in enumerate(drawn, start=1):
        traces = _traces(panel, axis, text)
        figure.add_traces([trace.update(showlegend=row == 1) for trace in traces], row, 1)
    if axis.is_share:
        figure.update_xaxes(**percent_axis())
    figure.update_yaxes(rangemode="tozero")
    if never:
        figure.update_layout(
            title_subtitle_text=text["curve_never"].format(coins=", ".join(never)),
            margin={"t": 84},
        )
    return figure.update_layout(
        hovermode="closest", legend={"yref": "container", "y": 0.01, "yanchor": "bottom"}
    ).update_layout(margin={"b": 100})


def _traces(panel: _Panel, axis: _Axis, text: Words) -> list[go.Scatter]:
    curve, ccy = panel.curve, as_text(panel.ccy)
    prices = {"curve_price_today": "price"} | {
        f"curve_{level}": f"{level}_price" for level in ("margin_call", "liquidation")
    }
    curves = [
        go.Scatter(
            x=curve["value"], y=curve[column], hovertemplate=_hover(key, ccy, axis, text)
        ).update(_STYLES[key], name=text[key], legendgroup=key)
        for key, column in prices.items()
    ]
    now = list(panel.now.itertuples(index=False))
    tangents = [_tangent(row, curve["value"], text) for row in now]
    return [*tangents, *curves, *(_point(row, ccy, axis, text) for row in now)]


def _hover(key: str, ccy: str, axis: _Axis, text: Words) -> str:
    if key == "curve_price_today":
        return f"{text[key]}: %{{y:,.6~r}} USD<extra></extra>"
    level = text["curve_called" if key == "curve_margin_call" else "curve_liquidated"]
    hover = text["curve_hover"].format(x=axis.value, ccy=ccy, level=level)
    return f"{hover}<extra></extra>"


def _tangent(now: Any, values: pd.Series, text: Words) -> go.Scatter:
    low, high = float(values.min()), float(values.max())
    reach = _REACH * (high - low)
    x = np.array([max(now.value - reach, low), now.value, min(now.value + reach, high)])
    with np.errstate(divide="ignore"):
        zero = now.value - np.divide(now.liquidation_price, now.derivative)  # where it would cross
    x = np.where((x - zero) * (now.value - zero) < 0, zero, x)
    return go.Scatter(
        x=x,
        y=now.liquidation_price + now.derivative * (x - now.value),
        name=text["curve_tangent"],
        legendgroup="curve_tangent",
        hoverinfo="skip",
        **_STYLES["curve_tangent"],
    )


def _point(now: Any, ccy: str, axis: _Axis, text: Words) -> go.Scatter:
    slope = now.derivative / 100 if axis.is_share else now.derivative
    hover = text["curve_slope"].format(x=axis.value, ccy=ccy, unit=axis.slope)
    return go.Scatter(
        x=[now.value],
        y=[now.liquidation_price],
        customdata=np.array([[slope, now.elasticity]]),
        name=text["curve_point"],
        legendgroup="curve_point",
        hovertemplate=f"{hover}<extra></extra>",
        **_STYLES["curve_point"],
    )
