"""Thresholds stay what they are, or follow the mix of collateral."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from positions import positions

from flexloan_nb import InvalidArgumentError, SimulatedExchange, connect
from flexloan_nb.analytics.position import Position
from flexloan_nb.sim.rules import Settings

PRICES = {"BTC": 100, "ETH": 10, "USDT": 1}
BY_COIN = {"BTC": 0.9, "ETH": 0.7}


def loan(liquidation_ltv, collateral=(("BTC", 1), ("ETH", 10)), margin_call_ltv=0.5):
    return Position(
        dict(collateral),
        {"USDT": 80},
        PRICES,
        margin_call_ltv=margin_call_ltv,
        liquidation_ltv=liquidation_ltv,
    )


def test_a_constant_stays_whatever_the_mix():
    assert loan(0.8374).liquidation_ltv == 0.8374
    assert loan(0.8374).threshold_band("liquidation") == (0.8374, 0.8374)
    assert loan(0.8374).add_collateral({"ETH": 90}).liquidation_ltv == 0.8374


def test_a_table_by_coin_weighs_them_by_their_value():
    assert loan(BY_COIN).liquidation_ltv == pytest.approx(0.8)
    assert loan(BY_COIN).threshold_band("liquidation") == (0.7, 0.9)
    assert loan(BY_COIN).add_collateral({"ETH": 20}).liquidation_ltv == pytest.approx(0.75)
    assert loan(BY_COIN).with_prices({"ETH": 0}).liquidation_ltv == pytest.approx(0.9)


def test_the_weights_are_values_after_discount():
    halved = Position(
        {"BTC": 1, "ETH": 10},
        {},
        PRICES,
        discount_rates={"BTC": 0.5},
        margin_call_ltv=0.5,
        liquidation_ltv=BY_COIN,
    )
    assert halved.liquidation_ltv == pytest.approx((0.9 * 50 + 0.7 * 100) / 150)


def test_where_nothing_has_value_the_lowest_holds():
    assert loan(BY_COIN).with_prices({"BTC": 0, "ETH": 0}).liquidation_ltv == 0.7


def test_the_embedded_exchange_weighs_them_the_same_way():
    offsets = {"BTC": Decimal("0.02"), "ETH": Decimal("-0.03"), "SOL": Decimal("-0.05")}
    client = connect(SimulatedExchange(settings=Settings(ltv_offsets=offsets)))
    snapshot = client.loan_snapshot()
    first = snapshot.info.iloc[0]
    legs = snapshot.legs[snapshot.legs["ordId"] == first["ordId"]]
    coins = legs["ccy"].unique()
    amounts = legs.set_index(["side", "ccy"])["amt"]
    position = Position(
        amounts["collateral"],
        amounts["loan"],
        client.market.index_prices(coins),
        discount_rates=pd.concat([client.market.discount_rates(ccy) for ccy in coins]),
        margin_call_ltv={ccy: 0.75 + float(of) for ccy, of in offsets.items()},
        liquidation_ltv={ccy: 0.85 + float(of) for ccy, of in offsets.items()},
    )
    assert position.margin_call_ltv == pytest.approx(first["marginCallLTV"], abs=1e-4)
    assert position.liquidation_ltv == pytest.approx(first["liqLTV"], abs=1e-4)
    assert position.liquidation_ltv != pytest.approx(0.85, abs=1e-3)


@given(position=positions())
def test_a_level_lies_within_its_band(position):
    for level in ("margin_call", "liquidation"):
        lowest, highest = position.threshold_band(level)
        assert lowest * (1 - 1e-12) <= position.threshold(level) <= highest * (1 + 1e-12)


def test_thresholds_that_do_not_rise_are_refused_by_coin():
    with pytest.raises(InvalidArgumentError, match=r"of ETH they are \[0.75, 0.7\]"):
        loan(BY_COIN, margin_call_ltv=0.75)


def test_a_coin_without_a_threshold_is_named():
    with pytest.raises(InvalidArgumentError, match="liquidation_ltv lacks ETH"):
        loan({"BTC": 0.9})
