"""Amounts of coins as people write and read them."""

import math
from decimal import Decimal, InvalidOperation

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["as_entry", "as_read", "nice_step", "not_above", "parsed"]

_FINEST = 1e-8  # what the exchange rounds its answers to
_STEPS = 200  # of a slider: so many key presses at most lead through it
_DIGITS = 8


def parsed(entry: str) -> float:
    """Return what was entered as a number from zero up.

    Raises
    ------
    InvalidArgumentError
        It is no number, or below zero.

    Examples
    --------
    >>> parsed(" 0.25 ")
    0.25
    >>> parsed("0,25")
    Traceback (most recent call last):
    ...
    flexloan_nb.errors.InvalidArgumentError: '0,25' is not a number: write it like 1234.5.
    """
    try:
        number = Decimal(entry.strip() or "0")
    except InvalidOperation:
        raise InvalidArgumentError(f"{entry!r} is not a number: write it like 1234.5.") from None
    if not number.is_finite() or number < 0 or math.isinf(float(number)):
        raise InvalidArgumentError(f"{entry.strip()} is not an amount: it must not be below zero.")
    return float(number)


def as_entry(amount: float) -> str:
    """Return an amount as it is written into a field: all its digits, no exponent.

    >>> as_entry(1e-8), as_entry(60000.0)
    ('0.00000001', '60000')
    """
    text = format(Decimal(repr(float(amount))), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_read(amount: float) -> str:
    """Return an amount as it is read: eight digits, thousands apart.

    >>> as_read(15341.5993471), as_read(1e-8), as_read(60000.0)
    ('15,341.599', '0.00000001', '60,000')
    """
    if not amount or not math.isfinite(amount):
        return f"{amount:g}"
    before_point = math.floor(math.log10(abs(amount))) + 1
    decimals = _DIGITS if before_point <= 0 else max(0, _DIGITS - before_point)
    text = f"{amount:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def nice_step(most: float) -> float:
    """Return a step for a slider from zero up to an amount: 1, 2 or 5 times a power of ten.

    >>> nice_step(1.1), nice_step(60000), nice_step(1e-8)
    (0.005, 200.0, 1e-08)
    """
    least = most / _STEPS
    if least <= _FINEST:
        return _FINEST
    exponent = math.floor(math.log10(least))
    leading = next(step for step in (5, 2, 1) if step * 10.0**exponent <= least * (1 + 1e-9))
    return float(f"{leading}e{exponent}")


def not_above(amount: object) -> float:
    """Return the float nearest to an amount that is written no higher than it.

    A float of a balance can be a little more than is held, which the exchange refuses.

    >>> not_above(Decimal("0.12345678901234567891"))
    0.12345678901234566
    """
    exact = Decimal(str(amount))
    nearest = float(exact)
    return math.nextafter(nearest, 0) if Decimal(repr(nearest)) > exact else nearest
