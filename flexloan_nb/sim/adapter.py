"""The embedded exchange within reach of `requests`, without a socket."""

import io
import time
from collections.abc import Callable, Iterator
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any, TypeAlias

from requests import ConnectionError, PreparedRequest, ReadTimeout, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ProtocolError
from urllib3.response import HTTPResponse

from flexloan_nb.sim import wsgi
from flexloan_nb.sim.passages import Step

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

Timeout: TypeAlias = float | tuple[float | None, float | None] | None
Sleep: TypeAlias = Callable[[float], object]


class SimulatorAdapter(BaseAdapter):
    """A transport that hands a prepared request to a gateway in the same process.

    Mount it on a session; proxies and certificates have no meaning here. Where an answer is
    late or broken, what `requests` raises is what it would raise over a network.

    Parameters
    ----------
    gateway : callable
        The WSGI application to call.
    sleep : callable
        Waits for late answers.

    >>> session.mount("http://simulator", SimulatorAdapter(gateway))  # doctest: +SKIP
    """

    def __init__(self, gateway: "WSGIApplication", sleep: Sleep = time.sleep) -> None:
        super().__init__()
        self._gateway = gateway
        self._sleep = sleep

    def send(
        self, request: PreparedRequest, *_: Any, timeout: Timeout = None, **__: Any
    ) -> Response:
        """Answer a request with the exact bytes of its target and body."""
        headers = ((name, _text(value)) for name, value in request.headers.items())
        environ = wsgi.environment(
            request.method or "GET", request.path_url, headers, _body(request), "127.0.0.1"
        )
        reply = wsgi.call(self._gateway, environ)
        if reply.passage is None:
            return _response(request, reply, io.BytesIO(reply.body))
        wire = _Wire(reply.passage(reply.body), _patience(timeout), self._sleep)
        return _response(request, reply, _received(request, reply, wire))

    def close(self) -> None:
        """Nothing is open."""


class _Wire(io.RawIOBase):
    """The reading end of a connection on which an answer does not arrive as it should."""

    def __init__(self, steps: Iterator[Step], patience: float | None, sleep: Sleep) -> None:
        self._steps = steps
        self._patience = patience
        self._sleep = sleep
        self._arrived = b""

    def wait(self) -> bool:
        """Return whether there is something to read: wait for it, as a socket with a timeout."""
        while not self._arrived:
            step = next(self._steps, None)
            if step is None:
                return False
            if isinstance(step, bytes):
                self._arrived = step
            elif self._patience is not None and step > self._patience:
                self._sleep(self._patience)
                raise TimeoutError("timed out")
            else:
                self._sleep(step)
        return True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.wait()
        count = min(len(buffer), len(self._arrived))
        buffer[:count], self._arrived = self._arrived[:count], self._arrived[count:]
        return count


def _received(request: PreparedRequest, reply: wsgi.Reply, wire: _Wire) -> HTTPResponse:
    """Return the answer once its first bytes have arrived."""
    try:
        if not wire.wait():
            raise RemoteDisconnected("Remote end closed connection without response")
    except TimeoutError as error:
        raise ReadTimeout(error, request=request) from error
    except ConnectionResetError as error:
        raise ConnectionError(
            ProtocolError("Connection aborted.", error), request=request
        ) from error
    return HTTPResponse(
        io.BufferedReader(wire),
        dict(reply.headers),
        reply.status,
        reason=reply.reason,
        preload_content=False,
        enforce_content_length=True,
        request_method=request.method,
    )


def _patience(timeout: Timeout) -> float | None:
    """Return the seconds to wait for bytes, given one number or those to connect and to read."""
    return timeout[1] if isinstance(timeout, tuple) else timeout


def _text(header: str | bytes) -> str:
    return header if isinstance(header, str) else header.decode("latin-1")


def _body(request: PreparedRequest) -> bytes:
    body = request.body or b""
    return body if isinstance(body, bytes) else body.encode()


def _response(request: PreparedRequest, reply: wsgi.Reply, raw: Any) -> Response:
    response = Response()
    response.status_code = reply.status
    response.reason = reply.reason
    response.headers = CaseInsensitiveDict(reply.headers)
    response.encoding = "utf-8"
    response.raw = raw
    response.request = request
    response.url = request.url or ""
    return response
