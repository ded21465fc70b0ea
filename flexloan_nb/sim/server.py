"""The embedded exchange over HTTP, on this machine only.

Connections are kept alive. Headers and body leave in one packet: in two, Nagle's algorithm and
delayed acknowledgements together hold back every answer for 40 ms.
"""

import json
import socket
import struct
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

from flexloan_nb.sim import wsgi
from flexloan_nb.sim.control import Control
from flexloan_nb.sim.gateway import Gateway
from flexloan_nb.sim.keys import ApiKey
from flexloan_nb.sim.passages import Passage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_NAMES: Final = frozenset({LOOPBACK, "localhost"})
KEY_TARGET: Final = "/simulator/key"
LARGEST_BODY: Final = 1 << 20
LARGEST_STATE: Final = 1 << 28  # the control plane takes a whole exchange
POLL_SECONDS: Final = 0.05
RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # linger, for no time


class SimulatorServer:
    """Serves a gateway on a port of the loopback interface.

    Besides the gateway's own paths it answers ``GET /simulator/key`` with `key`, so that a
    client can connect by address alone. Requests that name another host are refused: a web page
    may have pointed its own name at this machine.

    Parameters
    ----------
    gateway : Gateway
        What to serve.
    key : ApiKey
        The throw-away key to hand out.
    port : int
        Where to listen; 0 takes any free port.
    control : bool
        Whether the control plane is reached over HTTP, too.

    Attributes
    ----------
    key : ApiKey
        The key it hands out.

    Examples
    --------
    >>> with SimulatorServer(gateway, key) as server:  # doctest: +SKIP
    ...     server.serve_forever()
    """

    def __init__(
        self,
        gateway: Gateway,
        key: ApiKey,
        port: int = 0,
        *,
        control: bool = False,
    ) -> None:
        self.key = key
        self._control = Control(gateway) if control else None
        self._http = _HttpServer(gateway, key, port, self._control)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://{LOOPBACK}:{self._http.server_port}"

    @property
    def control_url(self) -> str | None:
        """The control plane's address, which is a secret, if there is one."""
        return self.url + self._control.path if self._control else None

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

    def __init__(self, gateway: Gateway, key: ApiKey, port: int, control: Control | None) -> None:
        self.gateway = gateway
        self.control = control
        self.key = key
        self.closing = threading.Event()
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
        """End the conversations that are kept alive or wait."""
        self.closing.set()
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
        application, longest = self._application()
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Host", "").partition(":")[0] not in LOOPBACK_NAMES:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif "Transfer-Encoding" in self.headers or not length.isdecimal():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > longest:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif (self.command, self.path) == ("GET", KEY_TARGET):
            self._write(_key_reply(self.server.key))
        else:
            self._pass_on(self.rfile.read(int(length)), application)

    # What http.server calls.
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def _application(self) -> tuple["WSGIApplication", int]:
        """Return what answers this request, and the longest body it takes."""
        control = self.server.control
        if control is not None and control.owns(self.path):
            return control, LARGEST_STATE
        return self.server.gateway, LARGEST_BODY

    def _pass_on(self, body: bytes, application: "WSGIApplication") -> None:
        address = self.client_address[0]
        environ = wsgi.environment(self.command, self.path, self.headers.items(), body, address)
        reply = wsgi.call(application, environ)
        if reply.passage is None:
            self._write(reply)
        else:
            self._let_travel(reply, reply.passage)

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

    def _let_travel(self, reply: wsgi.Reply, passage: Passage) -> None:
        """Write what a passage lets through, when it does, and end the connection as it says."""
        self.close_connection = True
        last = reply._replace(headers=[*reply.headers, ("Connection", "close")])
        begun = False
        try:
            for step in passage(reply.body):
                if isinstance(step, float):
                    self.server.closing.wait(step)
                elif begun:
                    self.wfile.write(step)
                else:
                    self._write(last._replace(body=step))
                    begun = True
                self.wfile.flush()
        except ConnectionResetError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            socket.close(self.connection.detach())  # before it can be closed in good order

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
