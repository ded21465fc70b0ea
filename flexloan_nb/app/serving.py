"""Voilà on this machine alone, with a token, and with nothing from the internet."""

import os
import tempfile
from pathlib import Path
from typing import Any, Final

from flexloan_nb.app.folder import TEMPLATE, fill_folder
from flexloan_nb.errors import FlexLoanError

__all__ = ["serve"]

_LOOPBACK: Final = "127.0.0.1"

# The browser itself refuses what is not from this server. Voilà's page has scripts of its own in
# it, and its loader of widgets compiles some.
_POLICY: Final = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "frame-ancestors 'self'; base-uri 'self'; form-action 'self'; object-src 'none'"
)
_EXTENSIONS: Final = [
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    "anywidget",
]


def serve(code: str, *, port: int | None = None, browser: bool = True) -> None:
    """Serve what a cell shows as a page on this machine until it is stopped.

    Parameters
    ----------
    code : str
        Of the cell; it runs anew, in a kernel of its own, for each page that is opened.
    port : int, optional
        By default the first free one from 8866 on.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    FlexLoanError
        Voilà is not installed.
    """
    try:
        from voila.app import Voila
    except ImportError as error:
        raise FlexLoanError(
            "Voilà is not installed. Install it: pip install 'flexloan_nb[app]'."
        ) from error
    with tempfile.TemporaryDirectory(prefix="flexloan-app-") as folder:
        notebook = fill_folder(Path(folder), code)
        _search_first(folder)
        Voila.launch_instance([str(notebook)], config=_config(port, browser))


def _search_first(folder: str) -> None:
    """Have Jupyter find the page's template in a folder."""
    known = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = f"{folder}{os.pathsep}{known}" if known else folder


def _config(port: int | None, browser: bool) -> Any:
    from traitlets.config import Config

    return Config(
        {
            "Voila": {
                "ip": _LOOPBACK,
                "auto_token": True,
                "config_file_paths": [],  # none of what is set here is for others to change
                "open_browser": browser,
                "tornado_settings": {
                    "allow_remote_access": False,  # no other host name leads here
                    "headers": {"Content-Security-Policy": _POLICY},
                },
                **({} if port is None else {"port": port, "port_retries": 0}),
            },
            "VoilaConfiguration": {
                "template": TEMPLATE,
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "extension_allowlist": _EXTENSIONS,
                "file_allowlist": [],
                "show_tracebacks": True,  # who sees them is who started it
            },
            # A page that is closed leaves its kernel behind: it has no connection any more.
            "MappingKernelManager": {
                "cull_idle_timeout": 60,
                "cull_interval": 20,
                "cull_connected": False,
            },
        }
    )
