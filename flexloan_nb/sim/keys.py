"""Throw-away keys to the simulated exchange, and what a signed request must show."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flexloan_nb.sim.refusals import Refusal

TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
PERMISSIONS: Final = frozenset({"read", "trade"})
TOLERANCE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key to the simulated exchange; its secrets stay out of its repr."""

    api_key: str
    secret_key: str = field(repr=False)
    passphrase: str = field(repr=False)
    user: str
    permissions: frozenset[str]
    demo: bool

    def credentials(self) -> dict[str, str]:
        """Return what a client needs to sign with it."""
        return {
            "api_key": self.api_key,
            "secret_key": self.secret_key,
            "passphrase": self.passphrase,
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """The four headers of a signed request, and what the signature covers."""

    api_key: str
    signature: str
    timestamp: str
    passphrase: str
    demo: bool
    prehash: bytes


class KeyRing:
    """Issues keys and recognises the requests they sign."""

    def __init__(self) -> None:
        self._keys: dict[str, ApiKey] = {}

    def issue(self, user: str, permissions: Collection[str], demo: bool) -> ApiKey:
        """Make a key with random secrets."""
        unknown = sorted({*permissions} - PERMISSIONS)
        if unknown:
            raise ValueError(f"there is no permission {unknown[0]!r}: read and trade are")
        key = ApiKey(
            secrets.token_hex(16),
            secrets.token_hex(16).upper(),
            secrets.token_urlsafe(12),
            user,
            frozenset(permissions),
            demo,
        )
        self._keys[key.api_key] = key
        return key

    def recognise(self, request: Signed, clocks: Iterable[datetime]) -> ApiKey:
        """Return the key that signed a request at one of the `clocks`, or refuse it."""
        moment = _moment(request.timestamp)
        if all(abs(moment - clock) > TOLERANCE for clock in clocks):
            raise Refusal("50102")
        key = self._keys.get(request.api_key)
        if key is None:
            raise Refusal("50119")
        if key.demo != request.demo:
            raise Refusal("50101")
        if not _same(key.passphrase, request.passphrase):
            raise Refusal("50105")
        if not _same(_signature(key, request), request.signature):
            raise Refusal("50113")
        return key


def _moment(timestamp: str) -> datetime:
    try:
        if TIMESTAMP.fullmatch(timestamp):
            return datetime.fromisoformat(timestamp)
    except ValueError:
        pass
    raise Refusal("50112")


def _signature(key: ApiKey, request: Signed) -> str:
    prehash = request.timestamp.encode() + request.prehash
    digest = hmac.digest(key.secret_key.encode(), prehash, hashlib.sha256)
    return base64.b64encode(digest).decode()


def _same(expected: str, given: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())
