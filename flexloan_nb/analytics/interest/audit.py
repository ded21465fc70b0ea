"""Each record of interest beside what its own numbers give."""

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.exact import minus
from flexloan_nb.analytics.interest.accruals import FIGURES, records_of
from flexloan_nb.analytics.interest.hourly import INTEREST_DECIMALS, interest_of_rows
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["audit_interest"]

_MS_PER_HOUR = 3_600_000
_MOST_MISSING = 1_000_000  # more than a century of an order's coin: a time is wrong


def audit_interest(accruals: pd.DataFrame) -> pd.DataFrame:
    """Check every record of interest, and whether hours are missing or repeated.

    Parameters
    ----------
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it, in any order; numbers as floats or
        Decimals.

    Returns
    -------
    DataFrame
        By time, order and coin: the columns given, and

        - `expected`: `hourly_interest` of the record's `loan` and `interestRate`, in coins;
        - `residual`: `interest` less `expected`, in coins, exactly; positive where too much was
          charged;
        - `finding`: ``"ok"``; ``"overcharged"``, ``"undercharged"``; ``"repeated"``, for all
          records but the first of an order's coin in one hour; ``"incomplete"``, where a figure
          is missing; ``"missing"``, for a row put in for an hour without a record, which has
          no figures.

    Raises
    ------
    InvalidArgumentError
        It is not a frame of accruals, a figure is negative, infinite or no number, or more
        than a million hours are missing.

    Notes
    -----
    Hours are missing between an order's first and last record of a coin. From the records alone
    a debt that was repaid and borrowed again some hours later looks like missing records: see
    the loan's history for that time. What is missing before the first record or after the last
    cannot be seen.

    Examples
    --------
    Did the exchange book what it says it books?

    >>> from flexloan_nb import connect
    >>> audit_interest(connect("simulator").interest_accrued())["finding"].value_counts().to_dict()
    {'ok': 2160}
    """
    records = records_of(accruals)
    interest = records["interest"].to_numpy()
    expected = interest_of_rows(*(records[name].to_numpy() for name in ("loan", "interestRate")))
    residual = minus(interest, expected, INTEREST_DECIMALS)
    audited = records.assign(
        expected=expected, residual=residual, finding=_findings(residual, records["again"])
    )
    return _with_missing_hours(audited)[[*accruals.columns, "expected", "residual", "finding"]]


def _findings(residual: NDArray[Any], again: pd.Series) -> Any:
    signs = residual.astype(np.float64)
    findings = np.full(len(signs), "ok", object)
    findings[signs > 0] = "overcharged"
    findings[signs < 0] = "undercharged"
    findings[np.isnan(signs)] = "incomplete"
    findings[again.to_numpy()] = "repeated"
    return pd.array(findings, dtype="string")


def _with_missing_hours(audited: pd.DataFrame) -> pd.DataFrame:
    line = audited.groupby(["ordId", "ccy"], dropna=False, sort=False).ngroup()
    hour = audited["hour"].dt.as_unit("ms").astype("int64") // _MS_PER_HOUR
    gaps = (hour.groupby(line).diff().fillna(1) - 1).clip(lower=0).astype("int64").to_numpy()
    if not gaps.any():
        return audited
    if gaps.sum() > _MOST_MISSING:
        raise InvalidArgumentError(
            f"{gaps.sum():,} hours are missing between the first and the last record: look for "
            f"a ts that is wrong; they begin at {audited['ts'].min()}."
        )
    after = np.repeat(np.arange(len(audited)), gaps)
    back = np.concatenate([np.arange(gap, 0, -1) for gap in gaps[gaps > 0]])
    hours = audited["hour"].iloc[after] - pd.to_timedelta(back, unit="h")
    return _filled(audited, audited.iloc[after], hours).sort_values(
        ["hour", "ordId", "ccy"], kind="stable", ignore_index=True
    )


def _filled(audited: pd.DataFrame, following: pd.DataFrame, hours: pd.Series) -> pd.DataFrame:
    """Append a row for each missing hour, which has nothing but the line it belongs to."""
    rows = audited.reindex([*range(len(audited)), *[-1] * len(hours)]).reset_index(drop=True)
    missing = rows.index >= len(audited)
    rows.loc[missing, "ts"] = hours.dt.tz_convert(audited["ts"].dt.tz).to_numpy()
    rows.loc[missing, "hour"] = hours.to_numpy()
    rows.loc[missing, "finding"] = "missing"
    for name in ("ordId", "ccy"):
        rows.loc[missing, name] = following[name].to_numpy()
    for name in [*FIGURES, "expected", "residual"]:
        if rows[name].dtype == object:
            rows[name] = rows[name].mask(missing, Decimal("NaN"))
    return rows
