"""Amounts on their way to the exchange: plain decimals, checked before anything is sent."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation
from numbers import Real
from typing import Any

import pandas as pd

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Amount", "SupCollateral", "wire_amount", "wire_collateral"]

Amount = str | int | float | Decimal
SupCollateral = Mapping[str, Amount] | pd.Series | pd.DataFrame | Iterable[Mapping[str, Any]]

_DECIMALS = 18  # no coin is divided finer than Ether, whose wei is 1e-18
_SMALLEST = Decimal(1).scaleb(-_DECIMALS)
_LARGEST = Decimal("1e30")  # beyond any coin's supply
_EXACT = Context(prec=60)


def wire_amount(amount: Amount, name: str) -> str:
    """Return an amount as the wire has it: a plain decimal, never with an exponent.

    A float means the shortest decimal that reads back as it, cut off at 18 decimals.

    Parameters
    ----------
    amount : str, int, float or Decimal
        In units of the coin; also a scalar of numpy or pandas.
    name : str
        What it is, for the error message.

    Raises
    ------
    InvalidArgumentError
        It is not a positive finite number, or finer than 18 decimals.

    Examples
    --------
    >>> wire_amount(0.00001, "amt")
    '0.00001'
    >>> wire_amount("1,5", "amt")
    Traceback (most recent call last):
    ...
    flexloan_nb.errors.InvalidArgumentError: amt is '1,5', which is not a number like '1.5'.
    """
    number = _decimal(amount, name)
    if not number.is_finite() or not _SMALLEST <= number <= _LARGEST:
        raise InvalidArgumentError(f"{name} is {amount}: it must be from 1e-18 to 1e30.")
    whole, _, decimals = f"{number:f}".partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > _DECIMALS:
        raise InvalidArgumentError(f"{name} is {amount}: it has more than {_DECIMALS} decimals.")
    return f"{whole}.{decimals}" if decimals else whole


def wire_collateral(sup_collateral: SupCollateral) -> list[dict[str, str]]:
    """Return supplementary collateral as the wire has it, a ``ccy`` and an ``amt`` each.

    Parameters
    ----------
    sup_collateral : mapping, Series, DataFrame or iterable of mappings
        ``{"BTC": "0.5"}``, a Series with coins as its index, or rows with ``ccy`` and ``amt``
        such as a part of ``collateral_assets()``.

    Raises
    ------
    InvalidArgumentError
        An amount is wrong (see `wire_amount`), a coin has no name or stands twice.

    Examples
    --------
    >>> wire_collateral({"BTC": 0.5, "ETH": "2"})
    [{'ccy': 'BTC', 'amt': '0.5'}, {'ccy': 'ETH', 'amt': '2'}]
    """
    pairs = list(_pairs(sup_collateral))
    if not all(isinstance(ccy, str) and ccy for ccy, _ in pairs):
        raise InvalidArgumentError("sup_collateral has a coin without a name.")
    for ccy, times in Counter(ccy for ccy, _ in pairs).items():
        if times > 1:
            raise InvalidArgumentError(f"sup_collateral has {ccy} {times} times; add them up.")
    return [{"ccy": ccy, "amt": wire_amount(amt, f"sup_collateral {ccy}")} for ccy, amt in pairs]


def _decimal(amount: Any, name: str) -> Decimal:
    try:
        if isinstance(amount, str | Decimal):
            return Decimal(amount)
        if isinstance(amount, Real) and not isinstance(amount, bool):
            number = Decimal(str(amount))
            return number.quantize(_SMALLEST, ROUND_DOWN, _EXACT) if number.is_finite() else number
    except InvalidOperation:
        pass
    raise InvalidArgumentError(f"{name} is {amount!r}, which is not a number like '1.5'.")


def _pairs(sup_collateral: Any) -> Iterator[tuple[Any, Any]]:
    try:
        if isinstance(sup_collateral, Mapping | pd.Series):
            yield from sup_collateral.items()
        elif isinstance(sup_collateral, pd.DataFrame):
            yield from zip(sup_collateral["ccy"], sup_collateral["amt"], strict=True)
        else:
            yield from ((row["ccy"], row["amt"]) for row in sup_collateral)
    except (KeyError, TypeError):
        raise InvalidArgumentError(
            "sup_collateral must be like {'BTC': '0.5'}, or rows with 'ccy' and 'amt'."
        ) from None
