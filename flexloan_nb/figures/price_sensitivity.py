"""LTV against the change of prices, a line for each coin alone and one for several together."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.template import (
    INK,
    PALETTE,
    as_text,
    line_style,
    new_figure,
    percent_axis,
    threshold,
)
from flexloan_nb.figures.words import Words, words

__all__ = ["plot_price_sensitivity", "sensitivity_traces"]

Floats = NDArray[np.float64]

_STATE = (
    "ltv",
    "collateral_usd",
    "debt_usd",
    "margin_call_headroom_usd",
    "liquidation_headroom_usd",
)
_LEVELS = ("margin_call", "liquidation")
_FIELDS = {"margin_call": "loan_info.marginCallLTV", "liquidation": "loan_info.liqLTV"}
_CROSSINGS = {"margin_call": "sensitivity_called", "liquidation": "sensitivity_liquidated"}
_STYLE_OF_THRESHOLDS = 1
# LTV grows without bound as collateral falls: the axis ends some way above what matters.
_MARGIN, _LEAST, _MOST = 1.25, 0.1, 2.0


class _Line(NamedTuple):
    """The scenarios in which the same coins move by the same share, by that share."""

    name: str
    together: bool
    change: Floats
    state: dict[str, Floats]


def plot_price_sensitivity(scenarios: pd.DataFrame, *, lang: str | None = None) -> go.Figure:
    """Plot the LTV against the change of each coin's price, and of several together.

    Parameters
    ----------
    scenarios : DataFrame
        As `price_sensitivity` returns it. Rows in which one coin moves are that coin's line;
        those in which several move by the same share are a line for these together; the row in
        which none moves is today. Without rows, the figure is empty but for its title.
    lang : {"en", "zh"}, optional
        Language of the texts; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    plotly.graph_objects.Figure
        Change as a share of today's price against LTV, both shown in percent, with both
        thresholds and a marker where a line reaches them. The LTV axis ends somewhat above the
        liquidation LTV.

    Raises
    ------
    InvalidArgumentError
        The frame lacks a column, coins move by different shares in a row, or the language is
        unknown.

    See Also
    --------
    sensitivity_traces : the arrays alone, to move the lines of a figure that is shown.

    Examples
    --------
    Which coin's fall hurts most, and what if all fall?

    >>> import pandas as pd
    >>> from flexloan_nb.analytics.position import Position
    >>> from flexloan_nb.analytics.liquidation.price_shocks import price_sensitivity
    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> falls = [-0.5, -0.25, 0]
    >>> each = [pd.DataFrame({ccy: falls}) for ccy in position.collateral]
    >>> every = pd.DataFrame(dict.fromkeys(position.collateral, falls))
    >>> shocks = pd.concat([*each, every]).fillna(0)
    >>> figure = plot_price_sensitivity(price_sensitivity(position, shocks), lang="en")
    >>> [trace.name for trace in figure.data][:3]
    ['BTC alone', 'ETH alone', 'BTC, ETH together']
    """
    text, lines = words(lang), _lines(scenarios, words(lang))
    traces = _arrays(lines, scenarios, text)
    figure = new_figure(
        text["sensitivity_title" if lines or traces else "no_sensitivity"],
        x=text["sensitivity_axis"],
        y=text["ltv_axis"],
    )
    figure.add_traces([_trace(line, n, traces[line.name], text) for n, line in enumerate(lines)])
    if traces:
        figure.add_traces(_levels(scenarios, traces, text))
        figure.add_traces(_points(traces, text))
        figure.update_yaxes(range=[0, _top(scenarios, traces[text["sensitivity_today"]]["y"][0])])
    figure.update_xaxes(zeroline=False, **percent_axis())
    figure.update_yaxes(**percent_axis())
    return figure.update_layout(
        height=460,
        margin={"b": 110},
        legend={"yref": "container", "y": 0.01, "yanchor": "bottom"},
        hovermode="closest",
    )


def sensitivity_traces(
    scenarios: pd.DataFrame, *, lang: str | None = None
) -> dict[str, dict[str, Floats]]:
    """Return the numbers of `plot_price_sensitivity`, by trace.

    For the same shocks these are the same traces with arrays of the same shapes, whatever the
    loan: NaN where nothing is drawn.

    Parameters
    ----------
    scenarios, lang
        As for `plot_price_sensitivity`.

    Returns
    -------
    dict of str to dict of str to ndarray
        By the trace's name, which is in the language, ``x``, ``y``, and ``customdata`` with debt,
        collateral and headroom to liquidation in USD where the trace tells them. Empty without
        rows.

    Raises
    ------
    InvalidArgumentError
        As for `plot_price_sensitivity`.

    Examples
    --------
    >>> from flexloan_nb.analytics.position import Position
    >>> from flexloan_nb.analytics.liquidation.price_shocks import price_sensitivity
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.75, liquidation_ltv=0.8,
    ... )
    >>> traces = sensitivity_traces(price_sensitivity(position, {"BTC": [-0.5, 0]}), lang="en")
    >>> traces["BTC alone"]["y"], traces["Liquidation is reached"]["x"]
    (array([1. , 0.5]), array([-0.375]))
    """
    text = words(lang)
    return _arrays(_lines(scenarios, text), scenarios, text)


def _lines(scenarios: pd.DataFrame, text: Words) -> list[_Line]:
    require_columns(scenarios, *_STATE, of="a frame of price_sensitivity()")
    coins = [str(ccy) for ccy in scenarios.columns if ccy not in _STATE]
    shocks = scenarios[coins].to_numpy(dtype=float)
    moved = shocks != 0
    change = np.where(moved.any(axis=1), shocks[np.arange(len(shocks)), moved.argmax(axis=1)], 0.0)
    if (moved & (shocks != change[:, None])).any():
        raise InvalidArgumentError(
            "Coins move by different shares within a scenario: give rows in which one coin moves "
            "or several alike, or draw two coins with plot_ltv_heatmap."
        )
    rest = ~moved.any(axis=1)
    patterns = sorted({tuple(row) for row in moved[~rest]}, key=_singles_first)
    return [
        _line(scenarios, change, rest | (moved == moving).all(axis=1), _named(moving, coins, text))
        for moving in patterns
    ]


def _singles_first(pattern: tuple[bool, ...]) -> tuple[int, tuple[bool, ...]]:
    return sum(pattern), tuple(not moves for moves in pattern)


def _named(pattern: tuple[bool, ...], coins: list[str], text: Words) -> tuple[str, bool]:
    moving = [as_text(ccy) for ccy, moves in zip(coins, pattern, strict=True) if moves]
    if len(moving) == 1:
        return text["alone"].format(ccy=moving[0]), False
    return text["together"].format(coins=", ".join(moving)), True


def _line(
    scenarios: pd.DataFrame, change: Floats, here: NDArray[np.bool_], named: tuple[str, bool]
) -> _Line:
    at, first = np.unique(change[here], return_index=True)
    rows = scenarios[here].iloc[first]
    return _Line(*named, at, {name: rows[name].to_numpy(dtype=float) for name in _STATE})


def _arrays(
    lines: list[_Line], scenarios: pd.DataFrame, text: Words
) -> dict[str, dict[str, Floats]]:
    if not len(scenarios):
        return {}
    arrays = {line.name: _of_line(line) for line in lines}
    ends = np.concatenate([[0.0], *(line.change[[0, -1]] for line in lines)])
    span = np.array([ends.min(), ends.max()]) if lines else np.array([-0.5, 0.5])
    for level in _LEVELS:
        at = _threshold(scenarios, level)
        arrays[text[_FIELDS[level]]] = {"x": span, "y": np.full(2, at)}
    for level in _LEVELS:
        arrays[text[_CROSSINGS[level]]] = _crossings(lines, level)
    return arrays | {text["sensitivity_today"]: _today(scenarios)}


def _of_line(line: _Line) -> dict[str, Floats]:
    told = [line.state[name] for name in ("debt_usd", "collateral_usd", _STATE[-1])]
    ltv = np.where(np.isfinite(line.state["ltv"]), line.state["ltv"], np.nan)
    return {"x": line.change, "y": ltv, "customdata": np.column_stack(told)}


def _today(scenarios: pd.DataFrame) -> dict[str, Floats]:
    shocks = scenarios.drop(columns=list(_STATE)).to_numpy(dtype=float)
    ltv = scenarios["ltv"].to_numpy(dtype=float)[(shocks == 0).all(axis=1)]
    return {"x": np.zeros(1), "y": ltv[:1] if len(ltv) else np.full(1, np.nan)}


def _threshold(scenarios: pd.DataFrame, level: str) -> float:
    """Return the LTV of a level in the scenario that is nearest to today's prices."""
    levels = _thresholds(scenarios, level)
    shocks = np.abs(scenarios.drop(columns=list(_STATE)).to_numpy(dtype=float)).max(axis=1)
    known = np.where(np.isfinite(levels), shocks, np.inf)
    return float(levels[known.argmin()])


def _thresholds(scenarios: pd.DataFrame, level: str) -> Floats:
    """Return ``(D + headroom) / V``, as the headroom is ``L V - D``."""
    value = scenarios["collateral_usd"].to_numpy(dtype=float)
    met_at = (scenarios["debt_usd"] + scenarios[f"{level}_headroom_usd"]).to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(value > 0, met_at / value, np.nan)


def _top(scenarios: pd.DataFrame, today: float) -> float:
    """Return where the LTV axis ends: above the liquidation LTV, and above today's up to 200 %."""
    seen = [_LEAST, _threshold(scenarios, "liquidation"), min(today, _MOST)]
    return _MARGIN * float(np.nanmax(seen))


def _crossings(lines: list[_Line], level: str) -> dict[str, Floats]:
    """Return where each line meets a level, NaN where it does not.

    Between two scenarios debt, value and headroom are straight, so this is exact.
    """
    points = np.array([_crossing(line, level) for line in lines], dtype=float).reshape(-1, 2)
    return {"x": points[:, 0], "y": points[:, 1]}


def _crossing(line: _Line, level: str) -> tuple[float, float]:
    headroom = line.state[f"{level}_headroom_usd"]
    with np.errstate(invalid="ignore"):
        between = np.flatnonzero((headroom[:-1] > 0) != (headroom[1:] > 0))
    if not len(between):
        return np.nan, np.nan
    left = between[0]
    part = headroom[left] / (headroom[left] - headroom[left + 1])
    change, debt, value = (
        of[left] + part * (of[left + 1] - of[left])
        for of in (line.change, line.state["debt_usd"], line.state["collateral_usd"])
    )
    return change, debt / value if value > 0 else np.nan


def _trace(line: _Line, number: int, arrays: dict[str, Any], text: Words) -> go.Scatter:
    style = {"color": INK, "width": 3} if line.together else line_style(_but_thresholds(number))
    return go.Scatter(
        **arrays,
        name=line.name,
        mode="lines" if len(line.change) > 1 else "markers",
        line=style,
        hovertemplate=text["sensitivity_hover"].format(line=line.name) + "<extra></extra>",
    )


def _but_thresholds(number: int) -> int:
    """Return the n-th style that is not the thresholds' own."""
    return number + (number >= _STYLE_OF_THRESHOLDS)


def _levels(
    scenarios: pd.DataFrame, traces: dict[str, dict[str, Floats]], text: Words
) -> list[go.Scatter]:
    drawn = []
    for level in ("margin_call", "liquidation"):
        name = text[_FIELDS[level]]
        levels = _thresholds(scenarios, level)
        moves = np.nanmax(levels, initial=-np.inf) - np.nanmin(levels, initial=np.inf) > 1e-9
        label = text["of_todays_mix"].format(level=name) if moves else name
        line = threshold(traces[name]["x"], traces[name]["y"], label, level)
        drawn.append(line.update(name=name))
    return drawn


def _points(traces: dict[str, dict[str, Floats]], text: Words) -> list[go.Scatter]:
    shapes = {
        "sensitivity_called": ("diamond", PALETTE[1]),
        "sensitivity_liquidated": ("x", PALETTE[1]),
        "sensitivity_today": ("circle-open", INK),
    }
    return [
        go.Scatter(
            **traces[text[key]],
            name=text[key],
            mode="markers",
            marker={
                "symbol": symbol,
                "color": color,
                "size": 10,
                "line": {"color": color, "width": 2},
            },
            hovertemplate=f"{text[key]}: %{{x:+.1%}}, {text['ltv']} %{{y:.2%}}<extra></extra>",
        )
        for key, (symbol, color) in shapes.items()
    ]
