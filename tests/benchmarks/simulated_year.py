"""How long the simulator takes for a year of hours, ten coins and three orders.

Run ``python tests/benchmarks/simulated_year.py``.
"""

from time import perf_counter

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.coins import COINS

CCYS = ("BTC", "ETH", "SOL", "XRP", "LTC", "DOGE", "ADA", "DOT", "USDT", "USDC")
HOURS = 365 * 24
ORDERS = (
    ("USDT", 50_000, {"BTC": 10, "ETH": 100, "SOL": 1_000}),
    ("USDC", 50_000, {"XRP": 100_000, "LTC": 1_000, "DOT": 50_000}),
    ("USDT", 5_000, {"DOGE": 400_000, "ADA": 90_000}),
)


def exchange_with_three_orders() -> SimulatedExchange:
    """Return an exchange whose loans are far from being called."""
    coins = [coin for coin in COINS if coin.ccy in CCYS]
    exchange = SimulatedExchange(scenario=None, coins=coins)
    for loan, amt, collateral in ORDERS:
        for ccy, pledged in collateral.items():
            exchange.deposit(ccy, pledged)
        exchange.borrow(loan, amt, collateral=collateral)
    return exchange


def seconds_of_a_year() -> float:
    """Live a year and return the seconds that it took."""
    started = perf_counter()
    exchange = exchange_with_three_orders()
    exchange.advance(hours=HOURS)
    seconds = perf_counter() - started
    assert len(exchange.loan_info()) == len(ORDERS), "an order did not live through the year"
    return seconds


def seconds_of_daily_candles() -> float:
    """Read the same year's daily candles of every coin and return the seconds that it took."""
    exchange = exchange_with_three_orders()
    started = perf_counter()
    for ccy in CCYS:
        after = None
        while page := exchange.history_index_candles(f"{ccy}-USD", bar="1Dutc", after=after):
            after = int(page[-1][0])
    return perf_counter() - started


if __name__ == "__main__":
    print(f"a year of hours, 10 coins, 3 orders: {seconds_of_a_year():.2f} s")
    print(f"a year of daily candles, 10 coins:   {seconds_of_daily_candles():.2f} s")
