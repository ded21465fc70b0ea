"""Offering a choice without losing what was chosen."""

from collections.abc import Sequence
from typing import Any

import ipywidgets

__all__ = ["offer"]


def offer(dropdown: ipywidgets.Dropdown, options: Sequence[Any]) -> None:
    """Give a dropdown other options; what was chosen stays so, or the first is.

    Parameters
    ----------
    dropdown : Dropdown
        Whose options are replaced.
    options : sequence
        Values, or pairs of a label and a value.

    Examples
    --------
    >>> dropdown = ipywidgets.Dropdown()
    >>> offer(dropdown, ["BTC", "ETH"])
    >>> dropdown.value = "ETH"
    >>> offer(dropdown, ["SOL", "ETH"])
    >>> dropdown.value
    'ETH'
    """
    chosen = dropdown.value
    values = [option[1] if isinstance(option, tuple) else option for option in options]
    if tuple(dropdown.options) != tuple(options):
        dropdown.options = options
    wanted = chosen if chosen in values else next(iter(values), None)
    if dropdown.value != wanted:
        dropdown.value = wanted
