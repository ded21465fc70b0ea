"""Every pair of prices on the frontier meets the level."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from positions import positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.frontier import price_frontier
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position


@given(position=positions(), level=st.sampled_from(["margin_call", "liquidation"]))
def test_pairs_meet_the_level(position, level):
    assume(len(position.coins) > 1)
    x, y = position.coins[0], position.coins[-1]
    changes = [-1, -0.9, -0.3, 0, 0.5, 3]
    frame = price_frontier(position, x, y, changes=changes, threshold=level)
    assert frame["x_change"].tolist() == changes
    for pair in frame.dropna().itertuples():
        there = position.with_prices({x: pair.x_price, y: pair.y_price})
        assert there.ltv == pytest.approx(there.threshold(level), rel=1e-12)
        assert pair.y_price > 0
        assert pair.y_change == pytest.approx(pair.y_price / position.prices[y] - 1)


@given(position=positions(), factor=st.sampled_from([0.01, 0.3, 1, 3, 100]))
def test_where_there_is_no_pair_no_price_meets_the_level(position, factor):
    assume(len(position.coins) > 1)
    x, y = position.coins[0], position.coins[-1]
    frame = price_frontier(position, x, y, changes=[-0.8, 0, 2])
    for x_price in frame.loc[frame["y_price"].isna(), "x_price"]:
        sides = [
            there.ltv < there.liquidation_ltv
            for there in (
                position.with_prices({x: x_price, y: position.prices[y] * by})
                for by in (factor, factor * 10)
            )
        ]
        assert sides[0] == sides[1]


def test_at_todays_price_of_one_the_other_is_at_its_liquidation_price(example):
    alone = liquidation_prices(example)["liquidation_price"]
    pair = price_frontier(example, "BTC", "ETH", changes=0).iloc[0]
    assert pair["y_price"] == pytest.approx(alone["ETH"], rel=1e-12)
    called = price_frontier(example, "BTC", "ETH", changes=[0], threshold="margin_call")
    assert called["y_price"].item() == pytest.approx(1_781.6025)


def test_the_frontier_is_a_straight_line_from_no_fall_to_twice_the_price(example):
    frame = price_frontier(example, "BTC", "ETH")
    assert frame["x_price"].agg(["min", "max"]).tolist() == [0, 180_000]
    steps = frame["y_price"].dropna().diff().dropna()
    assert steps.to_numpy() == pytest.approx(steps.iloc[0])
    assert steps.iloc[0] < 0


def test_where_the_first_coin_is_enough_the_second_has_no_price(example):
    frame = price_frontier(example, "BTC", "ETH", changes=[0.2, 0.3])
    assert frame["y_price"].isna().tolist() == [False, True]
    assert frame["y_change"].isna().tolist() == [False, True]


def test_a_coin_that_does_not_count_has_no_frontier(example):
    useless = example.add_collateral({"USDT": 0}).with_prices({})
    idle = Position(
        useless.collateral, {"BTC": 0.1}, useless.prices, margin_call_ltv=0.7, liquidation_ltv=0.8
    )
    assert np.isnan(price_frontier(idle, "BTC", "USDT")["y_price"]).all()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"x": "DOGE", "y": "ETH"}, "'DOGE' is not in the loan; its coins are BTC, ETH, USDT"),
        ({"x": "BTC", "y": "BTC"}, "give two coins"),
        ({"x": "BTC", "y": "ETH", "changes": [-1.5]}, "not below -1"),
        ({"x": "BTC", "y": "ETH", "changes": [float("nan")]}, "finite"),
        ({"x": "BTC", "y": "ETH", "threshold": "forced"}, "one of initial"),
    ],
)
def test_what_makes_no_sense_is_refused(example, arguments, said):
    with pytest.raises(InvalidArgumentError, match=said):
        price_frontier(example, **arguments)
