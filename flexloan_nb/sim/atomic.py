"""Methods that run alone, whoever calls them and from which thread."""

from collections.abc import Callable
from decimal import localcontext
from functools import wraps
from threading import RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from flexloan_nb.sim import rules


class Lockable(Protocol):
    """What has a lock to hold."""

    lock: RLock


S = TypeVar("S", bound=Lockable)
P = ParamSpec("P")
R = TypeVar("R")


def atomic(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Run a method alone, and in the rules' own arithmetic whatever the caller's is."""

    @wraps(method)
    def alone(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock, localcontext(rules.ARITHMETIC):
            return method(self, *args, **kwargs)

    return alone
