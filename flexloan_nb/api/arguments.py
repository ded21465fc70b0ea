"""What a method was given, against what its endpoint takes."""

from collections.abc import Mapping
from typing import Any

from flexloan_nb.api.endpoints import Endpoint
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["checked_arguments"]


def checked_arguments(endpoint: Endpoint, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments that were given, those that are None left out.

    An empty string for an optional parameter is refused: left out, an order's id would mean the
    earliest order, and that may be another one than was meant.

    Raises
    ------
    InvalidArgumentError
        One is not a string (supCollateral: a list), or is empty though it is optional.
    """
    given = {name: value for name, value in arguments.items() if value is not None}
    required = {parameter.name for parameter in endpoint.parameters if parameter.required}
    for name, value in given.items():
        if not isinstance(value, list if name == "supCollateral" else str):
            raise InvalidArgumentError(f"{name} is {value!r}: give a string.")
        if value == "" and name not in required:
            raise InvalidArgumentError(f"{name} is empty: leave it out, or say which.")
    return given
