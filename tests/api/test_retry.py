"""Reads are repeated when what failed may pass, and only then."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from fakes import CannedAdapter
from requests.adapters import BaseAdapter

from flexloan_nb import (
    ApiError,
    AuthError,
    CertificateError,
    InvalidRequestError,
    RateLimitError,
    ResponseFormatError,
    ServiceError,
    TransportError,
)
from flexloan_nb.api.retry import ATTEMPTS, is_passing

GOOD = (200, b'{"code": "0", "msg": "", "data": []}')
BUSY = (503, b'{"code": "50001", "msg": "Service temporarily unavailable."}')


def code(status, code):
    return status, json.dumps({"code": code, "msg": "message"}).encode()


class Script(BaseAdapter):
    """Answers with one step after another: a status and body, or an error to raise."""

    def __init__(self, *steps, **headers):
        super().__init__()
        self.steps = list(steps)
        self.headers = headers
        self.requests = []

    def send(self, request, **_):
        self.requests.append(request)
        step = self.steps.pop(0)
        if isinstance(step, Exception):
            raise step
        status, body = step
        return CannedAdapter(body, status, **self.headers).send(request)

    def close(self):
        pass


PASSING = [
    requests.ConnectionError("reset"),
    requests.ReadTimeout("slow"),
    (502, b"<html>Bad Gateway</html>"),
    (429, b"<html>Slow down</html>"),
    *(code(200, passing) for passing in ("50001", "50004", "50011", "50013", "50026")),
]
LASTING = [
    (code(401, "50113"), AuthError),
    (code(400, "51000"), InvalidRequestError),
    (code(200, "99999"), ApiError),
    ((404, b"<html>Not Found</html>"), ResponseFormatError),
    ((200, b'{"code": "0"}'), ResponseFormatError),
]


@pytest.mark.parametrize("failure", PASSING, ids=str)
def test_what_may_pass_is_tried_again(failure, client_of):
    script = Script(failure, failure, GOOD)
    assert client_of(script).loan_info().empty
    assert not script.steps


@pytest.mark.parametrize(("failure", "error"), LASTING, ids=str)
def test_what_will_not_pass_is_raised_at_once(failure, error, client_of):
    script = Script(failure, GOOD)
    with pytest.raises(error):
        client_of(script).loan_info()
    assert len(script.requests) == 1


def test_a_certificate_that_is_not_trusted_is_not_asked_again():
    assert not is_passing(CertificateError("loan_info", "reason", "hint", sent=False))
    assert is_passing(TransportError("loan_info", "reason", "hint", sent=False))


def test_the_attempts_are_bounded_and_the_last_error_is_raised(client_of):
    script = Script(*[BUSY] * 20)
    with pytest.raises(ServiceError, match="50001"):
        client_of(script).loan_info()
    assert len(script.requests) == ATTEMPTS


def test_the_pauses_grow_and_are_random(client_of):
    waits = []
    for _ in range(30):
        slept = []
        with pytest.raises(ServiceError):
            client_of(Script(*[BUSY] * 20), sleep=slept.append).loan_info()
        waits.append(slept)
    longest = [max(pauses) for pauses in zip(*waits, strict=True)]
    assert longest == sorted(longest)
    assert longest[-1] <= 8
    assert len({pauses[-1] for pauses in waits}) > 20


def test_the_servers_own_pause_is_kept(client_of):
    slept = []
    script = Script(code(429, "50011"), GOOD, **{"Retry-After": "3"})
    client_of(script, sleep=slept.append).loan_info()
    assert slept == [3]


def test_a_pause_beyond_the_time_limit_is_not_waited_for(client_of):
    slept = []
    script = Script(code(429, "50011"), GOOD, **{"Retry-After": "3600"})
    with pytest.raises(RateLimitError) as caught:
        client_of(script, sleep=slept.append).loan_info()
    assert caught.value.retry_after == 3600
    assert slept == []


def test_every_attempt_has_a_timestamp_and_a_signature_of_its_own(client_of):
    seconds = iter(range(100))
    start = datetime(2026, 1, 15, tzinfo=UTC)
    script = Script(BUSY, BUSY, GOOD)
    client_of(script, clock=lambda: start + timedelta(seconds=next(seconds))).loan_info()
    for header in ("OK-ACCESS-TIMESTAMP", "OK-ACCESS-SIGN"):
        assert len({request.headers[header] for request in script.requests}) == 3


def test_a_history_survives_a_page_that_fails(client_of):
    rows = [{"refId": str(i)} for i in range(150, 0, -1)]
    pages = [
        (200, json.dumps({"code": "0", "data": part}).encode()) for part in (rows[:100], rows[100:])
    ]
    history = client_of(Script(pages[0], BUSY, pages[1])).loan_history()
    assert history["refId"].tolist() == [str(i) for i in range(1, 151)]


EXPIRED = code(401, "50102")
NOW = datetime(2026, 1, 15, 12, 7, tzinfo=UTC)
SERVER_TIME = (200, b'{"code": "0", "data": [{"ts": "%d"}]}' % (NOW.timestamp() * 1000))


def test_a_clock_that_is_off_is_set_by_the_exchanges_once(client_of):
    script = Script(EXPIRED, SERVER_TIME, GOOD, GOOD)
    client = client_of(script, clock=lambda: NOW - timedelta(minutes=5))
    client.loan_info()
    client.loan_info()
    signed = [request.headers.get("OK-ACCESS-TIMESTAMP") for request in script.requests]
    assert signed == ["2026-01-15T12:02:00.000Z", None, *["2026-01-15T12:07:00.000Z"] * 2]


def test_a_clock_that_stays_off_is_an_error(client_of):
    script = Script(EXPIRED, SERVER_TIME, EXPIRED, GOOD)
    with pytest.raises(AuthError, match="50102"):
        client_of(script).loan_info()
    assert len(script.requests) == 3


@pytest.mark.parametrize("body", [b'{"code": "0", "data": []}', b'{"code": "0", "data": [{}]}'])
def test_a_server_without_a_time_is_named(body, client_of):
    with pytest.raises(ResponseFormatError, match="no time"):
        client_of(CannedAdapter(body)).market.server_time()


@pytest.mark.parametrize("failure", [*PASSING, EXPIRED], ids=str)
def test_a_change_is_never_sent_twice(failure, client_of):
    script = Script(GOOD, failure, SERVER_TIME, GOOD)
    client = client_of(script, allow_trading=True)
    with pytest.raises(Exception, match="adjust_collateral"):
        client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt=1)
    assert [request.method for request in script.requests] == ["GET", "POST"]
