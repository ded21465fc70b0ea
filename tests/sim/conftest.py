"""An exchange without a story, and a caller that signs requests to its gateway."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from flexloan_nb.sim import ApiKey, Gateway, SimulatedExchange, SimulatorServer, wsgi

LOAN = "/api/v5/finance/flexible-loan/"


@dataclass(frozen=True)
class Caller:
    """Signs as the exchange's documentation says, and calls the gateway itself."""

    gateway: Gateway
    key: ApiKey
    now: Callable[[], datetime]

    def headers(self, method: str, target: str, body: bytes = b"") -> dict[str, str]:
        """Return the headers of a request that is right."""
        stamp = self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        prehash = f"{stamp}{method}{target}".encode() + body
        digest = hmac.new(self.key.secret_key.encode(), prehash, hashlib.sha256).digest()
        return {
            "OK-ACCESS-KEY": self.key.api_key,
            "OK-ACCESS-SIGN": base64.b64encode(digest).decode(),
            "OK-ACCESS-TIMESTAMP": stamp,
            "OK-ACCESS-PASSPHRASE": self.key.passphrase,
            "Content-Type": "application/json",
        }

    def send(
        self, method: str, target: str, body: bytes = b"", **changes: str | None
    ) -> wsgi.Reply:
        """Send a request; a change replaces a header, and takes it away where it is None."""
        wanted: Mapping[str, str | None] = self.headers(method, target, body) | {
            name.replace("_", "-"): value for name, value in changes.items()
        }
        headers = [(name, value) for name, value in wanted.items() if value is not None]
        environ = wsgi.environment(method, target, headers, body, "127.0.0.1")
        return wsgi.call(self.gateway, environ)

    def get(self, endpoint: str, **params: object) -> Any:
        """Return the envelope of a signed GET."""
        target = LOAN + endpoint + ("?" + urlencode(params) if params else "")
        return json.loads(self.send("GET", target).body)

    def post(self, endpoint: str, **params: object) -> Any:
        """Return the envelope of a signed POST."""
        return json.loads(self.send("POST", LOAN + endpoint, json.dumps(params).encode()).body)

    def using(self, key: ApiKey) -> "Caller":
        """Return a caller with another key."""
        return replace(self, key=key)


class Signature(requests.auth.AuthBase):
    """Signs a prepared request as a caller does."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.encode()
        request.headers.update(self.caller.headers(request.method, request.path_url, body))
        return request


@pytest.fixture
def exchange() -> SimulatedExchange:
    """Return an exchange whose only user has coins and no loan."""
    exchange = SimulatedExchange(scenario=None)
    for ccy, amt in {"BTC": 3, "ETH": 30, "SOL": 200, "USDC": 5_000, "TRX": 1_000}.items():
        exchange.deposit(ccy, amt)
    return exchange


@pytest.fixture
def borrowed(exchange: SimulatedExchange) -> SimulatedExchange:
    """Return the same exchange with an order: 1 BTC and 20 ETH against 90,000 USDT."""
    exchange.borrow("USDT", 90_000, collateral={"BTC": 1, "ETH": 20})
    return exchange


@pytest.fixture
def caller_of() -> Callable[..., Caller]:
    """Return a maker of callers, each with a gateway of its own."""

    def make(exchange: SimulatedExchange, **options: Any) -> Caller:
        gateway = Gateway(exchange, **{"paced": False} | options)
        return Caller(gateway, gateway.issue_key(), exchange.now)

    return make


@pytest.fixture
def caller(borrowed: SimulatedExchange, caller_of: Callable[..., Caller]) -> Caller:
    """Return a caller of the exchange with an order."""
    return caller_of(borrowed)


@pytest.fixture(scope="session")
def signature_of() -> Callable[[SimulatedExchange, Gateway], Signature]:
    """Return a maker of signatures by a new key to a gateway."""
    return lambda exchange, gateway: Signature(Caller(gateway, gateway.issue_key(), exchange.now))


@pytest.fixture
def sign(caller: Caller) -> Signature:
    """Return what signs requests of a session for the caller."""
    return Signature(caller)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """Return a session that knows no proxies."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


@pytest.fixture
def server(caller: Caller) -> Iterator[SimulatorServer]:
    """Return a running server of the caller's gateway."""
    with SimulatorServer(caller.gateway, caller.key, control=True) as server:
        server.start()
        yield server
