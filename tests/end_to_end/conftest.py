"""An exchange, its gateway, and clients at both distances from it."""

from collections.abc import Callable, Iterator

import pytest
import requests
from lab import browser, lab, page  # noqa: F401  fixtures of the tests in a browser

from flexloan_nb import Credentials, FlexibleLoanClient, SimulatedExchange
from flexloan_nb.api.pace import Unpaced
from flexloan_nb.api.signing import utc_now
from flexloan_nb.api.transport import new_session
from flexloan_nb.sim import ApiKey, Gateway, SimulatorAdapter, SimulatorServer

IN_PROCESS = "https://simulator.invalid"

MakeClient = Callable[..., FlexibleLoanClient]


@pytest.fixture
def exchange() -> SimulatedExchange:
    return SimulatedExchange(seed=7)


@pytest.fixture
def gateway(exchange: SimulatedExchange) -> Gateway:
    return Gateway(exchange, clock=utc_now, paced=False)


@pytest.fixture
def server(gateway: Gateway) -> Iterator[SimulatorServer]:
    with SimulatorServer(gateway, gateway.issue_key()) as running:
        running.start()
        yield running


@pytest.fixture(params=["in process", "over HTTP"])
def reach(request: pytest.FixtureRequest, gateway: Gateway) -> Iterator[MakeClient]:
    """Return a maker of clients of the exchange, at both distances."""
    if request.param == "in process":
        url, session = IN_PROCESS, requests.Session()
        session.mount(url, SimulatorAdapter(gateway))
    else:
        url = request.getfixturevalue("server").url
        session = new_session(url)

    def make(key: ApiKey, **options: object) -> FlexibleLoanClient:
        credentials = Credentials(key.api_key, key.secret_key, key.passphrase)
        return FlexibleLoanClient(
            credentials, base_url=url, session=session, pace=Unpaced(), **options
        )

    with session:
        yield make


@pytest.fixture
def client(reach: MakeClient, gateway: Gateway) -> FlexibleLoanClient:
    """Return a client that may trade and gives exact numbers."""
    return reach(gateway.issue_key(), allow_trading=True, numbers="decimal")
