"""The exchange's HTTP interface as one WSGI callable.

A request passes these checks in this order, and the first that fails answers it:

1. path and method (50005, 50115);
2. the key's headers (50103, 50106, 50107, 50104), the timestamp's form (50112) and age (50102),
   the key (50119), live against demo (50101), passphrase (50105), signature (50113);
3. permission (50120) and demo trading (50038);
4. pace (50011);
5. content type (50006), body (50000, 50002), parameters (50014, 51000, 50015);
6. the lending rules (51785, 51016, 51063, then 517xx in the order the desk states).

Public endpoints skip the second and the third. A request that meets a fault
(`flexloan_nb.sim.faults`) goes through the first five all the same.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl

from flexloan_nb.sim import wsgi
from flexloan_nb.sim.answers import JSON, Answer, compact
from flexloan_nb.sim.exchange import MS, SimulatedExchange
from flexloan_nb.sim.faults import Fault, Faults
from flexloan_nb.sim.keys import ApiKey, KeyRing, Signed
from flexloan_nb.sim.pacing import SlidingWindow
from flexloan_nb.sim.parameters import Parameter
from flexloan_nb.sim.refusals import Refusal
from flexloan_nb.sim.routes import PATHS, ROUTES, Route
from flexloan_nb.sim.rows import Row
from flexloan_nb.sim.running import RunningClock
from flexloan_nb.sim.violations import LoanRuleViolation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TIME_PATH: Final = "/api/v5/public/time"
# The key's headers and the code of their absence, in the order they are looked for.
KEY_HEADERS: Final = {
    "HTTP_OK_ACCESS_KEY": "50103",
    "HTTP_OK_ACCESS_SIGN": "50106",
    "HTTP_OK_ACCESS_TIMESTAMP": "50107",
    "HTTP_OK_ACCESS_PASSPHRASE": "50104",
}


@dataclass(frozen=True, slots=True)
class Request:
    """What the gateway needs of a WSGI request."""

    method: str
    path: str
    query: str
    body: bytes
    address: str
    headers: Mapping[str, Any]

    @classmethod
    def read(cls, environ: "WSGIEnvironment") -> Self:
        """Take a request out of its WSGI environment, body included."""
        return cls(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            environ.get("REMOTE_ADDR", ""),
            environ,
        )

    def signed(self) -> Signed:
        """Return the signature and what it must cover, or refuse what lacks a header."""
        given = {header: self.headers.get(header, "") for header in KEY_HEADERS}
        for header, code in KEY_HEADERS.items():
            if not given[header]:
                raise Refusal(code)
        target = f"{self.path}?{self.query}" if self.query else self.path
        prehash = (self.method + target).encode("latin-1") + self.body
        api_key, signature, timestamp, passphrase = given.values()
        demo = self.headers.get("HTTP_X_SIMULATED_TRADING") == "1"
        return Signed(api_key, signature, timestamp, passphrase, demo, prehash)

    def values(self) -> Mapping[str, Any]:
        """Return the parameters as they were sent: from the query, or from the JSON body."""
        if self.method == "GET":
            return dict(parse_qsl(self.query))
        if self.headers.get("CONTENT_TYPE", "").partition(";")[0].strip().lower() != JSON:
            raise Refusal("50006")
        if not self.body:
            raise Refusal("50000")
        return _json_object(self.body)


class Gateway:
    """Checks requests and lets the exchange answer them.

    Parameters
    ----------
    exchange : SimulatedExchange
        Whose interface this is.
    clock : callable, optional
        A second clock a request may be signed by, besides the exchange's own: the wall clock,
        for clients that know of no virtual time.
    paced : bool
        Whether calls are limited as on the real exchange.
    speed : float
        Virtual seconds that pass in a second. With 0 time stands until it is advanced, and the
        same calls give the same answers.
    monotonic : callable
        The seconds that the pace and the running time count.

    Attributes
    ----------
    exchange : SimulatedExchange
        Whose interface this is.
    faults : Faults
        What is to go wrong.
    """

    def __init__(
        self,
        exchange: SimulatedExchange,
        *,
        clock: Callable[[], datetime] | None = None,
        paced: bool = True,
        speed: float = 0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.faults = Faults(monotonic)
        self.exchange = exchange
        self._running = RunningClock(exchange, speed, monotonic)
        self._clocks = [exchange.now] if clock is None else [exchange.now, clock]
        self._window = SlidingWindow(monotonic) if paced else None
        self._keys = KeyRing()

    @contextmanager
    def present(self) -> Iterator[SimulatedExchange]:
        """Hold the exchange as it is now: its running time has caught up, and others wait."""
        with self.exchange.lock:
            self._running.catch_up()
            yield self.exchange

    def issue_key(
        self,
        user: str = "main",
        permissions: Collection[str] = ("read", "trade"),
        demo: bool = False,
    ) -> ApiKey:
        """Make a throw-away key for a user of the exchange."""
        return self._keys.issue(user, permissions, demo)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request.read(environ)
        fault = self.faults.strike(request.path)
        with self.present() as exchange:
            status, envelope = self._reply(request, fault)
            now = exchange.now() + self.faults.ahead()
        answer = Answer(status, compact(envelope))
        if fault:
            answer, environ[wsgi.PASSAGE] = fault.change(answer), fault.passage
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", answer.head(now))
        return [answer.body]

    def _reply(self, request: Request, fault: Fault | None) -> tuple[int, dict[str, Any]]:
        """Answer with a status and an envelope; the gateway's own refusals carry no data."""
        try:
            return 200, {"code": "0", "data": self._answer(request, fault), "msg": ""}
        except LoanRuleViolation as violation:
            return 200, {"code": violation.code, "data": [], "msg": violation.message}
        except Refusal as refusal:
            return refusal.status, {"code": refusal.code, "msg": refusal.message}

    def _answer(self, request: Request, fault: Fault | None) -> list[Any]:
        route = _route(request)
        caller = self._authenticate(request, route.permission)
        self._check_pace(caller.get("user", request.address), request.path, route)
        arguments = self._arguments(route, request)
        if fault and not fault.carried_out:
            return []
        rows = route.answer(self.exchange, **caller, **arguments)
        return self._with_drift(rows) if request.path == TIME_PATH else rows

    def _with_drift(self, told: list[Any]) -> list[Row]:
        ahead = self.faults.ahead() // MS
        return [{"ts": str(int(row["ts"]) + ahead)} for row in told]

    def _authenticate(self, request: Request, permission: str | None) -> dict[str, str]:
        """Return the user who signed, as the argument of the answering method, if one must."""
        if permission is None:
            return {}
        ahead = self.faults.ahead()
        clocks = [clock() + ahead for clock in self._clocks]
        key = self._keys.recognise(request.signed(), clocks)
        if permission not in key.permissions:
            raise Refusal("50120")
        if key.demo:
            raise Refusal("50038")
        return {"user": key.user}

    def _check_pace(self, caller: str, path: str, route: Route) -> None:
        if self._window and not self._window.admits((caller, path), *route.pace):
            raise Refusal("50011")

    def _arguments(self, route: Route, request: Request) -> dict[str, Any]:
        values, arguments = request.values(), {}
        for parameter in route.parameters:
            value = values.get(parameter.name)
            if value:
                arguments[parameter.argument] = self._read(parameter, value)
            elif parameter.required:
                raise Refusal("50014", param0=parameter.name)
        return arguments

    def _read(self, parameter: Parameter, value: object) -> Any:
        try:
            return parameter.read(value, self.exchange.coins)
        except ValueError:
            raise Refusal("51000", param0=parameter.name) from None


def _route(request: Request) -> Route:
    if request.path not in PATHS:
        raise Refusal("50005")
    if (request.method, request.path) not in ROUTES:
        raise Refusal("50115")
    return ROUTES[request.method, request.path]


def _json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object, its numbers as the text that was sent."""
    try:
        value = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise Refusal("50002") from None
    if not isinstance(value, dict):
        raise Refusal("50002")
    return value
