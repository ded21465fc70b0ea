"""The command ``flexloan``: a file for each of its commands."""

import argparse
import sys
from collections.abc import Sequence

from flexloan_nb import __version__
from flexloan_nb.cli import app, doctor, lab, report, simulate
from flexloan_nb.cli.arguments import EXIT_CODES
from flexloan_nb.errors import FlexLoanError

__all__ = ["main"]

_COMMANDS = (lab, app, report, simulate, doctor)


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``flexloan`` with the given arguments and return its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except (FlexLoanError, OSError) as error:
        print(f"flexloan {arguments.command}: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flexloan",
        description="OKX Flexible Loan in JupyterLab, on the live exchange or an embedded one.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser
