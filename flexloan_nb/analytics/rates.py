"""The annual rates of what is owed, and what a debt grows to at one."""

from collections.abc import Iterable, Mapping
from math import exp, log1p

import pandas as pd

from flexloan_nb.analytics.arguments import by_coin, not_negative
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["HOURS_PER_YEAR", "debt_rates", "grown"]

HOURS_PER_YEAR = 365 * 24  # as OKX computes the interest of an hour


def debt_rates(owed: Iterable[str], rates: Mapping[str, float] | pd.Series) -> dict[str, float]:
    """Return the annual rate of each coin that is owed, checked.

    Raises
    ------
    InvalidArgumentError
        A rate is missing, negative or no number.
    """
    annual = by_coin(rates, "rates", "rate of", not_negative)
    missing = [ccy for ccy in owed if ccy not in annual]
    if missing:
        raise InvalidArgumentError(f"rates lacks {', '.join(missing)}: give one for each debt.")
    return {ccy: annual[ccy] for ccy in owed}


def grown(rate: float, hours: float) -> float:
    """Return what a debt of 1 has grown to: ``(1 + rate / 8760)^hours``.

    Raises
    ------
    InvalidArgumentError
        It is more than a float can be.
    """
    try:
        return exp(hours * log1p(rate / HOURS_PER_YEAR))
    except OverflowError:
        raise InvalidArgumentError(
            f"A debt at a rate of {rate:g} is more than a float can be after {hours:g} hours: "
            "give decimals, 0.1 for 10 % a year."
        ) from None
