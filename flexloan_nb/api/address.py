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
    if not _is_plain(base_url):
        raise InvalidArgumentError(
            "base_url is not an address like 'https://www.okx.com': a scheme, a host and perhaps "
            "a port, and nothing else."
        )
    if base_url.startswith("http:") and not is_on_this_machine(base_url):
        raise InvalidArgumentError(
            f"base_url {base_url!r} would send the passphrase unencrypted: use https://."
        )
    return base_url.rstrip("/")


def _is_plain(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
        rebuilt = f"{parts.scheme}://{parts.hostname}"
        if parts.port is not None:
            rebuilt += f":{parts.port}"
    except ValueError:
        return False
    if any(character.isspace() for character in base_url):
        return False
    written = base_url.rstrip("/").lower().replace("[", "").replace("]", "")
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and written == rebuilt


def is_on_this_machine(base_url: str) -> bool:
    """Say whether an address is one of the loopback interface."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
