"""No failure shows the secret key, the passphrase or a signature, wherever one looks."""

import contextlib
import http.client
import http.server
import io
import json
import logging
import pickle
import re
import signal
import threading
import traceback

import nbformat
import pytest
import requests
from fakes import CannedAdapter
from nbclient import NotebookClient

from flexloan_nb import Credentials, FlexibleLoanClient, connect
from flexloan_nb.api.pace import SharedPace, Unpaced
from flexloan_nb.api.transport import new_session
from flexloan_nb.sim import SimulatorAdapter
from flexloan_nb.sim.faults import FAULTS

EMBEDDED = "https://simulator.invalid"
DEAD_PORT = "http://127.0.0.1:9"
SIGNATURE = re.compile(r"[A-Za-z0-9+/]{43}=|OK-ACCESS-(SIGN|PASSPHRASE)")
CALLS = {
    "read": lambda client: client.loan_info(),
    "history": lambda client: client.loan_history(),
    "change": lambda client: client.adjust_collateral(
        type="add", collateral_ccy="BTC", collateral_amt="0.0001"
    ),
}


@pytest.fixture
def shown(caplog, capfd, monkeypatch):
    """Return a list of what is shown; the log and the standard streams are added at the end."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    return []


@pytest.fixture
def assert_nothing_leaked(shown, caplog, capfd):
    def check(*secrets):
        streams = capfd.readouterr()
        everything = "\n".join([*shown, caplog.text, streams.out, streams.err])
        assert len(everything) > 500
        assert not [secret for secret in secrets if secret in everything]
        assert not SIGNATURE.search(everything)

    return check


def all_of(value, seen=None):
    """Return the repr of a value and, recursively, of everything that it holds in the open."""
    seen = set() if seen is None else seen
    if id(value) in seen or len(seen) > 5_000:
        return ""
    seen.add(id(value))
    inner = list(vars(value).values()) if hasattr(value, "__dict__") else []
    if isinstance(value, dict):
        inner += value.values()
    elif isinstance(value, list | tuple | set | BaseException):
        inner += value.args if isinstance(value, BaseException) else value
    if isinstance(value, BaseException):
        inner += [value.__cause__, value.__context__]
    return repr(value) + "".join(all_of(part, seen) for part in inner)


def evidence(call, client):
    """Return everything that a call leaves to look at."""
    try:
        given = call(client)
    except BaseException as error:
        below_this_test = error.__traceback__.tb_next
        trace = traceback.TracebackException(
            type(error), error, below_this_test, capture_locals=True
        )
        return "".join(trace.format()) + str(error) + all_of(error) + kept(error)
    return repr(given) + repr(given.attrs) + kept(given)


def kept(value):
    """Return what pickling writes, as text."""
    return pickle.dumps(value, protocol=0).decode("latin-1")


def client_of(key, url, session, **options):
    return FlexibleLoanClient(
        Credentials(**key),
        base_url=url,
        session=session,
        allow_trading=True,
        **{"timeout": 0.2, "pace": Unpaced(), "sleep": lambda seconds: None} | options,
    )


@pytest.fixture
def key(gateway):
    return gateway.issue_key().credentials()


def test_no_fault_in_process_shows_a_secret(gateway, key, shown, assert_nothing_leaked):
    with requests.Session() as session:
        session.mount(EMBEDDED, SimulatorAdapter(gateway, sleep=lambda seconds: None))
        client = client_of(key, EMBEDDED, session)
        for fault in FAULTS:
            gateway.faults.fail_rate(1, [fault])
            shown += [evidence(call, client) for call in CALLS.values()]
        shown.append(all_of(client))
    assert_nothing_leaked(key["secret_key"], key["passphrase"])


@pytest.mark.parametrize("session_for", [new_session, lambda url: requests.Session()])
def test_no_fault_over_http_shows_a_secret(
    session_for, gateway, server, key, shown, assert_nothing_leaked
):
    with session_for(server.url) as session:
        client = client_of(key, server.url, session)
        for fault in FAULTS:
            gateway.faults.fail_next(fault, endpoint="adjust-collateral")
            shown.append(evidence(CALLS["change"], client))
            gateway.faults.fail_next(fault)
            shown.append(evidence(CALLS["read"], client))
        shown.append(all_of(client))
    assert_nothing_leaked(key["secret_key"], key["passphrase"])


SECRETS = {"secret_key": "SECRET7f3a1b9e", "passphrase": "Passphrase-55a0"}
KEY = {"api_key": "key-7cf1"} | SECRETS


def test_no_refusal_shows_a_secret(shown, assert_nothing_leaked):
    bodies = [b"<title>Moved</title>", b"{", b"[]", b""]
    bodies += [json.dumps({"code": code, "msg": "no"}).encode() for code in ("50102", "50113", "1")]
    for body in bodies:
        for status in (200, 302, 401, 500):
            with requests.Session() as session:
                session.mount("https://", CannedAdapter(body, status, Location="http://["))
                client = client_of(KEY, "https://www.okx.com", session)
                shown += [evidence(call, client) for call in CALLS.values()]
                session.close()
                session.adapters.clear()  # this one keeps the requests, for tests
                shown.append(all_of(client))
    assert_nothing_leaked(*SECRETS.values())


def test_no_way_that_is_closed_shows_a_secret(tmp_path, shown, assert_nothing_leaked):
    pace = SharedPace("key-7cf1", folder=tmp_path)
    with new_session(DEAD_PORT) as session:
        client = client_of(KEY, DEAD_PORT, session, pace=pace)
        shown += [evidence(CALLS["change"], client), all_of(client)]
    assert_nothing_leaked(*SECRETS.values())


@pytest.mark.parametrize("part", KEY)
def test_no_key_that_cannot_be_right_is_shown(part, monkeypatch, shown):
    for name, value in KEY.items():
        monkeypatch.setenv(f"OKX_{name.upper()}", value)
    monkeypatch.setenv(f"OKX_{part.upper()}", KEY[part] + " ")
    text = evidence(lambda _: connect("live"), None)
    assert part in text
    assert not [secret for secret in SECRETS.values() if secret in text]


def test_a_simulator_that_answers_nonsense_does_not_have_its_key_shown(shown):
    answer = {"code": "0", "data": [{"apiKey": "a", "secretKey": SECRETS["secret_key"]}]}
    body = json.dumps(answer).encode()
    adapter = CannedAdapter(body)
    with canned_server(adapter) as url:
        text = evidence(lambda _: connect(url), None)
    assert "hands out no key" in text
    assert SECRETS["secret_key"] not in text


@contextlib.contextmanager
def canned_server(adapter):
    """Serve an adapter's body over HTTP."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(adapter.body)))
            self.end_headers()
            self.wfile.write(adapter.body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("name", ["read", "change"])
def test_an_interrupt_while_waiting_shows_no_secret(
    name, gateway, server, key, shown, assert_nothing_leaked
):
    gateway.faults.fail_rate(1, ["silent"])
    with new_session(server.url) as session:
        client = client_of(key, server.url, session, timeout=20)
        main = threading.main_thread().ident
        timer = threading.Timer(0.3, signal.pthread_kill, [main, signal.SIGINT])
        timer.start()
        shown.append(evidence(CALLS[name], client))
        timer.join()
    assert "KeyboardInterrupt" in shown[0]
    shown.append(" " * 500)
    assert_nothing_leaked(key["secret_key"], key["passphrase"])


def test_an_error_of_a_users_own_clock_or_session_shows_no_secret(shown, assert_nothing_leaked):
    class Wrong(CannedAdapter):
        def send(self, request, **_):
            headers = dict(request.headers)
            raise RuntimeError(f"{len(headers)} headers")

    def no_clock():
        raise RuntimeError("no clock")

    with requests.Session() as session:
        session.mount("https://", Wrong())
        for options in ({}, {"clock": no_clock}):
            client = client_of(KEY, "https://www.okx.com", session, **options)
            shown += [evidence(call, client) for call in CALLS.values()]
    assert_nothing_leaked(*SECRETS.values())


SET_UP = """
import http.client, logging
http.client.HTTPConnection.debuglevel = 1
logging.basicConfig(level=logging.DEBUG)
from flexloan_nb import connect
%xmode Verbose
"""
CELLS = [
    """
client = connect("live", base_url=ADDRESS, allow_trading=True, timeout=0.1,
                 sleep=lambda seconds: None)
client
""",
    "client.loan_info()",
    "client.adjust_collateral(type='add', collateral_ccy='BTC', collateral_amt=1)",
    "client.max_loan('USDT', {'BTC': float('nan')})",
    "client.loan_history()",
]


def test_no_output_of_a_notebook_shows_a_secret(server, tmp_path, monkeypatch):
    for name, value in KEY.items():
        monkeypatch.setenv(f"OKX_{name.upper()}", value)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    addresses = (DEAD_PORT, server.url)  # where nobody listens, and where nobody knows the key
    cells = [cell.replace("ADDRESS", repr(address)) for address in addresses for cell in CELLS]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in (SET_UP, *cells)]
    )
    NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": tmp_path}},
    ).execute()
    text = io.StringIO()
    nbformat.write(notebook, text)
    outputs = re.sub(r"\\u001b\[[0-9;]*m", "", text.getvalue())
    assert outputs.count('"ename"') == 8
    assert "FlexibleLoanClient" in outputs
    assert not [secret for secret in SECRETS.values() if secret in outputs]
    assert not SIGNATURE.search(outputs)
