"""How far each coin's price is from a margin call and from liquidation, a rung for each coin."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.analytics.liquidation.prices import ALIKE, COVERED, NO_PART, NOTHING_OWED, PAST
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.template import INK, PALETTE, as_text, new_figure, percent_axis
from flexloan_nb.figures.words import Words, words

__all__ = ["ladder_traces", "plot_liquidation_ladder"]

Floats = NDArray[np.float64]
Falls = tuple[float, float]

_COLUMNS = ("price", "margin_call_price", "liquidation_price", "reason")
_EDGE = 2.0  # twice today's price, as far to the right as a price of zero is to the left
_RANGE = (-0.04, _EDGE + 0.04)
_BESIDE_TODAY = 1.02
_LOWER = 0.26  # by how much of a row the rung from before a change lies below the present one

_REASONS = {
    NOTHING_OWED: "ladder_nothing_owed",
    NO_PART: "ladder_no_part",
    PAST: "ladder_past",
    ALIKE: "ladder_alike",
    COVERED: "ladder_covered",
}
_OTHER_REASON = "ladder_cannot"

_NOW = {"color": PALETTE[1], "size": 10}
_BEFORE = {"color": PALETTE[0], "size": 9, "line": {"color": PALETTE[0], "width": 2}}
_STYLES: dict[str, dict[str, Any]] = {
    "ladder_way": {"mode": "lines", "line": {"color": INK, "width": 1.5, "dash": "dot"}},
    "ladder_zone": {"mode": "lines", "line": {"color": PALETTE[1], "width": 4}},
    "ladder_margin_call": {"mode": "markers", "marker": _NOW | {"symbol": "diamond"}},
    "ladder_liquidation": {"mode": "markers", "marker": _NOW | {"symbol": "x"}},
    "ladder_beyond": {"mode": "markers", "marker": _NOW | {"symbol": "triangle-right"}},
    "ladder_zone_before": {"mode": "lines", "line": {"color": PALETTE[0], "width": 1.5}},
    "ladder_margin_call_before": {
        "mode": "markers",
        "marker": _BEFORE | {"symbol": "diamond-open"},
    },
    "ladder_liquidation_before": {"mode": "markers", "marker": _BEFORE | {"symbol": "x-thin-open"}},
    "ladder_beyond_before": {
        "mode": "markers",
        "marker": _BEFORE | {"symbol": "triangle-right-open"},
    },
}
_LINES = ("ladder_way", "ladder_zone", "ladder_zone_before")
_TEXT = {
    "mode": "text",
    "textposition": "middle right",
    "cliponaxis": False,
    "hoverinfo": "skip",
}


class _Rungs(NamedTuple):
    """Rows by coin, then that of all coins; prices in USD, the rest as shares of today's."""

    price: Floats
    margin_call: Floats
    liquidation: Floats
    reason: list[str]  # keys of words; empty where there is a liquidation price


def plot_liquidation_ladder(
    prices: pd.DataFrame,
    before: pd.DataFrame | None = None,
    *,
    uniform: Falls | None = None,
    uniform_before: Falls | None = None,
    lang: str | None = None,
) -> go.Figure:
    """Plot for each coin how far its price may move until the loan is called and liquidated.

    Parameters
    ----------
    prices : DataFrame
        Of one loan, as `liquidation_prices` returns it. Without rows, the figure is empty but
        for its title.
    before : DataFrame, optional
        The same of the loan before a change, drawn below each rung with open symbols.
    uniform, uniform_before : tuple of float, optional
        What `uniform_fall` returns for the margin call and for liquidation: a rung at the top
        for all coins together.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        Prices as shares of today's, up to twice today's, falls to the left and rises to the
        right, the nearest at the top. A coin that alone cannot liquidate the loan says why.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column or is of several loans, ``uniform_before`` is given without the
        others, or the language is unknown.

    See Also
    --------
    ladder_traces : the arrays alone, to move the rungs of a figure that is shown.

    Examples
    --------
    Which price is the nearest to liquidating the loan?

    >>> from flexloan_nb.analytics.liquidation.falls import uniform_fall
    >>> from flexloan_nb.analytics.liquidation.prices import liquidation_prices
    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> falls = uniform_fall(position, "margin_call"), uniform_fall(position)
    >>> figure = plot_liquidation_ladder(liquidation_prices(position), uniform=falls, lang="en")
    >>> figure.layout.yaxis.ticktext[:2]
    ('<b>All collateral<br>together</b>', 'USDT')
    """
    text = words(lang)
    traces = ladder_traces(
        prices, before, uniform=uniform, uniform_before=uniform_before, lang=lang
    )
    coins, has_all = _coins(prices, before), uniform is not None
    rows = [*map(as_text, coins), *([f"<b>{text['ladder_all']}</b>"] if has_all else [])]
    order = _by_nearness(_rungs(prices, coins, uniform), has_all)
    return _draw(traces, rows, order, text, has_all=has_all)


def ladder_traces(
    prices: pd.DataFrame,
    before: pd.DataFrame | None = None,
    *,
    uniform: Falls | None = None,
    uniform_before: Falls | None = None,
    lang: str | None = None,
) -> dict[str, dict[str, Floats]]:
    """Return the numbers of `plot_liquidation_ladder`, by trace.

    For the same coins and kinds of arguments these are the same traces with arrays of the same
    shapes, whatever the numbers: NaN where nothing is drawn. So a figure that is shown can be
    given new ones; its rows stay where they are.

    Parameters
    ----------
    prices, before, uniform, uniform_before, lang
        As for `plot_liquidation_ladder`.

    Returns
    -------
    dict of str to dict of str to ndarray
        By the trace's name, which is in the language, ``x``, and ``customdata`` with today's
        price, the price there and the change where the trace tells them.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column or is of several loans, ``uniform_before`` is given without the
        others, or the language is unknown.

    Examples
    --------
    >>> from flexloan_nb.analytics.liquidation.prices import liquidation_prices
    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.8,
    ... )
    >>> ladder_traces(liquidation_prices(position), lang="en")["Liquidation"]["x"]
    array([0.625, 1.6  ])
    """
    if uniform_before is not None and (before is None or uniform is None):
        raise InvalidArgumentError("uniform_before goes with before and uniform: give all three.")
    text, coins = words(lang), _coins(prices, before)
    rungs = _rungs(prices, coins, uniform)
    arrays = _arrays(rungs, "")
    if before is not None:
        unknown = None if uniform is None else (np.nan, np.nan)
        arrays |= _arrays(_rungs(before, coins, uniform_before or unknown), "_before")
    arrays["ladder_label"] = _at(rungs, rungs.liquidation, _RANGE[1])
    for key in (*_REASONS.values(), _OTHER_REASON):
        here = np.array([reason == key for reason in rungs.reason], dtype=bool)
        arrays[key] = {"x": np.where(here, _BESIDE_TODAY, np.nan)}
    return {text[key]: of for key, of in arrays.items()}


def _coins(prices: pd.DataFrame, before: pd.DataFrame | None) -> list[str]:
    frames = [prices] if before is None else [prices, before]
    for frame in frames:
        require_columns(frame, *_COLUMNS, of="a frame of liquidation_prices()")
        if frame.index.nlevels > 1:
            raise InvalidArgumentError(
                "These are liquidation prices of several loans: choose one, prices.loc[ord_id]."
            )
    return sorted({str(ccy) for frame in frames for ccy in frame.index})


def _rungs(prices: pd.DataFrame, coins: list[str], uniform: Falls | None) -> _Rungs:
    rows = prices.reindex(coins)
    usd = {name: rows[name].to_numpy(dtype=float, na_value=np.nan) for name in _COLUMNS[:3]}
    with np.errstate(divide="ignore", invalid="ignore"):
        called, liquidated = (usd[name] / usd["price"] for name in _COLUMNS[1:3])
    called[np.isinf(called)] = liquidated[np.isinf(liquidated)] = np.nan
    reasons = [_REASONS.get(why, _OTHER_REASON) if pd.notna(why) else "" for why in rows["reason"]]
    if uniform is None:
        return _Rungs(usd["price"], called, liquidated, reasons)
    to_call, to_liquidation = (1.0 - fall if fall > 0 else np.nan for fall in uniform)
    return _Rungs(
        np.append(usd["price"], np.nan),
        np.append(called, to_call),
        np.append(liquidated, to_liquidation),
        [*reasons, _reason_of_all(uniform[1], reasons)],
    )


def _reason_of_all(fall: float, reasons: Sequence[str]) -> str:
    if fall > 0:
        return ""
    if fall == 0:
        return _REASONS[PAST]
    nothing_owed = _REASONS[NOTHING_OWED]
    return nothing_owed if nothing_owed in reasons else _OTHER_REASON


def _arrays(rungs: _Rungs, when: str) -> dict[str, dict[str, Floats]]:
    """Return lines and markers of the rungs now, or of those before a change."""
    call, liquidation = rungs.margin_call, rungs.liquidation
    far = liquidation > _EDGE
    zone_from = np.where(np.isnan(call), 1.0, np.minimum(call, _EDGE))
    arrays = {
        f"ladder_zone{when}": _lines(zone_from, np.minimum(liquidation, _EDGE)),
        f"ladder_margin_call{when}": _at(rungs, call, np.where(call > _EDGE, np.nan, call)),
        f"ladder_liquidation{when}": _at(rungs, liquidation, np.where(far, np.nan, liquidation)),
        f"ladder_beyond{when}": _at(rungs, liquidation, np.where(far, _EDGE, np.nan)),
    }
    if when:
        return arrays
    return {"ladder_way": _lines(np.ones(len(call)), np.minimum(call, _EDGE))} | arrays


def _lines(start: Floats, end: Floats) -> dict[str, Floats]:
    """Return a piece of line for each row, and a gap after it."""
    gap = np.full(len(start), np.nan)
    return {"x": np.column_stack([np.where(np.isnan(end), np.nan, start), end, gap]).ravel()}


def _at(rungs: _Rungs, share: Floats, x: Floats | float) -> dict[str, Floats]:
    """Return points where there is a share, with today's price, the price there, the change."""
    told = np.column_stack([rungs.price, rungs.price * share, share - 1])
    return {"x": np.where(np.isnan(share), np.nan, x), "customdata": told}


def _by_nearness(rungs: _Rungs, has_all: bool) -> NDArray[np.intp]:
    """Return each row's height: the nearest highest, all coins above them, NaN at the bottom."""
    distance = np.abs(rungs.liquidation - 1)
    if has_all:
        distance[-1] = -1.0
    heights = np.empty(len(distance), dtype=np.intp)
    heights[np.argsort(distance, kind="stable")] = np.arange(len(distance))[::-1]
    return heights


def _draw(
    traces: dict[str, dict[str, Floats]],
    rows: list[str],
    heights: NDArray[np.intp],
    text: Words,
    *,
    has_all: bool,
) -> go.Figure:
    title = text["ladder_title" if rows else "no_ladder"]
    figure = new_figure(title, x=text["ladder_axis"], y="")
    keys = [*_STYLES, "ladder_label", *_REASONS.values(), _OTHER_REASON]
    for key in (key for key in keys if rows and text[key] in traces):
        arrays = traces[text[key]]
        figure.add_trace(_trace(key, arrays, rows, heights.astype(float), text, has_all))
    has_before = text["ladder_zone_before"] in traces
    return _frame(figure, rows, heights, text, 52 if has_before else 38)


def _trace(
    key: str, arrays: dict[str, Floats], rows: list[str], y: Floats, text: Words, has_all: bool
) -> go.Scatter:
    if key.endswith("_before"):
        y = y - _LOWER
    if key in _LINES:
        y = np.repeat(y, 3)  # two ends and a gap
    trace = go.Scatter(**arrays, y=y, name=text[key], showlegend=_is_in_legend(key))
    if key == "ladder_label":
        return trace.update(_TEXT, texttemplate=_labels(len(rows), has_all))
    if key not in _STYLES:
        return trace.update(_TEXT, text=[text[key]] * len(rows))
    if key in _LINES:
        return trace.update(_STYLES[key], hoverinfo="skip")
    return trace.update(_STYLES[key], hovertemplate=_hovers(key, rows, text, has_all))


def _is_in_legend(key: str) -> bool:
    return key in _STYLES and key not in (*_LINES, "ladder_beyond_before")


def _hovers(key: str, rows: list[str], text: Words, has_all: bool) -> list[str]:
    level = "margin_call" if "margin_call" in key else "liquidation"
    when = f"{text['before']}:<br>" if key.endswith("_before") else ""
    of_coin, of_all = text[f"ladder_hover_{level}"], text[f"ladder_hover_all_{level}"]
    coins = rows[:-1] if has_all else rows
    hovers = [of_coin.format(ccy=ccy) for ccy in coins] + [of_all] * has_all
    return [f"{when}{hover}<extra></extra>" for hover in hovers]


def _labels(rows: int, has_all: bool) -> list[str]:
    change = "<b>%{customdata[2]:+.1%}</b>"
    of_coin = f"{change}  %{{customdata[0]:,.5~r}} → %{{customdata[1]:,.5~r}} USD"
    return [of_coin] * (rows - has_all) + [change] * has_all


def _frame(
    figure: go.Figure, rows: list[str], heights: NDArray[np.intp], text: Words, row_height: int
) -> go.Figure:
    """Give the figure its axes, the line of today, and a place for labels and legend."""
    figure.update_xaxes(range=_RANGE, zeroline=False, **percent_axis())
    top_down = np.argsort(-heights)
    figure.update_yaxes(
        tickvals=heights[top_down],
        ticktext=[rows[row] for row in top_down],
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
        zeroline=False,
    )
    if rows:
        figure.add_vline(1.0, line={"color": INK, "width": 1.5}, annotation_text=text["today"])
        figure.layout.annotations[-1].update(x=1.0, xanchor="center", yanchor="bottom", y=1)
    return figure.update_layout(
        height=190 + row_height * max(len(rows), 2),
        margin={"r": 228, "t": 76, "b": 110},
        legend={"yref": "container", "y": 0.01, "yanchor": "bottom"},
        hovermode="closest",
    )
