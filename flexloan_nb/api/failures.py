"""What ``requests`` and ``urllib3`` raise, as errors that say what to do. No I/O.

The errors made here hold nothing of the originals, which lead to the request and so to the key
in its headers.
"""

import ssl

import requests
from urllib3.exceptions import NewConnectionError, ReadTimeoutError

from flexloan_nb.errors import CertificateError, TransportError

__all__ = ["transport_error"]

_CHECK_NETWORK = "Check the network, the proxy settings and base_url."
_CHECK_CERTIFICATES = "Check REQUESTS_CA_BUNDLE, and what stands between here and the server."
_TRY_AGAIN = "Try again, or give the client a longer timeout."


def transport_error(endpoint: str, error: BaseException, base_url: str) -> TransportError:
    """Return the error for a request to which no whole answer came."""
    if _is_untrusted(error):
        reason = f"the server's certificate is not trusted ({base_url})"
        return CertificateError(endpoint, reason, _CHECK_CERTIFICATES, sent=False)
    if _is_unconnected(error):
        reason = f"no connection could be made ({base_url})"
        return TransportError(endpoint, reason, _CHECK_NETWORK, sent=False)
    if isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError):
        reason = f"no whole answer came in time ({base_url})"
        return TransportError(endpoint, reason, _TRY_AGAIN, sent=True)
    reason = f"the connection broke, {type(error).__name__} ({base_url})"
    return TransportError(endpoint, reason, _CHECK_NETWORK, sent=True)


def _is_untrusted(error: BaseException) -> bool:
    return isinstance(error, requests.exceptions.SSLError) and any(
        isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)
    )


def _is_unconnected(error: BaseException) -> bool:
    """Say whether not even a connection was made, so that nothing was sent."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return any(isinstance(cause, NewConnectionError) for cause in _causes(error))


def _causes(error: BaseException) -> list[object]:
    """Return what an error was made from: requests wraps urllib3's, which wrap those of ssl."""
    causes: list[object] = []
    inner: object = error
    while isinstance(inner, BaseException) and inner not in causes:
        causes.append(inner)
        inner = getattr(inner, "reason", None) or next(iter(inner.args), None)
    return causes
