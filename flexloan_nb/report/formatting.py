"""Numbers and times as a report prints them. Percent is only here: data are decimals."""

from collections.abc import Callable, Iterable
from typing import Any, Final

import pandas as pd

__all__ = ["NOTHING", "amount", "change", "each", "money", "percent", "price", "when"]

NOTHING: Final = "–"  # noqa: RUF001  (an en dash stands for "none" in tables)


def money(usd: Any) -> str:
    """Return USD with two decimals.

    >>> money(70669.727)
    '70,669.73'
    """
    return NOTHING if pd.isna(usd) else f"{usd:,.2f}"


def amount(coins: Any) -> str:
    """Return coins with the eight decimals that the exchange keeps, less trailing zeros.

    >>> amount(145.0452930), amount(200)
    ('145.045293', '200')
    """
    if pd.isna(coins):
        return NOTHING
    text = f"{coins:,.8f}"
    return "0" if text.strip("-0.") == "" else text.rstrip("0").rstrip(".")


def price(usd: Any) -> str:
    """Return a price with six digits that tell, or all before the point.

    >>> price(63_049.91), price(0.4976), price(1_234_567.8)
    ('63,049.9', '0.4976', '1,234,568')
    """
    if pd.isna(usd):
        return NOTHING
    return f"{usd:,.0f}" if abs(usd) >= 1e5 else f"{usd:,.6g}"


def percent(share: Any, decimals: int = 2) -> str:
    """Return a decimal as percent.

    >>> percent(0.5339)
    '53.39%'
    """
    return NOTHING if pd.isna(share) else f"{share:.{decimals}%}"


def change(share: Any) -> str:
    """Return a change as percent, with its sign.

    >>> change(-0.31326), change(0.1), change(1e-15)
    ('-31.3%', '+10.0%', '0.0%')
    """
    if pd.isna(share):
        return NOTHING
    text = f"{share:+.1%}"
    return "0.0%" if text in {"+0.0%", "-0.0%"} else text


def when(moment: Any) -> str:
    """Return a time in UTC to the minute.

    >>> when(pd.Timestamp("2026-01-15T12:07Z"))
    '2026-01-15 12:07'
    """
    if pd.isna(moment):
        return NOTHING
    return f"{pd.Timestamp(moment).tz_convert('UTC'):%Y-%m-%d %H:%M}"


def each(show: Callable[[Any], str], values: Iterable[Any]) -> list[str]:
    """Return the values as text."""
    return [show(value) for value in values]
