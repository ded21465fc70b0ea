"""Reading what a report needs."""

import pandas as pd
import pytest

from flexloan_nb import SimulatedExchange, connect
from flexloan_nb.errors import ServiceError, TransportError
from flexloan_nb.report import collect
from flexloan_nb.sim import Gateway


@pytest.fixture
def gateway():
    return Gateway(SimulatedExchange(seed=7), paced=False)


def read(gateway, **options):
    client = connect(gateway, sleep=lambda seconds: None)
    return collect(client, progress=False, **options)


@pytest.mark.parametrize(
    ("endpoint", "missing"),
    [
        ("index-tickers", {"prices", "free_prices"}),
        ("discount-rate-interest-free-quota", {"discount_rates"}),
        ("history-index-candles", {"hourly", "at_sales"}),
        ("collateral-assets", {"balances", "free_prices"}),
        ("loan-history", {"events", "hourly", "at_sales"}),
        ("interest-accrued", {"accruals", "hourly"}),
    ],
)
def test_what_cannot_be_read_is_an_error_in_its_place_and_the_rest_is_there(
    gateway, endpoint, missing
):
    gateway.faults.fail_rate(1, ["50001"], endpoint=endpoint)
    facts = read(gateway)
    errors = {name for name, of in vars(facts).items() if isinstance(of, ServiceError)}
    assert errors == missing


def test_without_the_loans_there_is_nothing_to_report(gateway):
    gateway.faults.fail_rate(1, ["dropped"], endpoint="loan-info")
    with pytest.raises(TransportError):
        read(gateway)


def test_one_order_can_be_asked_for(gateway):
    order = gateway.exchange.loan_info()[1]["ordId"]
    facts = read(gateway, ord_id=order)
    assert set(facts.positions) == {order}
    assert set(facts.events["ordId"]) == {order}
    assert set(facts.accruals["ordId"]) == {order}


def test_prices_reach_from_the_first_record_of_interest_to_now(facts):
    assert facts.hourly.index[0] <= facts.accruals["ts"].min()
    assert facts.now.fetched_at - facts.hourly.index[-1] < pd.Timedelta(hours=1)
    assert facts.hourly.notna().all(axis=None)
    coins = {*facts.now.legs["ccy"], *facts.events["ccy"], *facts.accruals["ccy"]}
    assert set(facts.hourly) == coins


def test_a_forced_sale_is_priced_in_its_own_minute(facts):
    sold = facts.events.loc[facts.events["type"] == "sell_collateral", "ts"].unique()
    assert list(facts.at_sales.index) == list(sold)


def test_nothing_of_the_key_is_in_the_facts():
    client = connect("simulator")
    key = client._credentials
    facts = collect(client, progress=False)
    for secret in (key.api_key, key.secret_key, key.passphrase):
        assert secret not in repr(vars(facts))
        assert all(secret not in repr(getattr(of, "attrs", "")) for of in vars(facts).values())
