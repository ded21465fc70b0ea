"""What of a session of the user's own is used, and what it must not have."""

import requests

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["require_usable"]


def require_usable(session: requests.Session, base_url: str) -> None:
    """Refuse a session with what would be passed over in silence, or repeats a change.

    Its adapters, ``proxies``, ``verify``, ``cert``, ``headers`` and ``trust_env`` are used. Its
    cookies are neither sent nor kept: a session has those of every site it was used for.

    Raises
    ------
    InvalidArgumentError
        The session repeats requests, or has ``auth``, ``params`` or ``hooks``.

    Examples
    --------
    >>> session = requests.Session()
    >>> session.auth = ("name", "password")
    >>> require_usable(session, "https://www.okx.com")
    Traceback (most recent call last):
    ...
    flexloan_nb.errors.InvalidArgumentError: session has auth: requests are signed instead.
    """
    if session.auth is not None:
        raise InvalidArgumentError("session has auth: requests are signed instead.")
    if session.params:
        raise InvalidArgumentError("session has params: a request carries its arguments alone.")
    if any(session.hooks.values()):
        raise InvalidArgumentError(
            "session has hooks: they would see the key. Mount an adapter of your own to follow "
            "its requests."
        )
    retries = getattr(session.get_adapter(base_url), "max_retries", None)
    if retries is not None and retries.total:
        raise InvalidArgumentError(
            "session repeats requests by itself: mount an adapter without max_retries. Reads "
            "are repeated here, each signed anew; a change must not be."
        )
