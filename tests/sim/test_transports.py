"""Both ways to the gateway carry the same bytes, and the server leaves nothing behind."""

import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
import requests

from flexloan_nb.sim import SimulatorAdapter, SimulatorServer

EMBEDDED = "http://simulator.localhost"
LOAN = "/api/v5/finance/flexible-loan/"


@pytest.fixture(params=["in process", "over HTTP"])
def address(request, caller, session):
    if request.param == "over HTTP":
        return request.getfixturevalue("server").url
    session.mount(EMBEDDED, SimulatorAdapter(caller.gateway))
    return EMBEDDED


def test_the_same_bytes_arrive_and_leave(address, session, caller, sign):
    target = LOAN + "max-collateral-redeem-amount?ccy=%42TC"
    response = session.get(address + target, auth=sign)
    direct = caller.send("GET", target)
    assert (response.status_code, response.content) == (direct.status, direct.body)
    assert dict(response.headers) == dict(direct.headers)
    body = {"borrowCcy": "USDT", "supCollateral": [{"ccy": "BTC", "amt": "0.5"}]}
    response = session.post(address + LOAN + "max-loan", json=body, auth=sign)
    assert response.json() == caller.post("max-loan", **body)


def test_errors_arrive_with_their_status(address, session):
    response = session.get(address + LOAN + "loan-info")
    assert (response.status_code, response.json()["code"]) == (401, "50103")
    assert response.reason == "Unauthorized"


def test_bytes_in_headers_are_understood(address, session, caller):
    headers = caller.headers("GET", LOAN + "loan-info")
    as_bytes = {name: value.encode() for name, value in headers.items()}
    assert session.get(address + LOAN + "loan-info", headers=as_bytes).json()["code"] == "0"


def test_a_response_can_be_read_as_a_stream(address, session):
    with session.get(address + "/api/v5/public/time", stream=True) as response:
        assert json.loads(b"".join(response.iter_content(7)))["code"] == "0"


# Server


def test_a_connection_is_kept_alive(server):
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/api/v5/public/time")
        assert connection.getresponse().read().startswith(b'{"code":"0"')
        sockets.add(connection.sock)
    connection.close()
    assert len(sockets) == 1
    assert None not in sockets


def test_headers_and_body_leave_in_one_packet(server):
    """Two packets would cost 40 ms a call."""
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        for _ in range(20):
            client.sendall(b"GET /api/v5/public/time HTTP/1.1\r\nHost: localhost\r\n\r\n")
            first = client.recv(65_536)
            assert b"\r\n\r\n{" in first
            assert first.endswith(b"}")


def test_the_key_is_handed_out_on_this_machine(server, session, caller):
    reply = session.get(server.url + "/simulator/key").json()
    assert reply["code"] == "0"
    assert reply["data"] == [
        {
            "apiKey": caller.key.api_key,
            "secretKey": caller.key.secret_key,
            "passphrase": caller.key.passphrase,
        }
    ]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_machine_is_refused(server, session, host):
    for target in ("/simulator/key", "/api/v5/public/time"):
        response = session.get(server.url + target, headers={"Host": host})
        assert response.status_code == 403
        assert response.content == b""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:1234"])
def test_names_of_this_machine_are_accepted(server, session, host):
    response = session.get(server.url + "/api/v5/public/time", headers={"Host": host})
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ("Transfer-Encoding: chunked", 411),
        ("Content-Length: -1", 411),
        ("Content-Length: many", 411),
        ("Content-Length: 99999999", 413),
    ],
)
def test_a_body_that_cannot_be_read_ends_the_connection(server, headers, status):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2]))) as client:
        client.sendall(
            f"POST {LOAN}max-loan HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n\r\n".encode()
        )
        reply = b"".join(iter(lambda: client.recv(4_096), b""))
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())


def test_many_clients_are_served_at_once(server, sign):
    def ask(_):
        with requests.Session() as session:
            session.trust_env = False
            url = server.url + LOAN + "loan-info"
            return [session.get(url, auth=sign).content for _ in range(10)]

    with ThreadPoolExecutor(16) as pool:
        answers = {body for bodies in pool.map(ask, range(16)) for body in bodies}
    assert len(answers) == 1


def test_concurrent_changes_are_all_made_once(server, caller, borrowed):
    body = json.dumps({"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.01"}).encode()

    def add(_):
        with requests.Session() as session:
            session.trust_env = False
            url = server.url + LOAN + "adjust-collateral"
            headers = caller.headers("POST", LOAN + "adjust-collateral", body)
            return session.post(url, data=body, headers=headers).json()["code"]

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(add, range(40))) == {"0"}
    pledged = {row["ccy"]: row["amt"] for row in borrowed.loan_info()[0]["collateralData"]}
    assert pledged["BTC"] == "1.4"
    refs = [int(row["refId"]) for row in borrowed.loan_history()]
    assert all(newer > older for newer, older in pairwise(refs))


def test_it_stops_cleanly_while_clients_are_connected(caller):
    threads = set(threading.enumerate())
    with SimulatorServer(caller.gateway, caller.key) as server, requests.Session() as session:
        server.start()
        session.get(server.url + "/api/v5/public/time")
        server.stop()
        assert set(threading.enumerate()) == threads
        with pytest.raises(requests.ConnectionError):
            session.get(server.url + "/api/v5/public/time")


def test_a_server_that_never_served_can_be_stopped(caller):
    with SimulatorServer(caller.gateway, caller.key) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.key is caller.key
