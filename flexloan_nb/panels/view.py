"""A live figure in a notebook, changed in place."""

import html
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import numpy.typing as npt
import plotly.graph_objects as go
import traitlets

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.panels.library import plotly_library
from flexloan_nb.panels.picture import display_with_pictures
from flexloan_nb.panels.spec import (
    Column,
    Spec,
    as_array,
    as_column,
    join,
    replaced,
    split,
    with_dates,
)

__all__ = ["PlotlyView"]

# Nothing of a loan leaves the page: plotly's own button would send the figure to its makers.
_CONFIG = {
    "displaylogo": False,
    "plotlyServerURL": "",
    "responsive": False,  # the view watches its own size, which also changes without the window's
    "showSendToCloud": False,
}


class PlotlyView(anywidget.AnyWidget):
    """A plotly figure in the notebook that is changed in place, without flicker.

    Zoom is kept, the width is that of its container, ink and grid are those of JupyterLab's
    theme, and nothing comes from the internet. A notebook that is saved keeps a picture of it.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        What is shown first.

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> view = PlotlyView(go.Figure(go.Scatter(y=[1, 2], name="LTV")))
    >>> view.update({"LTV": {"y": [1, 3]}})
    """

    _esm = Path(__file__).parent / "view.js"
    _css = Path(__file__).parent / "view.css"

    spec = traitlets.Dict().tag(sync=True)
    columns = traitlets.Dict().tag(sync=True)

    def __init__(self, figure: go.Figure) -> None:
        plotly_library()
        self.picture = b""
        self._on_picture: list[Callable[[], None]] = []
        super().__init__(**_state(figure))
        self.on_msg(self._receive)

    def show(self, figure: go.Figure) -> None:
        """Show another figure in this one's place.

        Its zoom is kept unless its ``layout.uirevision`` is another.

        Parameters
        ----------
        figure : plotly.graph_objects.Figure
            Copied; a later change to it is not seen.
        """
        self._change(**_state(figure))

    def update(
        self,
        traces: Mapping[str | int, Mapping[str, npt.ArrayLike]],
        layout: Mapping[str, Any] | None = None,
    ) -> None:
        """Give traces new numbers: the quick way, for what follows a slider.

        Parameters
        ----------
        traces : mapping of str or int to mapping of str to array_like
            The arrays by a trace's name or number and the attribute's path, e.g.
            ``{"LTV": {"y": values}}`` or ``{0: {"marker.size": sizes}}``. Numbers or times, not
            texts.
        layout : mapping of str to object, optional
            New values in the layout, e.g. ``{"title.text": "LTV after"}`` or
            ``{"shapes.0.y0": 0.8}``.

        Raises
        ------
        InvalidArgumentError
            There is no such trace, or two of that name, or the values are not numbers; nothing
            was changed.
        """
        columns, spec = dict(self.columns), self.spec
        for trace, arrays in traces.items():
            number = self._number(trace)
            for path, values in arrays.items():
                self._check_path(number, path)
                array = as_array(values)
                columns[f"{number}.{path}"] = _column(array, f"{path} of trace {trace!r}")
                if array.dtype.kind == "M":
                    dated = with_dates(spec["layout"], spec["data"][number], [path])
                    spec = replaced(spec, ["layout"], dated)
        for path, value in (layout or {}).items():
            spec = replaced(spec, ["layout", *_keys(path)], value)
        self._change(spec, columns)

    @property
    def figure(self) -> go.Figure:
        """The figure as it is now, a new one each time."""
        return join(Spec(self.spec["data"], self.spec["layout"], self.columns))

    @property
    def title(self) -> str:
        """The figure's title as it is now, without markup."""
        title = self.spec["layout"].get("title", {}).get("text", "")
        return html.unescape(re.sub(r"<[^>]*>", " ", title)).strip()

    def on_picture(self, callback: Callable[[], None]) -> None:
        """Have a function called when ``picture``, a PNG of the figure at rest, is a new one."""
        self._on_picture.append(callback)

    def _ipython_display_(self, **_: Any) -> None:
        display_with_pictures(self, [self])

    def _receive(self, _: Any, content: dict[str, Any], buffers: list[memoryview]) -> None:
        if content.get("kind") == "picture":
            self.picture = bytes(buffers[0])
            for callback in self._on_picture:
                callback()

    def _change(self, spec: dict[str, Any], columns: dict[str, Column]) -> None:
        with self.hold_sync():
            self.spec, self.columns = spec, columns

    def _number(self, trace: str | int) -> int:
        names = [trace.get("name") for trace in self.spec["data"]]
        found = [n for n, name in enumerate(names) if trace in (n, name)]
        if len(found) != 1:
            raise InvalidArgumentError(
                f"{trace!r} is {'no trace' if not found else 'several traces'} of this figure: "
                f"give a number below {len(names)}, or a name that is there once, of {names}."
            )
        return found[0]

    def _check_path(self, number: int, path: str) -> None:
        node = self.spec["data"][number]
        for key in path.split("."):
            node = node.get(key) if isinstance(node, Mapping) else None
        if node is None and f"{number}.{path}" not in self.columns:
            raise InvalidArgumentError(
                f"Trace {number} has no {path!r}: the figure that was shown must have it already."
            )


def _state(figure: go.Figure) -> dict[str, Any]:
    data, layout, columns = split(figure)
    layout.setdefault("uirevision", "kept")
    return {"spec": {"data": data, "layout": layout, "config": _CONFIG}, "columns": columns}


def _keys(path: str) -> list[str | int]:
    return [int(key) if key.isdigit() else key for key in path.split(".")]


def _column(values: npt.NDArray[Any], name: str) -> Column:
    try:
        return as_column(values)
    except (TypeError, ValueError):
        raise InvalidArgumentError(f"{name} must be numbers or times.") from None
