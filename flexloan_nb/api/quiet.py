"""Connections that print no headers, whatever ``http.client`` was told to print."""

from typing import Any

from requests.adapters import HTTPAdapter

__all__ = ["QuietAdapter"]


class QuietAdapter(HTTPAdapter):
    """Connects as ``requests`` does, but never in the debugging mode of ``http.client``.

    ``http.client.HTTPConnection.debuglevel = 1`` is how one looks at the requests of a whole
    program; it prints their headers, and in them the passphrase.
    """

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """Return the pool of connections to a host, which from here on are quiet."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        pool.ConnectionCls = _quiet(pool.ConnectionCls)
        return pool


def _quiet(connection: Any) -> Any:
    if "debuglevel" in vars(connection):
        return connection
    return type(connection.__name__, (connection,), {"debuglevel": 0})
