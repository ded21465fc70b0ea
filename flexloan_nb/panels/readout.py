"""Texts beside a figure, changed in place."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

__all__ = ["Readout"]


class Readout(anywidget.AnyWidget):
    """HTML with places for texts, of which only the texts change.

    Nodes stay what they are, so that nothing flickers, the reader keeps a selection and a screen
    reader hears only what is new. Texts are never read as HTML.

    Parameters
    ----------
    html : str
        Trusted HTML; an element with ``data-text="key"`` shows the text of that key, one with
        ``data-mark="key"`` gets it as its attribute ``data-is``, for styles.
    texts : mapping of str to str
        What they show at first.

    Examples
    --------
    >>> readout = Readout('LTV <b data-text="ltv"></b>', {"ltv": "53.39%"})
    >>> readout.show({"ltv": "48.10%"})
    >>> readout.texts
    {'ltv': '48.10%'}
    """

    _esm = Path(__file__).parent / "readout.js"
    _css = Path(__file__).parent / "readout.css"

    html = traitlets.Unicode().tag(sync=True)
    texts = traitlets.Dict().tag(sync=True)

    def __init__(self, html: str, texts: Mapping[str, str] | None = None, **options: Any) -> None:
        super().__init__(html=html, texts=dict(texts or {}), **options)

    def show(self, texts: Mapping[str, str]) -> None:
        """Give some places new texts; the others keep theirs."""
        self.texts = {**self.texts, **texts}
