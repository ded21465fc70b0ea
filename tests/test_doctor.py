"""The doctor, at a live exchange that is an adapter, at simulators, and on loopback."""

import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import keyring
import pytest
import requests
import trustme
from fakes import CannedAdapter
from keyring.backend import KeyringBackend
from keyring.backends.null import Keyring as EmptyKeyring

from flexloan_nb import SimulatedExchange
from flexloan_nb.api.endpoints import ENDPOINTS, LOAN_INFO, SERVER_TIME
from flexloan_nb.api.pace import SharedPace
from flexloan_nb.api.signing import utc_now
from flexloan_nb.cli import main
from flexloan_nb.doctor import as_json, as_text, examine
from flexloan_nb.doctor.findings import Reading, check_clock
from flexloan_nb.doctor.installation import (
    Package,
    check_extension,
    check_lab,
    check_libraries,
)
from flexloan_nb.sim import Gateway, SimulatorAdapter, SimulatorServer

LIVE = "https://www.okx.com"
CONFIG = "/api/v5/account/config"
VARIABLES = {
    "api_key": "OKX_API_KEY",
    "secret_key": "OKX_SECRET_KEY",
    "passphrase": "OKX_PASSPHRASE",
}


class LiveAdapter(SimulatorAdapter):
    """The embedded exchange as if it were live: it also says what the key may do."""

    def __init__(self, gateway, perm=None):
        super().__init__(gateway)
        self.perm = perm
        self.asked = []

    def send(self, request, *args, **options):
        self.asked.append((request.method, request.path_url, "OK-ACCESS-KEY" in request.headers))
        if self.perm is not None and request.path_url == CONFIG:
            return CannedAdapter(envelope("0", "", [{"perm": self.perm}])).send(request)
        return super().send(request, *args, **options)


class EchoAdapter(CannedAdapter):
    """Answers with an error that repeats the request's headers."""

    def send(self, request, **options):
        self.body = envelope(self.headers["code"], " ".join(request.headers.values()), [])
        return super().send(request, **options)


class FullKeyring(KeyringBackend):
    """Has every part of a key."""

    priority = 0

    def get_password(self, service, username):
        return f"{service} keeps {username}"

    def set_password(self, service, username, password):
        raise NotImplementedError


def envelope(code, msg, data):
    return json.dumps({"code": code, "msg": msg, "data": data}).encode()


@pytest.fixture(autouse=True)
def nothing_of_the_users(monkeypatch):
    """Take away the user's own key: the variables and the system keyring."""
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    before = keyring.get_keyring()
    keyring.set_keyring(EmptyKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def exchange():
    return SimulatedExchange(seed=7)


@pytest.fixture
def gateway(exchange):
    return Gateway(exchange, paced=False)


@pytest.fixture
def set_key(monkeypatch):
    """Return a function that puts a key into the environment, parts of it changed."""

    def set_key(key, **changes):
        for part, value in (key.credentials() | changes).items():
            monkeypatch.setenv(VARIABLES[part], value)

    return set_key


@pytest.fixture
def live(exchange):
    """Return an examiner of a live exchange that is an adapter."""

    def live(adapter, base_url=LIVE, **options):
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", adapter)
        defaults = {"session": session, "clock": exchange.now, "look_up": lambda *_, **__: []}
        checks = examine("live", base_url, sleep=lambda _: None, **defaults | options)
        return {check.name: check for check in checks}

    return live


def statuses(checks):
    return {name: check.status for name, check in checks.items()}


def by_name(checks):
    return {check.name: check for check in checks}


def test_a_live_set_up_that_is_right_is_all_ok(live, gateway, set_key):
    set_key(gateway.issue_key())
    addresses = [(0, 0, 0, "", ("203.0.113.7", 0))]
    checks = live(LiveAdapter(gateway, "read_only,trade"), look_up=lambda *_, **__: addresses)
    assert set(statuses(checks).values()) == {"ok"}
    assert "www.okx.com is 203.0.113.7" in checks["DNS"].found
    assert list(checks)[:9] == [
        "host",
        "DNS",
        "TLS",
        "clock",
        "key present",
        "key accepted",
        "permission: read",
        "permission: trade",
        "pace left",
    ]


def test_nothing_is_moved(live, gateway, set_key):
    set_key(gateway.issue_key())
    adapter = LiveAdapter(gateway, "read_only,trade")
    live(adapter)
    assert [(method, path.rpartition("/")[2]) for method, path, _ in adapter.asked] == [
        ("GET", "time"),
        ("GET", "borrow-currencies"),
        ("GET", "config"),
    ]


@pytest.mark.parametrize(
    ("part", "value", "code", "fix"),
    [
        ("api_key", "no-such-key", "50119", "base_url"),
        ("secret_key", "not-the-secret", "50113", "secret key"),
        ("passphrase", "not-the-passphrase", "50105", "passphrase"),
    ],
)
def test_a_wrong_part_of_the_key_is_told(part, value, code, fix, live, gateway, set_key):
    set_key(gateway.issue_key(), **{part: value})
    checks = live(LiveAdapter(gateway))
    assert checks["key present"].status == "ok"
    assert checks["key accepted"].status == "failed"
    assert checks["key accepted"].found.startswith(code)
    assert fix in checks["key accepted"].fix
    assert checks["permission: read"].status == checks["permission: trade"].status == "skipped"


@pytest.mark.parametrize("missing", ["api_key", "passphrase"])
def test_what_is_missing_in_the_environment_is_named(missing, live, gateway, set_key):
    set_key(gateway.issue_key(), **{missing: ""})
    adapter = LiveAdapter(gateway)
    checks = live(adapter)
    assert checks["key present"].status == "failed"
    named = {name for name in VARIABLES.values() if name in checks["key present"].found}
    assert named == {VARIABLES[missing]}
    assert checks["clock"].status == "ok"
    assert checks["key accepted"].status == "skipped"
    assert not any(signed for _, _, signed in adapter.asked)


def test_a_part_with_a_blank_is_named_and_not_sent(live, gateway, set_key):
    key = gateway.issue_key()
    set_key(key, passphrase=key.passphrase + " ")
    adapter = LiveAdapter(gateway)
    checks = live(adapter)
    assert checks["key present"].status == "failed"
    assert "passphrase begins or ends with a blank" in checks["key present"].found
    assert len(adapter.asked) == 1


def test_a_key_in_the_system_keyring_is_found(live, gateway):
    keyring.set_keyring(FullKeyring())
    checks = live(LiveAdapter(gateway))
    assert checks["key present"].status == "ok"
    assert "keyring" in checks["key present"].found
    assert "OKX_API_KEY" in checks["key present"].found
    assert checks["key accepted"].found.startswith("50119")


@pytest.mark.parametrize(
    ("seconds", "status", "side"),
    [(-60, "failed", "60.0 s behind"), (60, "failed", "60.0 s ahead"), (10, "warning", "ahead")],
)
def test_a_clock_that_is_off_is_told(seconds, status, side, live, gateway, set_key, exchange):
    set_key(gateway.issue_key())
    clock = lambda: exchange.now() + timedelta(seconds=seconds)  # noqa: E731
    checks = live(LiveAdapter(gateway), clock=clock)
    assert checks["clock"].status == status
    assert side in checks["clock"].found
    assert "timedatectl" in checks["clock"].fix
    assert checks["key accepted"].status == "ok"  # reads put themselves right


def test_a_slow_answer_does_not_make_a_clock_wrong():
    assert check_clock(Reading(ahead=6.0, margin=4.0)).status == "ok"
    assert check_clock(Reading(ahead=6.0, margin=0.1)).status == "warning"


@pytest.mark.parametrize(
    ("perm", "status", "says"),
    [
        ("read_only", "ok", "may not adjust"),
        ("read_only,trade", "ok", "may adjust"),
        ("read_only,trade,withdraw", "warning", "may withdraw"),
        ("", "skipped", "cannot be told"),
        (None, "skipped", "cannot be told"),
    ],
)
def test_whether_a_key_may_trade_is_what_the_exchange_says_of_it(
    perm, status, says, live, gateway, set_key
):
    set_key(gateway.issue_key(permissions=("read",)))
    checks = live(LiveAdapter(gateway, perm))
    assert checks["permission: read"].status == "ok"
    assert checks["permission: trade"].status == status
    assert says in checks["permission: trade"].found


def test_a_key_that_may_not_read_is_accepted_and_told(live, gateway, set_key):
    set_key(gateway.issue_key(permissions=("trade",)))
    checks = live(LiveAdapter(gateway))
    assert checks["key accepted"].status == "ok"
    assert checks["permission: read"].status == "failed"
    assert "Read" in checks["permission: read"].fix


def test_an_exchange_that_is_busy_says_nothing_of_the_key(live, gateway, set_key):
    set_key(gateway.issue_key())
    gateway.faults.fail_next("50001", times=20, endpoint="borrow-currencies")
    checks = live(LiveAdapter(gateway))
    assert checks["key accepted"].status == "warning"
    assert checks["permission: read"].status == "skipped"


def test_a_web_page_is_not_taken_for_an_exchange_and_not_sent_the_key(live, gateway, set_key):
    set_key(gateway.issue_key())
    adapter = CannedAdapter(b"<html><title>Log in to the hotel</title></html>")
    checks = live(adapter)
    assert checks["host"].status == "failed"
    assert "hotel" in checks["host"].found
    assert not any("OK-ACCESS-KEY" in request.headers for request in adapter.requests)


@pytest.mark.parametrize("code", ["50113", "50001", "12345"])
def test_no_part_of_the_key_is_shown_even_if_the_exchange_repeats_it(code, live, gateway, set_key):
    key = gateway.issue_key()
    set_key(key)
    adapter = EchoAdapter(code=code)
    checks = live(adapter).values()
    assert any("OK-ACCESS-KEY" in request.headers for request in adapter.requests)
    assert "<hidden>" in as_text(checks)
    for part in key.credentials().values():
        assert part not in as_text(checks) + as_json(list(checks))


def test_another_host_than_okx_s_is_a_warning(live, gateway, set_key):
    set_key(gateway.issue_key())
    assert live(LiveAdapter(gateway), "https://www.okx.example")["host"].status == "warning"
    assert live(LiveAdapter(gateway), "https://eea.okx.com")["host"].status == "ok"


def test_a_name_that_leads_nowhere_is_told(live, gateway):
    def unknown(*_, **__):
        raise socket.gaierror

    checks = live(LiveAdapter(gateway), look_up=unknown)
    assert checks["DNS"].status == "failed"
    assert "www.okx.com" in checks["DNS"].found


def test_names_are_left_to_a_proxy_whose_password_is_not_shown(live, gateway):
    session = requests.Session()
    session.mount("https://", LiveAdapter(gateway))
    session.proxies = {"https": "http://user:hunter2@proxy.example:3128"}
    checks = live(None, session=session, look_up=None)
    assert checks["DNS"].status == "skipped"
    assert "proxy.example, port 3128" in checks["DNS"].found
    assert "hunter2" not in as_text(checks.values())


@pytest.mark.parametrize(
    "address", ["http://www.okx.com", "https://www.okx.com/api", "https://me:hunter2@okx.com"]
)
def test_an_address_that_a_signature_may_not_go_to_ends_the_examination(address):
    checks = by_name(examine("live", address))
    assert checks["host"].status == "failed"
    assert "base_url" in checks["host"].found
    assert checks["key accepted"].status == "skipped"
    assert "hunter2" not in as_text(checks.values())


def test_a_dead_port_is_told(gateway, set_key):
    set_key(gateway.issue_key())
    checks = by_name(examine("live", "http://127.0.0.1:9", sleep=lambda _: None))
    assert checks["host"].status == "failed"
    assert "no connection" in checks["host"].found
    assert checks["clock"].status == checks["key accepted"].status == "skipped"


@contextmanager
def tls_listener(authority):
    """Accept TLS connections on loopback until the block ends; what was read is in the list."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    received = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        try:
            plain, _ = listener.accept()
            with plain, context.wrap_socket(plain, server_side=True) as connection:
                received.append(connection.recv(65536))
        except OSError:
            pass  # the client hung up, as it should

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", received
        thread.join()


def test_a_certificate_that_is_not_trusted_is_told_and_the_key_not_sent(gateway, set_key):
    set_key(gateway.issue_key())
    with tls_listener(trustme.CA()) as (url, received):
        checks = by_name(examine("live", url))
    assert checks["TLS"].status == "failed"
    assert "not trusted" in checks["TLS"].found
    assert "REQUESTS_CA_BUNDLE" in checks["TLS"].fix
    assert checks["key accepted"].status == "skipped"
    assert received == []


def test_a_list_of_certificates_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    checks = by_name(examine("live", "https://127.0.0.1:9", sleep=lambda _: None))
    assert checks["TLS"].status == "failed"
    assert str(tmp_path / "ca.pem") in checks["TLS"].found


def test_the_embedded_exchange_has_no_host_and_takes_its_own_key():
    checks = statuses(by_name(examine("simulator")))
    assert checks["host"] == checks["DNS"] == checks["TLS"] == "skipped"
    assert checks["clock"] == checks["key accepted"] == checks["permission: read"] == "ok"
    assert "failed" not in checks.values()


def test_a_simulator_over_http_is_examined_with_the_key_that_it_hands_out(exchange):
    gateway = Gateway(exchange, clock=utc_now)
    with SimulatorServer(gateway, gateway.issue_key()) as server:
        server.start()
        checks = by_name(examine(server.url))
    assert checks["host"].found == f"{server.url} answers"
    assert checks["key accepted"].status == checks["permission: read"].status == "ok"
    assert checks["DNS"].status == checks["TLS"].status == checks["clock"].status == "skipped"
    assert "failed" not in statuses(checks).values()


@pytest.mark.parametrize("source", ["http://www.okx.com", "https://127.0.0.1:9", "demo"])
def test_a_source_that_there_is_not_is_told(source):
    assert by_name(examine(source))["host"].status == "failed"


def test_what_another_process_has_just_asked_must_wait(live, gateway, set_key):
    key = gateway.issue_key()
    set_key(key)
    everything = f"{len(ENDPOINTS)} of {len(ENDPOINTS)} endpoints may be asked at once"
    assert live(LiveAdapter(gateway))["pace left"].found == everything
    # Its clock is ahead, which leaves the whole wait however slow this test is.
    ahead = SharedPace(key.api_key, now=lambda: time.time() + 60)
    for endpoint in (LOAN_INFO, SERVER_TIME):
        with ahead.turn(endpoint):
            pass
    pace = live(LiveAdapter(gateway))["pace left"]
    assert "loan_info in 0.40 s" in pace.found
    assert "server_time in 0.20 s" in pace.found


def test_a_folder_that_cannot_be_made_is_a_warning(live, gateway, set_key, monkeypatch, tmp_path):
    set_key(gateway.issue_key())
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    pace = live(LiveAdapter(gateway))["pace left"]
    assert pace.status == "warning"
    assert "not shared" in pace.found
    assert "XDG_CACHE_HOME" in pace.fix


def test_libraries_that_will_not_do_are_named_with_what_will():
    packages = [
        Package("pandas", ">=2.2,<4", "2.1.0", False),
        Package("plotly", ">=6", None, False),
        Package("numpy", ">=1.26", "2.4.6", True),
    ]
    check = check_libraries(packages)
    assert check.status == "failed"
    assert check.found == "pandas 2.1.0, plotly is not installed"
    assert check.fix == 'pip install "pandas>=2.2,<4" "plotly>=6"'


def test_the_libraries_are_those_of_this_installation():
    libraries = by_name(examine("simulator"))["libraries"]
    assert libraries.status == "ok"
    for name in ("Python 3.", "pandas ", "requests ", "jupyterlab "):
        assert name in libraries.found
    assert "pytest" not in libraries.found


def test_a_machine_without_jupyterlab_is_told():
    assert check_lab(None).status == "failed"
    assert check_lab("4.6.6").status == "ok"


@pytest.mark.parametrize(
    ("version", "extensions", "disabled", "status"),
    [
        ("7.1.0", {"jupyterlab-plotly": "7.1.0"}, [], "ok"),
        ("7.1.0", {"jupyterlab-plotly": "7.1.0"}, ["jupyterlab"], "ok"),
        ("7.1.0", {"jupyterlab-plotly": "7.1.0"}, ["jupyterlab-plotly"], "failed"),
        ("7.1.0", {"jupyterlab-plotly": "7.1.0"}, ["jupyterlab-plotly:plugin"], "failed"),
        ("7.1.0", {}, [], "failed"),
        (None, {}, [], "failed"),
    ],
)
def test_figures_are_shown_where_their_extension_is_there_and_enabled(
    version, extensions, disabled, status
):
    check = check_extension("figures", "plotly", version, "jupyterlab-plotly", extensions, disabled)
    assert (check.name, check.status) == ("figures", status)
    assert bool(check.fix) == (status == "failed")


def test_an_extension_that_its_user_has_disabled_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    (tmp_path / "labconfig").mkdir()
    config = {"disabledExtensions": {"jupyterlab-plotly": True}}
    (tmp_path / "labconfig" / "page_config.json").write_text(json.dumps(config))
    checks = by_name(examine("simulator"))
    assert checks["figures"].status == "failed"
    assert checks["figures"].fix == "jupyter labextension enable jupyterlab-plotly"
    assert checks["widgets"].status == "ok"


def test_the_report_has_a_line_a_check_with_the_fix_below(live, gateway):
    lines = as_text(live(LiveAdapter(gateway)).values()).splitlines()
    (line,) = [line for line in lines if line.startswith("failed   key present")]
    assert "-> Make an API key" in lines[lines.index(line) + 1]
    assert max(map(len, lines)) <= 100


def test_the_command_prints_json_and_ends_with_0_where_nothing_failed(capsys):
    assert main(["doctor", "--source", "simulator", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert [check.keys() for check in report["checks"]] == [
        {"name", "status", "found", "fix"} for _ in report["checks"]
    ]


def test_the_command_ends_with_1_where_something_failed(capsys):
    assert main(["doctor", "--base-url", "http://www.okx.com", "--json"]) == 1
    output, errors = capsys.readouterr()
    assert json.loads(output)["ok"] is False
    assert errors == "flexloan doctor: failed: host.\n"
