"""What was booked in each month, for each order and coin, with totals."""

from decimal import Context, Decimal, localcontext

import numpy as np
import pandas as pd

from flexloan_nb.analytics.exact import ARITHMETIC, as_decimals, missing_in
from flexloan_nb.analytics.interest.accruals import complete_records
from flexloan_nb.analytics.quotes import PricesOverTime, prices_at

__all__ = ["interest_statement"]

_LEVELS = ["month", "ordId", "ccy"]
_TOTAL = "total"
_NO_ORDER = ""  # of records that do not name theirs
_HIDDEN: list[list[str]] = [
    [],
    ["ordId"],
    ["ordId", "ccy"],
    ["month", "ordId"],
    ["month", "ordId", "ccy"],
]
_DIVISION = Context(prec=28)  # a quotient has no last digit: as many as Python's own


def interest_statement(accruals: pd.DataFrame, prices: PricesOverTime = None) -> pd.DataFrame:
    """Return a statement of interest by month, order and coin.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it.
    prices : DataFrame, mapping or Series, optional
        USD for one coin, as for `effective_cost`.

    Returns
    -------
    DataFrame
        Index `month` (``"2026-01"``, of the record's time in UTC), `ordId`, `ccy`; columns
        `hours` (distinct ones booked), `average_debt` and `interest` in coins, `interest_usd` at
        each hour's price, missing where a price is. With records of Decimals, sums are exact
        Decimals.

        Totals have ``"total"`` in the index: of a month and coin over the orders, of a month
        over the coins; at the end the same over all months. Over coins there are only USD.

    Raises
    ------
    InvalidArgumentError
        A record lacks a figure or is there twice.

    Examples
    --------
    What did the loans cost in January, by coin?

    >>> from flexloan_nb import connect
    >>> accruals = connect("simulator").interest_accrued()
    >>> statement = interest_statement(accruals, {"USDT": 1, "USDC": 1})
    >>> january = statement.loc[("2026-01", "total"), ["hours", "interest_usd"]]
    >>> january.round(2)  # doctest: +NORMALIZE_WHITESPACE
           hours  interest_usd
    ccy
    USDC     349         27.50
    USDT     349        150.68
    total    349        178.18
    """
    rows = _rows(complete_records(accruals), prices)
    with localcontext(ARITHMETIC):
        sums = pd.concat([_sums(rows, hidden) for hidden in _HIDDEN]).sort_index()
    return _stated(sums, Decimal("NaN") if rows["interest"].dtype == object else np.nan)


def _rows(records: pd.DataFrame, prices: PricesOverTime) -> pd.DataFrame:
    price = prices_at(prices, records["ccy"], records["hour"])
    exact = records["interest"].dtype == object
    price = as_decimals(price, "price") if exact else price.astype(np.float64)
    unpriced = missing_in(price)
    with localcontext(ARITHMETIC):
        return pd.DataFrame(
            {
                "month": records["hour"].dt.strftime("%Y-%m").astype("string"),
                "ordId": records["ordId"].fillna(_NO_ORDER),
                "ccy": records["ccy"],
                "hour": records["hour"],
                "debt": records["loan"].mask(records["again"], records["loan"] * 0),
                "interest": records["interest"],
                "interest_usd": records["interest"]
                * np.where(unpriced, price.dtype.type(0), price),
                "unpriced": unpriced,
            }
        )


def _sums(rows: pd.DataFrame, hidden: list[str]) -> pd.DataFrame:
    """Add up by month, order and coin, with some of them hidden behind a total."""
    groups = rows.assign(**{level: _label(rows[level]) for level in hidden}).groupby(_LEVELS)
    sums = groups[["debt", "interest", "interest_usd"]].sum()
    return sums.assign(hours=groups["hour"].nunique(), unpriced=groups["unpriced"].any())


def _stated(sums: pd.DataFrame, missing: Decimal | float) -> pd.DataFrame:
    over_coins = sums.index.get_level_values("ccy") == _TOTAL
    with localcontext(_DIVISION):
        average_debt = sums["debt"] / sums["hours"]
    return pd.DataFrame(
        {
            "hours": sums["hours"],
            "average_debt": average_debt.mask(over_coins, missing),
            "interest": sums["interest"].mask(over_coins, missing),
            "interest_usd": sums["interest_usd"].mask(sums["unpriced"], missing),
        }
    )


def _label(level: pd.Series) -> pd.Series:
    return pd.Series(_TOTAL, level.index, "string")
