"""What can go wrong between a client and the exchange, as data, and when it does.

`FAULTS` lists every fault by name. ``gateway.faults`` plans them, one by one or at random from a
seed, and lets the exchange's clock go wrong:

>>> faults = Faults()
>>> faults.fail_next("dropped", times=2, endpoint="loan-info")
>>> faults.fail_rate(0.1, ["429", "html_502"], seed=3)
>>> faults.drift(ahead=90)

A request that a fault meets still goes through the gateway's checks, and the pace counts it.
Whether it is then carried out is a column of the table: where it is and its answer is lost, only
the loan itself tells.
"""

import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from threading import Lock
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from flexloan_nb.sim import passages
from flexloan_nb.sim.answers import Answer, compact
from flexloan_nb.sim.passages import Passage
from flexloan_nb.sim.routes import PATHS

Change: TypeAlias = Callable[[Answer], Answer]


class Fault(NamedTuple):
    """One way to fail.

    `carried_out` says whether the request takes effect, `change` what becomes of its answer, and
    `passage` how that travels if it does not simply arrive.
    """

    meaning: str
    carried_out: bool
    change: Change = lambda answer: answer
    passage: Passage | None = None


# Changes of an answer


OUTAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "50001": "Service temporarily unavailable. Please try again later.",
        "50004": "API endpoint request timeout. (does not mean that the request was successful "
        "or failed, please check the request result).",
        "50011": "Too Many Requests",
        "50013": "Systems are busy. Please try again later.",
        "50026": "System error. Try again later",
    }
)


def _outage(code: str, status: int, *headers: tuple[str, str]) -> Change:
    body = compact({"code": code, "msg": OUTAGES[code]})
    return lambda _: Answer(status, body, headers=headers)


def _page(status: int, title: str) -> Change:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return lambda _: Answer(status, body.encode(), "text/html")


def _body(change: Callable[[bytes], bytes]) -> Change:
    return lambda answer: answer._replace(body=change(answer.body))


def _envelope(change: Callable[[dict[str, Any]], object]) -> Change:
    def changed(body: bytes) -> bytes:
        envelope = json.loads(body)
        change(envelope)
        return compact(envelope)

    return _body(changed)


def _add_fields(envelope: dict[str, Any]) -> None:
    for row in envelope.get("data", []):
        row.update(newField="1", newList=[{"ccy": "BTC", "amt": "1"}], newObject={"a": None})


def _rename_types(envelope: dict[str, Any]) -> None:
    for row in envelope.get("data", []):
        if "type" in row:
            row["type"] = "new_event_type"


# fmt: off
# What it is, whether the request is carried out, what is answered, how that travels.
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType({
    # The exchange refuses.
    "429": Fault("too many requests: code 50011, HTTP 429", False, _outage("50011", 429)),
    "50011": Fault("the same with HTTP 200, which is documented too", False, _outage("50011", 200)),
    "retry_after": Fault("code 50011, HTTP 429, and when to come back: Retry-After of a second",
                         False, _outage("50011", 429, ("Retry-After", "1"))),
    "50001": Fault("service unavailable, HTTP 503", False, _outage("50001", 503)),
    "50004": Fault("timeout inside the exchange, HTTP 400", False, _outage("50004", 400)),
    "50004_done": Fault("the same, yet it was done", True, _outage("50004", 400)),
    "50013": Fault("systems busy, HTTP 429", False, _outage("50013", 429)),
    "50026": Fault("system error, HTTP 500", False, _outage("50026", 500)),
    "50026_done": Fault("the same, yet it was done", True, _outage("50026", 500)),
    # Something in between answers.
    "html_200": Fault("a page with HTTP 200, as of a hotel's network", False,
                      _page(200, "Sign in")),
    "html_502": Fault("a proxy's page with HTTP 502", False, _page(502, "Bad Gateway")),
    "html_504_done": Fault("a proxy's page with HTTP 504, yet it was done", True,
                           _page(504, "Gateway Time-out")),
    # The answer is not what it should be.
    "empty_body": Fault("HTTP 200 and nothing in it", True, _body(lambda _: b"")),
    "half_body": Fault("half of the JSON, its length stated right", True,
                       _body(lambda body: body[: len(body) // 2])),
    "not_utf8": Fault("a body that is not UTF-8", True,
                      _body(lambda body: body.replace(b'"msg":"', b'"msg":"\xe9'))),
    "no_data": Fault("no `data`", True, _envelope(lambda envelope: envelope.pop("data", None))),
    "null_data": Fault("`data` is null", True,
                       _envelope(lambda envelope: envelope.update(data=None))),
    "integer_code": Fault("`code` is an integer, as it once was", True,
                          _envelope(lambda envelope: envelope.update(code=int(envelope["code"])))),
    "new_fields": Fault("every row has fields nobody knows", True, _envelope(_add_fields)),
    "new_types": Fault("events in loan-history are of a type nobody knows", True,
                       _envelope(_rename_types)),
    # The connection breaks.
    "dropped": Fault("the connection is closed instead of an answer", False,
                     passage=passages.dropped),
    "dropped_done": Fault("the same, yet it was done", True, passage=passages.dropped),
    "reset": Fault("the connection is reset instead of an answer", False, passage=passages.reset),
    "reset_done": Fault("the same, yet it was done", True, passage=passages.reset),
    "truncated": Fault("the connection is closed in the middle of the body", True,
                       passage=passages.truncated),
    "torn": Fault("the connection is reset in the middle of the body", True,
                  passage=passages.torn),
    # Time is lost.
    "late": Fault("the answer comes after 5 seconds", True, passage=passages.late),
    "silent": Fault("no answer for ten minutes", False, passage=passages.silent),
    "silent_done": Fault("the same, yet it was done", True, passage=passages.silent),
    "trickling": Fault("the answer comes in twenty pieces, a quarter of a second apart", True,
                       passage=passages.trickling),
    "endless": Fault("the answer does not end: blanks follow for ever", True,
                     lambda answer: answer._replace(bounded=False), passages.endless),
})
# fmt: on
ENDPOINTS: Final = frozenset(path.rpartition("/")[2] for path in PATHS)


@dataclass(slots=True)
class _Plan:
    """The next `times` requests that fail, to one endpoint or to any."""

    fault: Fault
    times: int
    endpoint: str | None


@dataclass(slots=True)
class _Rate:
    """A share of requests that fail, in one of several ways each."""

    rate: float
    faults: list[Fault]
    random: Random

    def draw(self) -> Fault | None:
        return self.random.choice(self.faults) if self.random.random() < self.rate else None


class Faults:
    """Plans faults and tells the gateway which one meets a request.

    Parameters
    ----------
    monotonic : callable
        The seconds by which a drifting clock gains.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        """Forget everything that was planned, and set the clock right."""
        self._plans: list[_Plan] = []
        self._rates: dict[str | None, _Rate] = {}
        self.drift()

    def fail_next(self, fault: str, times: int = 1, *, endpoint: str | None = None) -> None:
        """Let the next `times` requests fail, to one endpoint such as ``loan-info`` or to any.

        Plans are met in the order in which they were made.
        """
        if times < 1:
            raise ValueError(f"times is {times}: at least once")
        plan = _Plan(_known(fault), times, _endpoint(endpoint))
        with self._lock:
            self._plans.append(plan)

    def fail_rate(
        self,
        rate: float,
        faults: Collection[str] = FAULTS,
        *,
        endpoint: str | None = None,
        seed: int = 7,
    ) -> None:
        """Let a share of requests fail, each in one of the ways named, drawn from a seed.

        A rate for an endpoint goes before the rate for all of them, and a new rate replaces the
        old one; zero ends it.
        """
        if not 0 <= rate <= 1:
            raise ValueError(f"rate is {rate}: a share between 0 and 1")
        if not faults:
            raise ValueError("faults is empty: name at least one")
        drawn = _Rate(rate, [_known(fault) for fault in faults], Random(seed))
        with self._lock:
            self._rates[_endpoint(endpoint)] = drawn

    def drift(self, ahead: float = 0, gains: float = 0) -> None:
        """Let the exchange's clock be so many seconds ahead, and gain so many a second."""
        self._drift = ahead, gains, self._monotonic()

    def ahead(self) -> timedelta:
        """Return by how much the exchange's clock is wrong."""
        ahead, gains, since = self._drift
        return timedelta(seconds=ahead + gains * (self._monotonic() - since))

    def strike(self, path: str) -> Fault | None:
        """Return the fault that meets a request to this path, if one does."""
        if not (self._plans or self._rates):
            return None
        endpoint = path.rpartition("/")[2]
        with self._lock:
            return self._planned(endpoint) or self._drawn(endpoint)

    def _planned(self, endpoint: str) -> Fault | None:
        for plan in self._plans:
            if plan.endpoint in (None, endpoint):
                plan.times -= 1
                if not plan.times:
                    self._plans.remove(plan)
                return plan.fault
        return None

    def _drawn(self, endpoint: str) -> Fault | None:
        rate = self._rates.get(endpoint) or self._rates.get(None)
        return rate.draw() if rate else None


def _known(fault: str) -> Fault:
    if fault not in FAULTS:
        raise ValueError(f"there is no fault {fault!r}: choose one of {', '.join(FAULTS)}")
    return FAULTS[fault]


def _endpoint(name: str | None) -> str | None:
    if name is not None and name not in ENDPOINTS:
        raise ValueError(
            f"there is no endpoint {name!r}: choose one of {', '.join(sorted(ENDPOINTS))}"
        )
    return name
