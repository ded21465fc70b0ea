"""Keeping within the exchange's limits on how often it may be asked."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from flexloan_nb.api.endpoints import Endpoint

__all__ = ["Pace", "SpacedPace", "Unpaced"]


class Pace(Protocol):
    """Decides when a request to an endpoint may go out."""

    def turn(self, endpoint: Endpoint) -> AbstractContextManager[None]:
        """Wait for the endpoint's turn; the block that follows is the request."""
        ...


class SpacedPace:
    """One request at a time for each endpoint, ``endpoint.spacing`` after the last answer.

    Counting from the answer holds the limit where counting from the request breaks it: two
    requests sent 0.4 s apart can reach the exchange closer together. Threads share it; the
    first request never waits.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._free_at: dict[str, float] = {}

    @contextmanager
    def turn(self, endpoint: Endpoint) -> Iterator[None]:
        """Wait for the endpoint's turn; the block that follows is the request."""
        with self._locks[endpoint.name]:
            wait = self._free_at.get(endpoint.name, 0.0) - self._monotonic()
            if wait > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                self._free_at[endpoint.name] = self._monotonic() + endpoint.spacing


class Unpaced:
    """No waiting: for an exchange that has no limits, such as the embedded one in process."""

    def turn(self, endpoint: Endpoint) -> AbstractContextManager[None]:
        """Go at once."""
        return nullcontext()
