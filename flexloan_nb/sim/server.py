"""The embedded exchange over HTTP, on this machine only.

Connections are kept alive. Headers and body leave in one packet: in two, Nagle's algorithm and
delayed acknowledgements together hold back every answer for 40 ms.
"""

import json
import socket
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

from flexloan_nb.sim import wsgi
from flexloan_nb.sim.keys import ApiKey

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_NAMES: Final = frozenset({LOOPBACK, "localhost"})
KEY_TARGET: Final = "/simulator/key"
LARGEST_BODY: Final = 1 << 20
POLL_SECONDS: Final = 0.05


class SimulatorServer:
    """Serves a gateway on a port of the loopback interface.

    Besides the gateway's own paths it answers ``GET /simulator/key`` with `key`, so that a
    client can connect by address alone. Requests that name another host are refused: a web page
    may have pointed its own name at this machine.

    Parameters
    ----------
    gateway : callable
        The WSGI application to serve.
    key : ApiKey
        The throw-away key to hand out.
    port : int
        Where to listen; 0 takes any free port.

    Attributes
    ----------
    key : ApiKey
        The key it hands out.

    Examples
    --------
    >>> with SimulatorServer(gateway, key) as server:  # doctest: +SKIP
    ...     server.serve_forever()
    """

    def __init__(self, gateway: "WSGIApplication", key: ApiKey, port: int = 0) -> None:
        self.key = key
        self._http = _HttpServer(gateway, key, port)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{LOOPBACK}:{self._http.server_port}"

    def serve_forever(self) -> None:
        """Serve in this thread until it is interrupted."""
        self._http.serve_forever(POLL_SECONDS)

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection, and wait for their threads."""
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join()
            self._thread = None
        self._http.hang_up()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    """Remembers its connections and their threads, so that it can end the ones and the others."""

    request_queue_size = 128

    def __init__(self, gateway: "WSGIApplication", key: ApiKey, port: int) -> None:
        self.gateway = gateway
        self.key = key
        self._conversations: dict[Any, threading.Thread] = {}
        super().__init__((LOOPBACK, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        conversation = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._conversations[request] = conversation
        conversation.start()

    def shutdown_request(self, request: Any) -> None:
        self._conversations.pop(request, None)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the conversations that are kept alive."""
        for connection, conversation in tuple(self._conversations.items()):
            with suppress(OSError):  # the client was faster
                connection.shutdown(socket.SHUT_RDWR)
            conversation.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong here, not that a client went away."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Turns a request into a WSGI call, and its reply into one packet."""

    server: "_HttpServer"
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # flushed once, when the request has been handled

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Host", "").partition(":")[0] not in LOOPBACK_NAMES:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > LARGEST_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif (self.command, self.path) == ("GET", KEY_TARGET):
            self._write(_key_reply(self.server.key))
        else:
            self._pass_on(self.rfile.read(int(length)))

    # What http.server calls.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _pass_on(self, body: bytes) -> None:
        address = self.client_address[0]
        environ = wsgi.environment(self.command, self.path, self.headers.items(), body, address)
        self._write(wsgi.call(self.server.gateway, environ))

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # a body may be on its way, and nobody reads it
        headers = [("Content-Length", "0"), ("Connection", "close")]
        self._write(wsgi.Reply(status, status.phrase, headers, b""))

    def _write(self, reply: wsgi.Reply) -> None:
        self.send_response_only(reply.status, reply.reason)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay quiet."""


def _key_reply(key: ApiKey) -> wsgi.Reply:
    secrets = {
        "apiKey": key.api_key,
        "secretKey": key.secret_key,
        "passphrase": key.passphrase,
    }
    body = json.dumps({"code": "0", "data": [secrets], "msg": ""}).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return wsgi.Reply(200, "OK", headers, body)
