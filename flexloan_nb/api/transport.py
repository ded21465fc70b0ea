"""The only file that opens sockets: one request out, the rows of its answer back."""

import ipaddress
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError, NewConnectionError

from flexloan_nb.api.endpoints import Endpoint
from flexloan_nb.api.envelope import Row, open_envelope
from flexloan_nb.api.pace import Pace
from flexloan_nb.api.signing import OkxAuth, utc_now
from flexloan_nb.errors import InvalidArgumentError, TransportError

__all__ = ["Answer", "Timeout", "Transport", "new_session"]

Timeout = float | tuple[float, float]

_CHECK_NETWORK = "Check the network, the proxy settings and base_url."
_CHECK_CERTIFICATES = "Check REQUESTS_CA_BUNDLE, and what stands between here and the server."


class Answer(NamedTuple):
    """The rows of an answer and the time at which the exchange gave it."""

    rows: list[Row]
    at: datetime


class Transport:
    """Sends signed requests to one address.

    Redirects are not followed: ``requests`` would send the key along to another host.

    Parameters
    ----------
    base_url : str
        ``https://`` address of the exchange; ``http://`` only on this machine.
    session : requests.Session
        Its connections, proxies and certificates are used.
    pace : Pace
        When a request may go out.
    timeout : float or (float, float)
        Seconds to connect, and between two bytes of the answer.
    auth : OkxAuth, optional
        Signs requests to endpoints that are not public.

    Raises
    ------
    InvalidArgumentError
        ``base_url`` is no such address.
    """

    def __init__(
        self,
        base_url: str,
        session: requests.Session,
        pace: Pace,
        timeout: Timeout,
        auth: OkxAuth | None = None,
    ) -> None:
        self.base_url = _checked(base_url)
        self._session = session
        self._pace = pace
        self._timeout = timeout
        self._auth = auth

    def send(self, endpoint: Endpoint, arguments: Mapping[str, Any]) -> Answer:
        """Send one request and return its answer; arguments that are None are left out.

        Raises
        ------
        TransportError, ResponseFormatError, ApiError
            See ``flexloan_nb.errors``.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        with self._pace.turn(endpoint):
            response = self._exchange(endpoint, self._prepare(endpoint, given))
        rows = open_envelope(
            response.content,
            response.status_code,
            endpoint.name,
            data_expected=endpoint.permission != "trade",
        )
        return Answer(rows, _answered_at(response))

    def _prepare(self, endpoint: Endpoint, given: Mapping[str, Any]) -> requests.PreparedRequest:
        in_query = endpoint.method == "GET"
        return self._session.prepare_request(
            requests.Request(
                endpoint.method,
                self.base_url + endpoint.path,
                headers={} if in_query else {"Content-Type": "application/json"},
                params=given if in_query else None,
                data=None if in_query else json.dumps(given).encode(),
                auth=None if endpoint.permission == "public" else self._auth,
            )
        )

    def _exchange(self, endpoint: Endpoint, request: requests.PreparedRequest) -> requests.Response:
        try:
            return self._session.send(request, timeout=self._timeout, allow_redirects=False)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = _failure(endpoint, error, self.base_url)
        # Raised out here: no context then leads to the request with the key in its headers.
        raise failure


def new_session(base_url: str) -> requests.Session:
    """Return a session with the environment's proxies and certificates, read once.

    ``requests`` otherwise walks the environment at every call. No proxy stands before this
    machine's own addresses.
    """
    session = requests.Session()
    session.verify = session.merge_environment_settings(base_url, {}, None, None, None)["verify"]
    if not _is_this_machine(urlsplit(base_url).hostname or ""):
        session.proxies = get_environ_proxies(base_url)
    session.trust_env = False
    return session


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise InvalidArgumentError(f"base_url {base_url!r} is not an http(s):// address.")
    if parts.scheme == "http" and not _is_this_machine(parts.hostname):
        raise InvalidArgumentError(
            f"base_url {base_url!r} would send the passphrase unencrypted: use https://."
        )
    return base_url.rstrip("/")


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(endpoint: Endpoint, error: Exception, base_url: str) -> TransportError:
    reason, hint, sent = _explain(error)
    return TransportError(endpoint.name, f"{reason} ({base_url})", hint, sent)


def _explain(error: Exception) -> tuple[str, str, bool]:
    """Return what went wrong, what to do, and whether the request may have arrived."""
    if isinstance(error, requests.exceptions.SSLError):
        return "the server's certificate is not trusted", _CHECK_CERTIFICATES, False
    if isinstance(error, requests.exceptions.ProxyError | requests.ConnectTimeout):
        return "no connection could be made", _CHECK_NETWORK, False
    if isinstance(getattr(error.args[0], "reason", None), NewConnectionError):
        return "no connection could be made", _CHECK_NETWORK, False
    if isinstance(error, requests.Timeout):
        return "no answer came in time", "Try again, or give the client a longer timeout.", True
    return f"the connection broke, {type(error).__name__}", _CHECK_NETWORK, True


def _answered_at(response: requests.Response) -> datetime:
    """Return the exchange's own time in the ``Date`` header, else this machine's."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return utc_now()
