"""``flexloan doctor``: what is wrong with the set-up."""

import argparse

from flexloan_nb.cli.arguments import Commands, add_source, base_url
from flexloan_nb.errors import FlexLoanError

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command to the others."""
    doctor = commands.add_parser(
        "doctor",
        help="look at the set-up, and say what to do about what is wrong",
        description="Look at the exchange's host, DNS, TLS and clock, the API key and its "
        "permissions, the pace, the libraries and JupyterLab: a line each, ok, warning, failed or "
        "skipped, with what to do. Nothing is moved, and no part of the key is shown.",
        epilog="exit codes: 0 nothing failed, 1 something failed, 2 the command line was wrong",
    )
    add_source(doctor, "live")
    doctor.add_argument("--json", action="store_true", help="print one line of JSON: ok, checks")
    doctor.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    from flexloan_nb.doctor import as_json, as_text, examine

    checks = examine(arguments.source, **base_url(arguments))
    print(as_json(checks) if arguments.json else as_text(checks))
    failed = [check.name for check in checks if check.status == "failed"]
    if failed:
        raise FlexLoanError(f"failed: {', '.join(failed)}.")
