"""Shocks of prices beside a bare product, and a book of loans beside one: medians and ratios.

    python tests/benchmarks/bench_liquidation.py [--quick]

The contenders of a row take turns, so that whatever else the machine does meets all of them
alike. Products run on one core: a second one is none of either's merit.
"""

import argparse
import gc
import os
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import NamedTuple

for library in ("OPENBLAS", "MKL", "OMP"):  # read when numpy is imported
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from flexloan_nb.analytics.liquidation.price_shocks import ltv_under, price_sensitivity  # noqa: E402
from flexloan_nb.analytics.liquidation.prices import liquidation_prices  # noqa: E402
from flexloan_nb.analytics.position import Position  # noqa: E402

PRICES = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "USDT": 1, "USDC": 1}
RATES = {"BTC": [(0, 20, 0.98), (20, None, 0.95)], "ETH": 0.95, "SOL": 0.9}
MEBIBYTE = 2**20

Contender = Callable[[], object]


class Row(NamedTuple):
    """One line of a table: a median, what it is held against, and the target of their ratio."""

    what: str
    seconds: float
    against: str
    other: float
    target: float | None = None

    def __str__(self) -> str:
        ratio = self.seconds / self.other
        verdict = ""
        if self.target is not None:
            verdict = f"{self.target:6.0f} x {'ok' if ratio <= self.target else 'MISSED'}"
        figures = f"{self.seconds * 1e3:10.2f} ms {self.other * 1e3:8.2f} ms {ratio:8.2f}"
        return f"{self.what:<40} {self.against:<18} {figures} {verdict}"


def medians(times: int, *contenders: Contender) -> list[float]:
    """Let contenders take turns, and return the median seconds of each."""
    seconds: list[list[float]] = [[] for _ in contenders]
    for contender in contenders:
        contender()
    for _ in range(times):
        gc.collect()
        for kept, contender in zip(seconds, contenders, strict=True):
            began = time.perf_counter()
            contender()
            kept.append(time.perf_counter() - began)
    return [statistics.median(kept) for kept in seconds]


def loan(number: int) -> Position:
    """Return one of many loans, each with amounts of its own and four or five coins."""
    debt = {"USDT": 70_000.0 + number} | ({"USDC": 1_000.0} if number % 2 else {})
    return Position(
        {"BTC": 1 + number / 1e5, "ETH": 20, "SOL": 100},
        debt,
        PRICES,
        discount_rates=RATES,
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
    )


def doubling(last: int, times: int) -> list[int]:
    """Return sizes of which each is twice the one before."""
    return [last >> shift for shift in reversed(range(times))]


def shocks(quick: bool) -> Iterator[Row]:
    """Measure LTVs of scenarios by five coins."""
    position, rng = loan(1), np.random.default_rng(7)
    weights = rng.random(5)
    for rows in doubling(1_000_000, 2 if quick else 4):
        table = rng.uniform(-0.9, 1, (rows, 5))
        frame = pd.DataFrame(table, columns=list(position.coins))
        array, state, bare = medians(
            7 if quick else 31,
            lambda table=table: ltv_under(position, table),
            lambda frame=frame: price_sensitivity(position, frame),
            lambda table=table: table @ weights,
        )
        yield Row(f"ltv_under, {rows:,} x 5", array, "bare S @ w", bare, 2)
        yield Row(f"price_sensitivity to a frame, {rows:,} x 5", state, "bare S @ w", bare)


def books(quick: bool) -> Iterator[Row]:
    """Measure the liquidation prices of many loans at once."""
    one = loan(1)
    for size in doubling(10_000, 2 if quick else 4):
        book = {str(number): loan(number) for number in range(size)}
        many, single = medians(
            7 if quick else 31,
            lambda book=book: liquidation_prices(book),
            lambda: liquidation_prices(one),
        )
        target = 50 if size == 10_000 else None
        yield Row(f"liquidation_prices of {size:,} loans", many, "of one", single, target)


def memory(rows: int = 1_000_000) -> str:
    """Measure the most that Python held beside the result."""
    table = np.random.default_rng(7).uniform(-0.9, 1, (rows, 5))
    position = loan(1)
    tracemalloc.start()
    result = ltv_under(position, table)
    peak = tracemalloc.get_traced_memory()[1] - result.nbytes
    tracemalloc.stop()
    verdict = "ok" if peak < table.nbytes / 10 else "MISSED"
    return (
        f"ltv_under, {rows:,} x 5: {peak / MEBIBYTE:.1f} MiB beside the result, of an input of "
        f"{table.nbytes / MEBIBYTE:.0f} MiB (target: a tenth) {verdict}"
    )


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer sizes and repetitions")
    quick = parser.parse_args().quick
    print(f"numpy {np.__version__}, pandas {pd.__version__}")
    for part in (shocks, books):
        for row in part(quick):
            print(row, flush=True)
    print(memory())


if __name__ == "__main__":
    main()
