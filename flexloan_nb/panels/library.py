"""plotly.js for the page, from the installed plotly and never from the internet."""

from functools import cache
from pathlib import Path

import anywidget
import traitlets
from plotly.offline import get_plotlyjs

__all__ = ["PlotlyLibrary", "plotly_library"]


class PlotlyLibrary(anywidget.AnyWidget):
    """Carries plotly.js to the page; it has no view."""

    _esm = Path(__file__).parent / "view.js"
    code = traitlets.Unicode().tag(sync=True)


@cache
def plotly_library() -> PlotlyLibrary:
    """Return the one library of this kernel, made when the first view asks for it.

    It is 4.8 MB, so it must not travel with each view; a page that is reloaded gets it again from
    the kernel, for which it must live as long as the kernel does.
    """
    return PlotlyLibrary(code=get_plotlyjs())
