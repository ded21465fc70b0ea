"""Over TLS: an untrusted server sees nothing, and a broken answer is not "not sent"."""

import os
import socket
import ssl
import threading
from contextlib import contextmanager

import pytest
import trustme

from flexloan_nb import CertificateError, FlexibleLoanClient, OutcomeUnknownError
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.transport import new_session

EMPTY_HISTORY = b'HTTP/1.1 200 OK\r\nContent-Length: 36\r\n\r\n{"code": "0", "msg": "", "data": []}'
ADD = {"type": "add", "collateral_ccy": "BTC", "collateral_amt": "0.1"}


@contextmanager
def tls_server(authority, reply):
    """Serve one connection over TLS: a history, then a change, to which comes ``reply``."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    received = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            try:
                plain, _ = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    received.append(connection.recv(65536))
                    connection.sendall(EMPTY_HISTORY)
                    received.append(connection.recv(65536))
                    reply(connection)
            except OSError:
                pass  # the client hung up, as it should

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}", received
        thread.join()


@contextmanager
def trading_client(url, credentials, trusted=None):
    with new_session(url) as session:
        session.verify = trusted or session.verify
        yield FlexibleLoanClient(
            credentials, base_url=url, session=session, allow_trading=True, pace=Unpaced()
        )


def garbage(connection):
    os.write(connection.fileno(), b"this is no TLS record")


def begun_and_garbage(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"code":"0"')
    garbage(connection)


def test_a_server_that_is_not_trusted_is_told_nothing(credentials):
    with tls_server(trustme.CA(), garbage) as (url, received):
        with (
            trading_client(url, credentials) as client,
            pytest.raises(CertificateError, match="not trusted") as caught,
        ):
            client.adjust_collateral(**ADD)
        assert not caught.value.sent
    assert received == []


@pytest.mark.parametrize("reply", [garbage, begun_and_garbage])
def test_tls_that_breaks_after_the_request_leaves_the_outcome_unknown(reply, credentials, tmp_path):
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    with (
        tls_server(authority, reply) as (url, received),
        trading_client(url, credentials, str(trusted)) as client,
        pytest.raises(OutcomeUnknownError),
    ):
        client.adjust_collateral(**ADD)
    assert b"adjust-collateral" in received[1]
