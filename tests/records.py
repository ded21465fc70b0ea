"""Frames as the client returns them, written by hand: times as ``"10:30"`` of one day."""

import pandas as pd

from flexloan_nb.api.client import LoanSnapshot
from flexloan_nb.api.endpoints import INTEREST_ACCRUED, LOAN_HISTORY, LOAN_INFO, LOAN_LEGS
from flexloan_nb.api.frames import to_frame

DAY = "2026-01-15"


def at(time):
    return pd.Timestamp(f"{DAY} {time}", tz="UTC")


def events(*rows, numbers="decimal", order="1"):
    """Return a loan history of ``(time, type, ccy, amt)``, or with an order as the fifth."""
    return _frame(LOAN_HISTORY, ("ts", "type", "ccy", "amt", "ordId"), rows, numbers, order)


def accruals(*rows, numbers="decimal", order="1"):
    """Return accrued interest of ``(time, ccy, loan, interest)``, or with an order as well."""
    return _frame(
        INTEREST_ACCRUED, ("ts", "ccy", "loan", "interest", "ordId"), rows, numbers, order
    )


def snapshot(time, *legs, numbers="decimal", order="1"):
    """Return the loans of ``(side, ccy, amt)`` at a time, or with an order as the fourth."""
    rows = [dict(zip(("side", "ccy", "amt", "ordId"), leg, strict=False)) for leg in legs]
    rows = [{"ordId": order} | row for row in rows]
    info = [
        {"ordId": name, "marginCallLTV": "0.75", "liqLTV": "0.85"}
        for name in dict.fromkeys(row["ordId"] for row in rows)
    ]
    return LoanSnapshot(
        to_frame(info, LOAN_INFO.table, numbers),
        to_frame(rows, LOAN_LEGS, numbers),
        at(time).to_pydatetime(),
    )


def prices(times, **quoted):
    """Return USD prices by coin at times of the day."""
    return pd.DataFrame(quoted, index=pd.DatetimeIndex([at(time) for time in times]), dtype=float)


def _frame(endpoint, names, rows, numbers, order):
    records = [{"ordId": order} | dict(zip(names, row, strict=False)) for row in rows]
    for number, record in enumerate(records):
        moment = int(at(record["ts"]).timestamp() * 1000)
        record |= {"ts": str(moment), "refId": f"{moment}{number:04d}"}
    return to_frame(records, endpoint.table, numbers)
