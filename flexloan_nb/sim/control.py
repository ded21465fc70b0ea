"""The control plane over HTTP: what a user may do to an exchange that runs in another process.

`COMMANDS` lists what there is. A command takes its arguments as one JSON object, under the names
they have in Python, and answers the exchange's time and a result:

    POST <control_url>/deposit   {"ccy": "BTC", "amt": "1.5"}
    200  {"now": "2026-01-15T12:07:00+00:00", "result": null}

What is wrong with a call is said in ``error``, with HTTP 400. ``GET <control_url>`` lists the
commands and the faults. The address holds a token nobody can guess, because a web page can send
requests to this machine, too.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from hmac import compare_digest
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from flexloan_nb.sim.answers import JSON, compact
from flexloan_nb.sim.exchange import SimulatedExchange
from flexloan_nb.sim.faults import FAULTS, Faults
from flexloan_nb.sim.gateway import Gateway
from flexloan_nb.sim.violations import LoanRuleViolation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PREFIX: Final = "/simulator/control/"

Reader: TypeAlias = Callable[[Any], Any]


# Arguments: a reader returns the value in Python's terms, or raises `ValueError` with what it
# should have been.


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts")
    return value


def _number(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise ValueError("a number")
    return number


def _float(value: object) -> float:
    return float(_number(value))


def _count(value: object) -> int:
    if type(value) is not int:
        raise ValueError("a whole number")
    return value


def _amounts(value: object) -> dict[str, Decimal]:
    if not isinstance(value, dict):
        raise ValueError("an object of numbers by currency")
    return {ccy: _number(amt) for ccy, amt in value.items()}


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("an object")
    return value


# One name, one meaning: whatever the command.
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "ahead": _float,
        "amt": _number,
        "ccy": _text,
        "ccys": _texts,
        "change": _number,
        "collateral": _amounts,
        "endpoint": _text,
        "fault": _text,
        "faults": _texts,
        "gains": _float,
        "hours": _float,
        "ord_id": _text,
        "permissions": _texts,
        "price": _number,
        "rate": _float,
        "seconds": _float,
        "seed": _count,
        "share": _number,
        "snapshot": _object,
        "times": _count,
        "user": _text,
    }
)


# Commands


class Command(NamedTuple):
    """What is called, on what, with which arguments, of which some may be left out."""

    of: Callable[[Gateway], object]
    method: Callable[..., object]
    required: tuple[str, ...]
    optional: tuple[str, ...]


def _exchange(method: Callable[..., object], required: str, optional: str = "") -> Command:
    return Command(lambda gateway: gateway.exchange, method, *_names(required, optional))


def _faults(method: Callable[..., object], required: str, optional: str = "") -> Command:
    return Command(lambda gateway: gateway.faults, method, *_names(required, optional))


def _names(required: str, optional: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(required.split()), tuple(optional.split())


def _add_account(gateway: Gateway, **arguments: Any) -> dict[str, str]:
    return gateway.issue_key(**arguments).credentials()


COMMANDS: Final[Mapping[str, Command]] = MappingProxyType(
    {
        "deposit": _exchange(SimulatedExchange.deposit, "ccy amt", "user"),
        "borrow": _exchange(SimulatedExchange.borrow, "ccy amt", "collateral ord_id user"),
        "repay": _exchange(SimulatedExchange.repay, "ccy amt", "ord_id user"),
        "set_price": _exchange(SimulatedExchange.set_price, "ccy price"),
        "shock": _exchange(SimulatedExchange.shock, "change", "ccys"),
        "set_utilisation": _exchange(SimulatedExchange.set_utilisation, "ccy share"),
        "advance": _exchange(SimulatedExchange.advance, "", "hours seconds"),
        "snapshot": _exchange(SimulatedExchange.snapshot, ""),
        "restore": _exchange(SimulatedExchange.restore, "snapshot"),
        "add_account": Command(lambda gateway: gateway, _add_account, ("user",), ("permissions",)),
        "fail_next": _faults(Faults.fail_next, "fault", "times endpoint"),
        "fail_rate": _faults(Faults.fail_rate, "rate", "faults endpoint seed"),
        "drift": _faults(Faults.drift, "", "ahead gains"),
        "clear_faults": _faults(Faults.clear, ""),
    }
)


class Control:
    """The commands as a WSGI callable, at a path nobody can guess.

    Attributes
    ----------
    path : str
        Where it is; a command is one segment further.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.path = PREFIX + secrets.token_urlsafe(24)

    def owns(self, target: str) -> bool:
        """Return whether a request's target is the control plane's."""
        return compare_digest(target[: len(self.path)].encode(), self.path.encode())

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Carry out one command."""
        name = environ["PATH_INFO"].removeprefix(self.path).strip("/")
        body = environ["wsgi.input"].read()
        status, answer = self._answer(environ["REQUEST_METHOD"], name, body)
        written = compact(answer)
        headers = [("Content-Type", JSON), ("Content-Length", str(len(written)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [written]

    def _answer(self, method: str, name: str, body: bytes) -> tuple[HTTPStatus, dict[str, Any]]:
        if (method, name) == ("GET", ""):
            return HTTPStatus.OK, _catalogue()
        if name not in COMMANDS:
            known = ", ".join(COMMANDS)
            return HTTPStatus.NOT_FOUND, {"error": f"there is no command {name!r}: {known}"}
        if method != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED, {"error": "commands are sent with POST"}
        try:
            return HTTPStatus.OK, self._run(name, _arguments(name, body))
        except (ValueError, ArithmeticError, LoanRuleViolation) as error:
            return HTTPStatus.BAD_REQUEST, {"error": f"{name}: {error}"}

    def _run(self, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
        command = COMMANDS[name]
        with self._gateway.present() as exchange:
            result = command.method(command.of(self._gateway), **arguments)
            return {"now": exchange.now().isoformat(), "result": result}


def _catalogue() -> dict[str, Any]:
    return {
        "commands": {name: _usage(name) for name in COMMANDS},
        "faults": {name: fault.meaning for name, fault in FAULTS.items()},
    }


def _usage(name: str) -> str:
    """Return the names of a command's arguments, those in brackets that may be left out."""
    command = COMMANDS[name]
    return " ".join([*command.required, *(f"[{argument}]" for argument in command.optional)])


def _arguments(name: str, body: bytes) -> dict[str, Any]:
    given, command = _json_object(body), COMMANDS[name]
    known = {*command.required, *command.optional}
    for argument in command.required:
        if argument not in given:
            raise ValueError(f"{argument} is missing: {_usage(name)}")
    for argument in given:
        if argument not in known:
            raise ValueError(f"there is no {argument}: {_usage(name)}")
    return {argument: _read(argument, value) for argument, value in given.items()}


def _read(argument: str, value: object) -> object:
    try:
        return READERS[argument](value)
    except ValueError as wanted:
        raise ValueError(f"{argument} is not {wanted}: {value!r}") from None


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(value, dict):
        raise ValueError("the body is not a JSON object")
    return value
