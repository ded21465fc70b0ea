"""The client beside others and beside naive pandas, in one run: medians and their ratios.

    python tests/benchmarks/bench_client.py [--quick]

Servers are processes of their own on this machine. The contenders of a row take turns, so that
whatever else the machine does meets all of them alike.
"""

import argparse
import contextlib
import gc
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import urlopen

import ccxt
import pandas as pd
import requests
from okx.Finance.FlexibleLoan import FlexibleLoanAPI

from flexloan_nb import Credentials, FlexibleLoanClient
from flexloan_nb.api.endpoints import INTEREST_ACCRUED
from flexloan_nb.api.frames import to_frame
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.signing import OkxAuth, utc_now

LOAN_INFO = "/api/v5/finance/flexible-loan/loan-info"
ROWS, PAGES = 720, 8
SERVER = """
import json, sys
from collections import Counter
from datetime import UTC, datetime
from flexloan_nb.sim import Gateway, SimulatedExchange, SimulatorServer

codes = Counter()

class Counting(Gateway):
    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/count":
            start_response("200 OK", [("Content-Length", str(len(json.dumps(codes))))])
            return [json.dumps(codes).encode()]
        body = b"".join(super().__call__(environ, start_response))
        codes[json.loads(body)["code"]] += 1
        return [body]

kind = Counting if sys.argv[1] == "paced" else Gateway
gateway = kind(
    SimulatedExchange(), clock=lambda: datetime.now(UTC), paced=sys.argv[1] == "paced"
)
with SimulatorServer(gateway, gateway.issue_key()) as server:
    server.start()
    print(json.dumps([server.url, server.key.credentials()]), flush=True)
    sys.stdin.read()
"""
WORKER = """
import json, sys, time
from pathlib import Path
from flexloan_nb import Credentials, FlexibleLoanClient
from flexloan_nb.api.pace import SharedPace
url, key, folder, seconds = json.loads(sys.argv[1])
pace = SharedPace("bench", folder=Path(folder))
client = FlexibleLoanClient(Credentials(**key), base_url=url, pace=pace)
print(flush=True)
sys.stdin.readline()
until = time.monotonic() + seconds
while time.monotonic() < until:
    client.borrow_currencies()
"""
NOTHING = "pass"
IMPORT = "import flexloan_nb"
PANDAS = "import pandas"
FIRST_CALL = "from flexloan_nb import connect; connect('simulator').loan_info()"

Contender = Callable[[], object]


class Row(NamedTuple):
    """One line of the table: a median, what it is held against, and the target."""

    what: str
    value: float
    against: str
    other: float
    target: float
    unit: str = "x"

    def __str__(self) -> str:
        measured = self.value / self.other if self.unit == "x" else self.value - self.other
        verdict = "ok" if measured <= self.target else "MISSED"
        figures = f"{shown(self.value):>9} {shown(self.other):>9} {measured:8.3f}"
        return (
            f"{self.what:<38} {self.against:<34} {figures} {self.target:6.2f} {self.unit} {verdict}"
        )


def shown(seconds: float) -> str:
    """Write a duration with a unit that fits."""
    return f"{seconds * 1000:.2f} ms" if seconds < 1 else f"{seconds:.2f} s"


def medians(times: int, *contenders: Contender) -> list[float]:
    """Let contenders take turns, and return the median seconds of each."""
    seconds: list[list[float]] = [[] for _ in contenders]
    for contender in contenders:
        contender()
    for _ in range(times):
        for kept, contender in zip(seconds, contenders, strict=True):
            gc.collect() if times < 20 else None
            began = time.perf_counter()
            contender()
            kept.append(time.perf_counter() - began)
    return [statistics.median(kept) for kept in seconds]


@contextlib.contextmanager
def serving(pace: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Run an exchange in another process; give its address and key."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, pace],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        url, key = json.loads(server.stdout.readline())
        yield url, key
        server.communicate()


def ccxt_of(url: str, key: dict[str, str]) -> Any:
    """Return ccxt's client of this exchange."""
    scheme, _, host = url.partition("://")
    keys = {"apiKey": key["api_key"], "secret": key["secret_key"], "password": key["passphrase"]}
    urls = {"api": {"rest": scheme + "://{hostname}"}}
    return ccxt.okx({**keys, "hostname": host, "urls": urls, "enableRateLimit": False})


def calls(quick: bool) -> Iterator[Row]:
    """Measure calls over loopback, the pace off."""
    times = 100 if quick else 400
    with serving("free") as (url, key):
        credentials = Credentials(**key)
        ours = FlexibleLoanClient(credentials, base_url=url, pace=Unpaced())
        okx = FlexibleLoanAPI(*key.values(), flag="0", domain=url)
        theirs = ccxt_of(url, key)
        bare, auth = requests.Session(), OkxAuth(credentials, utc_now, demo=False)
        us, python_okx, by_ccxt, by_requests = medians(
            times,
            ours.loan_info,
            okx.loan_info,
            theirs.privateGetFinanceFlexibleLoanLoanInfo,
            lambda: bare.get(url + LOAN_INFO, auth=auth, timeout=15).json(),
        )
        what = "loan_info() to a typed frame"
        yield Row(what, us, "python-okx's dict", python_okx, 1.2)
        yield Row(what, us, "ccxt's dict", by_ccxt, 1.2)
        yield Row(what, us, "bare requests session's dict", by_requests, 1.2)

        def eight_pages() -> None:
            after = ""
            for _ in range(PAGES):
                after = okx.interest_accrued(after=after, limit="100")["data"][-1]["refId"]

        assert len(ours.interest_accrued(limit=ROWS)) == ROWS
        us, python_okx = medians(
            times // 10, lambda: ours.interest_accrued(limit=ROWS), eight_pages
        )
        yield Row(
            "720 accruals to one typed frame", us, "python-okx's eight dicts", python_okx, 1.2
        )
        theirs.session.close()


def records(number: int) -> list[dict[str, str]]:
    """Return accruals as an answer has them, each with values of its own."""
    return [
        {
            "ccy": ("USDT", "BTC", "ETH", "SOL", "USDC")[i % 5],
            "interest": f"0.{4054 + i:08}",
            "interestRate": f"0.{41 + i % 60:04}",
            "loan": f"{i}.86599309",
            "refId": str(17316594851045087 + i),
            "ts": str(1731654000000 + i // 5 * 3_600_000),
        }
        for i in range(number)
    ]


def naive(rows: list[dict[str, str]]) -> pd.DataFrame:
    """Do what one does without this package."""
    frame = pd.DataFrame(rows)
    for name in ("interest", "interestRate", "loan"):
        frame[name] = pd.to_numeric(frame[name])
    frame["ts"] = pd.to_datetime(pd.to_numeric(frame["ts"]), unit="ms", utc=True)
    return frame


def frames(quick: bool) -> Iterator[Row]:
    """Measure the way from rows to a frame."""
    rows, table = records(100_000 if quick else 1_000_000), INTEREST_ACCRUED.table
    floats, decimals, by_pandas = medians(
        3 if quick else 2,
        lambda: to_frame(rows, table),
        lambda: to_frame(rows, table, "decimal"),
        lambda: naive(rows),
    )
    what = f"{len(rows):,} records to a"
    yield Row(f"{what} typed frame", floats, "naive pandas", by_pandas, 0.2)
    yield Row(f"{what} decimal frame", decimals, "the float frame", floats, 3.0)
    print(f"peak memory of {len(rows) // 10:,} records:", end="")
    for name, make in (("ours", lambda part: to_frame(part, table)), ("naive", naive)):
        print(f" {name} {peak_mebibytes(make, rows[: len(rows) // 10]):.0f} MiB", end="")
    print()


def peak_mebibytes(make: Callable[[list[Any]], object], rows: list[Any]) -> float:
    """Return the most memory that Python held while a frame was made."""
    tracemalloc.start()
    make(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def interpreter(code: str) -> Contender:
    """Return what runs code in an interpreter of its own."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def starts(quick: bool) -> Iterator[Row]:
    """Measure fresh interpreters."""
    bare, imported, pandas, first = medians(
        5 if quick else 9, *map(interpreter, (NOTHING, IMPORT, PANDAS, FIRST_CALL))
    )
    yield Row("import flexloan_nb", imported, "bare interpreter", bare, 0.06, "s")
    yield Row("first connect('simulator').loan_info()", first, "import pandas", pandas, 0.5, "s")


def pace(quick: bool, processes: int = 4) -> str:
    """Count, at the server, what processes with one key are refused when they never rest."""
    seconds = 8 if quick else 30
    with serving("paced") as (url, key), tempfile.TemporaryDirectory() as folder:
        argument = json.dumps([url, key, folder, seconds])
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, argument],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(processes)
        ]
        for worker in workers:
            assert worker.stdout is not None
            worker.stdout.readline()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("\n")
            worker.stdin.flush()
        for worker in workers:
            worker.communicate()
        with urlopen(f"{url}/count") as answer:
            codes = json.load(answer)
    rate = sum(codes.values()) / seconds
    verdict = "ok" if set(codes) == {"0"} and rate >= 2.3 else "MISSED"
    return (
        f"pace, {processes} processes, {seconds} s: {codes.get('50011', 0)} refused (target 0), "
        f"{rate:.2f} calls a second (target 2.30) {verdict}"
    )


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    quick = parser.parse_args().quick
    warnings.simplefilter("ignore")  # python-okx is warned of its own
    logging.disable()
    print(f"Python {sys.version.split()[0]}, pandas {pd.__version__}, {Path(__file__).name}")
    for part in (calls, frames, starts):
        for row in part(quick):
            print(row, flush=True)
    print(pace(quick))


if __name__ == "__main__":
    main()
