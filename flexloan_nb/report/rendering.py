"""From a report to one HTML file that needs nothing else."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any, Final

import plotly.graph_objects as go
from jinja2 import Environment, FunctionLoader, StrictUndefined
from plotly.offline import get_plotlyjs

from flexloan_nb.report.formatting import percent
from flexloan_nb.report.parts import Gauge, Report
from flexloan_nb.report.texts import texts

__all__ = ["render"]

_PAGE: Final = "report.html.j2"


def render(report: Report) -> str:
    """Return a report as a page of HTML.

    Everything is in it: the tables and texts can be read without scripts, and figures are drawn
    by plotly.js, which is in it once. What came from outside is escaped; and a policy forbids
    the browser every request, and every script but the two that are named by their digests.

    Parameters
    ----------
    report : Report
        As `compose` returns it.

    Examples
    --------
    >>> page = render(Report("Loan <1>", "now", False, (), "en"))
    >>> "<h1>Loan &lt;1&gt;</h1>" in page
    True
    """
    scripts = get_plotlyjs(), _asset("figures.js")
    return (
        _environment()
        .get_template(_PAGE)
        .render(
            report=report,
            text=texts(report.lang),
            policy=_policy(scripts),
            style=_asset("report.css"),
            scripts=scripts,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(data=_data, percent=percent, width=_width)
    environment.tests["part"] = lambda part, name: type(part).__name__ == name
    return environment


def _asset(name: str) -> str:
    return (files("flexloan_nb.report") / "page" / name).read_text(encoding="utf-8")


def _policy(scripts: tuple[str, ...]) -> str:
    """Return a Content-Security-Policy under which nothing leaves the page.

    Plotly writes styles, and makes the picture of its download button of data and blobs.
    """
    digests = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {digests}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _data(figure: go.Figure) -> str:
    """Return a figure as JSON that can stand within a script element."""
    text: str = figure.to_json()
    return text.replace("&", "\\u0026").replace("<", "\\u003c")


def _width(share: float, gauge: Gauge) -> Any:
    """Return where a share lies on a gauge, in percent of its width."""
    end = max(1.0, min(gauge.ltv, 1.5), gauge.liquidation)
    return round(100 * min(share / end, 1.0), 2)
