"""The one look of all figures, and the parts they are built from.

Paper and plot are transparent, and ink and grid are greys that can be read on white as on
JupyterLab's dark ground, because a figure that is saved does not know where it will be opened.
Nothing is told by colour alone: lines differ in dash as well, markers in symbol.
"""

import html
from collections.abc import Sequence
from typing import Any, Literal

import plotly.graph_objects as go
from plotly.subplots import make_subplots

__all__ = [
    "DASHES",
    "GRID",
    "INK",
    "PALETTE",
    "SYMBOLS",
    "TEMPLATE",
    "as_text",
    "line_style",
    "new_figure",
    "percent_axis",
    "threshold",
]

# The grey whose contrast with white equals that with JupyterLab's dark #111111, 4.3 : 1 by the
# formula of WCAG 2.1; no colour has more on both.
INK = "#797979"
GRID = "rgba(121, 121, 121, 0.25)"

# The colour-blind safe palette of Okabe and Ito (2008): first those with a contrast of 3 : 1 and
# more on white and on #111111, as WCAG asks of graphics. Black and yellow would vanish on one.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross")

_PANEL_HEIGHT = 220  # pixels; what a figure has besides its panels takes the other
_FRAME_HEIGHT = 140
_FONTS = 'system-ui, "Segoe UI", "Noto Sans", "Noto Sans CJK SC", "PingFang SC", sans-serif'

_AXIS = {
    "gridcolor": GRID,
    "linecolor": GRID,
    "zerolinecolor": GRID,
    "showline": True,
    "automargin": True,
    "title": {"standoff": 8},
}
TEMPLATE = go.layout.Template(
    layout={
        "colorway": list(PALETTE),
        "colorscale": {"sequential": "Cividis", "diverging": "RdBu"},
        "font": {"color": INK, "family": _FONTS, "size": 13},
        "title": {"x": 0, "xref": "paper", "yref": "container", "y": 0.98, "yanchor": "top"},
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "margin": {"l": 60, "r": 24, "t": 56, "b": 48},
        "hoverlabel": {"align": "left", "namelength": -1},
        "legend": {"orientation": "h", "x": 0, "y": -0.2, "yanchor": "top"},
        "modebar": {"bgcolor": "rgba(0, 0, 0, 0)"},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)

Level = Literal["margin_call", "liquidation"]
_LEVELS = {
    "margin_call": {"color": PALETTE[1], "dash": "dash", "width": 1.5},
    "liquidation": {"color": PALETTE[1], "dash": "solid", "width": 2},
}


def new_figure(
    title: str, *, x: str, y: str | Sequence[str], panel_titles: Sequence[str] = ()
) -> go.Figure:
    """Return an empty figure with a title and units on its axes.

    Parameters
    ----------
    title : str
        Plain text or plotly's markup; what came from outside goes through `as_text` first.
    x : str
        Title of the x axis, with its unit.
    y : str or sequence of str
        Title of the y axis, with its unit. Several make a panel each, one below the other, on
        the same x axis.
    panel_titles : sequence of str
        A title above each panel.

    Examples
    --------
    >>> figure = new_figure("Two panels", x="Time (UTC)", y=["BTC", "ETH"])
    >>> [axis.title.text for axis in figure.select_yaxes()]
    ['BTC', 'ETH']
    """
    titles = [y] if isinstance(y, str) else list(y) or [""]
    rows = len(titles)
    figure = make_subplots(
        rows=rows,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=min(0.12, 0.3 / rows),
        subplot_titles=list(panel_titles) or None,
    )
    for row, panel in enumerate(titles, start=1):
        figure.update_yaxes(title_text=panel, row=row, col=1)
    figure.update_xaxes(title_text=x, row=rows, col=1)
    figure.update_layout(
        template=TEMPLATE, title_text=title, height=_FRAME_HEIGHT + _PANEL_HEIGHT * rows
    )
    return figure


def line_style(number: int) -> dict[str, Any]:
    """Return colour and dash of the n-th line; both repeat only after six.

    >>> line_style(1)
    {'color': '#D55E00', 'dash': 'dash'}
    """
    return {"color": PALETTE[number % len(PALETTE)], "dash": DASHES[number % len(DASHES)]}


def threshold(x: Any, y: Any, label: str, level: Level) -> go.Scatter:
    """Return a line at which something happens, with its label at its end.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Its points; the two ends are enough for one that does not move.
    label : str
        What happens there.
    level : {"margin_call", "liquidation"}
        Dashed, or solid and thicker.

    Examples
    --------
    >>> threshold([0, 1], [0.85, 0.85], "Liquidation LTV", "liquidation").text
    ('', 'Liquidation LTV')
    """
    return go.Scatter(
        x=x,
        y=y,
        text=[""] * (len(y) - 1) + [label],
        name=label,
        mode="lines+text",
        textposition="top left",
        cliponaxis=False,
        line=_LEVELS[level],
        showlegend=False,
        hoverinfo="skip",
    )


def percent_axis(decimals: int = 0) -> dict[str, Any]:
    """Return what makes an axis show decimals as percent: the data stay decimals.

    >>> figure = new_figure("LTV", x="Time (UTC)", y="LTV").update_yaxes(**percent_axis())
    >>> figure.layout.yaxis.tickformat
    '.0%'
    """
    return {"tickformat": f".{decimals}%", "hoverformat": ".2%"}


def as_text(value: object) -> str:
    """Return what came from outside without meaning for HTML or for plotly's templates.

    >>> as_text("<b>%{y}")
    '&lt;b&gt;%&#123;y}'
    """
    return html.escape(str(value)).replace("%{", "%&#123;")
