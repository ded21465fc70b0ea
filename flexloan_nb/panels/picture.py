"""Pictures of live figures, for when nothing is alive.

A widget is drawn by its kernel's models: in a notebook that is opened without a kernel, on a code
host or as exported HTML, it is gone. So beside the output with a widget stands another with a
picture of its figures. The views send it when they have come to rest, and it is hidden as long as
the widget after it is live. Where no browser takes part, as when nbconvert runs a notebook, the
figures themselves stand there, as a plotly figure stands in a notebook anyhow.
"""

import base64
import html
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import IPython.display
import ipywidgets
from IPython.core.getipython import get_ipython

__all__ = ["LIVE", "Pictured", "display_with_pictures"]

LIVE = "flexloan-live"  # class of a live widget, by which the styles below find it

_notebook: Any = IPython.display  # whose functions state no types
_WIDGET = "application/vnd.jupyter.widget-view+json"

# Beside its picture, hides a widget whose kernel is gone, for it would say "Error displaying
# widget". The rule that hides the picture beside a live widget is in view.css.
_STYLE = (
    "<style>.jp-OutputArea-child:has(.flexloan-picture)"
    f" + .jp-OutputArea-child:not(:has(.{LIVE})) {{display: none}}</style>"
)


class Pictured(Protocol):
    """A view that knows its figure and its picture, and says when it has a new one."""

    picture: bytes

    @property
    def title(self) -> str:
        """What the picture shows, for who cannot see it."""

    @property
    def figure(self) -> Any:
        """The figure as it is now."""

    def on_picture(self, callback: Callable[[], None]) -> None:
        """Have a function called when the picture is a new one."""


def display_with_pictures(widget: ipywidgets.DOMWidget, views: Sequence[Pictured]) -> None:
    """Display a widget, and before it what stands for it when it is not live.

    Parameters
    ----------
    widget : DOMWidget
        A view, or a panel that has views in it.
    views : sequence of views
        Those whose pictures are kept, in the order from top to bottom.
    """
    widget.add_class(LIVE)
    if _in_a_browser():
        stand_in = _notebook.DisplayHandle()
        stand_in.display(_html(views), raw=True)
        for view in views:
            view.on_picture(lambda: stand_in.update(_html(views), raw=True))
    else:
        for view in views:
            _notebook.display(view.figure)
    model = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    titles = ", ".join(view.title for view in views)
    # Empty HTML is what nbconvert shows of a widget, which it cannot draw, instead of its text.
    _notebook.display({_WIDGET: model, "text/html": "", "text/plain": titles}, raw=True)


def _in_a_browser() -> bool:
    """Return whether someone sits before the kernel, who could also be asked for input."""
    kernel = getattr(get_ipython(), "kernel", None)
    return bool(getattr(kernel, "_allow_stdin", True))


def _html(views: Sequence[Pictured]) -> dict[str, str]:
    images = "".join(_image(view) for view in views if view.picture)
    style = _STYLE if images else ""
    return {"text/html": f'{style}<div class="flexloan-picture">{images}</div>'}


def _image(view: Pictured) -> str:
    png = base64.b64encode(view.picture).decode()
    title = html.escape(view.title)
    return f'<img src="data:image/png;base64,{png}" alt="{title}" style="max-width: 100%">'
