"""Connections that print no headers, and on which no answer takes longer than the timeout."""

import time
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

from requests.adapters import HTTPAdapter

__all__ = ["GuardedAdapter", "guard"]

_BUFFER = 65_536


class GuardedAdapter(HTTPAdapter):
    """Connects as ``requests`` does, with guarded connections."""

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the pool of connections to a host."""
        return guard(super().get_connection_with_tls_context(*args, **options))


def guard(pool: Any) -> Any:
    """Have a pool of ``urllib3`` make guarded connections from here on, and return it.

    ``http.client.HTTPConnection.debuglevel = 1`` is how one looks at the requests of a whole
    program; it prints their headers, and in them the passphrase. A guarded connection is never
    in that mode, and its answers are a `_TimedResponse`.
    """
    connection = pool.ConnectionCls
    if getattr(connection, "response_class", None) is not _TimedResponse:
        guarded = {"debuglevel": 0, "response_class": _TimedResponse}
        pool.ConnectionCls = type(connection.__name__, (connection,), guarded)
    return pool


class _TimedResponse(HTTPResponse):
    """An answer that is whole, from its status line on, within the timeout of its connection.

    Left to itself, the timeout starts anew at each byte, and headers may trickle for hours.
    """

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        if sock.gettimeout() is not None:
            self.fp = BufferedReader(_UntilDeadline(sock, self.fp.detach()), _BUFFER)


class _UntilDeadline(RawIOBase):
    """The reading end of a socket, whose timeout becomes what is left of it."""

    def __init__(self, sock: Any, incoming: RawIOBase) -> None:
        self._sock = sock
        self._incoming = incoming
        self._deadline = time.monotonic() + sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._incoming.readinto(buffer)

    def close(self) -> None:
        self._incoming.close()
        super().close()
