"""Records of accrued interest, checked and in one order, as every sum over them needs them.

A record is what one order was charged for one coin in one hour. The same records in another
order, or with their columns in another dtype, are the same records.
"""

from typing import Any

import numpy as np
import pandas as pd

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.analytics.exact import as_decimals, numbers
from flexloan_nb.analytics.times import require_time_zone
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["FIGURES", "complete_records", "records_of"]

FIGURES = ["loan", "interest", "interestRate"]


def records_of(accruals: pd.DataFrame) -> pd.DataFrame:
    """Return the records by time, order and coin, with an hour and a mark on repeated ones.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it. Without `ordId` or `refId`, these
        are missing in every row.

    Returns
    -------
    DataFrame
        The columns given, the three figures all float64 or all Decimals; `hour`, the full hour
        of `ts`; `again`, True for all but the first record (by `refId`) of an order's coin in
        an hour.

    Raises
    ------
    InvalidArgumentError
        A column is absent, a time is missing or has no zone, a coin has no name, a figure is
        negative, infinite or no number.
    """
    require_columns(accruals, "ts", "ccy", *FIGURES, of="a frame of interest_accrued")
    require_time_zone(accruals["ts"])
    if accruals["ts"].isna().any() or accruals["ccy"].isna().any():
        raise InvalidArgumentError("A record has no ts or no ccy: drop it, it belongs to nothing.")
    ids = {
        name: accruals.get(name, pd.Series(pd.NA, accruals.index, "string")).astype("string")
        for name in ("ordId", "refId")
    }
    records = accruals.assign(**ids, ccy=accruals["ccy"].astype("string"), **_figures(accruals))
    records["hour"] = records["ts"].dt.tz_convert("UTC").dt.floor("h")
    return _in_order(records)


def complete_records(accruals: pd.DataFrame) -> pd.DataFrame:
    """Return `records_of` for sums, in which every record must count once.

    Raises
    ------
    InvalidArgumentError
        Also where a figure is missing, or a record (by `refId`) is there twice.
    """
    records = records_of(accruals)
    incomplete = int(records[FIGURES].isna().any(axis=1).sum())
    if incomplete:
        raise InvalidArgumentError(
            f"{incomplete} records lack a figure, so sums over them would be too small: look at "
            "them with audit_interest(), then drop them."
        )
    ids = records["refId"].dropna()
    twice = ids[ids.duplicated()]
    if len(twice):
        raise InvalidArgumentError(
            f"Record {twice.iloc[0]} is there more than once: use drop_duplicates('refId')."
        )
    return records


def _figures(accruals: pd.DataFrame) -> dict[str, Any]:
    figures = {name: numbers(accruals[name], name) for name in FIGURES}
    if len({column.dtype for column in figures.values()}) > 1:
        figures = {name: as_decimals(column, name) for name, column in figures.items()}
    return figures


def _in_order(records: pd.DataFrame) -> pd.DataFrame:
    codes = [pd.factorize(records[key], sort=True)[0] for key in ("ccy", "ordId", "hour")]
    shared = pd.DataFrame(np.transpose(codes)).duplicated(keep=False).to_numpy()
    within = np.zeros(len(records), np.int64)  # ids are compared only where an hour has several
    within[shared] = records["refId"][shared].rank(method="first").fillna(0)
    order = np.lexsort([within, *codes])
    again = pd.DataFrame(np.transpose(codes)[order]).duplicated().to_numpy()
    return records.iloc[order].assign(again=again).reset_index(drop=True)
