"""`connect` reaches every exchange with one client class."""

from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from flexloan_nb import (
    CredentialsError,
    FlexibleLoanClient,
    InvalidArgumentError,
    ResponseFormatError,
    ServiceError,
    SimulatedExchange,
    TradingDisabledError,
    TransportError,
    connect,
)
from flexloan_nb.sim import Gateway

KEY_VARIABLES = ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE")


@pytest.fixture
def no_key(monkeypatch):
    for variable in KEY_VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.usefixtures("no_key")
def test_the_simulator_needs_no_key_and_no_address():
    client = connect("simulator")
    assert isinstance(client, FlexibleLoanClient)
    assert len(client.loan_info()) == 2


def test_the_seed_decides_the_market():
    prices = [connect("simulator", seed=seed).market.index_prices("BTC") for seed in (7, 8, 7)]
    assert prices[0]["idxPx"].item() == prices[2]["idxPx"].item() != prices[1]["idxPx"].item()


def test_an_exchange_of_ones_own_is_shared_by_its_clients():
    exchange = SimulatedExchange(seed=7)
    one, other = connect(exchange), connect(exchange, allow_trading=True)
    before = one.loan_info()["collateralNotionalUsd"].iloc[0]
    other.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt="0.01")
    assert one.loan_info()["collateralNotionalUsd"].iloc[0] > before


def test_a_gateway_of_ones_own_can_let_requests_fail():
    gateway = Gateway(SimulatedExchange(seed=7), paced=False)
    client = connect(gateway, sleep=lambda seconds: None)
    gateway.faults.fail_next("50026", times=2)
    assert len(client.loan_info()) == 2
    gateway.faults.fail_next("50026", times=100)
    with pytest.raises(ServiceError, match="50026"):
        client.loan_info()


@pytest.mark.usefixtures("no_key")
def test_a_running_simulator_is_reached_by_its_address_alone(server):
    assert len(connect(server.url).loan_info()) == 2


@pytest.fixture
def live_key(monkeypatch):
    for variable in KEY_VARIABLES:
        monkeypatch.setenv(variable, "x")


@pytest.mark.usefixtures("live_key")
def test_the_live_exchange_takes_its_key_from_the_environment():
    assert repr(connect("live")) == "FlexibleLoanClient('https://www.okx.com')"
    assert "eea.okx.com" in repr(connect("live", base_url="https://eea.okx.com"))


@pytest.mark.usefixtures("no_key")
def test_going_live_without_a_key_names_what_is_missing(monkeypatch):
    monkeypatch.setenv("OKX_API_KEY", "x")
    with pytest.raises(CredentialsError, match=r"OKX_SECRET_KEY, OKX_PASSPHRASE\."):
        connect("live")


@pytest.mark.parametrize(
    "source", ["simulated", "https://www.okx.com", "", None, 5, SimulatedExchange]
)
def test_a_source_that_there_is_not_names_those_there_are(source):
    with pytest.raises(InvalidArgumentError, match="'simulator', 'live'"):
        connect(source)


def test_an_address_where_nothing_listens():
    with pytest.raises(TransportError, match="no connection"):
        connect("http://127.0.0.1:9")


@pytest.mark.parametrize("source", ["http://www.okx.com", "http://127.0.0.1:PORT"])
def test_an_address_elsewhere_or_of_no_use_is_refused(source):
    with pytest.raises(InvalidArgumentError, match="base_url"):
        connect(source)


@pytest.mark.usefixtures("live_key")
def test_no_client_may_trade_unless_asked(server):
    for source in ("simulator", SimulatedExchange(), server.url, "live"):
        with pytest.raises(TradingDisabledError):
            connect(source).adjust_collateral(
                type="add", collateral_ccy="BTC", collateral_amt="0.01"
            )


def test_options_reach_the_client():
    client = connect("simulator", numbers="decimal")
    assert client.loan_info()["curLTV"].dtype == object


@pytest.fixture
def other_server():
    """Serve this folder with the standard library's server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as listener:
        thread = Thread(target=listener.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listener.server_port}"
        listener.shutdown()
        thread.join()


def test_something_else_at_the_address_is_not_taken_for_a_simulator(other_server):
    with pytest.raises(ResponseFormatError, match="web page"):
        connect(other_server)
