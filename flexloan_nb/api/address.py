"""Where the exchange is, and that a signed request may go there."""

import ipaddress
from urllib.parse import urlsplit

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["checked_address", "is_on_this_machine"]


def checked_address(base_url: str) -> str:
    """Return an address that signed requests may go to, without a slash at its end.

    Raises
    ------
    InvalidArgumentError
        It is not an ``https://`` address, nor an ``http://`` address of this machine.
    """
    parts = urlsplit(base_url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise InvalidArgumentError(f"base_url {base_url!r} is not an http(s):// address.")
    if parts.scheme == "http" and not is_on_this_machine(base_url):
        raise InvalidArgumentError(
            f"base_url {base_url!r} would send the passphrase unencrypted: use https://."
        )
    return base_url.rstrip("/")


def is_on_this_machine(base_url: str) -> bool:
    """Say whether an address is one of the loopback interface, by RFC 6761 also by name."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
