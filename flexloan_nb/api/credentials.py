"""API keys: where they come from, and that nothing shows them."""

import os
from dataclasses import dataclass
from typing import NoReturn

from flexloan_nb.errors import CredentialsError

__all__ = ["Credentials"]

_ENVIRONMENT = {
    "api_key": "OKX_API_KEY",
    "secret_key": "OKX_SECRET_KEY",
    "passphrase": "OKX_PASSPHRASE",
}
_SERVICE = "flexloan_nb"  # under which the system keyring keeps the parts, by their names


@dataclass(frozen=True, slots=True)
class Credentials:
    """The three parts of an OKX API key.

    Its ``repr`` shows none of them, and it cannot be pickled. A client checks them when it is
    made; no error shows a part, also not in the local variables of its traceback.

    Examples
    --------
    >>> Credentials("my-key", "my-secret", "my-passphrase")
    Credentials(<hidden>)
    """

    api_key: str
    secret_key: str
    passphrase: str

    @classmethod
    def from_env(cls) -> "Credentials":
        """Read ``OKX_API_KEY``, ``OKX_SECRET_KEY`` and ``OKX_PASSPHRASE``.

        Raises
        ------
        CredentialsError
            Some are not set; the message names them.
        """
        missing = [variable for variable in _ENVIRONMENT.values() if not os.environ.get(variable)]
        if missing:
            raise CredentialsError(
                f"Not set in the environment: {', '.join(missing)}. Make an API key with Read "
                "permission at OKX and set all three of its parts before Python starts; "
                "connect('simulator') needs no key."
            )
        return cls(**{part: os.environ[variable] for part, variable in _ENVIRONMENT.items()})

    @classmethod
    def from_keyring(cls) -> "Credentials":
        """Read the parts that the system keyring keeps for the service ``flexloan_nb``.

        Needs the library ``keyring``, whose command puts each part there, once:
        ``keyring set flexloan_nb api_key``, then ``secret_key`` and ``passphrase``.

        Raises
        ------
        CredentialsError
            The library is not installed, or the keyring cannot be read or lacks a part; the
            message says what to do.
        """
        stored = _stored()
        missing = [part for part, value in stored.items() if not value]
        if missing:
            del stored  # a traceback may show local variables
            raise CredentialsError(
                f"Not in the system keyring: {', '.join(missing)}. Put each there with "
                f"'keyring set {_SERVICE} {missing[0]}' and so on."
            )
        return cls(**stored)

    def require_sendable(self) -> None:
        """Check that all parts can stand in an HTTP header.

        Raises
        ------
        CredentialsError
            A part is empty, or has blanks or characters that no key has; the message names it.
        """
        problems = {part: _problem(getattr(self, part)) for part in _ENVIRONMENT}
        for part, problem in problems.items():
            if problem:
                raise CredentialsError(f"{part} {problem}.")

    def __repr__(self) -> str:
        return "Credentials(<hidden>)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled, so that no file holds them.")


def _stored() -> dict[str, str]:
    """Return each part of the key as the system keyring has it, empty where it has none."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise CredentialsError(
            "The library keyring is not installed: pip install keyring, or set "
            f"{', '.join(_ENVIRONMENT.values())} and use Credentials.from_env()."
        ) from None
    try:
        return {part: keyring.get_password(_SERVICE, part) or "" for part in _ENVIRONMENT}
    except KeyringError as error:
        reason = type(error).__name__
    # Raised out here: no context then leads to what the keyring was reading.
    raise CredentialsError(
        f"The system keyring cannot be read ({reason}). Unlock it, or install one that keyring "
        f"supports; or set {', '.join(_ENVIRONMENT.values())} and use Credentials.from_env()."
    )


def _problem(part: object) -> str | None:
    if not isinstance(part, str) or not part:
        return "is empty or not a string"
    if not part.isascii() or not part.isprintable():
        return "has characters that cannot be sent in an HTTP header"
    if part != part.strip():
        return "begins or ends with a blank: was it pasted with one?"
    return None
