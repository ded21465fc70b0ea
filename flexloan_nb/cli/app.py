"""``flexloan app``: the what-if panel as a page."""

import argparse

from flexloan_nb.cli.arguments import EXIT_CODES, Commands, add_source, base_url, port

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command to the others."""
    app = commands.add_parser(
        "app",
        help="serve the what-if panel as a page, without notebook and code",
        description="Serve the what-if panel as a page on 127.0.0.1 until interrupted, and open "
        "it. Who has the address with its token can use the page, and with --source live see "
        "your loan; nothing can be moved with it. Needs Voilà: pip install 'flexloan_nb[app]'.",
        epilog=EXIT_CODES,
    )
    add_source(app, "simulator")
    app.add_argument("--port", type=port, help="port of the page (default: 8866 or the next)")
    app.add_argument("--no-browser", action="store_true", help="print the address only")
    app.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from flexloan_nb.app import serve_panel

    serve_panel(
        arguments.source,
        **base_url(arguments),
        port=arguments.port,
        browser=not arguments.no_browser,
    )
