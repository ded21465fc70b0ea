"""Headings within a panel."""

import ipywidgets

__all__ = ["heading"]


def heading(text: str) -> ipywidgets.HTML:
    """Return a heading; its text is trusted.

    >>> heading("Shock prices").value
    '<h3>Shock prices</h3>'
    """
    return ipywidgets.HTML(f"<h3>{text}</h3>")
