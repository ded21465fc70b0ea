"""Calling a WSGI application: what its two transports, in process and over HTTP, share."""

import io
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from flexloan_nb.sim.passages import Passage

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


PASSAGE: Final = "flexloan_nb.passage"  # where an application leaves how its answer travels


class Reply(NamedTuple):
    """A complete HTTP answer, and how it travels if not straight."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes
    passage: Passage | None = None


def environment(
    method: str, target: str, headers: Iterable[tuple[str, str]], body: bytes, address: str
) -> "WSGIEnvironment":
    """Describe a request; `target` is path and query exactly as on the wire."""
    path, _, query = target.partition("?")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": address,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ.update((_variable(name), value) for name, value in headers)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def call(application: "WSGIApplication", environ: "WSGIEnvironment") -> Reply:
    """Let an application answer a request, and collect the whole answer."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    written: list[bytes] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _: object = None
    ) -> Callable[[bytes], None]:
        started.append((status, headers))
        return written.append

    body = list(application(environ, start_response))
    status, headers = started[-1]
    code, _, reason = status.partition(" ")
    return Reply(int(code), reason, headers, b"".join(written + body), environ.get(PASSAGE))


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"
