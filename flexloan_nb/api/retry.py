"""Which failed reads are tried again, when, and how often."""

import time
from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from flexloan_nb.errors import (
    ApiError,
    CertificateError,
    FlexLoanError,
    ResponseFormatError,
    TransportError,
)

__all__ = ["is_passing", "retrying"]

ATTEMPTS = 6
SECONDS = 60.0

_CODES = {"50001", "50004", "50011", "50013", "50026"}  # busy, timed out, too many requests
_STATUSES = {429, 502, 503, 504}  # a proxy's words for the same

_backoff = wait_random_exponential(multiplier=0.25, max=8.0)


def is_passing(error: BaseException) -> bool:
    """Say whether a read that failed so may succeed when it is repeated."""
    if isinstance(error, TransportError):
        return not isinstance(error, CertificateError)
    if isinstance(error, ApiError):
        return error.code in _CODES
    return isinstance(error, ResponseFormatError) and error.http_status in _STATUSES


def retrying(sleep: Callable[[float], None] = time.sleep) -> Retrying:
    """Return a repeater of reads: at most six times and 60 s, backing off with jitter.

    A ``Retry-After`` of the server counts as the pause; where it leads beyond the 60 s, the
    error is raised at once.
    """
    return Retrying(
        retry=retry_if_exception(is_passing),
        wait=_pause,
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(SECONDS),
        sleep=sleep,
        reraise=True,
    )


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, FlexLoanError) else None
    return _backoff(state) if asked is None else asked
