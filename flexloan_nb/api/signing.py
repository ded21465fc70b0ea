"""Signatures over the bytes that are really sent."""

import base64
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from requests import PreparedRequest
from requests.auth import AuthBase

from flexloan_nb.api.credentials import Credentials

__all__ = ["OkxAuth", "sign", "utc_now"]


def utc_now() -> datetime:
    """Return the time of this machine's clock, in UTC."""
    return datetime.now(UTC)


def sign(prehash: str, secret_key: str) -> str:
    """Return Base64(HMAC-SHA256(secret key, prehash)), as OKX's REST authentication asks.

    Parameters
    ----------
    prehash : str
        Timestamp, method, path with query, and body, with nothing between.
    secret_key : str
        The secret part of the API key.

    Examples
    --------
    >>> sign("2020-12-08T09:08:57.715ZGET/api/v5/account/balance?ccy=BTC", "secret")
    'wpDvCwYCprcMQsQkxWJiWy+YADoQE4ep+OEKKLimMoY='
    """
    digest = hmac.digest(secret_key.encode(), prehash.encode(), "sha256")
    return base64.b64encode(digest).decode()


class OkxAuth(AuthBase):
    """Signs a prepared request: after its URL and body are final, whatever encoded them.

    Parameters
    ----------
    credentials : Credentials
        Whose key to sign with.
    clock : callable
        Returns the present time as an aware ``datetime``; OKX allows 30 s of difference.
    demo : bool
        Ask for demo trading, which takes a key made for it.

    Raises
    ------
    CredentialsError
        A part of the key cannot be right.
    """

    def __init__(
        self, credentials: Credentials, clock: Callable[[], datetime], *, demo: bool
    ) -> None:
        credentials.require_sendable()
        self._credentials = credentials
        self._clock = clock
        self._demo = demo
        self._ahead = timedelta(0)

    def set_clock(self, now: datetime) -> None:
        """Sign from here on as if the clock showed ``now``, the exchange's own time."""
        self._ahead = now - self._clock()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the authentication headers for exactly these bytes."""
        now = (self._clock() + self._ahead).astimezone(UTC).replace(tzinfo=None)
        timestamp = now.isoformat(timespec="milliseconds") + "Z"
        body = request.body.decode() if isinstance(request.body, bytes) else request.body or ""
        prehash = f"{timestamp}{request.method}{request.path_url}{body}"
        request.headers.update(
            {
                "OK-ACCESS-KEY": self._credentials.api_key,
                "OK-ACCESS-SIGN": sign(prehash, self._credentials.secret_key),
                "OK-ACCESS-TIMESTAMP": timestamp,
                "OK-ACCESS-PASSPHRASE": self._credentials.passphrase,
            }
        )
        if self._demo:
            request.headers["x-simulated-trading"] = "1"
        return request
