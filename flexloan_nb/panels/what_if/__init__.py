"""What if? Changes of a loan, tried before they are made."""

from flexloan_nb.panels.what_if.panel import WhatIfPanel, what_if_panel
from flexloan_nb.panels.what_if.sketch import Scenario, Sketch

__all__ = ["Scenario", "Sketch", "WhatIfPanel", "what_if_panel"]
