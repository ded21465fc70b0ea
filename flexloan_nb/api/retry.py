"""Which failed reads are tried again, when, and how often."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from flexloan_nb.errors import (
    ApiError,
    CertificateError,
    FlexLoanError,
    ResponseFormatError,
    TransportError,
)

__all__ = ["is_passing", "repeated"]

ATTEMPTS = 6
SECONDS = 60.0

_CODES = {"50001", "50004", "50011", "50013", "50026"}  # busy, timed out, too many requests
_STATUSES = {429, 502, 503, 504}  # a proxy's words for the same

_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 8.0

T = TypeVar("T")


def is_passing(error: FlexLoanError) -> bool:
    """Say whether a read that failed so may succeed when it is repeated."""
    if isinstance(error, TransportError):
        return not isinstance(error, CertificateError)
    if isinstance(error, ApiError):
        return error.code in _CODES
    return isinstance(error, ResponseFormatError) and error.http_status in _STATUSES


def repeated(attempt: Callable[[], T], sleep: Callable[[float], None] = time.sleep) -> T:
    """Return what an attempt at a read gives: one of at most six within 60 s.

    A ``Retry-After`` of the server counts as the pause; where a pause leads beyond the 60 s,
    the error is raised at once.
    """
    began = time.monotonic()
    for failed in range(1, ATTEMPTS):
        try:
            return attempt()
        except FlexLoanError as error:
            pause = _backoff(failed) if error.retry_after is None else error.retry_after
            if not is_passing(error) or time.monotonic() - began + pause >= SECONDS:
                raise
        sleep(pause)
    return attempt()


def _backoff(failed: int) -> float:
    """Return a random pause, below a limit that doubles: clients then do not come back at once."""
    return random.uniform(0, min(_FIRST_PAUSE * 2 ** (failed - 1), _LONGEST_PAUSE))
