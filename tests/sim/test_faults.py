"""Every fault looks to a client as the real one would, at both distances, and on schedule."""

import json
import threading
import time
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

import pytest
import requests
from requests.exceptions import ChunkedEncodingError

from flexloan_nb.sim import SimulatorAdapter, wsgi
from flexloan_nb.sim.faults import FAULTS
from flexloan_nb.sim.passages import LATE_SECONDS, PADDING, PIECES, SECONDS_BETWEEN_PIECES

EMBEDDED = "http://simulator.localhost"
LOAN = "/api/v5/finance/flexible-loan/"
TIME = "/api/v5/public/time"
ADD = {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.01"}
PATIENCE = 0.5  # seconds


@pytest.fixture
def faults(caller):
    return caller.gateway.faults


@pytest.fixture(params=["in process", "over HTTP"])
def address(request, caller, session):
    if request.param == "over HTTP":
        return request.getfixturevalue("server").url
    session.mount(EMBEDDED, SimulatorAdapter(caller.gateway))
    return EMBEDDED


@pytest.fixture
def ask(address, session, sign):
    """Return a function that reads an endpoint as an impatient client does."""

    def ask(endpoint="loan-history", **options):
        options = {"timeout": PATIENCE} | options
        return session.get(address + LOAN + endpoint, auth=sign, **options)

    return ask


# What arrives


ERRORS = {
    # fault: HTTP status and code
    "429": (429, "50011"),
    "50011": (200, "50011"),
    "retry_after": (429, "50011"),
    "50001": (503, "50001"),
    "50004": (400, "50004"),
    "50004_done": (400, "50004"),
    "50013": (429, "50013"),
    "50026": (500, "50026"),
    "50026_done": (500, "50026"),
}
PAGES = {"html_200": 200, "html_502": 502, "html_504_done": 504}
RAISED = {
    "dropped": requests.ConnectionError,
    "dropped_done": requests.ConnectionError,
    "reset": requests.ConnectionError,
    "reset_done": requests.ConnectionError,
    "truncated": ChunkedEncodingError,
    "torn": ChunkedEncodingError,
    "late": requests.ReadTimeout,
    "silent": requests.ReadTimeout,
    "silent_done": requests.ReadTimeout,
}
BODIES = {"empty_body", "half_body", "not_utf8"}
ENVELOPES = {"no_data", "null_data", "integer_code", "new_fields", "new_types"}
STREAMS = {"trickling", "endless"}


def test_every_fault_of_the_table_is_shown_here():
    assert set(FAULTS) == {*ERRORS, *PAGES, *RAISED} | BODIES | ENVELOPES | STREAMS


@pytest.mark.parametrize("fault", ERRORS)
def test_the_exchange_refuses_without_data(faults, ask, fault):
    faults.fail_next(fault)
    response = ask()
    envelope = response.json()
    assert (response.status_code, envelope["code"]) == ERRORS[fault]
    assert envelope.keys() == {"code", "msg"}
    assert response.headers.get("Retry-After") == ("1" if fault == "retry_after" else None)
    assert ask().json()["code"] == "0"


@pytest.mark.parametrize("fault", PAGES)
def test_a_proxy_answers_with_a_page(faults, ask, fault):
    faults.fail_next(fault)
    response = ask()
    assert response.status_code == PAGES[fault]
    assert response.headers["Content-Type"] == "text/html"
    assert response.text.startswith("<html>")


@pytest.mark.parametrize("fault", RAISED)
def test_requests_raises_what_it_raises_over_a_network(faults, ask, fault):
    faults.fail_next(fault)
    began = time.monotonic()
    with pytest.raises(RAISED[fault]) as raised:
        ask()
    assert raised.type is RAISED[fault]
    assert time.monotonic() - began < LATE_SECONDS
    assert ask().json()["code"] == "0"


def test_a_reset_is_told_from_a_closed_connection(faults, ask):
    for fault, cause in (("dropped", "RemoteDisconnected"), ("reset", "ConnectionResetError")):
        faults.fail_next(fault)
        with pytest.raises(requests.ConnectionError) as raised:
            ask()
        assert type(raised.value.args[0].args[1]).__name__ == cause


def test_bodies_are_spoilt(faults, ask):
    whole = ask().content
    faults.fail_next("empty_body")
    assert ask().content == b""
    faults.fail_next("half_body")
    assert ask().content == whole[: len(whole) // 2]
    faults.fail_next("not_utf8")
    with pytest.raises(UnicodeDecodeError):
        ask().content.decode()


def test_envelopes_are_not_what_they_should_be(faults, ask):
    whole = ask().json()
    for fault in ("no_data", "null_data", "integer_code"):
        faults.fail_next(fault)
    assert ask().json() == {"code": "0", "msg": ""}
    assert ask().json() == whole | {"data": None}
    assert ask().json() == whole | {"code": 0}


def test_rows_have_fields_and_types_nobody_knows(faults, ask):
    whole = ask().json()["data"]
    faults.fail_next("new_fields")
    assert [row | known for row, known in zip(ask().json()["data"], whole, strict=True)] == [
        row | {"newField": "1", "newList": [{"ccy": "BTC", "amt": "1"}], "newObject": {"a": None}}
        for row in whole
    ]
    faults.fail_next("new_types")
    assert ask().json()["data"] == [row | {"type": "new_event_type"} for row in whole]


def test_an_answer_may_trickle_in(faults, ask):
    whole = ask().content
    faults.fail_next("trickling")
    began = time.monotonic()
    with ask(stream=True) as response:
        first = len(whole) // PIECES
        assert next(response.iter_content(first)) == whole[:first]
        assert time.monotonic() - began < SECONDS_BETWEEN_PIECES
        next(response.iter_content(2 * first))
        assert time.monotonic() - began > SECONDS_BETWEEN_PIECES


def test_an_answer_may_never_end(faults, ask):
    whole = ask().content
    faults.fail_next("endless")
    with ask(stream=True) as response:
        assert "Content-Length" not in response.headers
        chunks = response.iter_content(len(PADDING))
        read = b"".join(next(chunks) for _ in range(10))
    assert read.startswith(whole)
    assert read.rstrip() == whole


def test_a_connection_that_will_be_closed_is_said_to_be(server, session, sign, faults):
    """A client that kept it would find it closed under its next request."""
    faults.fail_next("trickling")
    with session.get(server.url + LOAN + "loan-info", auth=sign, stream=True) as response:
        assert response.headers["Connection"] == "close"


def test_a_late_answer_comes_to_those_who_wait(caller, session, sign, faults):
    waits = []
    session.mount(EMBEDDED, SimulatorAdapter(caller.gateway, sleep=waits.append))
    for timeout in (LATE_SECONDS, (0.1, LATE_SECONDS + 1), (0.1, None), None):
        faults.fail_next("late")
        response = session.get(EMBEDDED + LOAN + "loan-info", auth=sign, timeout=timeout)
        assert response.json()["code"] == "0"
    assert waits == [LATE_SECONDS] * 4
    for timeout in (3, (LATE_SECONDS + 1, 3)):
        faults.fail_next("late")
        with pytest.raises(requests.ReadTimeout):
            session.get(EMBEDDED + LOAN + "loan-info", auth=sign, timeout=timeout)
    assert waits[4:] == [3, 3]


def test_a_pause_in_the_middle_of_a_body_can_be_too_long(caller, session, sign, faults):
    session.mount(EMBEDDED, SimulatorAdapter(caller.gateway, sleep=lambda seconds: None))
    faults.fail_next("trickling", times=2)
    url = EMBEDDED + LOAN + "loan-info"
    assert session.get(url, auth=sign, timeout=1).json()["code"] == "0"
    with pytest.raises(requests.ConnectionError, match="timed out"):
        session.get(url, auth=sign, timeout=0.1)


def test_a_server_stops_while_answers_are_late_or_endless(caller, server, session, sign):
    threads = threading.active_count()
    for fault in ("late", "silent"):
        caller.gateway.faults.fail_next(fault)
        with pytest.raises(requests.ReadTimeout):
            session.get(server.url + LOAN + "loan-info", auth=sign, timeout=PATIENCE)
    caller.gateway.faults.fail_next("endless")
    session.get(server.url + LOAN + "loan-info", auth=sign, stream=True)
    assert threading.active_count() == threads + 3
    began = time.monotonic()
    server.stop()
    assert time.monotonic() - began < 2
    assert threading.active_count() == threads - 1


# What is done


@pytest.mark.parametrize("fault", FAULTS)
def test_the_table_says_whether_the_request_is_carried_out(caller, borrowed, faults, fault):
    faults.fail_next(fault)
    body = json.dumps(ADD).encode()
    environ = wsgi.environment(
        "POST",
        LOAN + "adjust-collateral",
        caller.headers("POST", LOAN + "adjust-collateral", body).items(),
        body,
        "127.0.0.1",
    )
    wsgi.call(caller.gateway, environ)
    (pledged,) = [c for c in borrowed.loan_info()[0]["collateralData"] if c["ccy"] == "BTC"]
    assert Decimal(pledged["amt"]) == (Decimal("1.01") if FAULTS[fault].carried_out else 1)


def test_a_request_that_fails_is_still_checked_and_counted(borrowed, caller_of):
    paced = caller_of(borrowed, paced=True, monotonic=lambda: 0.0)
    paced.gateway.faults.fail_next("50001", times=5)
    assert [paced.get("loan-info")["code"] for _ in range(6)] == ["50001"] * 5 + ["50011"]
    paced.gateway.faults.fail_next("integer_code")
    forged = paced.send("GET", LOAN + "loan-history", OK_ACCESS_SIGN="forged")
    assert json.loads(forged.body)["code"] == 50113


# When


def codes(caller, *endpoints):
    return [caller.get(endpoint)["code"] for endpoint in endpoints]


def test_plans_are_met_in_order_and_end(caller, faults):
    faults.fail_next("50001", times=2)
    faults.fail_next("50013")
    assert codes(caller, *["loan-info"] * 4) == ["50001", "50001", "50013", "0"]


def test_a_plan_waits_for_its_endpoint(caller, faults):
    faults.fail_next("50001", endpoint="loan-history")
    faults.fail_next("50013")
    assert codes(caller, "loan-info", "loan-info", "loan-history", "loan-history") == [
        *("50013", "0", "50001", "0")
    ]


def test_a_share_of_requests_fails_as_the_seed_says(caller, faults):
    def fates(seed):
        faults.fail_rate(0.3, ["50001", "50026"], seed=seed)
        return codes(caller, *["loan-info"] * 300)

    first = fates(5)
    assert first == fates(5) != fates(6)
    count = Counter(first)
    assert 60 < count["50001"] + count["50026"] < 120
    assert min(count["50001"], count["50026"]) > 20


def test_rates_go_by_endpoint_and_end(caller, faults):
    faults.fail_rate(1, ["50001"])
    faults.fail_rate(1, ["50026"], endpoint="loan-info")
    faults.fail_rate(0, endpoint="loan-history")
    asked = ("loan-info", "loan-history", "collateral-assets")
    assert codes(caller, *asked) == ["50026", "0", "50001"]
    faults.clear()
    assert codes(caller, *asked) == ["0"] * 3


def test_a_rate_draws_from_all_faults_if_none_is_named(faults):
    faults.fail_rate(1)
    struck = {id(faults.strike(TIME)) for _ in range(2_000)}
    assert struck == {id(fault) for fault in FAULTS.values()}


def test_every_fault_planned_from_threads_strikes_once(caller, faults):
    faults.fail_next("50001", times=40)
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.extend(codes(caller, *["loan-info"] * 20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answers) == {"50001": 40, "0": 40}


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        (lambda faults: faults.fail_next("flood"), "no fault 'flood'"),
        (lambda faults: faults.fail_next("429", endpoint="loans"), "no endpoint 'loans'"),
        (lambda faults: faults.fail_next("429", times=0), "times is 0"),
        (lambda faults: faults.fail_rate(1.5), "rate is 1.5"),
        (lambda faults: faults.fail_rate(0.5, []), "faults is empty"),
        (lambda faults: faults.fail_rate(0.5, ["flood"]), "no fault 'flood'"),
        (lambda faults: faults.fail_rate(0.5, endpoint="loans"), "no endpoint 'loans'"),
    ],
)
def test_a_wrong_plan_is_refused_and_plans_nothing(caller, faults, plan, complaint):
    with pytest.raises(ValueError, match=complaint):
        plan(faults)
    assert codes(caller, "loan-info") == ["0"]


# Clock


def test_a_drifting_clock_refuses_and_tells_its_own_time(borrowed, caller_of):
    seconds = [0.0]
    caller = caller_of(borrowed, monotonic=lambda: seconds[0], clock=borrowed.now)
    caller.gateway.faults.drift(ahead=-20, gains=-0.5)
    assert codes(caller, "loan-info") == ["0"]
    seconds[0] = 22.0
    assert codes(caller, "loan-info") == ["50102"]
    told = caller.send("GET", TIME)
    by_its_clock = borrowed.now() - timedelta(seconds=31)
    assert int(json.loads(told.body)["data"][0]["ts"]) == by_its_clock.timestamp() * 1000
    assert parsedate_to_datetime(dict(told.headers)["Date"]) == by_its_clock
    following = type(caller)(caller.gateway, caller.key, lambda: by_its_clock)
    assert codes(following, "loan-info") == ["0"]
    caller.gateway.faults.clear()
    assert codes(caller, "loan-info") == ["0"]
