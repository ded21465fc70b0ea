"""The change of interest between two periods, by rate, balance and time."""

from decimal import Decimal, InvalidOperation, localcontext
from fractions import Fraction
from typing import Any, NamedTuple

import pandas as pd

from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.interest.accruals import complete_records
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["attribute_interest"]

_LAST_DIGIT = Decimal("1e-18")


class _Period(NamedTuple):
    """A coin in a period; `debt_hours` is the sum of the debt over its hours."""

    interest: Fraction
    hours: Fraction
    debt_hours: Fraction

    @property
    def balance(self) -> Fraction:
        return self.debt_hours / self.hours if self.hours else Fraction(0)

    @property
    def rate(self) -> Fraction:
        """What was charged for an hour's debt, rounding included."""
        return self.interest / self.debt_hours if self.debt_hours else Fraction(0)


class _Causes(NamedTuple):
    interest_before: Any
    interest_after: Any
    change: Any
    from_rate: Any
    from_balance: Any
    from_hours: Any


_NOTHING = _Period(Fraction(0), Fraction(0), Fraction(0))


def attribute_interest(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Split the change of interest between two periods into its causes, by coin.

    Interest is ``I = H B r``: hours booked, average debt in them, and the rate that was really
    charged for an hour, rounding included. With a bar for the mean of both periods and a delta
    for the later less the earlier one,

    - ``from_rate = mean(H B) delta(r)``,
    - ``from_balance = mean(r) mean(H) delta(B)``,
    - ``from_hours = mean(r) mean(B) delta(H)``,

    which add up to the change, whatever its size, and change sign when the periods are swapped
    (the midpoint rule, of Bennet 1920).

    Parameters
    ----------
    before, after : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns them: two parts of one, or of an archive.

    Returns
    -------
    DataFrame
        Index `ccy`; `interest_before`, `interest_after`, `change`, `from_rate`, `from_balance`,
        `from_hours`, all in coins, positive where the interest rose. With records of Decimals in
        both periods, Decimals of which the last three add up to `change` to the last digit
        (shares are rounded at 18 decimals, `from_rate` takes what that leaves).

        A coin that was not owed in one period had no balance there, at the same rate and for
        the same hours: its interest is all `from_balance`.

    Raises
    ------
    InvalidArgumentError
        A record lacks a figure or is there twice.

    Examples
    --------
    January was cheaper than December: because of the rate, or because less was owed?

    >>> from flexloan_nb import connect
    >>> accruals = connect("simulator").interest_accrued(ccy="USDC")
    >>> january = accruals["ts"] >= "2026-01-01"
    >>> attribution = attribute_interest(accruals[~january], accruals[january])
    >>> attribution.loc["USDC", "change":].astype(float).round(2).to_dict()
    {'change': -93.78, 'from_rate': -40.42, 'from_balance': -49.35, 'from_hours': -4.0}
    """
    records = [complete_records(accruals) for accruals in (before, after)]
    exact = all(rows["interest"].dtype == object for rows in records)
    first, second = (_periods(rows) for rows in records)
    coins = sorted({*first, *second})
    causes = [_causes(first.get(ccy, _NOTHING), second.get(ccy, _NOTHING)) for ccy in coins]
    rows = [_as_decimals(of) if exact else _Causes(*map(float, of)) for of in causes]
    columns = dict(zip(_Causes._fields, zip(*rows, strict=True), strict=True)) if rows else {}
    index = pd.Index(coins, dtype="string", name="ccy")
    return pd.DataFrame(columns, index, list(_Causes._fields), object if exact else float)


def _periods(records: pd.DataFrame) -> dict[str, _Period]:
    debt = records["loan"].mask(records["again"], records["loan"] * 0)
    groups = records.assign(debt=debt).groupby("ccy")
    hours = groups["hour"].nunique()
    with localcontext(ARITHMETIC):
        sums = groups[["interest", "debt"]].sum()
    return {
        str(ccy): _Period(Fraction(interest), Fraction(int(hours[ccy])), Fraction(debt))
        for ccy, interest, debt in sums.itertuples()
    }


def _causes(before: _Period, after: _Period) -> _Causes:
    change = after.interest - before.interest
    # A coin that was not owed differed by its balance alone, not by its rate and hours.
    owed = [period for period in (before, after) if period.debt_hours] or [_NOTHING]
    rate = sum(period.rate for period in owed) / len(owed)
    hours = sum(period.hours for period in owed) / len(owed)
    balance = (before.balance + after.balance) / 2
    from_balance = rate * hours * (after.balance - before.balance)
    from_hours = rate * balance * (owed[-1].hours - owed[0].hours)
    return _Causes(
        interest_before=before.interest,
        interest_after=after.interest,
        change=change,
        from_rate=change - from_balance - from_hours,
        from_balance=from_balance,
        from_hours=from_hours,
    )


def _as_decimals(causes: _Causes) -> _Causes:
    with localcontext(ARITHMETIC):
        exact = [Decimal(of.numerator) / of.denominator for of in causes]
        before, after, change, _, *parts = exact
        try:
            parts = [part.quantize(_LAST_DIGIT) for part in parts]
        except InvalidOperation:
            raise InvalidArgumentError("A debt is too large to be split exactly.") from None
        return _Causes(before, after, change, change - sum(parts), *parts)
