"""The embedded exchange within reach of `requests`, without a socket."""

import io
from typing import TYPE_CHECKING, Any

from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from flexloan_nb.sim import wsgi

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class SimulatorAdapter(BaseAdapter):
    """A transport that hands a prepared request to a gateway in the same process.

    Mount it on a session; proxies, certificates and timeouts have no meaning here.

    >>> session.mount("http://simulator", SimulatorAdapter(gateway))  # doctest: +SKIP
    """

    def __init__(self, gateway: "WSGIApplication") -> None:
        super().__init__()
        self._gateway = gateway

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        """Answer a request with the exact bytes of its target and body."""
        headers = ((name, _text(value)) for name, value in request.headers.items())
        environ = wsgi.environment(
            request.method or "GET", request.path_url, headers, _body(request), "127.0.0.1"
        )
        return _response(request, wsgi.call(self._gateway, environ))

    def close(self) -> None:
        """Nothing is open."""


def _text(header: str | bytes) -> str:
    return header if isinstance(header, str) else header.decode("latin-1")


def _body(request: PreparedRequest) -> bytes:
    body = request.body or b""
    return body if isinstance(body, bytes) else body.encode()


def _response(request: PreparedRequest, reply: wsgi.Reply) -> Response:
    response = Response()
    response.status_code = reply.status
    response.reason = reply.reason
    response.headers = CaseInsensitiveDict(reply.headers)
    response.encoding = "utf-8"
    response.raw = io.BytesIO(reply.body)
    response.request = request
    response.url = request.url or ""
    return response
