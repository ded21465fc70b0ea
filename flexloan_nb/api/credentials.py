"""API keys: where they come from, and that nothing shows them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import NoReturn

from flexloan_nb.errors import CredentialsError

__all__ = ["Credentials"]

_ENVIRONMENT = {
    "api_key": "OKX_API_KEY",
    "secret_key": "OKX_SECRET_KEY",
    "passphrase": "OKX_PASSPHRASE",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """The three parts of an OKX API key.

    Its ``repr`` shows none of them, and it cannot be pickled.

    Raises
    ------
    CredentialsError
        A part is empty, or has blanks or characters that no key has.

    Examples
    --------
    >>> Credentials("my-key", "my-secret", "my-passphrase")
    Credentials(<hidden>)
    """

    api_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    passphrase: str = field(repr=False)

    def __post_init__(self) -> None:
        for part in fields(self):
            _check(part.name, getattr(self, part.name))

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Credentials":
        """Read ``OKX_API_KEY``, ``OKX_SECRET_KEY`` and ``OKX_PASSPHRASE``.

        Raises
        ------
        CredentialsError
            Some are not set; the message names them.
        """
        missing = [variable for variable in _ENVIRONMENT.values() if not environ.get(variable)]
        if missing:
            raise CredentialsError(
                f"Not set in the environment: {', '.join(missing)}. Make an API key with Read "
                "permission at OKX and set all three of its parts before Python starts; "
                "connect('simulator') needs no key."
            )
        return cls(**{part: environ[variable] for part, variable in _ENVIRONMENT.items()})

    def __repr__(self) -> str:
        return "Credentials(<hidden>)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("Credentials are not pickled, so that no file holds them.")


def _check(name: str, value: str) -> None:
    if not isinstance(value, str) or not value:
        raise CredentialsError(f"{name} is empty or not a string.")
    if not value.isascii() or not value.isprintable():
        raise CredentialsError(f"{name} has characters that cannot be sent in an HTTP header.")
    if value != value.strip():
        raise CredentialsError(f"{name} begins or ends with a blank: was it pasted with one?")
