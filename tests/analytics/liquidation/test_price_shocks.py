"""Shocks of prices give what the loan would be at those prices, one by one or millions at once."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from positions import extreme_positions, positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.frontier import price_frontier
from flexloan_nb.analytics.liquidation.price_shocks import ltv_under, price_grid, price_sensitivity

SHOCKS = st.floats(-1, 5).map(lambda shock: round(shock, 6))


def shocked(position, shocks):
    prices = {ccy: position.prices[ccy] * (1 + shock) for ccy, shock in shocks.items()}
    return position.with_prices(prices)


@settings(max_examples=60)
@given(data=st.data(), position=st.one_of(positions(), extreme_positions()))
def test_an_array_of_shocks_gives_each_scenarios_ltv(data, position):
    shape = (data.draw(st.integers(0, 4)), len(position.coins))
    shocks = data.draw(arrays(float, shape, elements=SHOCKS))
    expected = [
        shocked(position, dict(zip(position.coins, row, strict=True))).ltv for row in shocks
    ]
    np.testing.assert_allclose(ltv_under(position, shocks), expected, rtol=1e-12)
    np.testing.assert_allclose(ltv_under(position, np.asfortranarray(shocks)), expected, rtol=1e-12)


@settings(max_examples=60)
@given(data=st.data(), position=positions())
def test_a_table_of_shocks_gives_each_scenarios_state(data, position):
    coins = data.draw(st.lists(st.sampled_from(position.coins), min_size=1, unique=True))
    rows = data.draw(arrays(float, (3, len(coins)), elements=SHOCKS))
    frame = price_sensitivity(position, pd.DataFrame(rows, columns=coins, index=[7, 8, 9]))
    assert frame.columns.tolist()[: len(coins)] == coins
    assert frame.index.tolist() == [7, 8, 9]
    for row in frame.to_dict("records"):
        there = shocked(position, {ccy: row[ccy] for ccy in coins})
        worth = 1e-12 * (there.debt_usd + there.collateral_usd)
        assert row["ltv"] == pytest.approx(there.ltv, rel=1e-12)
        assert row["debt_usd"] == pytest.approx(there.debt_usd, rel=1e-12)
        assert row["collateral_usd"] == pytest.approx(there.collateral_usd, rel=1e-12)
        for level in ("margin_call", "liquidation"):
            at_level = there.threshold(level) * there.collateral_usd if there.collateral_usd else 0
            headroom = row[f"{level}_headroom_usd"]
            assert headroom == pytest.approx(at_level - there.debt_usd, abs=worth)


def test_more_scenarios_than_fit_a_piece_are_all_computed(example):
    rng = np.random.default_rng(7)
    shocks = rng.uniform(-1, 1, (50_001, 3))
    frame = price_sensitivity(example, dict(zip(example.coins, shocks.T, strict=True)))
    np.testing.assert_allclose(ltv_under(example, shocks), frame["ltv"], rtol=1e-12)


def test_an_array_of_shocks_keeps_its_shape(example):
    shocks = np.zeros((4, 2, 5, 3))
    assert ltv_under(example, shocks).shape == (4, 2, 5)
    assert ltv_under(example, shocks[0, 0, 0]) == pytest.approx(example.ltv)


def test_many_scenarios_take_little_memory_beside_their_result(example):
    shocks = np.random.default_rng(7).uniform(-0.9, 1, (400_000, 3))
    before = shocks.copy()
    tracemalloc.start()
    ltv = ltv_under(example, shocks)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - ltv.nbytes < shocks.nbytes / 4
    assert (shocks == before).all()


def test_coins_that_fall_to_nothing_leave_exactly_the_rest(example):
    frame = price_sensitivity(example, {"BTC": [-1, -1, 0], "ETH": [-1, 0, -1]})
    assert frame["collateral_usd"].tolist() == [0, 57_000, 88_200]
    assert frame["ltv"].tolist() == [np.inf, 90_000 / 57_000, 90_000 / 88_200]
    assert ltv_under(example, [[-1, -1, 0], [-1, -1, -1]]).tolist() == [np.inf, 0]


def test_without_a_debt_ltv_is_zero(example):
    free = example.repay({"USDT": 90_000})
    assert price_sensitivity(free, {"BTC": [-1, 0]})["ltv"].tolist() == [0, 0]
    assert ltv_under(free, np.zeros((2, 3))).tolist() == [0, 0]


def test_shocks_broadcast_to_lines_and_grids(example):
    line = price_sensitivity(example, {"BTC": [-0.1, -0.2], "ETH": -0.5})
    assert line["ETH"].tolist() == [-0.5, -0.5]
    x, y = np.ix_([-0.1, 0], [-0.2, 0, 0.2])
    grid = price_sensitivity(example, {"BTC": x, "ETH": y})
    assert grid["BTC"].tolist() == [-0.1] * 3 + [0] * 3
    assert grid["ETH"].tolist() == [-0.2, 0, 0.2] * 2


def test_a_grid_is_laid_out_like_a_picture(example):
    grid = price_grid(example, "BTC", "ETH", [-0.5, 0, 0.5], [-0.2, 0])
    assert (grid.columns.name, grid.index.name) == ("BTC", "ETH")
    assert grid.shape == (2, 3)
    for up, row in grid.iterrows():
        for along, ltv in row.items():
            assert ltv == pytest.approx(shocked(example, {"BTC": along, "ETH": up}).ltv)


def test_the_frontier_parts_a_grid(example):
    grid = price_grid(example, "BTC", "ETH")
    frontier = price_frontier(example, "BTC", "ETH", changes=grid.columns)
    edge = frontier["y_change"].fillna(-1).to_numpy()
    past = grid.to_numpy() >= example.liquidation_ltv
    assert (past == (grid.index.to_numpy()[:, None] <= edge)).all()


@settings(max_examples=50)
@given(position=positions(), shock=SHOCKS)
def test_a_shock_of_every_coin_alike_leaves_the_ltv(position, shock):
    alike = np.full(len(position.coins), max(shock, -0.99))
    assert ltv_under(position, alike) == pytest.approx(position.ltv, rel=1e-12)


@pytest.mark.parametrize(
    ("shocks", "said"),
    [
        ({"BTC": [-1.1]}, "not below -1. Those of BTC are not"),
        ({"BTC": [np.nan]}, "finite"),
        ({"BTC": [np.inf]}, "finite"),
        ({"DOGE": [0]}, "names DOGE; the loan's coins are BTC, ETH, USDT"),
        ({}, "names no coin"),
        (pd.DataFrame([[0, 0]], columns=["BTC", "BTC"]), "has a coin twice"),
        ({"BTC": [0, 1], "ETH": [0, 1, 2]}, r"do not broadcast: BTC \(2,\), ETH \(3,\)"),
        (np.zeros((2, 3)), "use ltv_under for an array"),
    ],
)
def test_tables_that_make_no_sense_are_refused(example, shocks, said):
    with pytest.raises(InvalidArgumentError, match=said):
        price_sensitivity(example, shocks)


@pytest.mark.parametrize("wrong", [-1.1, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("coin", [0, 1, 2])
def test_an_array_with_a_shock_that_makes_no_sense_is_refused(example, wrong, coin):
    shocks = np.zeros((30_000, 3))
    shocks[-1, coin] = wrong
    with pytest.raises(InvalidArgumentError, match="finite, not below -1"):
        ltv_under(example, shocks)


@pytest.mark.parametrize("shape", [(), (2,), (3, 2)])
def test_an_array_must_have_a_shock_for_each_coin(example, shape):
    with pytest.raises(InvalidArgumentError, match="its last axis must be the 3 coins"):
        ltv_under(example, np.zeros(shape))


def test_a_grid_is_of_two_coins(example):
    with pytest.raises(InvalidArgumentError, match="give two coins"):
        price_grid(example, "BTC", "BTC")
