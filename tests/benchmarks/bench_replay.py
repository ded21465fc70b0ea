"""How long replays and stress tests take, and how much memory.

Run ``python tests/benchmarks/bench_replay.py``, with ``--quick`` for a tenth of it. All is
measured in one run, best of three.
"""

import argparse
import resource
import tracemalloc
from collections.abc import Callable
from time import perf_counter

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.stress.replay import replay
from flexloan_nb.analytics.stress.scenarios import rate_stress, stablecoin_stress, stress_test

COLLATERAL = ("BTC", "ETH", "SOL", "LTC")
TEN_YEARS = 87_660  # hours
MONTH = 720
BARE_STARTS = 1_000
MIB = 2**20


def history(hours: int) -> pd.DataFrame:
    """Return random prices of five coins."""
    returns = np.random.default_rng(7).normal(0, 0.007, (hours, 5))
    returns[:, 4] /= 100
    index = pd.date_range("2016-01-01", periods=hours, freq="h", tz="UTC")
    return pd.DataFrame(np.exp(returns.cumsum(axis=0)), columns=[*COLLATERAL, "USDT"], index=index)


def loan(ltv: float) -> Position:
    """Return a loan with the thresholds of the example on OKX's page."""
    return Position(
        dict.fromkeys(COLLATERAL, 1.0),
        {"USDT": 4 * ltv},
        dict.fromkeys([*COLLATERAL, "USDT"], 1.0),
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
    )


def mixed_loan() -> Position:
    """Return a loan with several debts and thresholds by coin, which takes the longest."""
    position = loan(0.6).borrow({"BTC": 0.1, "ETH": 0.1})
    return position.with_thresholds(
        margin_call_ltv={"BTC": 0.75, "ETH": 0.72, "SOL": 0.65, "LTC": 0.65},
        liquidation_ltv={"BTC": 0.85, "ETH": 0.80, "SOL": 0.75, "LTC": 0.70},
    )


def seconds(task: Callable[[], object]) -> float:
    """Return the least time of three."""
    times = []
    for _ in range(3):
        started = perf_counter()
        task()
        times.append(perf_counter() - started)
    return min(times)


def looped(prices: pd.DataFrame, ltv: float, starts: int) -> np.ndarray:
    """Return lowest distances by a numpy loop over starts."""
    table, capacity = prices.to_numpy(), np.array([0.8374] * 4 + [0])
    lowest = np.empty(starts)
    for start in range(starts):
        moves = table[start : start + MONTH + 1] / table[start]
        lowest[start] = (1 - 4 * ltv * moves[:, 4] / (moves @ capacity)).min()
    return lowest


def windowed(prices: pd.DataFrame, ltv: float, starts: int) -> np.ndarray:
    """Return lowest distances by numpy's sliding windows, all at once."""
    table = prices.to_numpy()[: starts + MONTH]
    moves = sliding_window_view(table, MONTH + 1, axis=0) / table[:starts, :, None]
    debt, capacity = 4 * ltv * moves[:, 4], 0.8374 * moves[:, :4].sum(axis=1)
    return (1 - debt / capacity).min(axis=1)


def report_replay(hours: int) -> None:
    """Print how replays of a month from every hour do."""
    prices = history(hours)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{hours:,} hours, 5 coins, {MONTH} hours ahead of each:")
    for ltv in (0.5742, 0.72, 0.9):
        for rates in (None, {"USDT": 0.41}):
            taken = seconds(lambda ltv=ltv, rates=rates: replay(loan(ltv), prices, rates=rates))
            share = replay(loan(ltv), prices, rates=rates)["liquidation_hours"].notna().mean()
            print(
                f"  LTV {ltv:.2%}, interest at {(rates or {'': 0}).popitem()[1]:.0%}: "
                f"{taken:.2f} s ({share:.0%} of starts liquidated)"
            )
    taken = seconds(lambda: replay(mixed_loan(), prices))
    print(f"  three debts, thresholds by coin: {taken:.2f} s")
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    tracemalloc.start()
    replay(loan(0.72), prices)
    peak = tracemalloc.get_traced_memory()[1] / MIB
    tracemalloc.stop()
    print(
        f"  memory: {peak:.0f} MiB at the peak by tracemalloc, the process grew by {more:.0f} MiB"
    )


def report_growth(hours: int) -> None:
    """Print the time as histories and horizons double."""
    print("as the history doubles, and as the horizon does:")
    for rows in (hours // 8, hours // 4, hours // 2, hours):
        prices = history(rows)
        print(f"  {rows:7,} hours: {seconds(lambda p=prices: replay(loan(0.72), p)):.3f} s")
    for ahead in (MONTH // 2, MONTH, 2 * MONTH, 4 * MONTH):
        taken = seconds(lambda a=ahead: replay(loan(0.72), prices, a))
        print(f"  {ahead:7,} hours ahead: {taken:.3f} s")


def report_bare(hours: int) -> None:
    """Print replay beside bare numpy on the first starts, which must agree with it."""
    prices = history(hours)
    lowest = replay(loan(0.72), prices)["lowest_distance"].to_numpy()[:BARE_STARTS]
    ours = seconds(lambda: replay(loan(0.72), prices)) / hours
    print(f"microseconds a start: {1e6 * ours:.1f} by replay, with both thresholds and times")
    for bare in (looped, windowed):
        np.testing.assert_allclose(bare(prices, 0.72, BARE_STARTS), lowest, rtol=1e-9)
        each = seconds(lambda bare=bare: bare(prices, 0.72, BARE_STARTS)) / BARE_STARTS
        print(f"  {1e6 * each:.1f} {bare.__name__}, lowest distance only: {each / ours:.1f} times")


def report_stress(loans: int) -> None:
    """Print how long a book takes."""
    book = {str(order): loan(0.3 + 0.5 * order / loans) for order in range(loans)}
    tests = {
        "six episodes": lambda: stress_test(book),
        "eight spikes of rates": lambda: rate_stress(book, {"USDT": 0.1}),
        "four broken pegs": lambda: stablecoin_stress(book),
    }
    print(f"a book of {loans:,} loans:")
    for name, test in tests.items():
        print(f"  {name}: {1e3 * seconds(test):.0f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the hours and loans")
    tenth = 10 if parser.parse_args().quick else 1
    report_replay(TEN_YEARS // tenth)
    report_growth(TEN_YEARS // tenth)
    report_bare(TEN_YEARS // tenth)
    report_stress(1_000 // tenth)
