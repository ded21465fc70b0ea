"""The what-if panel as a page without code, for who does not want a notebook."""

from typing import Any, Final

from flexloan_nb.app.serving import serve
from flexloan_nb.connection import connect

__all__ = ["serve_panel"]

_CELL: Final = """\
from flexloan_nb import connect
from flexloan_nb.panels.what_if import what_if_panel

what_if_panel(connect({arguments}))"""


def serve_panel(
    source: str,
    *,
    base_url: str | None = None,
    port: int | None = None,
    browser: bool = True,
) -> None:
    """Serve the what-if panel of a loan on this machine until it is stopped.

    Each page that is opened has a kernel of its own, which ends a minute or two after the page is
    closed. The address has a token, without which nothing is shown.

    Parameters
    ----------
    source : str
        Of the loan, as for `connect`.
    base_url : str, optional
        Address of the live exchange; by default that of the global site.
    port : int, optional
        By default the first free one from 8866 on.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    FlexLoanError
        Voilà is not installed, keys are missing, or nothing listens at the address.
    """
    options: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
    connect(source, **options).close()  # what is wrong is better told here than on the page
    arguments = ", ".join([repr(source), *(f"{name}={of!r}" for name, of in options.items())])
    serve(_CELL.format(arguments=arguments), port=port, browser=browser)
