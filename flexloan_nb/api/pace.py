"""Keeping within the exchange's limits on how often it may be asked."""

import hashlib
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

from filelock import FileLock
from platformdirs import user_cache_path

from flexloan_nb.api.endpoints import Endpoint

__all__ = ["Pace", "SharedPace", "Unpaced"]

_COARSE = 0.001  # seconds; what file systems and clocks round away


class Pace(Protocol):
    """Decides when a request to an endpoint may go out."""

    def turn(self, endpoint: Endpoint) -> AbstractContextManager[None]:
        """Wait for the endpoint's turn; the block that follows is the request."""
        ...


class Unpaced:
    """No waiting: for an exchange that has no limits, such as the embedded one in process."""

    def turn(self, endpoint: Endpoint) -> AbstractContextManager[None]:
        """Go at once."""
        return nullcontext()


class SharedPace:
    """One request at a time for each endpoint of a key, ``endpoint.spacing`` after the last answer.

    Counting from the answer holds the limit where counting from the request breaks it: two
    requests sent 0.4 s apart can reach the exchange closer together. All threads and processes
    of this machine's user share it, through a file for each endpoint and key: it is locked
    during a request, and its modification time is that of the last answer. A killed process
    loses its lock; the first request never waits.

    OKX counts by user ID, and a sub-account has its own: one key of each account has that
    account's limits to itself. Several keys of *one* account share its limits, so give their
    clients the pace of one name.

    Parameters
    ----------
    key : str
        The API key that the limits belong to, or any name for an account with several keys;
        only its digest is written. The limits of public endpoints belong to the address, so all
        keys share them.
    folder : Path, optional
        For the files; by default in the user's cache.
    now, sleep : callable
        Seconds since the epoch, and waiting.

    Examples
    --------
    How do two keys of one account keep within its limits, also from two notebooks?

    >>> from flexloan_nb import Credentials, FlexibleLoanClient
    >>> from flexloan_nb.api.pace import SharedPace
    >>> keys = [Credentials(f"key-{n}", f"secret-{n}", f"phrase-{n}") for n in (1, 2)]
    >>> clients = [FlexibleLoanClient(key, pace=SharedPace("my account")) for key in keys]
    """

    def __init__(
        self,
        key: str,
        *,
        folder: Path | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._key = hashlib.sha256(key.encode()).hexdigest()[:16]
        self._folder = _made(folder or user_cache_path("flexloan_nb") / "pace")
        self._now = now
        self._sleep = sleep

    @contextmanager
    def turn(self, endpoint: Endpoint) -> Iterator[None]:
        """Wait for the endpoint's turn; the block that follows is the request."""
        stamp = self._stamp(endpoint)
        lock = FileLock(f"{stamp}.lock")
        while True:
            # Waiting outside the lock: whoever holds it is in the middle of a request.
            while (wait := self._wait(stamp, endpoint)) > 0:
                self._sleep(max(wait, _COARSE))
            with lock:
                if self._wait(stamp, endpoint) > 0:
                    continue
                try:
                    yield
                finally:
                    self._answered(stamp)
                return

    def left(self, endpoint: Endpoint) -> float:
        """Return the seconds until a request may go out, without waiting."""
        return max(0.0, self._wait(self._stamp(endpoint), endpoint))

    def _stamp(self, endpoint: Endpoint) -> Path:
        owner = "public" if endpoint.permission == "public" else self._key
        return self._folder / f"{owner}.{endpoint.name}"

    def _wait(self, stamp: Path, endpoint: Endpoint) -> float:
        """Return the seconds left until the spacing after the last answer has passed."""
        try:
            since = self._now() - stamp.stat().st_mtime
        except FileNotFoundError:
            return 0.0
        if since < -_COARSE:
            self._answered(stamp)  # the clock was set back: count from now
            return endpoint.spacing
        return endpoint.spacing - since

    def _answered(self, stamp: Path) -> None:
        stamp.touch()
        now = self._now()
        os.utime(stamp, (now, now))


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        warnings.warn(
            f"{folder} cannot be made ({error.strerror}), so the pace is not shared with other "
            "processes.",
            stacklevel=4,
        )
        return Path(tempfile.mkdtemp(prefix="flexloan-pace-"))
    return folder
