"""The control plane does over HTTP what a user can do in Python, for those who were asked in."""

import inspect
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from flexloan_nb.sim import Gateway, SimulatedExchange, SimulatorServer
from flexloan_nb.sim.control import COMMANDS, READERS
from flexloan_nb.sim.faults import FAULTS, Faults

LOAN = "/api/v5/finance/flexible-loan/"


@pytest.fixture
def command(server, session):
    """Return a function that sends a command and returns its result."""

    def send(name, **arguments):
        response = session.post(f"{server.control_url}/{name}", json=arguments)
        assert response.status_code == 200, response.text
        return response.json()["result"]

    return send


@pytest.fixture
def refusal(server, session):
    """Return a function that sends a command and returns its status and error."""

    def send(name, method="POST", **body):
        response = session.request(method, f"{server.control_url}/{name}", **body)
        return response.status_code, response.json().get("error")

    return send


# Commands


def test_coins_are_deposited_borrowed_and_repaid(command, borrowed):
    assert command("deposit", ccy="BTC", amt="0.123456789012345678") is None
    order = command("borrow", ccy="USDT", amt=1_000, collateral={"BTC": "1.5", "SOL": 10})
    assert command("repay", ccy="USDT", amt=999.5, ord_id=order) is None
    (loan,) = borrowed.loan_info(ord_id=order)
    assert loan["loanData"] == [{"amt": "0.5", "ccy": "USDT"}]
    assert {c["ccy"]: c["amt"] for c in loan["collateralData"]} == {"BTC": "1.5", "SOL": "10"}
    assert borrowed.funding()["BTC"] == Decimal("0.623456789012345678")


def test_the_market_is_moved(command, borrowed):
    ethereum = borrowed.price("ETH")
    command("set_price", ccy="BTC", price="50000")
    command("shock", change="-0.1", ccys=["BTC"])
    assert borrowed.price("BTC") == 45_000
    assert borrowed.price("ETH") == ethereum
    command("shock", change="0.5")
    assert borrowed.price("ETH") > ethereum
    command("set_utilisation", ccy="ETH", share=1)
    assert borrowed.max_loan("DOGE")[0]["maxLoan"] != "0"
    assert borrowed.max_loan("XRP")[0]["maxLoan"] != "0"


def test_time_is_advanced_and_told(server, session, borrowed):
    before = borrowed.now()
    response = session.post(f"{server.control_url}/advance", json={"hours": 2.5, "seconds": "1"})
    assert borrowed.now() == before + timedelta(hours=2.5, seconds=1)
    assert response.json() == {"now": borrowed.now().isoformat(), "result": None}


def test_an_account_has_a_key_and_permissions_of_its_own(command, caller, borrowed, server):
    key = command("add_account", user="other", permissions=["read"])
    assert key.keys() == {"api_key", "secret_key", "passphrase"}
    command("deposit", ccy="ETH", amt=3, user="other")
    command("borrow", ccy="USDT", amt=100, collateral={"ETH": 1}, user="other")
    assert borrowed.loan_info(user="other")[0]["loanData"] == [{"amt": "100", "ccy": "USDT"}]
    other = caller.using(type(caller.key)(**key, user="other", permissions=frozenset(), demo=False))
    assert other.get("loan-info")["data"] == borrowed.loan_info(user="other")
    adjustment = {"type": "add", "collateralCcy": "ETH", "collateralAmt": "1"}
    assert other.post("adjust-collateral", **adjustment)["code"] == "50120"
    trader = command("add_account", user="trader")
    assert trader != key


def test_faults_are_planned(command, caller):
    command("fail_next", fault="50001", times=2, endpoint="loan-info")
    assert [caller.get("loan-info")["code"] for _ in range(3)] == ["50001", "50001", "0"]
    command("fail_rate", rate=1, faults=["50013"], seed=3)
    assert caller.get("loan-info")["code"] == "50013"
    command("drift", ahead=31)
    command("fail_rate", rate=0)
    assert caller.get("loan-info")["code"] == "50102"
    command("clear_faults")
    assert caller.get("loan-info")["code"] == "0"


def test_faults_do_not_meet_commands(command, caller):
    command("fail_rate", rate=1, faults=["dropped"])
    command("advance", hours=1)


def test_a_server_goes_back_to_a_snapshot(command, caller, borrowed):
    snapshot, before = command("snapshot"), caller.get("loan-history")
    assert snapshot == borrowed.snapshot()
    command("shock", change="-0.5")
    command("advance", hours=2)
    assert caller.get("loan-history") != before
    assert command("restore", snapshot=snapshot) is None
    assert caller.get("loan-history") == before


def test_commands_find_time_that_runs_up_to_date(borrowed, session):
    seconds, opened = [0.0], borrowed.now()
    gateway = Gateway(borrowed, speed=60, monotonic=lambda: seconds[0])
    with SimulatorServer(gateway, gateway.issue_key(), control=True) as server:
        server.start()
        seconds[0] = 60.0
        session.post(server.control_url + "/deposit", json={"ccy": "BTC", "amt": 1})
    assert borrowed.now() == opened + timedelta(hours=1)


def test_commands_take_the_arguments_of_their_methods():
    for name, command in COMMANDS.items():
        if command.method.__qualname__.startswith((SimulatedExchange.__name__, Faults.__name__)):
            parameters = {**inspect.signature(command.method).parameters}
            del parameters["self"]
            required = {p.name for p in parameters.values() if p.default is p.empty}
            assert required == {*command.required}, name
            assert {*command.optional} <= {*parameters} - required
        assert {*command.required, *command.optional} <= {*READERS}


def test_every_command_is_used_here():
    source = inspect.getsource(inspect.getmodule(test_every_command_is_used_here))
    assert [name for name in COMMANDS if f'command("{name}"' not in source] == []


def test_the_commands_are_listed(server, session):
    usage = session.get(server.control_url).json()["commands"]
    assert usage.keys() == COMMANDS.keys()
    assert session.get(server.control_url).json()["faults"].keys() == FAULTS.keys()
    assert usage["borrow"] == "ccy amt [collateral] [ord_id] [user]"


# What is wrong


@pytest.mark.parametrize(
    ("name", "arguments", "complaint"),
    [
        ("deposit", {"ccy": "BTC"}, "deposit: amt is missing: ccy amt [user]"),
        (
            "deposit",
            {"ccy": "BTC", "amt": 1, "usr": "me"},
            "deposit: there is no usr: ccy amt [user]",
        ),
        ("deposit", {"ccy": "GOLD", "amt": 1}, "deposit: the exchange does not list 'GOLD'"),
        ("deposit", {"ccy": ["BTC"], "amt": 1}, "deposit: ccy is not a text: ['BTC']"),
        ("deposit", {"ccy": "BTC", "amt": "1,5"}, "deposit: amt is not a number: '1,5'"),
        ("deposit", {"ccy": "BTC", "amt": True}, "deposit: amt is not a number: True"),
        ("deposit", {"ccy": "BTC", "amt": None}, "deposit: amt is not a number: None"),
        ("deposit", {"ccy": "BTC", "amt": "NaN"}, "deposit: amt is not a number: 'NaN'"),
        ("deposit", {"ccy": "BTC", "amt": -1}, "deposit: not a positive number"),
        ("shock", {"change": 0.1, "ccys": "BTC"}, "shock: ccys is not a list of texts: 'BTC'"),
        ("borrow", {"ccy": "USDT", "amt": 9e9}, "borrow: 51759: The loan exceeds"),
        (
            "borrow",
            {"ccy": "USDT", "amt": 1, "collateral": [1]},
            "borrow: collateral is not an object of numbers by currency: [1]",
        ),
        ("advance", {"hours": -1}, "advance: time only moves forward"),
        ("advance", {"hours": "1e300"}, "advance: "),
        ("fail_next", {"fault": "flood"}, "fail_next: there is no fault 'flood': choose one of"),
        ("fail_next", {"fault": "429", "times": 1.5}, "fail_next: times is not a whole number"),
        ("fail_rate", {"rate": 2}, "fail_rate: rate is 2"),
        (
            "add_account",
            {"user": "x", "permissions": ["reed"]},
            "add_account: there is no permission 'reed'",
        ),
        ("restore", {"snapshot": {}}, "restore: this is not a saved exchange"),
        ("restore", {"snapshot": "{}"}, "restore: snapshot is not an object: '{}'"),
    ],
)
def test_what_is_wrong_is_said(refusal, borrowed, name, arguments, complaint):
    before = borrowed.snapshot()["state"]["accounts"]
    status, error = refusal(name, json=arguments)
    assert status == 400
    assert error.startswith(complaint)
    assert borrowed.snapshot()["state"]["accounts"] == before


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(refusal, body):
    status, error = refusal("deposit", data=body)
    assert status == 400
    assert error.startswith("deposit: the body is not ")


def test_an_unknown_command_is_named(refusal):
    status, error = refusal("steal")
    assert status == 404
    assert error.startswith("there is no command 'steal': deposit, borrow")


def test_a_command_is_sent_with_post(refusal):
    assert refusal("advance", method="GET") == (405, "commands are sent with POST")


# Who may


def test_there_is_no_control_plane_unless_asked_for(caller, session):
    with SimulatorServer(caller.gateway, caller.key) as server:
        server.start()
        assert server.control_url is None
        for path in ("/simulator/control", "/simulator/control/", "/simulator/control/deposit"):
            assert session.post(server.url + path, json={}).json()["code"] == "50005"


def test_nobody_comes_in_without_the_token(server, session, borrowed):
    url, _, token = server.control_url.rpartition("/")
    assert len(token) >= 32
    for wrong in (url, url + "/" + token[:-1], url + "/" + "x" * len(token), url + "//" + token):
        response = session.post(wrong + "/shock", json={"change": "-0.5"})
        assert (response.status_code, response.json()["code"]) == (410, "50005")
    assert token not in session.get(server.url + "/simulator/key").text


def test_tokens_are_all_different(caller):
    urls = set()
    for _ in range(5):
        with SimulatorServer(caller.gateway, caller.key, control=True) as server:
            urls.add(server.control_url.rpartition("/")[2])
    assert len(urls) == 5


def test_another_name_for_this_machine_gives_no_commands(server, session):
    response = session.get(server.control_url, headers={"Host": "evil.example"})
    assert (response.status_code, response.content) == (403, b"")


def test_only_commands_may_be_long(server, session):
    long = {"ccy": "BTC", "amt": "1" * (1 << 20)}
    assert session.post(server.control_url + "/deposit", json=long).status_code == 400
    with suppress(requests.ConnectionError):  # it may be refused while it is being sent
        assert session.post(server.url + LOAN + "max-loan", json=long).status_code == 413
