"""``flexloan lab``: the notebooks in JupyterLab."""

import argparse
from pathlib import Path

from flexloan_nb.cli.arguments import EXIT_CODES, Commands, expanded, port

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command to the others."""
    lab = commands.add_parser(
        "lab",
        help="put the notebooks in a folder of yours and open JupyterLab on them",
        description="Put the notebooks in a folder of yours and open JupyterLab on them. "
        "A notebook that you have changed is never overwritten. No key and no internet needed: "
        "the notebooks start on the embedded exchange.",
        epilog=EXIT_CODES,
    )
    lab.add_argument(
        "--dir",
        type=Path,
        default=Path("flexloan-notebooks"),
        help="folder for the notebooks (default: %(default)s)",
    )
    lab.add_argument("--port", type=port, help="port of JupyterLab (default: 8888 or the next)")
    lab.add_argument("--no-browser", action="store_true", help="print the address only")
    lab.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from flexloan_nb.lab import copy_notebooks, open_lab

    folder = expanded(arguments.dir, "--dir")
    for name, state in copy_notebooks(folder):
        print(f"{state:9} {folder / name}")
    open_lab(folder, port=arguments.port, browser=not arguments.no_browser)
