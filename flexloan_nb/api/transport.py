"""The only file that opens sockets: one request out, the rows of its answer back."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, resolve_proxies
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from flexloan_nb.api.address import is_on_this_machine
from flexloan_nb.api.arguments import checked_arguments
from flexloan_nb.api.endpoints import SERVER_TIME, Endpoint
from flexloan_nb.api.envelope import Row, open_envelope
from flexloan_nb.api.failures import transport_error
from flexloan_nb.api.guard import GuardedAdapter, guard
from flexloan_nb.api.pace import Pace
from flexloan_nb.api.retry import repeated
from flexloan_nb.api.sessions import require_usable
from flexloan_nb.api.signing import OkxAuth, utc_now
from flexloan_nb.errors import AuthError, FlexLoanError, ResponseFormatError

__all__ = ["Answer", "Transport", "new_session"]

_CLOCK_IS_OFF = "50102"
_CHUNK = 65_536
_LARGEST_ANSWER = 16 * 1024 * 1024  # a hundred rows take some 20 kB


class Answer(NamedTuple):
    """The rows of an answer and the time at which the exchange gave it."""

    rows: list[Row]
    at: datetime


class Transport:
    """Sends signed requests to one address.

    Reads are repeated when what failed may pass, each time signed anew; where the exchange
    finds the clock off, it is set by the exchange's own, once. A change is sent once.
    Redirects are not followed: ``requests`` would send the key along to another host.

    Parameters
    ----------
    base_url : str
        Address of the exchange, see `checked_address`.
    session : requests.Session
        Its adapters, proxies, certificates and headers are used, see `require_usable`.
    pace : Pace
        When a request may go out.
    timeout : (float, float)
        Seconds to connect, and for the whole answer.
    auth : OkxAuth, optional
        Signs requests to endpoints that are not public.
    sleep : callable
        Waits between two attempts.

    Raises
    ------
    InvalidArgumentError
        The session has what cannot be honoured.
    """

    def __init__(
        self,
        base_url: str,
        session: requests.Session,
        pace: Pace,
        timeout: tuple[float, float],
        auth: OkxAuth | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        require_usable(session, base_url)
        self.base_url = base_url
        self._session = session
        self._pace = pace
        self._timeout = timeout
        self._auth = auth
        self._sleep = sleep

    def send(self, endpoint: Endpoint, arguments: Mapping[str, Any]) -> Answer:
        """Send a request and return its answer; arguments that are None are left out.

        Raises
        ------
        InvalidArgumentError
            An argument is not what the endpoint takes; nothing was sent.
        TransportError, ResponseFormatError, ApiError
            See ``flexloan_nb.errors``.
        """
        given = checked_arguments(endpoint, arguments)
        if endpoint.permission == "trade":
            return self._attempt(endpoint, given)
        try:
            return self._read(endpoint, given)
        except AuthError as error:
            if error.code != _CLOCK_IS_OFF or self._auth is None:
                raise
            self._auth.set_clock(self.server_time())
        return self._read(endpoint, given)

    def server_time(self) -> datetime:
        """Return the time of the exchange's clock, in UTC."""
        rows = self._read(SERVER_TIME, {}).rows
        try:
            return datetime.fromtimestamp(int(rows[0]["ts"]) / 1000, UTC)
        except (LookupError, TypeError, ValueError, OverflowError, OSError):
            raise ResponseFormatError(
                SERVER_TIME.name, 200, "the answer has no time", "Check base_url."
            ) from None

    def _read(self, endpoint: Endpoint, given: Mapping[str, Any]) -> Answer:
        return repeated(lambda: self._attempt(endpoint, given), self._sleep)

    def _attempt(self, endpoint: Endpoint, given: Mapping[str, Any]) -> Answer:
        with self._pace.turn(endpoint):
            response, body = self._fetch(endpoint, given)
        try:
            rows = open_envelope(
                body,
                response.status_code,
                endpoint.name,
                data_expected=endpoint.permission != "trade",
                names=endpoint.table.names if endpoint.positional else None,
            )
        except FlexLoanError as error:
            error.retry_after = _retry_after(response)
            raise
        return Answer(rows, _answered_at(response))

    def _prepare(self, endpoint: Endpoint, given: Mapping[str, Any]) -> requests.PreparedRequest:
        """Return a signed request; all of ``prepare`` would take three times as long."""
        request = requests.PreparedRequest()
        request.method = endpoint.method
        request.url = self.base_url + endpoint.path
        request.prepare_headers(self._session.headers)
        if endpoint.method == "POST":
            request.headers["Content-Type"] = "application/json"
            request.prepare_body(json.dumps(given).encode(), None)
        elif given:
            request.url += f"?{urlencode(given)}"
        if self._auth is not None and endpoint.permission != "public":
            self._auth(request)
        return request

    def _answer_to(self, request: requests.PreparedRequest) -> requests.Response:
        """Send a request; not by ``Session.send``, which reads redirects without any bound."""
        session = self._session
        adapter = session.get_adapter(self.base_url)
        way: dict[str, Any] = {
            "verify": True if session.verify is None else session.verify,
            "cert": session.cert,
            "proxies": resolve_proxies(request, dict(session.proxies), session.trust_env),
        }
        if isinstance(adapter, HTTPAdapter) and not isinstance(adapter, GuardedAdapter):
            guard(adapter.get_connection_with_tls_context(request, **way))
        return adapter.send(request, stream=True, timeout=self._timeout, **way)

    def _fetch(
        self, endpoint: Endpoint, given: Mapping[str, Any]
    ) -> tuple[requests.Response, bytes]:
        try:
            request = self._prepare(endpoint, given)
            with self._answer_to(request) as response:
                return response, _whole(response, self._timeout[1])
        except (requests.RequestException, HTTPError, OSError) as error:
            failure: BaseException = transport_error(endpoint.name, error, self.base_url)
        except BaseException as error:  # an interrupt, or of a session or clock of the user's own
            error.__cause__ = error.__context__ = None
            failure = error.with_traceback(None)
        # Raised out here: no context then leads to the request with the key in its headers, and
        # no traceback to where they are local variables.
        raise failure


def new_session(base_url: str) -> requests.Session:
    """Return a session with the environment's proxies and certificates, read once.

    ``requests`` otherwise walks the environment at every call. No proxy stands before this
    machine's own addresses.
    """
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, GuardedAdapter())
    session.verify = session.merge_environment_settings(base_url, {}, None, None, None)["verify"]
    if not is_on_this_machine(base_url):
        session.proxies = get_environ_proxies(base_url)
    session.trust_env = False
    return session


def _whole(response: requests.Response, seconds: float) -> bytes:
    """Read an answer to its end, within a time also where no socket keeps it."""
    deadline = time.monotonic() + seconds
    body = bytearray()
    for chunk in _chunks(response.raw):
        body += chunk
        if time.monotonic() > deadline or len(body) > _LARGEST_ANSWER:
            raise TimeoutError
    return bytes(body)


def _chunks(raw: Any) -> Iterator[bytes]:
    """Yield what has arrived, without waiting for more."""
    options = {"decode_content": True} if isinstance(raw, HTTPResponse) else {}
    while chunk := raw.read1(_CHUNK, **options):
        yield chunk


def _answered_at(response: requests.Response) -> datetime:
    """Return the exchange's own time in the ``Date`` header, else this machine's."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, OverflowError):
        return utc_now()


def _retry_after(response: requests.Response) -> float | None:
    """Return the seconds in the ``Retry-After`` header, if there are any."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None
