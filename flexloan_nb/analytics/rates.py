"""The annual rates of what is owed."""

from collections.abc import Iterable, Mapping

import pandas as pd

from flexloan_nb.analytics.arguments import finite
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["HOURS_PER_YEAR", "debt_rates"]

HOURS_PER_YEAR = 365 * 24  # as OKX computes the interest of an hour


def debt_rates(owed: Iterable[str], rates: Mapping[str, float] | pd.Series) -> dict[str, float]:
    """Return the annual rate of each coin that is owed, checked.

    Raises
    ------
    InvalidArgumentError
        A rate is missing or no number.
    """
    missing = [ccy for ccy in owed if ccy not in rates]
    if missing:
        raise InvalidArgumentError(f"rates lacks {', '.join(missing)}: give one for each debt.")
    return {ccy: finite(rates[ccy], f"rate of {ccy}") for ccy in owed}
