"""An answer ends in time however it trickles, and the passphrase is not printed on its way."""

import contextlib
import http.client
import io
import itertools
import socket
import ssl
import threading
import time

import pytest
import requests
import trustme
from urllib3 import HTTPConnectionPool

from flexloan_nb import FlexibleLoanClient, TransportError
from flexloan_nb.api.guard import guard
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.retry import ATTEMPTS
from flexloan_nb.api.transport import new_session

PATIENCE = 0.1
SLACK = 3.0  # seconds that a busy machine may add
DRIPS, PAUSE = 300, 0.02  # far longer than all attempts may take
BODY = b'{"code": "0", "msg": "", "data": []}'
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n" + BODY
BEGINNINGS = {
    "status line": b"HTTP/1.1 200 O",
    "header": b"HTTP/1.1 200 OK\r\nDate: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
    "chunk's length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "interim answer": b"HTTP/1.1 100 Continue\r\nX: ",
}


@contextlib.contextmanager
def serving(reply, context=None):
    """Hand each connection to ``reply``; give the port and the list of connections."""
    connections, threads = [], []

    def answer(connection):
        with contextlib.suppress(OSError), connection:  # the client hangs up, as it should
            if context is None:
                reply(connection)
            else:
                with context.wrap_socket(connection, server_side=True) as wrapped:
                    reply(wrapped)

    def accept():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connections.append(connection)
                threads.append(threading.Thread(target=answer, args=(connection,)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threads.append(threading.Thread(target=accept))
        threads[0].start()
        yield listener.getsockname()[1], connections
        listener.shutdown(socket.SHUT_RDWR)
    for thread in threads:
        thread.join()


def trickling(beginning):
    """Return a reply that begins like this, and of which a byte then comes now and again."""

    def reply(connection):
        connection.recv(65_536)
        connection.sendall(beginning)
        for _ in range(DRIPS):
            time.sleep(PAUSE)
            connection.sendall(b"0")

    return reply


def users_session(url):
    session = requests.Session()
    session.trust_env = False
    return session


def client_at(url, session, credentials, **options):
    return FlexibleLoanClient(
        credentials,
        base_url=url,
        session=session,
        **{"timeout": PATIENCE, "pace": Unpaced(), "sleep": lambda seconds: None} | options,
    )


def assert_ends_in_time(client):
    began = time.monotonic()
    with pytest.raises(TransportError, match="no whole answer came in time") as caught:
        client.loan_info()
    assert caught.value.sent
    assert time.monotonic() - began < ATTEMPTS * PATIENCE + SLACK < DRIPS * PAUSE


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
@pytest.mark.parametrize("session_for", [new_session, users_session])
def test_an_answer_that_trickles_ends_in_time(session_for, beginning, credentials):
    with serving(trickling(beginning)) as (port, _):
        url = f"http://127.0.0.1:{port}"
        with session_for(url) as session:
            assert_ends_in_time(client_at(url, session, credentials))


def test_an_answer_that_trickles_over_tls_ends_in_time(credentials, tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with serving(trickling(BEGINNINGS["header"]), context) as (port, _):
        url = f"https://127.0.0.1:{port}"
        with new_session(url) as session:
            session.verify = str(tmp_path / "ca.pem")
            assert_ends_in_time(client_at(url, session, credentials, timeout=(5, PATIENCE)))


class Pieces(io.BytesIO):
    """Bytes that arrive a few at a time, on a socket that keeps which timeouts it had."""

    def __init__(self, timeout):
        super().__init__(GOOD)
        self.timeouts = [timeout]

    def readinto(self, buffer):
        time.sleep(0.002)
        return super().readinto(memoryview(buffer)[:10])

    def makefile(self, mode):
        return io.BufferedReader(self)

    def gettimeout(self):
        return self.timeouts[-1]

    settimeout = property(lambda self: self.timeouts.append)


def test_each_piece_is_waited_for_only_as_long_as_is_left():
    connection = guard(HTTPConnectionPool("127.0.0.1")).ConnectionCls
    wire = Pieces(timeout=60.0)
    response = connection.response_class(wire)
    response.begin()
    assert response.read() == BODY
    assert len(wire.timeouts) > len(GOOD) / 10
    assert all(later < earlier for earlier, later in itertools.pairwise(wire.timeouts))


def in_pieces(connection):
    """Answer every request of a connection byte by byte."""
    while connection.recv(65_536):
        for byte in GOOD:
            connection.sendall(bytes([byte]))
            time.sleep(0.001)


def test_a_slow_answer_that_keeps_the_time_is_whole_and_its_connection_is_used_again(credentials):
    with serving(in_pieces) as (port, connections):
        url = f"http://127.0.0.1:{port}"
        with new_session(url) as session:
            client = client_at(url, session, credentials, timeout=1.0)
            assert client.loan_info().empty
            time.sleep(1.0)  # what was left of the first answer's time is over by then
            assert client.loan_info().empty
    assert len(connections) == 1


def test_the_users_own_requests_on_the_session_may_do_without_a_timeout(credentials):
    with serving(in_pieces) as (port, _):
        url = f"http://127.0.0.1:{port}"
        with users_session(url) as session:
            client_at(url, session, credentials, timeout=5.0).loan_info()
            assert session.get(url).content == BODY


@pytest.mark.parametrize("session_for", [new_session, users_session])
def test_the_debugging_mode_of_http_client_prints_nothing(
    session_for, credentials, monkeypatch, capsys
):
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    with serving(in_pieces) as (port, _):
        url = f"http://127.0.0.1:{port}"
        with session_for(url) as session:
            client_at(url, session, credentials, timeout=5.0).loan_info()
    assert capsys.readouterr().out == ""
