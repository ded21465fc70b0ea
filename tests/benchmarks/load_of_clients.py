"""How the embedded exchange bears many clients at once, over HTTP on this machine.

    python tests/benchmarks/load_of_clients.py [--seconds 60] [--clients 16] [--paced]

Every client has an account with a loan of its own, signs each request, and moves collateral to
and fro between reads without ever waiting. Time stands, so a read of the same loan must give the
same bytes; anything else is a wrong answer. With ``--paced`` calls are limited as on the real
exchange, and 50011 is the only refusal allowed. Prints the requests per second, what was
answered, the slowest answer, and the memory of the server's process after a tenth of the time and
at the end: it grows by the moves, which the loan's history keeps for ever.
"""

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOAN = "/api/v5/finance/flexible-loan/"
READS: tuple[tuple[str, dict[str, Any] | None], ...] = (
    ("loan-info", None),
    ("max-loan", {"borrowCcy": "USDC", "supCollateral": [{"ccy": "ETH", "amt": "2"}]}),
    ("collateral-assets", None),
    ("max-collateral-redeem-amount?ccy=BTC", None),
    ("interest-accrued", None),
    ("borrow-currencies", None),
)
MOVES = ("add", "reduce")
READS_BETWEEN_MOVES = 10
TOO_MANY = "50011"
SERVER = """
import sys
from datetime import UTC, datetime
from flexloan_nb.sim import Gateway, SimulatedExchange, SimulatorServer
wall, paced = lambda: datetime.now(UTC), sys.argv[1] == "paced"
gateway = Gateway(SimulatedExchange(), clock=wall, paced=paced)
with SimulatorServer(gateway, gateway.issue_key(), control=True) as server:
    server.start()
    print(server.control_url, flush=True)
    sys.stdin.read()
"""


@dataclass
class Tally:
    """What one client was answered; `wrong` holds answers that should have been others."""

    codes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0  # seconds

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.codes + other.codes,
            self.wrong + other.wrong,
            max(self.slowest, other.slowest),
        )

    @property
    def requests(self) -> int:
        """How many there were."""
        return sum(self.codes.values())


class Client:
    """A user with a loan, who asks without a pause."""

    def __init__(self, address: str, key: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=60)
        self._key = key
        self._pledged = 0  # which of two amounts is pledged: moves made, modulo two
        self._seen: dict[tuple[int, str], bytes] = {}  # by what was pledged, and target
        self.tally = Tally()

    def ask_until(self, moment: float) -> Tally:
        """Ask until the monotonic clock says so, and return what was answered."""
        self.tally = Tally()
        for turn in count():
            if time.monotonic() >= moment:
                break
            if turn % READS_BETWEEN_MOVES:
                self._read(*READS[turn % len(READS)])
            else:
                self._move()
        self._connection.close()
        return self.tally

    def _read(self, target: str, body: dict[str, Any] | None) -> None:
        answered = self._ask(target, body)
        if answered is not None and self._seen.setdefault((self._pledged, target), answered) != (
            answered
        ):
            self.tally.wrong.append(f"{target}: {answered[:200]!r}")

    def _move(self) -> None:
        move = {"type": MOVES[self._pledged], "collateralCcy": "BTC", "collateralAmt": "0.25"}
        if self._ask("adjust-collateral", move) is not None:
            self._pledged = 1 - self._pledged

    def _ask(self, target: str, body: dict[str, Any] | None) -> bytes | None:
        """Return the answer, or None where the request was one too many."""
        method, content = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
        began = time.monotonic()
        self._connection.request(
            method, LOAN + target, content, self._headers(method + LOAN + target, content)
        )
        answered = self._connection.getresponse().read()
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
        code = json.loads(answered)["code"]
        self.tally.codes[code] += 1
        if code not in ("0", TOO_MANY):
            self.tally.wrong.append(f"{target}: {answered[:200]!r}")
        return answered if code == "0" else None

    def _headers(self, signed: str, content: bytes) -> dict[str, str]:
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        secret = self._key["secret_key"].encode()
        digest = hmac.digest(secret, f"{stamp}{signed}".encode() + content, hashlib.sha256)
        return {
            "OK-ACCESS-KEY": self._key["api_key"],
            "OK-ACCESS-SIGN": base64.b64encode(digest).decode(),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self._key["passphrase"],
            "Content-Type": "application/json",
        }


def command(control_url: str, name: str, **arguments: Any) -> Any:
    """Send a command to the exchange and return its result."""
    request = urllib.request.Request(f"{control_url}/{name}", json.dumps(arguments).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["result"]


def clients_of(control_url: str, number: int) -> list[Client]:
    """Open accounts, each with a loan and two days of interest, and return their clients."""
    keys = []
    for user in map(str, range(number)):
        keys.append(command(control_url, "add_account", user=user))
        command(control_url, "deposit", ccy="BTC", amt=2, user=user)
        command(
            control_url, "borrow", ccy="USDT", amt=100 + number, collateral={"BTC": 1}, user=user
        )
    command(control_url, "advance", hours=48)
    return [Client(urlsplit(control_url).netloc, key) for key in keys]


def ask_all(clients: list[Client], seconds: float) -> Tally:
    """Let all clients ask at once."""
    moment = time.monotonic() + seconds
    with ThreadPoolExecutor(len(clients)) as pool:
        return sum(pool.map(lambda client: client.ask_until(moment), clients), Tally())


def resident_mebibytes(pid: int) -> float:
    """Return the memory that a process occupies, on Linux."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> int:
    """Serve, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--paced", action="store_true")
    options = parser.parse_args()
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, "paced" if options.paced else "free"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        clients = clients_of(server.stdout.readline().strip(), options.clients)
        ask_all(clients, options.seconds / 10)
        warm = resident_mebibytes(server.pid)
        tally = ask_all(clients, options.seconds * 9 / 10)
        hot = resident_mebibytes(server.pid)
        server.communicate()
    print(f"{tally.requests / (options.seconds * 0.9):.0f} requests a second")
    print(f"{tally.requests} answers by code: {dict(tally.codes)}; {len(tally.wrong)} wrong")
    print(f"slowest {tally.slowest * 1000:.0f} ms; server {warm:.1f} MiB, at the end {hot:.1f} MiB")
    for wrong in tally.wrong[:10]:
        print(wrong)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
