"""On a bad day: right rows or a named error, in time, within the pace, and nothing done twice."""

import contextlib
import json
import multiprocessing
import threading
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import pairwise

import pytest
import requests

from flexloan_nb import (
    Credentials,
    FlexibleLoanClient,
    FlexLoanError,
    OutcomeUnknownError,
    SimulatedExchange,
    errors,
)
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.retry import ATTEMPTS
from flexloan_nb.api.signing import utc_now
from flexloan_nb.sim import Gateway, SimulatorAdapter, SimulatorServer
from flexloan_nb.sim.faults import FAULTS

EMBEDDED = "https://simulator.invalid"
PATIENCE = 0.3  # seconds that a client waits for bytes
# A timeout for each of: to connect, to begin, to end, and the last bytes that it ends with.
LONGEST_ATTEMPT = 4 * PATIENCE
SLACK = 3.0  # seconds that a busy machine may add
NEW_TYPE = "new_event_type"
READS = {
    "borrow_currencies": lambda client: client.borrow_currencies(),
    "collateral_assets": lambda client: client.collateral_assets(),
    "max_loan": lambda client: client.max_loan("USDT", {"BTC": "0.1"}),
    "max_collateral_redeem_amount": lambda client: client.max_collateral_redeem_amount("BTC"),
    "loan_info": lambda client: client.loan_info(),
    "loan_legs": lambda client: client.loan_legs(),
    "loan_history": lambda client: client.loan_history(),
    "interest_accrued": lambda client: client.interest_accrued("USDT", limit=250),
    "index_prices": lambda client: client.market.index_prices(["BTC", "ETH"]),
}
PAGES = {"interest_accrued": 3}


def no_wait(seconds):
    """Let the pauses between attempts be over at once."""


def client_at(url, key, session, **options):
    return FlexibleLoanClient(
        Credentials(**key),
        base_url=url,
        session=session,
        **{"timeout": PATIENCE, "pace": Unpaced(), "sleep": no_wait, "allow_trading": True}
        | options,
    )


@pytest.fixture
def embedded(gateway):
    """Return a client in process, for which no time passes."""
    with requests.Session() as session:
        session.mount(EMBEDDED, SimulatorAdapter(gateway, sleep=no_wait))
        yield client_at(EMBEDDED, gateway.issue_key().credentials(), session)


@pytest.fixture
def over_http(gateway, server):
    with requests.Session() as session:
        session.trust_env = False
        yield client_at(server.url, gateway.issue_key().credentials(), session)


# Reads


@dataclass
class Outcome:
    """What became of one read."""

    name: str
    seconds: float
    rows: list | None = None
    error: str | None = None


def documented_rows(name, frame):
    """Return a frame's documented part as plain values."""
    documented = frame[[column.name for column in TABLES[name].columns]]
    return json.loads(documented.astype("string").to_json(orient="values"))


def attempt(client, name):
    began = time.monotonic()
    try:
        rows, error = documented_rows(name, READS[name](client)), None
    except FlexLoanError as caught:
        rows, error = None, type(caught).__name__
    return Outcome(name, time.monotonic() - began, rows, error)


def attempts_by_threads(client, threads, rounds):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(partial(attempt, client), [*READS] * rounds))


def is_right(outcome, right):
    """Compare, but for the types that one of the faults replaces."""
    renamed = [
        [old if new == NEW_TYPE else new for new, old in zip(found, row, strict=True)]
        for found, row in zip(outcome.rows, right, strict=False)
    ]
    return len(outcome.rows) == len(right) and renamed == right


def assert_right_or_named(outcomes, right):
    for outcome in outcomes:
        limit = PAGES.get(outcome.name, 1) * ATTEMPTS * LONGEST_ATTEMPT + SLACK
        assert outcome.seconds < limit, outcome
        if outcome.error is None:
            assert is_right(outcome, right[outcome.name]), outcome.name
        else:
            assert outcome.error in errors.__all__
    counts = Counter(outcome.error is None for outcome in outcomes)
    assert counts[True] > counts[False] > 0


@pytest.fixture
def right(embedded):
    return right_rows(embedded)


def right_rows(client):
    """Return what every read gives on a good day."""
    return {name: documented_rows(name, read(client)) for name, read in READS.items()}


@pytest.fixture(scope="module")
def embedded_for_all():
    """Return a client in process and the faults that it may meet, for tests that change nothing."""
    gateway = Gateway(SimulatedExchange(), clock=utc_now, paced=False)
    with requests.Session() as session:
        session.mount(EMBEDDED, SimulatorAdapter(gateway, sleep=no_wait))
        yield client_at(EMBEDDED, gateway.issue_key().credentials(), session), gateway.faults


@pytest.fixture(scope="module")
def right_for_all(embedded_for_all):
    return right_rows(embedded_for_all[0])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_once_is_survived_or_named(fault, right_for_all, embedded_for_all):
    client, faults = embedded_for_all
    for name in READS:
        faults.fail_next(fault)
        outcome = attempt(client, name)
        assert outcome.error in (None, "ResponseFormatError"), name
        assert outcome.error or is_right(outcome, right_for_all[name]), name


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_threads_read_right_rows_or_named_errors(rate, right, embedded, gateway):
    gateway.faults.fail_rate(rate)
    assert_right_or_named(attempts_by_threads(embedded, 6, 40), right)


def read_in_a_process(url, key):
    with requests.Session() as session:
        session.trust_env = False
        return attempts_by_threads(client_at(url, key, session), 4, 12)


def test_two_processes_read_right_rows_or_named_errors(right, gateway, server):
    gateway.faults.fail_rate(0.3)
    key = gateway.issue_key().credentials()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        runs = [pool.submit(read_in_a_process, server.url, key) for _ in range(2)]
        outcomes = [outcome for run in runs for outcome in run.result()]
    assert len(outcomes) == 2 * 12 * len(READS)
    assert_right_or_named(outcomes, right)


@pytest.mark.parametrize("fault", ["late", "trickling", "endless"])
def test_a_read_ends_in_time_however_slow_the_answers_are(fault, over_http, gateway):
    gateway.faults.fail_rate(1, [fault])
    outcome = attempt(over_http, "loan_info")
    assert outcome.error == "TransportError"
    assert outcome.seconds < ATTEMPTS * LONGEST_ATTEMPT + SLACK


# Histories


def ledger_ids(exchange):
    """Return the ids of the accruals on the exchange's own record, newest first."""
    ids, cursor = [], None
    while page := exchange.interest_accrued(after=cursor):
        ids += [int(row["refId"]) for row in page]
        cursor = ids[-1]
    return ids


def test_no_row_of_a_history_is_missing_or_twice_while_rows_arrive(embedded, gateway, exchange):
    gateway.faults.fail_rate(0.3, set(FAULTS) - {"endless"})
    on_record, whole = set(ledger_ids(exchange)), 0
    for _ in range(25):
        newest, oldest = max(on_record), min(ledger_ids(exchange))
        with arriving_rows(exchange), contextlib.suppress(FlexLoanError):
            ids = [int(ref_id) for ref_id in embedded.interest_accrued()["refId"]]
            on_record |= set(ledger_ids(exchange))
            assert ids == sorted(i for i in on_record if ids[0] <= i <= ids[-1])
            assert ids[-1] >= newest
            assert ids[0] <= min(ledger_ids(exchange))
            assert ids[0] >= oldest
            whole += 1
        on_record |= set(ledger_ids(exchange))
    assert whole > 2


@contextlib.contextmanager
def arriving_rows(exchange):
    """Let hours pass on the exchange, about one for each page that is read."""
    done = threading.Event()

    def pass_hours():
        while not done.wait(0.01):
            exchange.advance(hours=1)

    thread = threading.Thread(target=pass_hours)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


# Changes


def added_amounts(exchange):
    """Return how often each amount of BTC was pledged, by the exchange's own record."""
    added, cursor = Counter(), None
    while page := exchange.loan_history(type="collateral_locked", after=cursor):
        added.update(abs(Decimal(row["amt"])) for row in page if row["ccy"] == "BTC")
        cursor = int(page[-1]["refId"])
    return added


def add(client, amount):
    """Return what the client says of a change: done, not done, or unknown."""
    try:
        client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt=amount)
    except OutcomeUnknownError:
        return "unknown"
    except FlexLoanError:
        return "not done"
    return "done"


TRUTHS = {("done", 1), ("not done", 0), ("unknown", 0), ("unknown", 1)}  # word and times


@pytest.mark.parametrize("distance", ["embedded", "over_http"])
def test_a_change_is_done_at_most_once_and_never_denied(distance, request, gateway, exchange):
    client = request.getfixturevalue(distance)
    for i, fault in enumerate(FAULTS):
        amount = Decimal(f"0.0012{i:04}")
        gateway.faults.fail_next(fault, endpoint="adjust-collateral")
        word = add(client, amount)
        times = added_amounts(exchange)[amount]
        assert (word, times) in TRUTHS, fault
        assert times == FAULTS[fault].carried_out, fault


@pytest.mark.parametrize("distance", ["embedded", "over_http"])
def test_hundreds_of_changes_by_threads_are_each_done_at_most_once(
    distance, request, gateway, exchange
):
    client = request.getfixturevalue(distance)
    exchange.deposit("BTC", 1)
    gateway.faults.fail_rate(0.3)
    amounts = [Decimal(f"0.0001{i:04}") for i in range(150)]
    with ThreadPoolExecutor(6) as pool:
        words = list(pool.map(partial(add, client), amounts))
    added = added_amounts(exchange)
    truths = Counter((word, added[amt]) for word, amt in zip(words, amounts, strict=True))
    assert set(truths) <= TRUTHS
    assert truths["unknown", 1] > 3
    assert truths["done", 1] > 50


# Pace


class CountingGateway(Gateway):
    """Keeps when it was asked and with which code it answered, by path."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.asked = []

    def __call__(self, environ, start_response):
        at = time.monotonic()
        body = b"".join(super().__call__(environ, start_response))
        code = json.loads(body)["code"]
        self.asked.append((environ["PATH_INFO"].rpartition("/")[2], code, at))
        return [body]


def ask_through_the_pace(url, key, until, ready):
    """Ask for the same with every process, as often as the pace allows, until a moment."""
    with requests.Session() as session:
        session.trust_env = False
        client = client_at(url, key, session, pace=None, sleep=time.sleep, timeout=10)
        ready.wait()
        while time.time() < until:
            client.borrow_currencies()
            client.collateral_assets("BTC")


PROCESSES = 4
SECONDS = 8.0  # of which some go by before all have started


def test_processes_that_share_a_key_are_never_refused_for_their_pace(exchange):
    gateway = CountingGateway(exchange, clock=utc_now, paced=True)
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(PROCESSES)
    with SimulatorServer(gateway, gateway.issue_key()) as server:
        server.start()
        workers = [
            context.Process(
                target=ask_through_the_pace,
                args=(server.url, server.key.credentials(), time.time() + SECONDS, ready),
            )
            for _ in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert {code for _, code, _ in gateway.asked} == {"0"}
    for endpoint in ("borrow-currencies", "collateral-assets"):
        moments = [at for asked, _, at in gateway.asked if asked == endpoint]
        assert len(moments) > 6
        assert min(sixth - first for first, sixth in zip(moments, moments[5:], strict=False)) > 2
        assert min(later - earlier for earlier, later in pairwise(moments)) > 0.35
