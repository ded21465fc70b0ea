"""Public market data, from the bodies that OKX documents to frames."""

from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from fakes import CannedAdapter

from flexloan_nb import InvalidArgumentError, ResponseFormatError, connect

CANDLES = (
    b'{"code": "0", "msg": "", "data": ['
    b'["1768474800000", "2", "4", "1", "3", "0"], ["1768471200000", "1", "2", "1", "2", "1"]]}'
)
TIERS = b"""{"code": "0", "msg": "", "data": [{
    "ccy": "BTC", "amt": "0", "colRes": "0", "minDiscountRate": "0",
    "details": [
        {"tier": "1", "minAmt": "0", "maxAmt": "20", "discountRate": "0.98",
         "liqPenaltyRate": "0.02", "disCcyEq": "19.6"},
        {"tier": "2", "minAmt": "20", "maxAmt": "", "discountRate": "0.95",
         "liqPenaltyRate": "0.02", "disCcyEq": ""}
    ]}]}"""
RATES = b"""{"code": "0", "msg": "", "data": [
    {"ccy": "USDT", "amt": "", "rate": "0.0993", "lendingRate": "0.0844", "ts": "1768474800000"}
]}"""


def query(request):
    return {name: value for name, (value,) in parse_qs(urlsplit(request.url).query).items()}


def test_candles_that_come_as_lists_are_a_frame_oldest_first(client_of):
    adapter = CannedAdapter(CANDLES)
    candles = client_of(adapter).market.index_candles("BTC-USD", "1H")
    assert candles["ts"].tolist() == [
        pd.Timestamp("2026-01-15 10:00Z"),
        pd.Timestamp("2026-01-15 11:00Z"),
    ]
    assert candles[["o", "h", "l", "c"]].to_numpy().tolist() == [[1, 2, 1, 2], [2, 4, 1, 3]]
    assert candles["confirm"].tolist() == ["1", "0"]
    assert query(adapter.requests[0]) == {"instId": "BTC-USD", "bar": "1H", "limit": "100"}


def test_discount_tiers_are_a_row_each(client_of):
    adapter = CannedAdapter(TIERS)
    tiers = client_of(adapter).market.discount_rates("BTC")
    assert tiers["ccy"].tolist() == ["BTC", "BTC"]
    assert tiers["discountRate"].tolist() == [0.98, 0.95]
    assert tiers["maxAmt"].isna().tolist() == [False, True]
    assert query(adapter.requests[0]) == {"ccy": "BTC"}


def test_lending_rates_are_read_over_a_range(client_of):
    adapter = CannedAdapter(RATES)
    rates = client_of(adapter).market.lending_rates("USDT", start="2026-01-15", end="2026-01-16")
    assert rates["rate"].tolist() == [0.0993]
    assert query(adapter.requests[0]) == {"ccy": "USDT", "after": "1768521600000", "limit": "100"}


@pytest.mark.parametrize("method", ["index_candles", "lending_rates", "discount_rates"])
def test_an_empty_answer_has_the_documented_columns(method, client_of):
    market = client_of(CannedAdapter(b'{"code": "0", "msg": "", "data": []}')).market
    frame = getattr(market, method)("BTC")
    described = client_of(None).describe(method)
    assert frame.empty
    assert frame.columns.tolist() == described["column"].tolist()


def test_candles_of_another_shape_are_an_error(client_of):
    with pytest.raises(ResponseFormatError, match="no list of rows"):
        client_of(CannedAdapter(RATES)).market.index_candles("BTC-USD")


def test_a_coin_without_an_index_is_named(client_of):
    tickers = b'{"code": "0", "data": [{"instId": "BTC-USD", "idxPx": "60000"}]}'
    with pytest.raises(InvalidArgumentError, match="NOCOIN"):
        client_of(CannedAdapter(tickers)).market.index_prices(["BTC", "NOCOIN"])


def test_the_prices_of_coins_stand_side_by_side_at_the_moments_they_held():
    market = connect("simulator").market
    start, end = "2026-01-14 06:00", "2026-01-14 18:00"
    prices = market.price_history(["ETH", "BTC"], start=start, end=end)
    candles = market.index_candles("BTC-USD", start=start, end=end)
    assert prices.columns.tolist() == ["ETH", "BTC"]
    assert prices.index.tolist() == candles["ts"].tolist()
    assert prices["BTC"].tolist() == candles["o"].tolist()


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_prices_up_to_now_end_with_the_latest(numbers):
    market = connect("simulator", numbers=numbers).market
    prices = market.price_history(["BTC", "USDT"], start="2026-01-15")
    now = market.index_prices(["BTC", "USDT"])
    assert prices.index[-1] == now["ts"].iloc[0]
    assert prices.iloc[-1].tolist() == now["idxPx"].tolist()
    assert type(prices["BTC"].iloc[-1]) is type(prices["BTC"].iloc[0])
    assert prices.index.dtype == "datetime64[ms, UTC]"


def test_a_coin_without_candles_has_no_prices(client_of):
    prices = client_of(CannedAdapter(b'{"code": "0", "msg": "", "data": []}')).market
    assert prices.price_history("BTC").empty
