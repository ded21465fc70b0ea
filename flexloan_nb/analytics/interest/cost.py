"""What the loan really cost, in each coin and in USD, as a rate for a year."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import by_coin, not_negative
from flexloan_nb.analytics.interest.accruals import complete_records
from flexloan_nb.analytics.interest.hourly import rounding_of_rows
from flexloan_nb.analytics.quotes import PricesOverTime, prices_at
from flexloan_nb.analytics.rates import HOURS_PER_YEAR
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["effective_cost"]

_COLUMNS = [
    "hours",
    "average_debt",
    "interest",
    "interest_usd",
    "apr",
    "apy",
    "quoted_rate",
    "rounding_cost",
]


def effective_cost(
    accruals: pd.DataFrame,
    prices: PricesOverTime = None,
    rebates: Mapping[str, Any] | pd.Series | None = None,
) -> pd.DataFrame:
    """Return what was paid for the loan, by coin and in all.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it.
    prices : DataFrame, mapping or Series, optional
        USD for one coin: a column for each coin over UTC hours, of which the last price at or
        before a record's hour is taken, however old; or one price for each coin.
    rebates : mapping or Series, optional
        Coins of interest given back, by coin. They make every hour of the coin cheaper by the
        same share.

    Returns
    -------
    DataFrame
        Index `ccy`, with a last row ``"total"`` in USD; floats.

        - `hours`: distinct hours that were booked;
        - `average_debt`: coins owed in such an hour, all orders together;
        - `interest`: coins, less rebates; `interest_usd`: the same at each hour's price;
        - `apr` = interest / average_debt / hours x 8760: a simple rate;
        - `apy` = prod(1 + interest_h / debt_h)^(8760 / hours) - 1: the growth of the hours h
          that were booked, compounded over a year; infinite where rounding up outweighs dust;
        - `quoted_rate`: mean of what the exchange printed, weighted by debt, before rebates;
        - `rounding_cost`: coins of interest by the rule less those without its rounding up.

        Amounts in coins have no total. Without all prices of a coin, its USD are missing, and
        so is the total. Rates of the total weigh debt and interest by their value in USD.

    Raises
    ------
    InvalidArgumentError
        A record lacks a figure or is there twice, a rebate is of a coin without interest or
        more than its interest.

    Notes
    -----
    `apr` weighs every hour by its debt, `apy` weighs all hours alike: where rates were high
    while much was owed, `apy` can be the lower one. An hour that was booked twice for one order
    counts as one hour and one debt, with the interest of both.

    Examples
    --------
    What does a loan of two coins cost a year?

    >>> from flexloan_nb import connect
    >>> accruals = connect("simulator").interest_accrued()
    >>> cost = effective_cost(accruals, {"USDT": 1, "USDC": 1})
    >>> cost[["apr", "apy"]].round(4)  # doctest: +NORMALIZE_WHITESPACE
              apr     apy
    ccy
    USDC   0.0726  0.0625
    USDT   0.0610  0.0629
    total  0.0639  0.0634
    """
    hours = _by_hour(complete_records(accruals), prices)
    hours["interest"] *= 1 - _rebated_shares(hours, rebates)
    lines = {str(ccy): _line(rows) for ccy, rows in hours.groupby("ccy")}
    cost = pd.DataFrame([*lines.values(), _total(hours)], columns=_COLUMNS)
    cost.index = pd.Index([*lines, "total"], dtype="string", name="ccy")
    return cost


def _by_hour(records: pd.DataFrame, prices: PricesOverTime) -> pd.DataFrame:
    """Return a row for each coin's hour: all orders together, in coins."""
    loan, rate = (records[name].to_numpy() for name in ("loan", "interestRate"))
    debt = np.where(records["again"], 0.0, loan.astype(float))
    parts = pd.DataFrame(
        {
            "debt": debt,
            "interest": records["interest"].astype(float),
            "quoted": debt * rate.astype(float),
            "rounding": rounding_of_rows(loan, rate),
        }
    )
    hours = parts.groupby([records["ccy"], records["hour"]]).sum().reset_index()
    hours["price"] = prices_at(prices, hours["ccy"], hours["hour"]).astype(float)
    return hours


def _rebated_shares(
    hours: pd.DataFrame, rebates: Mapping[str, Any] | pd.Series | None
) -> NDArray[np.float64]:
    booked = hours.groupby("ccy")["interest"].sum()
    shares = {}
    given = by_coin({} if rebates is None else rebates, "rebates", "rebate of", not_negative)
    for ccy, rebate in given.items():
        interest = booked.get(ccy, 0.0)
        if rebate > interest:
            raise InvalidArgumentError(
                f"The rebate of {ccy} is {rebate:g}, more than the interest of {interest:g} {ccy}: "
                "give coins, of the time that the records are of."
            )
        shares[ccy] = rebate / interest if rebate else 0.0
    return hours["ccy"].map(lambda ccy: shares.get(ccy, 0.0)).to_numpy(np.float64)


def _line(hours: pd.DataFrame) -> dict[str, float]:
    rates = _rates(hours)
    return {
        "hours": len(hours),
        "average_debt": hours["debt"].mean(),
        "interest": hours["interest"].sum(),
        "interest_usd": (hours["interest"] * hours["price"]).sum(skipna=False),
        **rates,
        "rounding_cost": hours["rounding"].sum(),
    }


def _total(hours: pd.DataFrame) -> dict[str, float]:
    in_usd = hours[["debt", "interest", "quoted"]].mul(hours["price"], axis=0)
    by_hour = in_usd.groupby(hours["hour"]).sum()
    if hours["price"].isna().any():
        by_hour[:] = np.nan
    return {
        "hours": len(by_hour),
        "interest_usd": by_hour["interest"].sum(skipna=False),
        **_rates(by_hour),
    }


def _rates(hours: pd.DataFrame) -> dict[str, float]:
    debt, interest, quoted = (hours[name].to_numpy() for name in ("debt", "interest", "quoted"))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        growth = np.log1p(np.where(interest == 0, 0.0, interest / debt)).sum()
        return {
            "apr": interest.sum() / debt.sum() * HOURS_PER_YEAR,
            "apy": np.expm1(growth / len(hours) * HOURS_PER_YEAR),
            "quoted_rate": quoted.sum() / debt.sum(),
        }
