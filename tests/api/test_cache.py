"""What cannot have changed is not asked again."""

import json
import multiprocessing
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
import requests
from fakes import CannedAdapter
from requests.adapters import BaseAdapter

from flexloan_nb import InvalidArgumentError, MarketCache
from flexloan_nb.api.cache import openings

HOUR = 3_600_000
NOON = 1_768_478_400_000  # 2026-01-15 12:00 UTC


def hours(first, last):
    return {"start": moment(first), "end": moment(last)}


def moment(hour):
    return datetime.fromtimestamp(NOON / 1000 + hour * 3600, UTC)


class Exchange(BaseAdapter):
    """Has an hourly candle for every hour up to noon, of which the last is not complete."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def send(self, request: requests.PreparedRequest, **_: object) -> requests.Response:
        query = parse_qs(urlsplit(request.url).query)
        self.asked.append(query)
        after = int(query.get("after", [NOON + 1])[0])
        newest = min(NOON, (after - 1) // HOUR * HOUR)
        rows = [
            [str(ts), "1.10", "1", "1", "1", "0" if ts == NOON else "1"]
            for ts in range(newest, newest - 100 * HOUR, -HOUR)
        ]
        return CannedAdapter(json.dumps({"code": "0", "data": rows}).encode()).send(request)

    def close(self):
        pass


@pytest.fixture
def exchange():
    return Exchange()


@pytest.fixture
def cache(tmp_path):
    return MarketCache(tmp_path / "folder" / "market.sqlite")


def test_candles_that_are_kept_are_not_asked_again(exchange, cache, client_of):
    market = client_of(exchange, cache=cache).market
    first = market.index_candles("BTC-USD", **hours(-300, -10))
    asked = len(exchange.asked)
    again = market.index_candles("BTC-USD", **hours(-300, -10))
    pd.testing.assert_frame_equal(again, first)
    assert len(first) == 290
    assert len(exchange.asked) == asked == 3
    assert len(market.index_candles("BTC-USD", **hours(-200, -150))) == 50
    assert len(exchange.asked) == asked


def test_only_what_is_missing_is_asked(exchange, cache, client_of):
    market = client_of(exchange, cache=cache).market
    market.index_candles("BTC-USD", **hours(-300, -50))
    exchange.asked.clear()
    longer = market.index_candles("BTC-USD", **hours(-300, -10))
    assert len(longer) == 290
    assert longer["ts"].is_monotonic_increasing
    assert len(exchange.asked) == 1


def test_a_candle_that_is_not_complete_is_asked_again(exchange, cache, client_of):
    market = client_of(exchange, cache=cache).market
    for _ in range(2):
        candles = market.index_candles("BTC-USD", **hours(-5, 1))
        assert candles["confirm"].tolist() == ["1"] * 5 + ["0"]
    assert len(exchange.asked) == 2


def test_indices_bars_and_exchanges_are_kept_apart(exchange, cache, client_of):
    client = client_of(exchange, cache=cache)
    client.market.index_candles("BTC-USD", **hours(-5, -1))
    client.market.index_candles("ETH-USD", **hours(-5, -1))
    other = client.with_options(base_url="https://eea.okx.com", session=client._options["session"])
    other.market.index_candles("BTC-USD", **hours(-5, -1))
    assert len(exchange.asked) == 3


def test_numbers_are_kept_as_they_were_written(exchange, cache, client_of):
    market = client_of(exchange, cache=cache, numbers="decimal").market
    for _ in range(2):
        candles = market.index_candles("BTC-USD", **hours(-5, -1))
        assert str(candles["o"].iloc[0]) == "1.10"


@pytest.mark.parametrize("kept", [True, False])
def test_a_range_that_ends_before_it_starts_is_refused_with_and_without_a_cache(
    kept, exchange, cache, client_of
):
    market = client_of(exchange, cache=cache if kept else None).market
    with pytest.raises(InvalidArgumentError, match="not after start"):
        market.index_candles("BTC-USD", **hours(-5, -6))
    assert not exchange.asked


def test_without_a_cache_everything_is_asked(exchange, client_of):
    market = client_of(exchange).market
    for _ in range(2):
        market.index_candles("BTC-USD", **hours(-5, -1))
    assert len(exchange.asked) == 2


@pytest.mark.parametrize(("passed", "asked"), [(9, 1), (11, 2), (-5, 2)])
def test_prices_are_used_again_while_they_are_young(passed, asked, tmp_path, client_of):
    seconds = [1_700_000_000.0]
    cache = MarketCache(tmp_path / "market.sqlite", max_age=10, now=lambda: seconds[0])
    adapter = CannedAdapter(b'{"code": "0", "data": [{"instId": "BTC-USD", "idxPx": "60000"}]}')
    market = client_of(adapter, cache=cache).market
    assert market.index_prices("BTC")["idxPx"].item() == 60_000
    seconds[0] += passed
    assert market.index_prices("BTC")["idxPx"].item() == 60_000
    assert len(adapter.requests) == asked


def keep_many(path, inst_id):
    cache = MarketCache(path)
    for hour in range(30):
        row = dict.fromkeys("ohlc", "1") | {"ts": str(hour * HOUR), "confirm": "1"}
        cache.keep_candles("source", inst_id, "1H", [row])


def test_processes_share_the_file(tmp_path):
    path = tmp_path / "market.sqlite"
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=keep_many, args=(path, name)) for name in ("BTC", "ETH")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    for name in ("BTC", "ETH"):
        assert len(MarketCache(path).candles("source", name, "1H", range(0, 30 * HOUR))) == 30


def test_bars_that_open_elsewhere_are_not_cached():
    assert openings("1D", 0, NOON) is None
    assert list(openings("1Dutc", 1, 2 * 24 * HOUR)) == [24 * HOUR]
