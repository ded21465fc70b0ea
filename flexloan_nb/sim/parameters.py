"""How request parameters are read.

A reader takes what stood in the query or the JSON body, and the currencies the exchange lists,
and returns the value in Python's terms or raises `ValueError`.
"""

import re
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from flexloan_nb.sim import rules
from flexloan_nb.sim.market import indices
from flexloan_nb.sim.rows import PAGE_ROWS

Listed: TypeAlias = Collection[str]
Reader: TypeAlias = Callable[[Any, Listed], Any]

PLAIN_NUMBER: Final = re.compile(r"[0-9]+(\.[0-9]+)?")
DIGITS: Final = re.compile(r"[0-9]{1,20}")
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
MOST_PLEDGED: Final = 10  # coins in one request to borrow


class Parameter(NamedTuple):
    """One parameter: its name on the wire, the answering method's argument, its reader."""

    name: str
    argument: str
    read: Reader
    required: bool = False


def currency(value: object, listed: Listed) -> str:
    """Read a listed currency such as ``BTC``."""
    if not isinstance(value, str) or value not in listed:
        raise ValueError(value)
    return value


def amount(value: object, _: Listed) -> Decimal:
    """Read an amount in plain decimal notation."""
    return rules.amount(_matching(PLAIN_NUMBER, value))


def coins(value: object, listed: Listed) -> tuple[str, Decimal]:
    """Read a ``{"ccy": ..., "amt": ...}``."""
    if not isinstance(value, dict):
        raise ValueError(value)
    return currency(value.get("ccy"), listed), amount(value.get("amt"), listed)


def amounts(value: object, listed: Listed) -> dict[str, Decimal]:
    """Read a list of ``{"ccy": ..., "amt": ...}``, each currency once."""
    if not isinstance(value, list):
        raise ValueError(value)
    read = dict(coins(item, listed) for item in value)
    if len(read) != len(value):
        raise ValueError("a currency is named twice")
    return read


def pledge(value: object, listed: Listed) -> dict[str, Decimal]:
    """Read the collateral of a new loan."""
    read = amounts(value, listed)
    if len(read) > MOST_PLEDGED:
        raise ValueError(value)
    return read


def digits(value: object, _: Listed) -> str:
    """Read an order id."""
    return _matching(DIGITS, value)


def client_id(value: object, _: Listed) -> str:
    """Read the name a client gives a deal, so that it is not made twice."""
    return _matching(CLIENT_ID, value)


def cursor(value: object, _: Listed) -> int:
    """Read the id or the time of a row to page from."""
    return int(_matching(DIGITS, value))


def page_length(value: object, listed: Listed) -> int:
    """Read how many rows a page may have."""
    limit = cursor(value, listed)
    if not 1 <= limit <= PAGE_ROWS:
        raise ValueError(value)
    return limit


def index(value: object, listed: Listed) -> str:
    """Read the name of an index such as ``BTC-USD``."""
    if not isinstance(value, str) or value not in indices(listed):
        raise ValueError(value)
    return value


def one_of(*choices: str) -> Reader:
    """Return a reader that accepts these values only."""

    def read(value: object, _: Listed) -> str:
        if value not in choices:
            raise ValueError(value)
        return str(value)

    return read


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(value)
    return value
