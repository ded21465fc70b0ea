"""A request that moves collateral: never by accident, never repeated, never misreported."""

import json
import ssl

import pytest
import requests
from fakes import AdjustmentAdapter, CannedAdapter
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from urllib3.exceptions import MaxRetryError, NewConnectionError, SSLError

from flexloan_nb import (
    ApiError,
    InvalidArgumentError,
    OutcomeUnknownError,
    ResponseFormatError,
    TradingDisabledError,
    TransportError,
)

ADD = {"type": "add", "collateral_ccy": "BTC", "collateral_amt": "0.1"}


def test_trading_is_off_unless_asked_for(client_of):
    adapter = AdjustmentAdapter()
    with pytest.raises(TradingDisabledError, match="allow_trading=True"):
        client_of(adapter).adjust_collateral(**ADD)
    assert not adapter.requests
    assert not adapter.history.requests


@pytest.mark.parametrize(
    "wrong", [{"type": "remove"}, {"collateral_amt": "-1"}, {"collateral_amt": float("nan")}]
)
def test_a_wrong_argument_sends_nothing(wrong, client_of):
    adapter = AdjustmentAdapter()
    with pytest.raises(InvalidArgumentError):
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD | wrong)
    assert not adapter.requests
    assert not adapter.history.requests


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"code": "50004", "msg": "API endpoint request timeout"}'),
        (503, b'{"code": "50001", "msg": "Service temporarily unavailable"}'),
        (500, b'{"code": "50026", "msg": "System error"}'),
        (200, b'{"code": "50001", "msg": "Service temporarily unavailable"}'),
        (200, b'{"code": "50026", "msg": "System error"}'),
        (500, b'{"code": "0", "msg": "", "data": []}'),
        (502, b"<html>Bad Gateway</html>"),
        (408, b"<html>Request Timeout</html>"),
        (499, b"<html>Client Closed Request</html>"),
        (200, b'{"code": "0", "da'),
        (200, b""),
    ],
)
def test_an_answer_that_does_not_tell_is_an_unknown_outcome(status, body, client_of):
    adapter = AdjustmentAdapter(body, status)
    with pytest.raises(OutcomeUnknownError, match="Do not repeat it") as caught:
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert "loan_legs()" in caught.value.hint
    assert len(adapter.requests) == 1


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout("slow"),
        requests.ConnectionError("reset by peer"),
        requests.exceptions.SSLError("decryption failed or bad record mac"),
        requests.exceptions.ChunkedEncodingError("connection broken"),
        ConnectionResetError("reset by peer"),
        requests.ConnectionError(),
    ],
)
def test_a_lost_answer_is_an_unknown_outcome_and_is_not_repeated(error, client_of):
    adapter = AdjustmentAdapter(error=error)
    with pytest.raises(OutcomeUnknownError):
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert len(adapter.requests) == 1


def test_an_interrupt_is_an_unknown_outcome(client_of):
    adapter = AdjustmentAdapter(error=KeyboardInterrupt())
    with pytest.raises(OutcomeUnknownError, match="interrupted"):
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert len(adapter.requests) == 1


@pytest.mark.parametrize("retries", [1, Retry(total=3, allowed_methods=None)])
def test_a_session_that_would_repeat_a_change_is_refused(retries, client_of):
    with pytest.raises(InvalidArgumentError, match="max_retries"):
        client_of(HTTPAdapter(max_retries=retries))


@pytest.mark.parametrize(
    "error",
    [
        requests.ConnectTimeout("no route"),
        requests.ConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused"))),
        requests.exceptions.SSLError(
            MaxRetryError(None, "/", SSLError(ssl.SSLCertVerificationError("self-signed")))
        ),
    ],
)
def test_without_a_connection_nothing_has_happened(error, client_of):
    adapter = AdjustmentAdapter(error=error)
    with pytest.raises(TransportError) as caught:
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert not caught.value.sent
    assert len(adapter.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"code": "51764", "msg": "Insufficient balance"}', ApiError),
        (429, b'{"code": "50011", "msg": "Too Many Requests"}', ApiError),
        (302, b"<html>Moved</html>", ResponseFormatError),
        (302, b'{"code": "0", "msg": "", "data": []}', ResponseFormatError),
        (403, b"<html>Forbidden</html>", ResponseFormatError),
    ],
)
def test_a_refusal_is_a_known_outcome(status, body, error, client_of):
    adapter = AdjustmentAdapter(body, status)
    with pytest.raises(error) as caught:
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(adapter.requests) == 1


def history(*rows):
    return json.dumps({"code": "0", "msg": "", "data": list(rows)}).encode()


def event(ref_id, kind="collateral_locked", ccy="BTC", amt="-0.1"):
    return {"refId": ref_id, "type": kind, "ccy": ccy, "amt": amt, "ts": "1731659485000"}


OTHERS = [
    event("13", kind="collateral_released", amt="0.1"),
    event("12", ccy="ETH"),
    event("11", amt="-0.2"),
]


class Ledger(AdjustmentAdapter):
    """Accepts a change, which stands in the history after a few looks."""

    def __init__(self, looks, error=None):
        super().__init__(b'{"code": "0", "msg": "", "data": []}', error=error)
        self.earlier = [event("10")]
        self.looks = looks

    def send(self, request, **_):
        if request.method == "GET" and self.requests:
            self.looks -= 1
            done = [event("14")] if self.looks <= 0 else []
            return CannedAdapter(history(*done, *OTHERS, *self.earlier)).send(request)
        self.history.body = history(*self.earlier)
        return super().send(request)


@pytest.mark.parametrize("numbers", ["float", "decimal"])
@pytest.mark.parametrize("looks", [1, 3])
def test_a_change_is_confirmed_when_it_stands_in_the_history(looks, numbers, client_of):
    client = client_of(Ledger(looks), allow_trading=True, numbers=numbers)
    confirmed = client.confirm_adjustment(client.adjust_collateral(**ADD))
    assert confirmed["refId"].tolist() == ["14"]


def test_an_unknown_outcome_can_be_confirmed_too(client_of):
    ledger = Ledger(looks=2, error=requests.ReadTimeout("slow"))
    client = client_of(ledger, allow_trading=True)
    with pytest.raises(OutcomeUnknownError) as caught:
        client.adjust_collateral(**ADD)
    assert client.confirm_adjustment(caught.value)["refId"].tolist() == ["14"]
    assert len(ledger.requests) == 1


def test_a_frame_that_is_no_change_is_refused(client_of):
    ledger = Ledger(looks=1)
    with pytest.raises(InvalidArgumentError, match="adjust_collateral"):
        client_of(ledger).confirm_adjustment(client_of(ledger).loan_history())


def test_an_earlier_change_like_it_is_not_taken_for_it(client_of):
    client = client_of(Ledger(looks=10**9), allow_trading=True)
    accepted = client.adjust_collateral(**ADD)
    with pytest.raises(OutcomeUnknownError, match=r"not in the history after 0 s") as caught:
        client.confirm_adjustment(accepted, within=0)
    assert caught.value.change["newestRefId"] == "10"
