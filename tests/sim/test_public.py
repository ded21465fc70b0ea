"""The public endpoints that price a loan, over the interface."""

import json
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.coins import COINS
from flexloan_nb.sim.market import LENDERS_SHARE
from flexloan_nb.sim.rules import Settings

HOUR = 3_600_000
TICKERS = "market/index-tickers"
CANDLES = "market/index-candles"
HISTORY = "market/history-index-candles"
DISCOUNTS = "public/discount-rate-interest-free-quota"
RATES = "finance/savings/lending-rate-history"


@pytest.fixture
def ask(caller):
    """Return a function that asks without a key."""
    unsigned = {name.replace("-", "_"): None for name in caller.headers("GET", "/") if "OK" in name}

    def ask(target, code="0"):
        envelope = json.loads(caller.send("GET", "/api/v5/" + target, **unsigned).body)
        assert envelope["code"] == code
        return envelope.get("data")

    return ask


# Tickers


def test_tickers_of_a_quote_currency_or_of_one_index(ask, borrowed):
    assert {row["instId"] for row in ask(TICKERS + "?quoteCcy=USD")} == {
        f"{ccy}-USD" for ccy in borrowed.coins
    }
    assert "BTC-BTC" not in {row["instId"] for row in ask(TICKERS + "?quoteCcy=BTC")}
    (cross,) = ask(TICKERS + "?instId=ETH-USDT")
    quotient = borrowed.price("ETH") / borrowed.price("USDT")
    assert float(cross["idxPx"]) == pytest.approx(float(quotient), rel=1e-6)
    assert ask(TICKERS + "?instId=ETH-USDT&quoteCcy=USDT") == [cross]
    assert ask(TICKERS + "?instId=ETH-USDT&quoteCcy=USD") == []
    assert list(cross) == [
        "instId", "idxPx", "high24h", "sodUtc0", "open24h", "low24h", "sodUtc8", "ts",
    ]  # fmt: skip


def test_coins_that_are_not_listed_are_no_quotes_either():
    two = [coin for coin in COINS if coin.ccy in ("ETH", "USDC")]
    exchange = SimulatedExchange(scenario=None, coins=two)
    names = {row["instId"] for row in exchange.index_tickers()}
    assert names == {"ETH-USD", "USDC-USD", "ETH-USDC"}


# Candles


def test_candles_have_six_columns_newest_first(ask, borrowed):
    rows = ask(CANDLES + "?instId=BTC-USD&bar=1H&limit=5")
    assert [len(row) for row in rows] == [6] * 5
    assert all(isinstance(cell, str) for row in rows for cell in row)
    assert [row[5] for row in rows] == ["0", "1", "1", "1", "1"]
    assert [int(a[0]) - int(b[0]) for a, b in pairwise(rows)] == [HOUR] * 4
    for _, opened, high, low, closed, _ in rows:
        assert float(low) <= min(float(opened), float(closed))
        assert max(float(opened), float(closed)) <= float(high)
    assert ask(HISTORY + "?instId=BTC-USD&bar=1H&limit=5") == rows
    assert ask(CANDLES + "?instId=BTC-USD") == borrowed.index_candles("BTC-USD", bar="1m")
    assert len(ask(CANDLES + "?instId=BTC-USD")) == 100


@pytest.mark.parametrize("endpoint", [CANDLES, HISTORY])
def test_candles_are_refused_by_the_documented_codes(ask, endpoint):
    ask(endpoint, "50014")
    for wrong in ("instId=BTC-EUR", "instId=BTC", "instId=BTC-USD&bar=7m", "instId=BTC-USD&bar=1d",
                  "instId=BTC-USD&limit=101", "instId=BTC-USD&after=noon"):  # fmt: skip
        ask(f"{endpoint}?{wrong}", "51000")


# Discount rates


def test_discount_rates_are_the_tiers_the_desk_values_collateral_with(ask, borrowed):
    (row,) = ask(DISCOUNTS + "?ccy=BTC")
    assert row == {
        "ccy": "BTC",
        "amt": "0",
        "colRes": "0",
        "minDiscountRate": "0.9",
        "details": [
            {"tier": "1", "minAmt": "0", "maxAmt": "20", "discountRate": "0.98",
             "liqPenaltyRate": "0.02", "disCcyEq": "19.6"},
            {"tier": "2", "minAmt": "20", "maxAmt": "100", "discountRate": "0.95",
             "liqPenaltyRate": "0.02", "disCcyEq": "95.6"},
            {"tier": "3", "minAmt": "100", "maxAmt": "", "discountRate": "0.9",
             "liqPenaltyRate": "0.02", "disCcyEq": ""},
        ],
    }  # fmt: skip
    assert [row["ccy"] for row in ask(DISCOUNTS)] == list(borrowed.coins)
    (none,) = ask(DISCOUNTS + "?ccy=TRX")
    assert (none["details"], none["minDiscountRate"]) == ([], "0")
    ask(DISCOUNTS + "?ccy=GOLD", "51000")


def test_the_penalty_of_the_table_is_the_one_that_is_kept():
    exchange = SimulatedExchange(
        scenario=None, settings=Settings(liquidation_penalty=Decimal("0.03"))
    )
    (row,) = exchange.discount_rates("ETH")
    assert {tier["liqPenaltyRate"] for tier in row["details"]} == {"0.03"}


# Lending rates


def test_lending_rates_are_what_loans_are_charged(ask, borrowed):
    borrowed.advance(hours=30)
    charged = {row["ts"]: row["interestRate"] for row in borrowed.interest_accrued(ccy="USDT")}
    published = {row["ts"]: row["rate"] for row in ask(RATES + "?ccy=USDT")}
    assert len(charged) == 30
    assert charged.items() <= published.items()
    (newest,) = ask(RATES + "?ccy=USDT&limit=1")
    assert list(newest) == ["ccy", "amt", "rate", "lendingRate", "ts"]
    lent = LENDERS_SHARE * Decimal(newest["rate"])
    assert 0 <= lent - Decimal(newest["lendingRate"]) < Decimal("0.0001")


def test_lending_rates_page_by_time(ask, borrowed):
    rows = ask(RATES + "?ccy=ETH")
    times = [int(row["ts"]) for row in rows]
    hour = borrowed.now().replace(minute=0)
    assert times == [int(hour.timestamp()) * 1000 - HOUR * age for age in range(100)]
    assert ask(f"{RATES}?ccy=ETH&after={times[4]}&limit=3") == rows[5:8]
    assert ask(f"{RATES}?ccy=ETH&before={times[4]}") == rows[:4]
    assert ask(f"{RATES}?ccy=ETH&before={times[4]}&after={times[1]}") == rows[2:4]
    assert ask(f"{RATES}?ccy=ETH&before={times[40]}&limit=2") == rows[:2]
    assert ask(f"{RATES}?ccy=ETH&after={times[4] + 1}&limit=1") == [rows[4]]


def test_lending_rates_of_all_coins_are_hour_by_hour(ask, borrowed):
    lent = [ccy for ccy, coin in borrowed.coins.items() if coin.borrowable]
    rows = ask(RATES + f"?limit={2 * len(lent)}")
    assert [row["ccy"] for row in rows] == lent * 2
    assert len({row["ts"] for row in rows[: len(lent)]}) == 1
    assert ask(RATES + "?ccy=OKB") == []


def test_lending_rates_reach_back_a_year(ask):
    first = int(datetime.fromisoformat("2024-10-17T12:00Z").timestamp()) * 1000
    assert [row["ts"] for row in ask(f"{RATES}?ccy=BTC&after={first + HOUR}")] == [str(first)]
    assert ask(f"{RATES}?ccy=BTC&after={first}") == []
