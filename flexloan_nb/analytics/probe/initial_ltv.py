"""The initial LTV by what shows it: the loan itself, and each tier whose discount rate is known.

Each estimate is an interval. What they have in common is the answer; where nothing is, the
assumption that one initial LTV holds for all of them is wrong, and that is said.
"""

import sys
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Conclusion", "conclude", "loan_estimate", "tier_estimates"]

_FLOAT_ERRORS = 8 * sys.float_info.epsilon
_COLUMNS = ["initial_ltv", "initial_ltv_low", "initial_ltv_high"]


class Conclusion(NamedTuple):
    """An initial LTV, between which it lies, and whether the estimates agree on it."""

    initial_ltv: float
    initial_ltv_low: float
    initial_ltv_high: float
    agreed: bool


def loan_estimate(debt_usd: float, collateral_usd: float, usd: float, error: float) -> pd.DataFrame:
    """Return the initial LTV of a loan that could borrow so much more: ``I = (D + usd) / V``.

    Parameters
    ----------
    debt_usd, collateral_usd : float
        ``D``, and the adjusted collateral value ``V``.
    usd, error : float
        Value of the maximum loan without a supplement, and by how much the sum may be off.

    Examples
    --------
    >>> loan_estimate(50.0, 100.0, 15.0, 0.1)
      source  initial_ltv  initial_ltv_low  initial_ltv_high
    0   loan         0.65            0.649             0.651
    """
    around = error + _FLOAT_ERRORS * (debt_usd + usd)
    bounds = np.array([0.0, -around, around])
    return _estimates(["loan"], ((debt_usd + usd + bounds) / collateral_usd)[np.newaxis])


def tier_estimates(tiers: pd.DataFrame) -> pd.DataFrame:
    """Return the initial LTV by tier: borrowing power over discount rate.

    Parameters
    ----------
    tiers : DataFrame
        As `probe_borrowing_power` finds them; those without a discount rate tell nothing.
    """
    known = tiers[tiers["discountRate"] > 0]
    powers = known[["borrowing_power", "borrowing_power_low", "borrowing_power_high"]]
    return _estimates(known["ccy"], powers.to_numpy() / known[["discountRate"]].to_numpy())


def conclude(estimates: pd.DataFrame) -> Conclusion:
    """Return what estimates have in common, or how far they lie apart.

    Examples
    --------
    >>> both = conclude(pd.concat([loan_estimate(50, 100, 15, 1), loan_estimate(50, 100, 16, 1)]))
    >>> round(both.initial_ltv_low, 9), round(both.initial_ltv_high, 9), both.agreed
    (0.65, 0.66, True)
    """
    value, lows, highs = (estimates[name] for name in _COLUMNS)
    low, high = float(lows.max()), float(highs.min())
    if low <= high:
        return Conclusion((low + high) / 2, low, high, True)
    of_loan = value[estimates["source"] == "loan"]
    best = of_loan if len(of_loan) else value
    return Conclusion(float(best.mean()), float(lows.min()), float(highs.max()), False)


def _estimates(sources: "pd.Series | list[str]", values: NDArray[np.float64]) -> pd.DataFrame:
    source = pd.Series(list(sources), dtype="string", name="source")
    return pd.concat([source, pd.DataFrame(values, columns=_COLUMNS)], axis=1)
