"""Prices and rates: reproducible, consistent, of the right kind, or the user's own."""

from decimal import Decimal

import pandas as pd
import pytest

from flexloan_nb.sim.candles import MS_PER_MINUTE
from flexloan_nb.sim.coins import COINS
from flexloan_nb.sim.market import MS_PER_HOUR, Index, Market, opening_of

START = pd.Timestamp("2025-10-17T12:07Z")
START_MS = START.value // 1_000_000
START_HOUR = START_MS // MS_PER_HOUR
CCYS = [coin.ccy for coin in COINS]


@pytest.fixture
def market():
    return Market(COINS, 7, START_MS)


def test_prices_start_from_the_coins_own(market):
    at_start = [market.price(ccy, START_HOUR * MS_PER_HOUR) for ccy in CCYS]
    for coin, price in zip(COINS, at_start, strict=True):
        assert float(price) == pytest.approx(coin.price, rel=0.01 if coin.stable else 1e-6)


def test_the_order_of_asking_does_not_matter(market):
    later, earlier = START_MS + 5_000 * MS_PER_HOUR, START_MS - 300 * MS_PER_HOUR
    other = Market(COINS, 7, START_MS)
    forward = [other.price("BTC", earlier), other.rate("BTC", later), other.price("BTC", later)]
    assert market.price("BTC", later) == forward[2]
    assert market.price("BTC", earlier) == forward[0]
    assert market.rate("BTC", later) == forward[1]


def test_another_seed_is_another_market(market):
    moment = START_MS + 100 * MS_PER_HOUR
    assert market.price("ETH", moment) != Market(COINS, 8, START_MS).price("ETH", moment)


def test_stable_coins_wobble_around_a_dollar(market):
    dollars = [market.price("USDT", START_MS + hour * MS_PER_HOUR) for hour in range(3_000)]
    assert len(set(dollars)) > 1_000
    assert all(abs(price - 1) < Decimal("0.01") for price in dollars)


def test_rates_float_by_the_hour_around_the_coins_own(market):
    rates = [market.rate("USDT", START_MS + hour * MS_PER_HOUR) for hour in range(8_760)]
    base = next(coin.borrow_rate for coin in COINS if coin.ccy == "USDT")
    assert float(sum(rates)) / len(rates) == pytest.approx(base, rel=0.3)
    assert 0.2 * base < float(min(rates)) < float(max(rates)) < 5 * base
    assert len({str(rate) for rate in rates}) > 100


def test_a_price_that_is_set_holds_from_its_minute_on(market):
    before = market.price("BTC", START_MS - MS_PER_MINUTE)
    after = START_MS + 48 * MS_PER_HOUR
    undisturbed = market.price("BTC", after)
    halved = market.price("BTC", START_MS) / 2
    market.set_price("BTC", halved, START_MS)
    assert market.price("BTC", START_MS) == pytest.approx(halved, rel=Decimal("1e-6"))
    assert market.price("BTC", START_MS - MS_PER_MINUTE) == before
    assert market.price("BTC", after) == pytest.approx(undisturbed / 2, rel=Decimal("1e-6"))


def test_a_price_of_seven_digits_is_set_exactly(market):
    for digits in ("50000.01", "1.000257", "0.00001234567"):
        market.set_price("LUNA", Decimal(digits), START_MS)
        assert market.price("LUNA", START_MS) == Decimal(digits)


def test_the_last_day_contains_what_happened_in_it(market):
    crash = START_MS + 30 * MS_PER_HOUR
    market.set_price("BTC", Decimal(40_000), crash)
    market.set_price("BTC", Decimal(90_000), crash + 2 * MS_PER_MINUTE)
    day = market.day_range(Index("BTC"), crash + MS_PER_HOUR)
    assert day.low < 41_000
    assert day.low <= day.open <= day.high
    midnight = START.normalize() + pd.Timedelta(days=1)
    assert day.utc_open == market.price("BTC", midnight.value // 1_000_000)
    assert day.utc8_open == market.price("BTC", midnight.value // 1_000_000 + 16 * MS_PER_HOUR)


def frame(**columns):
    index = pd.date_range("2020-03-11", periods=3, freq="D", tz="UTC")
    return pd.DataFrame(columns, index=index)


def frame_market(prices):
    return Market(COINS, 7, opening_of(prices), prices)


def test_the_users_prices_hold_until_the_next():
    prices = frame(BTC=[7900.5, 4800.25, 5600.0])
    market, opening = frame_market(prices), opening_of(prices)
    path = [market.price("BTC", opening + hour * MS_PER_HOUR) for hour in (-5, 0, 23, 24, 48)]
    assert path == [Decimal(text) for text in ("7900.5", "7900.5", "7900.5", "4800.25", "5600")]
    assert market.price("ETH", opening) == Decimal("3900")
    assert market.day_range(Index("BTC"), opening + 24 * MS_PER_HOUR).high == Decimal("7900.5")


def test_nothing_is_known_after_the_users_last_price():
    prices = frame(BTC=[7900.0, 4800.0, 5600.0])
    with pytest.raises(ValueError, match="ends before"):
        frame_market(prices).require(opening_of(prices) + 49 * MS_PER_HOUR)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda f: f.rename(columns={"BTC": "GOLD"}), "GOLD"),
        (lambda f: f.tz_localize(None), "timezone"),
        (lambda f: f[::-1], "order"),
        (lambda f: pd.concat([f, f]).sort_index(), "once"),
        (lambda f: f[:0], "rows"),
        (lambda f: f * 0, "positive"),
        (lambda f: f.where(f > 5_000), "positive"),
    ],
)
def test_a_frame_that_cannot_be_prices_is_refused(spoil, complaint):
    with pytest.raises(ValueError, match=complaint):
        frame_market(spoil(frame(BTC=[7900.0, 4800.0, 5600.0])))
