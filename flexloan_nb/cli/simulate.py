"""``flexloan simulate``: the embedded exchange over HTTP."""

import argparse
import json
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from flexloan_nb.cli.arguments import EXIT_CODES, Commands, port
from flexloan_nb.errors import FlexLoanError

if TYPE_CHECKING:
    from flexloan_nb.sim import SimulatorServer

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command to the others."""
    simulate = commands.add_parser(
        "simulate",
        help="serve the embedded exchange over HTTP on this machine",
        description="Serve the embedded exchange over HTTP on 127.0.0.1 until interrupted, for "
        "notebooks (connect('http://127.0.0.1:PORT')) and for any other OKX client, with a "
        "throw-away key. The same seed gives the same market and the same loans. With --speed "
        "its time runs; with --control a second address takes commands that change it.",
        epilog=EXIT_CODES,
    )
    simulate.add_argument(
        "--port", type=port, default=0, help="port to listen on (default: any free one)"
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
    simulate.set_defaults(run=_run)


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


def _run(arguments: argparse.Namespace) -> None:
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
