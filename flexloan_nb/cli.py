"""The command ``flexloan``."""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from flexloan_nb import __version__
from flexloan_nb.errors import FlexLoanError

if TYPE_CHECKING:
    from flexloan_nb.sim import SimulatorServer

__all__ = ["main"]

_EXIT_CODES = """\
exit codes: 0 done, 1 it failed and said why, 2 the command line was wrong"""


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
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    _add_lab(commands)
    _add_simulate(commands)
    _add_doctor(commands)
    return parser


def _add_lab(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    lab = commands.add_parser(
        "lab",
        help="put the notebooks in a folder of yours and open JupyterLab on them",
        description="Put the notebooks in a folder of yours and open JupyterLab on them. "
        "A notebook that you have changed is never overwritten. No key and no internet needed: "
        "the notebooks start on the embedded exchange.",
        epilog=_EXIT_CODES,
    )
    lab.add_argument(
        "--dir",
        type=Path,
        default=Path("flexloan-notebooks"),
        help="folder for the notebooks (default: %(default)s)",
    )
    lab.add_argument("--port", type=_port, help="port of JupyterLab (default: 8888 or the next)")
    lab.add_argument("--no-browser", action="store_true", help="print the address only")
    lab.set_defaults(run=_lab)


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    simulate = commands.add_parser(
        "simulate",
        help="serve the embedded exchange over HTTP on this machine",
        description="Serve the embedded exchange over HTTP on 127.0.0.1 until interrupted, for "
        "notebooks (connect('http://127.0.0.1:PORT')) and for any other OKX client, with a "
        "throw-away key. The same seed gives the same market and the same loans. With --speed "
        "its time runs; with --control a second address takes commands that change it.",
        epilog=_EXIT_CODES,
    )
    simulate.add_argument(
        "--port", type=_port, default=0, help="port to listen on (default: any free one)"
    )
    simulate.add_argument("--seed", type=_seed, default=7, help="seed of the market (default: 7)")
    simulate.add_argument(
        "--speed",
        type=_speed,
        default=0.0,
        help="virtual seconds that pass in a second, e.g. 3600; with 0 time stands and the same "
        "calls give the same answers (default: 0)",
    )
    simulate.add_argument(
        "--control",
        action="store_true",
        help="also take commands (deposit, set_price, advance, fail_next ...) at a secret "
        "address; GET it for the list",
    )
    simulate.add_argument(
        "--json",
        action="store_true",
        help="print one line of JSON when ready: url, api_key, secret_key, passphrase, and with "
        "--control control_url",
    )
    simulate.set_defaults(run=_simulate)


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    doctor = commands.add_parser(
        "doctor",
        help="look at the set-up, and say what to do about what is wrong",
        description="Look at the exchange's host, DNS, TLS and clock, the API key and its "
        "permissions, the pace, the libraries and JupyterLab: a line each, ok, warning, failed or "
        "skipped, with what to do. Nothing is moved, and no part of the key is shown.",
        epilog="exit codes: 0 nothing failed, 1 something failed, 2 the command line was wrong",
    )
    doctor.add_argument(
        "--source",
        type=_source,
        default="live",
        help="live, simulator (the embedded exchange), or the http:// address that flexloan "
        "simulate prints (default: %(default)s)",
    )
    doctor.add_argument(
        "--base-url",
        help="address of the live exchange, e.g. https://eea.okx.com (default: that of the "
        "global site)",
    )
    doctor.add_argument("--json", action="store_true", help="print one line of JSON: ok, checks")
    doctor.set_defaults(run=_doctor, wrong=doctor.error)


def _source(text: str) -> str:
    """Read a source, for argparse; what was typed is not repeated, as it may be a key."""
    if text in {"live", "simulator"} or text.startswith("http://"):
        return text
    raise argparse.ArgumentTypeError(
        "choose live, simulator, or the http:// address that flexloan simulate prints"
    )


def _port(text: str) -> int:
    """Read a port number, for argparse."""
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not a port: choose one from 0 to 65535")
    return port


def _seed(text: str) -> int:
    """Read a seed, for argparse."""
    seed = int(text)
    if seed < 0:
        raise argparse.ArgumentTypeError(f"{seed} is not a seed: choose 0 or more")
    return seed


def _speed(text: str) -> float:
    """Read a speed of time, for argparse."""
    speed = float(text)
    if not 0 <= speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a speed: choose 0 or more")
    return speed


def _lab(arguments: argparse.Namespace) -> None:
    from flexloan_nb.lab import copy_notebooks, open_lab

    folder = _folder(arguments.dir)
    for name, state in copy_notebooks(folder):
        print(f"{state:9} {folder / name}")
    open_lab(folder, port=arguments.port, browser=not arguments.no_browser)


def _folder(given: Path) -> Path:
    try:
        return given.expanduser().resolve()
    except RuntimeError as error:  # no such user; before Python 3.13 also links in a circle
        reason = str(error).rstrip(".")
        raise FlexLoanError(f"--dir {given}: {reason}. Choose another folder.") from error


def _doctor(arguments: argparse.Namespace) -> None:
    from flexloan_nb.api.client import LIVE_URL
    from flexloan_nb.doctor import as_json, as_text, examine

    if arguments.base_url is not None and arguments.source != "live":
        arguments.wrong("--base-url is for --source live")
    checks = examine(arguments.source, arguments.base_url or LIVE_URL)
    print(as_json(checks) if arguments.json else as_text(checks))
    failed = [check.name for check in checks if check.status == "failed"]
    if failed:
        raise FlexLoanError(f"failed: {', '.join(failed)}.")


def _simulate(arguments: argparse.Namespace) -> None:
    from flexloan_nb.api.signing import utc_now
    from flexloan_nb.sim import Gateway, SimulatedExchange, SimulatorServer

    exchange = SimulatedExchange(seed=arguments.seed)
    gateway = Gateway(exchange, clock=utc_now, speed=arguments.speed)
    try:
        server = SimulatorServer(
            gateway, gateway.issue_key(), arguments.port, control=arguments.control
        )
    except OSError as error:
        raise FlexLoanError(
            f"port {arguments.port}: {error.strerror}. Choose another, or none for any free one."
        ) from error
    with server, suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, _interrupt)
        print(_as_json(server) if arguments.json else _as_text(server), flush=True)
        server.serve_forever()


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def _as_json(server: "SimulatorServer") -> str:
    ready = {"url": server.url, **server.key.credentials()}
    if server.control_url:
        ready["control_url"] = server.control_url
    return json.dumps(ready)


def _as_text(server: "SimulatorServer") -> str:
    key = server.key
    lines = [
        f"Simulated OKX Flexible Loan at {server.url}; stop it with Ctrl-C.",
        f'In a notebook: connect("{server.url}")',
        f"For other clients, a throw-away key: {key.api_key} secret {key.secret_key} "
        f"passphrase {key.passphrase}",
    ]
    if server.control_url:
        lines.append(f"Commands: {server.control_url}")
    return "\n".join(lines)
