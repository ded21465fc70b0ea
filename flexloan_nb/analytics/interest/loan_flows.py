"""What a borrower got and gave over the life of a loan, in USD."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from flexloan_nb.analytics.arguments import by_coin, finite, not_negative, require_columns
from flexloan_nb.analytics.history.event_types import EVENT_TYPES, require_known_types
from flexloan_nb.analytics.quotes import PricesOverTime, prices_at
from flexloan_nb.analytics.times import require_time_zone, timestamp
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["loan_flows"]


def loan_flows(
    events: pd.DataFrame, prices: PricesOverTime, debt: Mapping[str, Any] | pd.Series, at: Any
) -> pd.Series:
    """Return what a borrower got and gave in USD, for `xirr` to make the loan's true rate of.

    Parameters
    ----------
    events : DataFrame
        As `FlexibleLoanClient.loan_history` returns it, from the loan's beginning on. What was
        borrowed comes in; what was repaid goes out, also by force. The sign is taken from the
        type, not from the amount (see `flexloan_nb.analytics.history.event_types`).
    prices : DataFrame, mapping or Series
        USD for one coin, as for `effective_cost`.
    debt : mapping or Series
        Coins still owed, which go out at the end; empty where all is repaid.
    at : datetime or str
        When they are owed, not before the last event; UTC where it has no zone.

    Returns
    -------
    Series
        USD by time: positive came in, negative went out. Collateral is not in it: what a forced
        sale lost by a price below the market's, or by a fee, makes the loan dearer than this.

    Raises
    ------
    InvalidArgumentError
        A price is missing, `at` lies before an event, an amount is no number, what a type
        of events does is not known.

    Examples
    --------
    What rate did my loan in dollars have?

    >>> from flexloan_nb import connect
    >>> client = connect("simulator")
    >>> legs = client.loan_legs().query("side == 'loan'")
    >>> debt = legs.groupby("ccy")["amt"].sum()
    >>> flows = loan_flows(client.loan_history(), {"USDT": 1, "USDC": 1}, debt, "2026-01-15 12:07")
    >>> from flexloan_nb.analytics.interest.xirr import xirr
    >>> round(xirr(flows), 4)
    0.0724
    """
    require_columns(events, "ts", "type", "ccy", "amt", of="a frame of loan_history")
    require_time_zone(events["ts"])
    require_known_types(events["type"])
    of_debt = [name for name, kind in EVENT_TYPES.items() if kind.side == "loan"]
    moves = events[events["type"].isin(of_debt)]
    signs = [EVENT_TYPES[name].direction for name in moves["type"]]
    amounts = np.abs([finite(amt, "amt") for amt in moves["amt"]])
    owed = by_coin(debt, "debt", "debt of", not_negative)
    time = _utc(at)
    if (moves["ts"] > time).any():
        raise InvalidArgumentError(f"at is {time}, before the last event at {moves['ts'].max()}.")
    legs = pd.DataFrame(
        {
            "ts": [*moves["ts"], *[time] * len(owed)],
            "ccy": pd.array([*moves["ccy"], *owed], dtype="string"),
            "amt": np.array([*(signs * amounts), *(-amt for amt in owed.values())]),
        }
    )
    return _in_usd(legs, prices)


def _in_usd(legs: pd.DataFrame, prices: PricesOverTime) -> pd.Series:
    price = prices_at(prices, legs["ccy"], legs["ts"]).astype(float)
    unpriced = legs[np.isnan(price)]
    if len(unpriced):
        ccy, time = unpriced.iloc[0][["ccy", "ts"]]
        raise InvalidArgumentError(f"prices has none of {ccy} at or before {time}.")
    index = pd.DatetimeIndex(legs["ts"], name="ts")
    return pd.Series(legs["amt"].to_numpy(float) * price, index, name="usd").sort_index(
        kind="stable"
    )


def _utc(at: Any) -> pd.Timestamp:
    time = timestamp(at)
    return time.tz_localize("UTC") if time.tz is None else time.tz_convert("UTC")
