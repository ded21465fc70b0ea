"""What several commands share: how arguments are read, and what exit codes mean."""

import argparse
from pathlib import Path
from typing import Any, Final, TypeAlias

from flexloan_nb.errors import FlexLoanError

__all__ = ["EXIT_CODES", "Commands", "add_source", "base_url", "expanded", "port"]

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

EXIT_CODES: Final = """\
exit codes: 0 done, 1 it failed and said why, 2 the command line was wrong"""


def add_source(command: argparse.ArgumentParser, default: str) -> None:
    """Add the options that say whose loans they are."""
    command.add_argument(
        "--source",
        type=_source,
        default=default,
        help="live, simulator (the embedded exchange), or the http:// address that flexloan "
        "simulate prints (default: %(default)s)",
    )
    command.add_argument(
        "--base-url",
        help="address of the live exchange, e.g. https://eea.okx.com (default: that of the "
        "global site)",
    )
    command.set_defaults(wrong=command.error)


def base_url(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the option for `connect` that says where the live exchange is, if it was given."""
    if arguments.base_url is None:
        return {}
    if arguments.source != "live":
        arguments.wrong("--base-url is for --source live")
    return {"base_url": arguments.base_url}


def _source(text: str) -> str:
    """Read a source, for argparse; what was typed is not repeated, as it may be a key."""
    if text in {"live", "simulator"} or text.startswith("http://"):
        return text
    raise argparse.ArgumentTypeError(
        "choose live, simulator, or the http:// address that flexloan simulate prints"
    )


def port(text: str) -> int:
    """Read a port number, for argparse."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port: choose one from 0 to 65535")
    return number


def expanded(given: Path, option: str) -> Path:
    """Return a path in full.

    Raises
    ------
    FlexLoanError
        There is no such user, or links lead in a circle.
    """
    try:
        return given.expanduser().resolve()
    except RuntimeError as error:  # no such user; before Python 3.13 also links in a circle
        reason = str(error).rstrip(".")
        raise FlexLoanError(f"{option} {given}: {reason}. Choose another.") from error
