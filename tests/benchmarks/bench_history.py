"""How long a history takes: walked back, explained, reconciled; medians, and how they grow.

    python tests/benchmarks/bench_history.py [--quick]

A year of hours, three coins pledged against two, an event a day, prices by the hour; each line
has twice the hours of the one before.
"""

import argparse
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from time import perf_counter
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from flexloan_nb.analytics.history.attribution import attribute_ltv
from flexloan_nb.analytics.history.reconciliation import reconcile
from flexloan_nb.analytics.history.reconstruction import LtvHistory, reconstruct_ltv

YEAR = 8_760
OPENED = pd.Timestamp(datetime(2025, 1, 1, 0, 30, tzinfo=UTC))
PLEDGED = {"BTC": 1.0, "ETH": 20.0, "SOL": 250.0}
OWED = {"USDT": 40_000.0, "USDC": 20_000.0}
USD = {"BTC": 100_000.0, "ETH": 3_500.0, "SOL": 180.0, "USDT": 1.0, "USDC": 1.0}
TIERS = {ccy: [(0, 10, 0.98), (10, None, 0.95)] for ccy in PLEDGED}
RATE = 0.08


class Records(NamedTuple):
    """What `reconstruct_ltv` takes, less the discount rates."""

    events: pd.DataFrame
    accruals: pd.DataFrame
    prices: pd.DataFrame
    now: Any


def records(hours: int) -> Records:
    """Return the records of a loan of so many hours, with a top-up or a repayment every day."""
    full = pd.date_range(OPENED.ceil("h"), periods=hours, freq="h").as_unit("ms")
    events = events_over(full)
    accruals = pd.concat([accruals_over(full, ccy, events) for ccy in OWED])
    accruals = accruals.sort_values("ts", kind="stable", ignore_index=True)
    added = events["amt"].groupby([events["type"], events["ccy"]]).sum()
    owed = {ccy: added["borrowed", ccy] - added.get(("repaid", ccy), 0.0) for ccy in OWED}
    interest = accruals.groupby("ccy")["interest"].sum()
    legs = [("1", "collateral", ccy, added["collateral_locked", ccy]) for ccy in PLEDGED]
    legs += [("1", "loan", ccy, owed[ccy] + interest[ccy]) for ccy in OWED]
    now = SimpleNamespace(
        info=pd.DataFrame({"ordId": ["1"], "marginCallLTV": [0.75], "liqLTV": [0.85]}),
        legs=pd.DataFrame(legs, columns=["ordId", "side", "ccy", "amt"]),
        fetched_at=(full[-1] + pd.Timedelta(minutes=50)).to_pydatetime(),
    )
    return Records(events, accruals, prices_over(full), now)


def events_over(full: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the opening, and 20 minutes after a full hour of every day what the borrower did."""
    days = full[23::24] + pd.Timedelta(minutes=20)
    rows = [(OPENED, "collateral_locked", *leg) for leg in PLEDGED.items()]
    rows += [(OPENED, "borrowed", *leg) for leg in OWED.items()]
    rows += [(day, "collateral_locked", "ETH", 0.01) for day in days[::2]]
    rows += [(day, "repaid", "USDT", 5.0) for day in days[1::2]]
    frame = pd.DataFrame(rows, columns=["ts", "type", "ccy", "amt"]).assign(ordId="1")
    texts = dict.fromkeys(("ordId", "type", "ccy"), "string")
    return frame.sort_values("ts", kind="stable", ignore_index=True).astype(texts)


def accruals_over(full: pd.DatetimeIndex, ccy: str, events: pd.DataFrame) -> pd.DataFrame:
    """Return a coin's interest of every full hour, simple for speed."""
    repaid = events[(events["type"] == "repaid") & (events["ccy"] == ccy)]
    owed = OWED[ccy] - 5.0 * np.searchsorted(repaid["ts"], full)
    interest = owed * RATE / YEAR
    frame = pd.DataFrame({"ts": full, "ordId": "1", "ccy": ccy, "interest": interest})
    frame["loan"] = owed + interest.cumsum() - interest
    return frame.astype({"ordId": "string", "ccy": "string"})


def prices_over(full: pd.DatetimeIndex) -> pd.DataFrame:
    """Return hourly prices that wander, from an hour before the first full one."""
    moments = full.insert(0, full[0] - pd.Timedelta(hours=1))
    steps = np.random.default_rng(7).normal(0, 0.005, (len(moments), len(USD)))
    return pd.DataFrame(np.exp(steps.cumsum(axis=0)) * list(USD.values()), moments, list(USD))


def median_ms(work: Callable[[], Any], repeats: int) -> float:
    """Return the median of so many runs, after one that does not count."""
    work()
    taken = []
    for _ in range(repeats):
        started = perf_counter()
        work()
        taken.append(perf_counter() - started)
    return 1_000 * statistics.median(taken)


def walked(given: Records) -> LtvHistory:
    """Return the history, having seen that it is the whole one and right."""
    history = reconstruct_ltv(*given, TIERS)
    assert len(history.path) > len(given.prices), "the path is cut"
    assert history.checks["residual"].abs().max() < 1e-6, "the debts are wrong"
    return history


def line(hours: int, repeats: int) -> str:
    """Return one line of the table."""
    given = records(hours)
    history = walked(given)
    works: tuple[Callable[[], Any], ...] = (
        lambda: reconstruct_ltv(*given, TIERS),
        lambda: attribute_ltv(history),
        lambda: attribute_ltv(history, "1D"),
        lambda: reconcile(given.events, given.accruals, given.now),
    )
    medians = [median_ms(work, repeats) for work in works]
    return f"{hours:>8,} {len(history.path):>8,} " + " ".join(f"{ms:>14.1f}" for ms in medians)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer hours, fewer runs")
    quick = parser.parse_args().quick
    print("medians in ms; 3 coins pledged, 2 owed")
    print("   hours     rows    reconstruct      attribute      ... by day      reconcile")
    for hours in (
        [YEAR // 4, YEAR // 2, YEAR] if quick else [YEAR * n // 4 for n in (1, 2, 4, 8, 16)]
    ):
        print(line(hours, 3 if quick else 15), flush=True)


if __name__ == "__main__":
    main()
