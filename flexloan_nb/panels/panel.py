"""A column of widgets with views among them."""

from collections.abc import Iterator
from typing import Any

import ipywidgets

from flexloan_nb.panels.picture import display_with_pictures
from flexloan_nb.panels.view import PlotlyView

__all__ = ["Panel"]


class Panel(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A `VBox` whose figures are still there when the notebook is opened without a kernel.

    Examples
    --------
    >>> import plotly.graph_objects as go
    >>> slider = ipywidgets.FloatSlider(description="Fall")
    >>> panel = Panel([slider, PlotlyView(go.Figure())])
    >>> len(panel.views)
    1
    """

    @property
    def views(self) -> list[PlotlyView]:
        """The views in it, however deep, from top to bottom."""
        return list(_views(self))

    def _ipython_display_(self, **_: Any) -> None:
        display_with_pictures(self, self.views)


def _views(widget: ipywidgets.Widget) -> Iterator[PlotlyView]:
    if isinstance(widget, PlotlyView):
        yield widget
    for child in getattr(widget, "children", ()):
        yield from _views(child)
