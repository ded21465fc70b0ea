import socket
import socketserver
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import requests
from fakes import CannedAdapter

from flexloan_nb import (
    FlexibleLoanClient,
    InvalidArgumentError,
    ResponseFormatError,
    TransportError,
)
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.transport import new_session


@contextmanager
def raw_server(reply):
    """Serve every connection with whatever ``reply(connection)`` does, on a free port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(65536)
            reply(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def client_at(url, credentials, **options):
    with new_session(url) as session:
        yield FlexibleLoanClient(
            credentials,
            base_url=url,
            session=session,
            **{"pace": Unpaced(), "sleep": lambda seconds: None} | options,
        )


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_dead_port_is_named_and_nothing_was_sent(credentials):
    url = f"http://127.0.0.1:{free_port()}"
    with (
        client_at(url, credentials) as client,
        pytest.raises(TransportError, match="no connection could be made") as caught,
    ):
        client.loan_info()
    assert url in str(caught.value)
    assert caught.value.hint
    assert not caught.value.sent


def test_an_unknown_host_is_named_and_nothing_was_sent(credentials):
    with (
        client_at("https://okx.invalid", credentials) as client,
        pytest.raises(TransportError, match="no connection could be made") as caught,
    ):
        client.loan_info()
    assert not caught.value.sent


def test_a_silent_server_is_a_timeout_and_the_request_may_have_arrived(credentials):
    answered = threading.Event()
    with raw_server(lambda connection: answered.wait(5)) as url:
        with (
            client_at(url, credentials, timeout=0.2) as client,
            pytest.raises(TransportError, match="no whole answer came in time") as caught,
        ):
            client.loan_info()
        answered.set()
    assert caught.value.sent


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{", b"nonsense\r\n\r\n"],
    ids=["closed", "cut short", "not HTTP"],
)
def test_a_broken_answer_is_named(answer, credentials):
    with (
        raw_server(lambda connection: connection.sendall(answer)) as url,
        client_at(url, credentials) as client,
        pytest.raises(TransportError, match="the connection broke") as caught,
    ):
        client.loan_info()
    assert caught.value.sent


def test_a_redirect_is_not_followed_with_the_key(credentials):
    elsewhere = CannedAdapter(b"")
    session = requests.Session()
    session.mount("https://elsewhere.example", elsewhere)
    moved = CannedAdapter(b"Moved", 302, Location="https://elsewhere.example/")
    session.mount("https://www.okx.com", moved)
    with pytest.raises(ResponseFormatError, match="follow no redirect"):
        FlexibleLoanClient(credentials, session=session).loan_info()
    assert len(moved.requests) == 1
    assert not elsewhere.requests


def test_no_error_of_the_way_leads_to_the_key(credentials):
    with (
        client_at(f"http://127.0.0.1:{free_port()}", credentials) as client,
        pytest.raises(TransportError) as caught,
    ):
        client.loan_info()
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "url",
    [
        "http://www.okx.com",
        "http://10.0.0.1",
        "http://simulator.localhost",
        "ftp://127.0.0.1",
        "www.okx.com",
        "",
        "http://127.0.0.1:PORT",
        "http://127.0.0.1:99999",
        "http://[::1",
        "https://user:hunter2@www.okx.com",
        "https://www.okx.com/?x=1",
        "https://www.okx.com#x",
        "https://www.okx.com ",
    ],
)
def test_an_address_that_cannot_be_meant_or_is_not_safe_is_refused(url, credentials):
    with pytest.raises(InvalidArgumentError, match="base_url") as caught:
        FlexibleLoanClient(credentials, base_url=url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://eea.okx.com", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost/"]
)
def test_https_and_this_machine_are_taken(url, credentials):
    assert url.rstrip("/") in repr(FlexibleLoanClient(credentials, base_url=url))


def test_an_answer_is_dated_by_the_exchange(client_of, sample):
    adapter = CannedAdapter(sample("loan_info"), Date="Thu, 15 Jan 2026 12:07:00 GMT")
    snapshot = client_of(adapter).loan_snapshot()
    assert snapshot.fetched_at == datetime(2026, 1, 15, 12, 7, tzinfo=UTC)
    assert snapshot.info.attrs == {
        "endpoint": "loan_info",
        "fetched_at": "2026-01-15T12:07:00+00:00",
        "source": "https://www.okx.com",
    }


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_an_answer_without_a_date_is_dated_by_this_machine(headers, client_of, sample):
    before = datetime.now(UTC)
    snapshot = client_of(CannedAdapter(sample("loan_info"), **headers)).loan_snapshot()
    assert before <= snapshot.fetched_at <= datetime.now(UTC)


def test_the_environments_proxy_and_certificates_are_used_but_not_on_this_machine(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/certificates.pem")
    monkeypatch.delenv("NO_PROXY", raising=False)
    with new_session("https://www.okx.com") as live, new_session("http://127.0.0.1:1") as local:
        assert live.proxies["https"] == "http://proxy.example:3128"
        assert live.verify == "/certificates.pem"
        assert not local.proxies
