"""Audit and cost of interest against the number of records, beside a Decimal for each.

    python tests/benchmarks/bench_interest.py [--quick]

438,300 records are ten years of five coins. Times are medians; the contenders of a row take turns.
"""

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from functools import partial

import numpy as np
import pandas as pd

from flexloan_nb.analytics.interest.audit import audit_interest
from flexloan_nb.analytics.interest.cost import effective_cost
from flexloan_nb.analytics.interest.hourly import hourly_interest
from flexloan_nb.analytics.interest.statement import interest_statement

COINS = {"BTC": 1.5, "ETH": 20.0, "SOL": 300.0, "USDC": 25_000.0, "USDT": 150_000.0}
PRICES = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "USDC": 1, "USDT": 1}
SIZES = [438_300 // 2**halvings for halvings in range(4, -1, -1)]
QUICK_SIZES = SIZES[:2]
SAMPLE = SIZES[0]
STEP = Decimal("0.00000001")
FIGURES = ("loan", "interest", "interestRate")


def accruals(rows: int) -> pd.DataFrame:
    """Return as many records, in the order and with the dtypes of the client."""
    rng = np.random.default_rng(7)
    hour, coin = np.divmod(np.arange(rows), len(COINS))
    ts = pd.Timestamp("2016-01-01", tz="UTC") + pd.to_timedelta(hour, unit="h")
    loan = np.round(np.array(list(COINS.values()))[coin] * rng.uniform(0.5, 2, rows), 8)
    rate = np.round(rng.uniform(0.02, 0.4, rows), 4)
    return pd.DataFrame(
        {
            "ts": ts.as_unit("ms"),
            "ordId": pd.array(["176070282000042445"] * rows, dtype="string"),
            "refId": pd.array([f"{10**16 + row}" for row in range(rows)], dtype="string"),
            "ccy": pd.array(np.array(list(COINS))[coin], dtype="string"),
            "loan": loan,
            "interest": hourly_interest(loan, rate),
            "interestRate": rate,
        }
    )


def in_decimals(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the same records with Decimals."""
    return frame.assign(
        **{name: [Decimal(repr(x)) for x in frame[name].tolist()] for name in FIGURES}
    )


def a_decimal_each(frame: pd.DataFrame) -> pd.Series:
    """Return the residuals as a loop over Decimals computes them."""
    residuals = []
    for row in frame[list(FIGURES)].itertuples(index=False):
        loan, interest, rate = (Decimal(repr(figure)) for figure in row)
        expected = (loan * rate / 8760).quantize(STEP, ROUND_CEILING)
        residuals.append(float(interest - expected))
    return pd.Series(residuals)


def medians(times: int, *contenders: Callable[[], object]) -> list[float]:
    """Let contenders take turns, and return the median seconds of each."""
    seconds: list[list[float]] = [[] for _ in contenders]
    for _ in range(times):
        for kept, contender in zip(seconds, contenders, strict=True):
            gc.collect()
            began = time.perf_counter()
            contender()
            kept.append(time.perf_counter() - began)
    return [statistics.median(kept) for kept in seconds]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, fewer runs")
    quick = parser.parse_args().quick
    times = 3 if quick else 5
    audit_interest(accruals(1_000))
    print(
        f"{'records':>9} {'audit':>9} {'Decimals':>9} {'cost':>9} {'Decimals':>9} {'statement':>9}"
    )
    for size in QUICK_SIZES if quick else SIZES:
        floats = accruals(size)
        decimals = in_decimals(floats)
        seconds = medians(
            times,
            partial(audit_interest, floats),
            partial(audit_interest, decimals),
            partial(effective_cost, floats, PRICES),
            partial(effective_cost, decimals, PRICES),
            partial(interest_statement, floats, PRICES),
        )
        print(f"{size:>9,} " + " ".join(f"{s:>7.3f} s" for s in seconds), flush=True)
    sample = accruals(SAMPLE)
    ours, loop = medians(times, partial(audit_interest, sample), partial(a_decimal_each, sample))
    print(f"\na Decimal each, residuals alone, of {SAMPLE:,} records: {loop:.3f} s")
    print(f"that is {loop / ours:.1f} times the whole audit of them, which takes {ours:.3f} s")


if __name__ == "__main__":
    main()
