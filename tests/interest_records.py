"""Records of interest for tests: written by hand, or booked by the embedded exchange."""

from decimal import Decimal
from functools import cache

import pandas as pd
from hypothesis import strategies as st

from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.frames import to_frame
from flexloan_nb.sim import SimulatedExchange, rules

FIRST_HOUR = 1_767_225_600_000  # 2026-01-01 in UTC
MS_PER_HOUR = 3_600_000
TABLE = TABLES["interest_accrued"]

amounts = st.decimals("0.00000001", 10**7, places=8)
sizeable = st.decimals(100, 10**7, places=8)  # so that rounding up is a small part of the rate
rates = st.decimals("0.0001", "1", places=4)


def record(hour=0, ccy="USDT", loan="1000", rate="0.1", *, order="1", nr=0, interest=None):
    """Return a record as the exchange writes it; its interest is by the exchange's own rule."""
    if interest is None:
        interest = rules.hourly_interest(Decimal(loan), Decimal(rate))
    ts = FIRST_HOUR + hour * MS_PER_HOUR
    return {
        "ts": str(ts),
        "ordId": order,
        "refId": f"{ts}{nr:04d}",
        "ccy": ccy,
        "loan": str(loan),
        "interest": f"{interest:f}" if isinstance(interest, Decimal) else interest,
        "interestRate": str(rate),
    }


def frame(rows, numbers="float"):
    """Return rows as the client does."""
    return to_frame(rows, TABLE, numbers)


@st.composite
def histories(draw, loans=amounts, longest=12):
    """Return rows of some orders and coins over some hours, each on record once."""
    lines = draw(st.lists(st.tuples(st.sampled_from("12"), st.sampled_from(["BTC", "USDT"])),
                          min_size=1, unique=True))  # fmt: skip
    hours = draw(st.integers(1, longest))
    return [
        record(hour, ccy, draw(loans), draw(rates), order=order, nr=nr)
        for hour in range(hours)
        for nr, (order, ccy) in enumerate(lines)
    ]


@cache
def booked(seed, *, days=30):
    """Return rows that the embedded exchange booked over a life with odd amounts."""
    exchange = SimulatedExchange(seed, scenario=None)
    exchange.deposit("BTC", 10)
    exchange.deposit("LTC", "100.123456789012345678")
    exchange.borrow("USDT", "123456.789012345678901234"[: 8 + seed], collateral={"BTC": 5})
    exchange.advance(hours=3)
    exchange.borrow("USDC", "3210.987654321", collateral={"LTC": "99.5"})
    exchange.borrow("ETH", "0.001000000000000001", collateral={"BTC": 1})
    exchange.advance(hours=days * 24 - 3, seconds=600)
    return exchange.interest_accrued(limit=10_000)


def shuffled(accruals, seed):
    """Return the rows in another order."""
    return accruals.sample(frac=1, random_state=seed)


def hours(count, start="2026-01-01"):
    """Return full hours in UTC."""
    return pd.date_range(start, periods=count, freq="h", tz="UTC")
