"""Every price of an index, on whatever page, is the same story told at another distance."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.candles import BARS

MINUTE = 60_000
DAY = 1_440 * MINUTE
HONG_KONG = 480 * MINUTE
NESTED = [
    (coarse, fine)
    for coarse, wide in BARS.items()
    for fine, narrow in BARS.items()
    if wide.minutes > narrow.minutes
    and wide.minutes % narrow.minutes == 0
    and (wide.ahead - narrow.ahead) % narrow.minutes == 0
]


@cache
def seeded():
    """An exchange whose market was moved by hand, in the middle of things."""
    exchange = SimulatedExchange(scenario=None)
    for hours, ccy, change in ((30, "BTC", "-0.4"), (0.3, "USDT", "0.02"), (7.21, "BTC", "0.9")):
        exchange.advance(hours=hours)
        exchange.shock(change, [ccy])
    exchange.advance(hours=100.13)
    return exchange


@cache
def replayed():
    """An exchange with two weeks of a user's prices, every forty minutes."""
    index = pd.date_range("2020-03-10T05:20Z", periods=504, freq="40min")
    prices = [8_000 - (row * 37 % 1_000) for row in range(504)]
    exchange = SimulatedExchange(scenario=None, prices=pd.DataFrame({"BTC": prices}, index=index))
    exchange.advance(hours=330)
    return exchange


exchanges = st.sampled_from([seeded, replayed])
instruments = st.sampled_from(["BTC-USD", "ETH-USD", "USDT-USD", "BTC-USDT", "ETH-BTC", "BTC-USDC"])


def candles(exchange, inst_id, bar, **cursors):
    """Return candles as numbers, oldest first: their opening, four prices and state."""
    rows = exchange.history_index_candles(inst_id, bar=bar, **cursors)
    return [(int(ts), *map(Decimal, prices), state) for ts, *prices, state in reversed(rows)]


def walk(exchange, inst_id, bar, begin, end):
    """Read all candles that open in a stretch of time, page by page."""
    rows, after = [], end
    while page := candles(exchange, inst_id, bar, after=after, before=begin - 1):
        assert page[-1][0] < after
        rows[:0] = page
        after = page[0][0]
    return rows


@settings(max_examples=60, deadline=None)
@given(exchanges, instruments, st.sampled_from(NESTED), st.integers(0, 6))
def test_a_candle_is_the_sum_of_finer_ones(exchange_of, inst_id, bars, age):
    exchange, (coarse, fine) = exchange_of(), bars
    ts, first, high, low, last, state = candles(exchange, inst_id, coarse, limit=age + 1)[0]
    parts = walk(exchange, inst_id, fine, ts, ts + BARS[coarse].minutes * MINUTE)
    assert parts[0][0] == ts
    assert (first, last) == (parts[0][1], parts[-1][4])
    assert high == max(part[2] for part in parts)
    assert low == min(part[3] for part in parts)
    assert state == parts[-1][5] == ("0" if age == 0 else "1")
    if state == "1":
        assert len(parts) == BARS[coarse].minutes // BARS[fine].minutes


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["BTC", "SOL", "USDT"]), st.integers(0, 6_000))
def test_a_candle_holds_the_prices_that_were_quoted(ccy, minutes):
    watched = SimulatedExchange(scenario=None)
    watched.advance(seconds=60 * minutes)
    (running,) = candles(watched, f"{ccy}-USD", "1H", limit=1)
    quoted = watched.price(ccy)
    assert running[4] == quoted
    assert running[3] <= quoted <= running[2]


@given(exchanges, instruments)
def test_tickers_agree_with_candles(exchange_of, inst_id):
    exchange = exchange_of()
    (ticker,) = exchange.index_tickers(inst_id)
    now = int(ticker["ts"])
    day = walk(exchange, inst_id, "1m", now - DAY - MINUTE, now + 1)
    day = [candle for candle in day if candle[0] > now - DAY - MINUTE]
    assert Decimal(ticker["open24h"]) == day[0][1]
    assert Decimal(ticker["high24h"]) == max(candle[2] for candle in day)
    assert Decimal(ticker["low24h"]) == min(candle[3] for candle in day)
    for bar in BARS:
        assert candles(exchange, inst_id, bar, limit=1)[0][4] == Decimal(ticker["idxPx"])
    for bar, field in (("1Dutc", "sodUtc0"), ("1D", "sodUtc8")):
        assert candles(exchange, inst_id, bar, limit=1)[0][1] == Decimal(ticker[field])


@pytest.mark.parametrize("bar", BARS)
def test_bars_open_on_the_clock_of_their_day(bar):
    rows = candles(seeded(), "BTC-USD", bar)
    length = BARS[bar].minutes * MINUTE
    assert len(rows) == 100
    assert {later[0] - earlier[0] for earlier, later in pairwise(rows)} == {length}
    hong_kong = bar in ("6H", "12H", "1D")
    assert all((row[0] + HONG_KONG * hong_kong) % min(length, DAY) == 0 for row in rows)


def test_a_candle_has_ended_when_the_next_one_opens():
    exchange = SimulatedExchange(scenario=None)
    exchange.advance(seconds=53 * 60 - 0.001)
    assert [row[5] for row in exchange.index_candles("BTC-USD", bar="1H", limit=2)] == ["0", "1"]
    (running,) = exchange.index_candles("BTC-USD", bar="1H", limit=1)
    exchange.advance(seconds=0.001)
    following, ended = exchange.index_candles("BTC-USD", bar="1H", limit=2)
    assert (following[5], ended) == ("0", [*running[:5], "1"])


def test_what_has_ended_never_changes():
    exchange = SimulatedExchange(scenario=None)
    before = exchange.index_candles("BTC-USD", bar="5m")[1:]
    exchange.shock("-0.5")
    exchange.advance(seconds=7)
    assert exchange.index_candles("BTC-USD", bar="5m")[1:] == before


def test_recent_candles_reach_back_1440_and_history_a_year():
    exchange = SimulatedExchange(scenario=None)
    now = int(exchange.server_time()[0]["ts"])
    recent = [exchange.index_candles("BTC-USD", after=now + 1 - page * 100 * MINUTE)
              for page in range(16)]  # fmt: skip
    assert sum(map(len, recent)) == 1_440
    assert recent[14][-1][0] == str(now - 1_439 * MINUTE)
    assert exchange.history_index_candles("BTC-USD", after=now - 1_439 * MINUTE)
    year_ago = datetime(2024, 10, 17, 12, tzinfo=UTC).timestamp() * 1_000
    first = exchange.history_index_candles("BTC-USD", bar="1Dutc", after=int(year_ago) + 3 * DAY)
    assert [int(row[0]) for row in first] == [
        int(year_ago) + DAY // 2 + days * DAY for days in (2, 1, 0)
    ]


def test_cursors_are_exclusive_and_before_alone_is_the_newest_page():
    exchange = seeded()
    rows = exchange.history_index_candles("ETH-USD", bar="15m")
    times = [int(row[0]) for row in rows]
    assert (
        exchange.history_index_candles("ETH-USD", bar="15m", after=times[4], limit=3) == rows[5:8]
    )
    assert exchange.history_index_candles("ETH-USD", bar="15m", before=times[4]) == rows[:4]
    assert exchange.history_index_candles("ETH-USD", bar="15m", before=times[4] + 1) == rows[:4]
    assert exchange.history_index_candles("ETH-USD", bar="15m", after=times[4] + 1, limit=1) == [
        rows[4]
    ]
    between = exchange.history_index_candles("ETH-USD", bar="15m", after=times[2], before=times[6])
    assert between == rows[3:6]
    assert (
        exchange.history_index_candles("ETH-USD", bar="15m", before=times[50], limit=2) == rows[:2]
    )
    assert exchange.history_index_candles("ETH-USD", bar="15m", before=times[0]) == []
    assert exchange.history_index_candles("ETH-USD", bar="15m", after=0) == []


def test_an_index_that_is_not_listed_is_an_error_of_the_caller():
    for inst_id in ("BTC-EUR", "BTC-BTC", "GOLD-USD", "BTC"):
        with pytest.raises(ValueError, match=inst_id):
            seeded().index_candles(inst_id)
