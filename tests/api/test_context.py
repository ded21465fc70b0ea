"""Clients that share connections, close them, and are read together."""

import threading

import pandas as pd
import pytest
from fakes import CannedAdapter

from flexloan_nb import (
    Accounts,
    Credentials,
    CredentialsError,
    InvalidArgumentError,
    TradingDisabledError,
    connect,
    connect_many,
)

ADD = {"type": "add", "collateral_ccy": "BTC", "collateral_amt": "0.01"}


class ClosingAdapter(CannedAdapter):
    closed = False

    def close(self):
        self.closed = True


def test_other_options_are_another_client_on_the_same_connections(client_of, sample):
    adapter = CannedAdapter(sample("loan_info"))
    floats = client_of(adapter)
    decimals = floats.with_options(numbers="decimal")
    assert floats.loan_info()["curLTV"].dtype == "float64"
    assert decimals.loan_info()["curLTV"].dtype == object
    assert len(adapter.requests) == 2


def test_trading_is_not_switched_on_for_the_client_it_came_from():
    client = connect("simulator")
    assert len(client.with_options(allow_trading=True).adjust_collateral(**ADD)) == 1
    with pytest.raises(TradingDisabledError):
        client.adjust_collateral(**ADD)


def test_another_address_has_connections_of_its_own(client_of):
    adapter = CannedAdapter(b"")
    moved = client_of(adapter).with_options(base_url="https://eea.okx.com")
    assert "eea.okx.com" in repr(moved)
    assert moved._options["session"].get_adapter("https://eea.okx.com") is not adapter


def test_an_option_that_there_is_not_is_an_error(client_of):
    with pytest.raises(TypeError, match="colour"):
        client_of(CannedAdapter()).with_options(colour="red")


def test_leaving_the_context_closes_the_connections(client_of):
    adapter = ClosingAdapter()
    with client_of(adapter):
        assert not adapter.closed
    assert adapter.closed


def test_a_client_may_be_used_by_several_threads():
    client = connect("simulator")
    expected, found = client.interest_accrued(), []
    threads = [
        threading.Thread(target=lambda: found.append(client.interest_accrued())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for frame in found:
        pd.testing.assert_frame_equal(frame, expected)


@pytest.fixture(scope="module")
def accounts():
    return Accounts({"main": connect("simulator"), "other": connect("simulator", seed=8)})


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("borrow_currencies", []),
        ("collateral_assets", ["BTC"]),
        ("max_loan", ["USDT", {"BTC": "0.1"}]),
        ("max_collateral_redeem_amount", ["BTC"]),
        ("loan_info", []),
        ("loan_legs", []),
        ("loan_history", ["borrowed"]),
        ("interest_accrued", ["USDT"]),
    ],
)
def test_accounts_are_read_one_after_another_and_named(method, arguments, accounts):
    together = getattr(accounts, method)(*arguments)
    assert together.columns[0] == "account"
    assert together["account"].unique().tolist() == ["main", "other"]
    for name, rows in together.groupby("account"):
        alone = getattr(accounts[name], method)(*arguments)
        pd.testing.assert_frame_equal(rows.drop(columns="account").reset_index(drop=True), alone)


def test_the_account_that_fails_is_named(accounts):
    with pytest.raises(InvalidArgumentError) as caught:
        accounts.max_loan("USDT", {"BTC": -1})
    assert caught.value.__notes__ == ["This is of the account 'main'."]


def test_without_accounts_there_is_nothing_to_read():
    with pytest.raises(InvalidArgumentError, match="at least one"):
        connect_many({})


def test_a_key_that_cannot_be_right_is_named_before_anything_is_read():
    with pytest.raises(CredentialsError, match="passphrase"):
        connect_many({"main": Credentials("key", "secret", "")})
