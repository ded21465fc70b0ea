"""What the answers of an exchange say about the set-up. No I/O, but for looking up a name."""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flexloan_nb.api.address import is_on_this_machine
from flexloan_nb.doctor.check import Check
from flexloan_nb.errors import (
    ApiError,
    CertificateError,
    FlexLoanError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
    TransportError,
)

__all__ = [
    "Reading",
    "check_clock",
    "check_dns",
    "check_host",
    "check_key",
    "check_pace",
    "check_reading",
    "check_tls",
    "check_trading",
    "halves",
    "is_accepted",
    "is_out_of_reach",
]

_HOSTS = {"www.okx.com", "openapi.okx.com", "eea.okx.com", "us.okx.com", "app.okx.com"}
_REFUSED = 30.0  # seconds by which a signed request may be off
_SUSPICIOUS = 5.0
_LACKS_PERMISSION = {"50030", "50120"}
_NEEDS_AN_ANSWER = "needs a key and an exchange that answers"


class Reading(NamedTuple):
    """How many seconds the exchange's clock is ahead of the one requests are signed with."""

    ahead: float
    margin: float


def check_host(address: str, reading: Reading | FlexLoanError) -> Check:
    """Say whether something answers there as the exchange does, and whether it is OKX's."""
    host = urlsplit(address).hostname
    if isinstance(reading, TransportError) and not isinstance(reading, CertificateError):
        return Check("host", "failed", reading.reason, reading.hint)
    if is_out_of_reach(reading) and not isinstance(reading, TransportError):
        return Check("host", "failed", *halves(str(reading)))
    if host in _HOSTS or address.startswith("http:"):
        return Check("host", "ok", f"{address} answers")
    fix = "Go on only if you know whose it is: it is sent the key and the passphrase."
    return Check("host", "warning", f"{address} answers, and is not known to be OKX's", fix)


def check_dns(address: str, proxy: str | None, look_up: Callable[..., Any]) -> Check:
    """Say whether the host's name leads to an address."""
    host = urlsplit(address).hostname or ""
    if proxy:
        way = urlsplit(proxy)  # it may hold a password
        return Check("DNS", "skipped", f"left to the proxy {way.hostname}, port {way.port}")
    if is_on_this_machine(address):
        return Check("DNS", "skipped", "the address is this machine's")
    try:
        found = sorted({entry[4][0] for entry in look_up(host, None, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError):
        fix = "Check the spelling, the network and this machine's name server; or set HTTPS_PROXY."
        return Check("DNS", "failed", f"no address is known for {host}", fix)
    return Check("DNS", "ok", f"{host} is {', '.join(found)}")


def check_tls(address: str, reading: Reading | FlexLoanError, verify: bool | str | None) -> Check:
    """Say whether the server's certificate is trusted, and by whose list."""
    if address.startswith("http:"):
        return Check("TLS", "skipped", "plain http, which stays on this machine")
    if isinstance(verify, str) and not Path(verify).exists():
        fix = "Correct or unset REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE."
        return Check("TLS", "failed", f"the certificates to trust are not at {verify}", fix)
    if isinstance(reading, CertificateError):
        return Check("TLS", "failed", reading.reason, reading.hint)
    if isinstance(reading, TransportError):
        return Check("TLS", "skipped", "there is no connection")
    by = verify if isinstance(verify, str) else "the certificates that come with requests"
    return Check("TLS", "ok", f"the certificate is trusted by {by}")


def check_clock(reading: Reading | FlexLoanError) -> Check:
    """Say how far this machine's clock is from the exchange's."""
    if isinstance(reading, ApiError):
        return Check("clock", "failed", f"{reading.code} {reading.msg}", reading.hint)
    if isinstance(reading, FlexLoanError):
        return Check("clock", "skipped", "the exchange's clock could not be read")
    side = "behind" if reading.ahead > 0 else "ahead"
    off = (
        f"{abs(reading.ahead):.1f} s {side} of the exchange's, give or take {reading.margin:.1f} s"
    )
    sure = abs(reading.ahead) - reading.margin
    if sure <= _SUSPICIOUS:
        return Check("clock", "ok", off)
    fix = "Set this machine's clock, or have it set: timedatectl set-ntp true."
    if sure <= _REFUSED:
        return Check("clock", "warning", f"{off}; from {_REFUSED:.0f} s on, OKX refuses", fix)
    refused = f"{off}: a change of collateral would be refused, and reads take a second attempt"
    return Check("clock", "failed", refused, fix)


def check_key(answer: object) -> Check:
    """Say whether the exchange knows the key, by its answer to a read; None if none was sent."""
    match answer:
        case None:
            return Check("key accepted", "skipped", _NEEDS_AN_ANSWER)
        case PermissionDeniedError() if answer.code in _LACKS_PERMISSION:
            return Check("key accepted", "ok", "key, passphrase and signature are right")
        case RateLimitError() | ServiceError():
            found = f"cannot be told now: {answer.code} {answer.msg}"
            return Check("key accepted", "warning", found, answer.hint)
        case ApiError():
            return Check("key accepted", "failed", f"{answer.code} {answer.msg}", answer.hint)
        case FlexLoanError():
            return Check("key accepted", "failed", *halves(str(answer)))
        case _:
            return Check("key accepted", "ok", "key, passphrase and signature are right")


def check_reading(answer: object) -> Check:
    """Say whether the key may read."""
    if isinstance(answer, PermissionDeniedError) and answer.code in _LACKS_PERMISSION:
        return Check("permission: read", "failed", "the key may not read", answer.hint)
    if is_accepted(answer):
        return Check("permission: read", "ok", "the key may read, which is all but one method")
    reason = "cannot be told before the key is accepted"
    return Check("permission: read", "skipped", reason)


def check_trading(granted: object) -> Check:
    """Say whether the key may move collateral, as far as it says so itself."""
    name = "permission: trade"
    if not isinstance(granted, set) or not granted:
        return Check(name, "skipped", "cannot be told without sending a change of collateral")
    if "withdraw" in granted:
        fix = "Use a key that may not: nothing here withdraws."
        return Check(name, "warning", "the key may withdraw", fix)
    if "trade" in granted:
        return Check(name, "ok", "the key may adjust collateral, where allow_trading=True")
    return Check(name, "ok", "the key may not adjust collateral; no other method needs it to")


def check_pace(waits: Mapping[str, float], unshared: str) -> Check:
    """Say which endpoints must wait, because something of this user's has just asked them."""
    busy = ", ".join(f"{name} in {wait:.2f} s" for name, wait in waits.items() if wait > 0)
    free = sum(wait == 0 for wait in waits.values())
    found = f"{free} of {len(waits)} endpoints may be asked at once" + (busy and f"; {busy}")
    if unshared:
        fix = "Make that folder writable, or set XDG_CACHE_HOME to one that is."
        return Check("pace left", "warning", f"{found}; {unshared}", fix)
    return Check("pace left", "ok", found)


def is_out_of_reach(reading: Reading | FlexLoanError) -> bool:
    """Say whether the exchange itself has not answered at all."""
    return isinstance(reading, FlexLoanError) and not isinstance(reading, ApiError)


def is_accepted(answer: object) -> bool:
    """Say whether a read was sent and answered."""
    return answer is not None and not isinstance(answer, FlexLoanError)


def halves(message: str) -> tuple[str, str]:
    """Split a message into what is wrong and what to do."""
    wrong, _, fix = message.partition(". ")
    return wrong, fix
