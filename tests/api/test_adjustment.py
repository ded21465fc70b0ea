"""A request that moves collateral: never by accident, never repeated, never misreported."""

import ssl

import pytest
import requests
from fakes import CannedAdapter
from requests.adapters import BaseAdapter
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


class FailingAdapter(BaseAdapter):
    """Fails every request with one error and counts them."""

    def __init__(self, error):
        super().__init__()
        self.error = error
        self.calls = 0

    def send(self, request, **_):
        self.calls += 1
        raise self.error

    def close(self):
        pass


def test_trading_is_off_unless_asked_for(client_of):
    adapter = CannedAdapter()
    with pytest.raises(TradingDisabledError, match="allow_trading=True"):
        client_of(adapter).adjust_collateral(**ADD)
    assert not adapter.requests


@pytest.mark.parametrize(
    "wrong", [{"type": "remove"}, {"collateral_amt": "-1"}, {"collateral_amt": float("nan")}]
)
def test_a_wrong_argument_sends_nothing(wrong, client_of):
    adapter = CannedAdapter()
    with pytest.raises(InvalidArgumentError):
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD | wrong)
    assert not adapter.requests


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
    adapter = CannedAdapter(body, status)
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
    adapter = FailingAdapter(error)
    with pytest.raises(OutcomeUnknownError):
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert adapter.calls == 1


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
    adapter = FailingAdapter(error)
    with pytest.raises(TransportError) as caught:
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert not caught.value.sent
    assert adapter.calls == 1


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
    adapter = CannedAdapter(body, status)
    with pytest.raises(error) as caught:
        client_of(adapter, allow_trading=True).adjust_collateral(**ADD)
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(adapter.requests) == 1
