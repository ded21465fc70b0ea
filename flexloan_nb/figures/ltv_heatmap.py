"""LTV over the prices of two coins, with the lines on which the loan is called and liquidated."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.template import as_text, new_figure, percent_axis
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_ltv_heatmap"]

Floats = NDArray[np.float64]

_LEVELS = {"margin_call": "dash", "liquidation": "solid"}  # in the order of their LTVs
_FIELDS = {"margin_call": "loan_info.marginCallLTV", "liquidation": "loan_info.liqLTV"}
_FRONTIER = ("x_change", "y_change", "x_price", "y_price")
_TOP = 1.2  # LTV at the end of the colour scale: well above any liquidation LTV
_LARGE = 1e3  # in the place of an infinite LTV, which JSON has not
_ON_DARK, _ON_LIGHT = "#FFFFFF", "#111111"  # for what lies on the colours, not on the page


class _Map(NamedTuple):
    x: str
    y: str
    along: Floats
    up: Floats
    ltv: Floats
    frontiers: dict[str, pd.DataFrame]


def plot_ltv_heatmap(
    grid: pd.DataFrame,
    frontiers: Mapping[str, pd.DataFrame] | None = None,
    *,
    lang: str | None = None,
) -> go.Figure:
    """Plot the LTV over the prices of two coins, with what the loan survives.

    Parameters
    ----------
    grid : DataFrame
        As `price_grid` returns it. Without cells, the figure is empty but for its title.
    frontiers : mapping of str to DataFrame, optional
        By level, ``"margin_call"`` and ``"liquidation"``, what `price_frontier` returns for the
        same coins.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        Changes of both prices, shown in percent, with LTV as colour and as labelled lines, the
        frontiers, and today's point. Prices and state stand in the hover text where there is a
        frontier to tell them from.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column, a level is unknown, or the language is.

    Examples
    --------
    How far may BTC and ETH fall together?

    >>> from flexloan_nb.analytics.liquidation.frontier import price_frontier
    >>> from flexloan_nb.analytics.position import Position
    >>> from flexloan_nb.analytics.liquidation.price_shocks import price_grid
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> frontiers = {
    ...     level: price_frontier(position, "BTC", "ETH", threshold=level)
    ...     for level in ("margin_call", "liquidation")
    ... }
    >>> figure = plot_ltv_heatmap(price_grid(position, "BTC", "ETH"), frontiers, lang="en")
    >>> figure.layout.title.text
    'LTV when the prices of BTC and ETH change'
    """
    text = words(lang)
    info = _map(grid, frontiers or {})
    if not info.ltv.size:
        return new_figure(text["no_heatmap"], x="", y="")
    return _draw(info, text)


def _map(grid: pd.DataFrame, frontiers: Mapping[str, pd.DataFrame]) -> _Map:
    unknown = [str(level) for level in frontiers if level not in _LEVELS]
    if unknown:
        raise InvalidArgumentError(
            f"frontiers has {', '.join(unknown)}: its levels are {', '.join(_LEVELS)}."
        )
    for level, frame in frontiers.items():
        require_columns(frame, *_FRONTIER, of=f"a frame of price_frontier() for {level}")
    return _Map(
        as_text(grid.columns.name),
        as_text(grid.index.name),
        grid.columns.to_numpy(dtype=float),
        grid.index.to_numpy(dtype=float),
        np.nan_to_num(grid.to_numpy(dtype=float), nan=np.nan, posinf=_LARGE),
        {level: frontiers[level] for level in _LEVELS if level in frontiers},
    )


def _draw(info: _Map, text: Words) -> go.Figure:
    figure = new_figure(
        text["heatmap_title"].format(x=info.x, y=info.y),
        x=text["price_change"].format(ccy=info.x),
        y=text["price_change"].format(ccy=info.y),
    )
    figure.add_trace(_colours(info, text))
    figure.add_traces([_contour(info, 0.2, 0.6, _ON_DARK), _contour(info, 0.8, 1.2, _ON_LIGHT)])
    for level, frontier in info.frontiers.items():
        figure.add_traces(list(_line(frontier, level, text)))
        _label(figure, info, level, text)
    figure.add_trace(_today(text))
    _note(figure, 0.0, 0.0, text["today"]).update(yshift=20)
    figure.update_xaxes(range=_ends(info.along), **percent_axis())
    figure.update_yaxes(range=_ends(info.up), **percent_axis())
    return figure.update_layout(height=560, showlegend=False, hovermode="closest")


def _ends(changes: Floats) -> list[float]:
    """Return the edges of the outer cells, which plotly centres on their values."""
    if len(changes) == 1:
        return [changes[0] - 0.5, changes[0] + 0.5]
    ordered = np.sort(changes)
    return [float(ordered[0]), float(ordered[-1])]


def _colours(info: _Map, text: Words) -> go.Heatmap:
    return go.Heatmap(
        x=info.along,
        y=info.up,
        z=info.ltv,
        text=_hovers(info, text),
        name=text["ltv"],
        colorscale="Cividis",
        zmin=0,
        zmax=_TOP,
        zsmooth="best" if min(info.ltv.shape) > 1 else False,
        colorbar={"title": {"text": text["ltv_axis"]}, "tickformat": ".0%", "outlinewidth": 0},
        hovertemplate="%{text}<extra></extra>",
    )


def _contour(info: _Map, start: float, end: float, ink: str) -> go.Contour:
    return go.Contour(
        x=info.along,
        y=info.up,
        z=info.ltv,
        contours={
            "coloring": "none",
            "start": start,
            "end": end,
            "size": 0.2,
            "showlabels": True,
            "labelfont": {"color": ink, "size": 12},
            "labelformat": ".0%",
        },
        line={"color": ink, "width": 0.75},
        hoverinfo="skip",
    )


def _line(frontier: pd.DataFrame, level: str, text: Words) -> Iterator[go.Scatter]:
    """Yield a light line and on it a dark one: between them they stand out from any colour."""
    for color, width, dash in ((_ON_DARK, 6, "solid"), (_ON_LIGHT, 3, _LEVELS[level])):
        yield go.Scatter(
            x=frontier["x_change"],
            y=frontier["y_change"],
            name=text[_FIELDS[level]],
            mode="lines",
            line={"color": color, "width": width, "dash": dash},
            hoverinfo="skip",
        )


def _label(figure: go.Figure, info: _Map, level: str, text: Words) -> None:
    """Write what a frontier is beside it, on the side away from the other one."""
    frontier = info.frontiers[level]
    (left, right), (low, high) = _ends(info.along), _ends(info.up)
    x, y = frontier["x_change"], frontier["y_change"]
    seen = frontier[x.between(left, right) & y.between(low, high)]
    if seen.empty:
        return
    falling = seen["y_change"].iloc[-1] <= seen["y_change"].iloc[0]
    corners = info.ltv[np.ix_(info.up.argsort()[[0, -1]], info.along.argsort()[[0, -1]])]
    rightmost, leftmost = (corners[1, 1], corners[0, 0]) if falling else corners[[0, 1], [1, 0]]
    outwards = 1 if (rightmost <= leftmost) == (level == "margin_call") else -1
    at = seen.iloc[len(seen) * 3 // 4]  # the middle is where today is
    _note(figure, at["x_change"], at["y_change"], text[_FIELDS[level]]).update(
        showarrow=True,
        ax=60 * outwards,
        ay=(-45 if falling else 45) * outwards,
    )


def _note(figure: go.Figure, x: float, y: float, note: str) -> Any:
    """Write something in a box, as it lies on any colour, and return the annotation."""
    figure.add_annotation(
        x=x,
        y=y,
        text=note,
        showarrow=False,
        font={"color": _ON_LIGHT, "size": 12},
        bgcolor=_ON_DARK,
        opacity=0.9,
        arrowcolor=_ON_LIGHT,
        borderpad=2,
    )
    return figure.layout.annotations[-1]


def _today(text: Words) -> go.Scatter:
    return go.Scatter(
        x=[0.0],
        y=[0.0],
        name=text["today"],
        mode="markers",
        marker={
            "symbol": "cross",
            "size": 13,
            "color": _ON_DARK,
            "line": {"color": _ON_LIGHT, "width": 2},
        },
        hoverinfo="skip",
    )


def _hovers(info: _Map, text: Words) -> NDArray[np.object_]:
    prices, states = _prices(info.frontiers), _states(info)
    hovers = np.empty(info.ltv.shape, dtype=object)
    for (row, column), ltv in np.ndenumerate(info.ltv):
        parts = [
            _price(info.x, float(info.along[column]), prices.get("x")),
            _price(info.y, float(info.up[row]), prices.get("y")),
            f"{text['ltv']} " + ("∞" if ltv == _LARGE else f"{ltv:.2%}"),
        ]
        if states is not None:
            parts.append(f"{text['heatmap_state']}: {text[str(states[row, column])]}")
        hovers[row, column] = "<br>".join(parts)
    return hovers


def _price(ccy: str, change: float, today: float | None) -> str:
    at = "" if today is None else f", {today * (1 + change):,.6g} USD"
    return f"{ccy} {change:+.1%}{at}"


def _prices(frontiers: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Return today's prices of x and y, as far as a frontier tells them."""
    prices = {}
    for frame in frontiers.values():
        for axis in ("x", "y"):
            with np.errstate(divide="ignore", invalid="ignore"):
                today = (frame[f"{axis}_price"] / (1 + frame[f"{axis}_change"])).to_numpy(float)
            known = today[np.isfinite(today)]
            if len(known):
                prices[axis] = float(known[0])
    return prices


def _states(info: _Map) -> Any:
    """Return the state of each cell; None where a frontier does not tell."""
    states = np.full(info.ltv.shape, "safe", dtype=object)
    for level, frontier in info.frontiers.items():
        beyond = _beyond(info, frontier)
        if beyond is None:
            return None
        states[beyond] = level
    return states if len(info.frontiers) == len(_LEVELS) else None


def _beyond(info: _Map, frontier: pd.DataFrame) -> NDArray[np.bool_] | None:
    """Return which cells lie on the bad side of a frontier, that of the highest LTV.

    A frontier is straight. Where all cells lie on one side of it this does not tell which.
    """
    points = frontier[["x_change", "y_change"]].dropna().to_numpy(dtype=float)
    if not len(points):
        return None
    (x0, y0), (x1, y1) = points[[0, -1]]
    side = (info.up[:, None] - y0) * (x1 - x0) - (info.along[None, :] - x0) * (y1 - y0)
    bad = np.sign(side.flat[np.argmax(info.ltv)])
    beyond: NDArray[np.bool_] = side * bad >= 0
    return None if bad == 0 or beyond.all() else beyond
