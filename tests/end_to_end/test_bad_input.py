"""What goes wrong is named, with code, message and what to do, and without a secret."""

import dataclasses
import itertools
import logging
import traceback
from datetime import timedelta

import pytest
import requests
from fakes import CannedAdapter

from flexloan_nb import (
    ApiError,
    AuthError,
    Credentials,
    FlexibleLoanClient,
    FlexLoanError,
    InvalidRequestError,
    LoanRuleError,
    PermissionDeniedError,
    ResponseFormatError,
    TransportError,
)
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.signing import utc_now


def refused(call, error, code):
    with pytest.raises(error) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.msg
    assert caught.value.hint
    return caught.value


@pytest.fixture
def key(gateway):
    return gateway.issue_key()


def test_a_wrong_key(reach, key):
    client = reach(dataclasses.replace(key, api_key="00000000-0000-0000-0000-000000000000"))
    refused(client.loan_info, AuthError, "50119")


def test_a_wrong_secret(reach, key):
    client = reach(dataclasses.replace(key, secret_key="0" * 32))
    refused(client.loan_info, AuthError, "50113")


def test_a_wrong_passphrase(reach, key):
    client = reach(dataclasses.replace(key, passphrase="wrong"))
    refused(client.loan_info, AuthError, "50105")


@pytest.mark.parametrize("minutes", [-1, 1])
def test_a_clock_off_by_a_minute_is_set_by_the_exchanges(minutes, reach, key):
    off = reach(key, clock=lambda: utc_now() + timedelta(minutes=minutes), allow_trading=True)
    assert len(off.loan_info()) == 2
    added = off.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt="0.01")
    assert len(off.confirm_adjustment(added)) == 1


def test_a_clock_that_jumps_about(reach, key):
    minutes = itertools.count(10, step=10)
    client = reach(key, clock=lambda: utc_now() + timedelta(minutes=next(minutes)))
    error = refused(client.loan_info, AuthError, "50102")
    assert "clock" in error.hint


def test_a_key_that_may_only_read(reach, gateway):
    client = reach(gateway.issue_key(permissions=("read",)), allow_trading=True)
    before = client.loan_legs()
    error = refused(
        lambda: client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt="0.01"),
        PermissionDeniedError,
        "50120",
    )
    assert "Trade" in error.hint
    assert client.loan_legs().equals(before)


def test_a_demo_key_on_the_live_exchange(reach, key):
    refused(reach(key, demo=True).loan_info, AuthError, "50101")


def test_an_unknown_currency(client):
    refused(lambda: client.max_loan("NOCOIN"), InvalidRequestError, "51000")


def test_a_missing_borrow_ccy(client):
    error = refused(lambda: client.max_loan(""), InvalidRequestError, "50014")
    assert "borrowCcy" in error.msg


def test_a_coin_that_is_pledged_cannot_be_borrowed(client):
    refused(lambda: client.max_loan("BTC"), LoanRuleError, "51750")


def test_more_than_the_funding_account_holds(client):
    refused(
        lambda: client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt=1000),
        LoanRuleError,
        "51764",
    )


def test_an_order_that_does_not_exist(client):
    refused(
        lambda: client.adjust_collateral(
            type="add", collateral_ccy="BTC", collateral_amt=1, ord_id="1"
        ),
        LoanRuleError,
        "51063",
    )


AT_ONCE = {"pace": Unpaced(), "sleep": lambda seconds: None}


def failures(credentials):
    """Yield clients whose every call fails in another way."""
    bodies = [
        (b"<html><title>502 Bad Gateway</title></html>", 502, ResponseFormatError),
        (b'{"code": "0", "data": [{"ccy"', 200, ResponseFormatError),
        (b'{"code": "50113", "msg": "Invalid signature."}', 401, ApiError),
    ]
    for body, status, error in bodies:
        session = requests.Session()
        session.mount("https://", CannedAdapter(body, status))
        yield FlexibleLoanClient(credentials, session=session, **AT_ONCE), error
    dead_port = "http://127.0.0.1:9"
    yield FlexibleLoanClient(credentials, base_url=dead_port, **AT_ONCE), TransportError


def test_no_failure_shows_a_secret(caplog):
    secrets = ("my-api-key-7cf1", "my-secret-1b9e", "my-passphrase-55a0")
    caplog.set_level(logging.DEBUG)
    shown = []
    for client, expected in failures(Credentials(*secrets)):
        with pytest.raises(expected) as caught:
            client.loan_info()
        error = caught.value
        assert isinstance(error, FlexLoanError)
        assert error.hint
        below_this_test = error.__traceback__.tb_next
        trace = traceback.TracebackException(
            type(error), error, below_this_test, capture_locals=True
        )
        shown += [str(error), repr(error), repr(vars(error)), "".join(trace.format())]
        shown += [repr(client), repr(vars(client))]
    everything = "".join(shown) + caplog.text
    assert "OK-ACCESS-SIGN" not in everything
    assert not [secret for secret in secrets if secret in everything]
