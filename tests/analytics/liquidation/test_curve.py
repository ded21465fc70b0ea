"""A curve of liquidation prices is what the loan would have with each value."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.liquidation.sensitivity import liquidation_sensitivity
from flexloan_nb.analytics.position import Position

LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}


def assert_same(curve, value, position):
    rows = curve[curve["value"] == value].drop(columns="value").set_index("ccy")
    expected = liquidation_prices(position)
    np.testing.assert_allclose(rows["liquidation_price"], expected["liquidation_price"], rtol=1e-12)
    assert rows["reason"].tolist() == expected["reason"].tolist()


def test_amounts_vary_as_if_pledged_and_repaid(example):
    curve = liquidation_sensitivity(example, "collateral", "ETH", [10, 20, 30])
    assert_same(curve, 10, example.remove_collateral({"ETH": 10}))
    assert_same(curve, 20, example)
    assert_same(curve, 30, example.add_collateral({"ETH": 10}))
    curve = liquidation_sensitivity(example, "debt", "USDT", [80_000, 95_000])
    assert_same(curve, 80_000, example.repay({"USDT": 10_000}))
    assert_same(curve, 95_000, example.borrow({"USDT": 5_000}))


def test_thresholds_and_rates_vary_as_if_the_rules_had_changed(example):
    curve = liquidation_sensitivity(example, "liquidation_ltv", values=[0.75, 0.9])
    assert_same(curve, 0.75, example.with_thresholds(liquidation_ltv=0.75))
    curve = liquidation_sensitivity(example, "discount_rate", "ETH", [0.5])
    rates = {"BTC": 0.98, "ETH": 0.5}
    assert_same(
        curve,
        0.5,
        Position(example.collateral, example.debt, example.prices, discount_rates=rates, **LEVELS),
    )


def test_a_coins_own_threshold_varies_alone(example):
    levels = {"BTC": 0.85, "ETH": 0.8}
    mixed = example.with_thresholds(liquidation_ltv=levels)
    curve = liquidation_sensitivity(mixed, "liquidation_ltv", "ETH", [0.9])
    assert_same(curve, 0.9, example.with_thresholds(liquidation_ltv=levels | {"ETH": 0.9}))


def test_a_coin_that_is_not_yet_pledged_can_be_varied(example):
    curve = liquidation_sensitivity(example, "collateral", "USDT", [0, 10_000])
    assert_same(curve, 10_000, example.add_collateral({"USDT": 10_000}))


@settings(max_examples=8)
@given(position=positions())
def test_left_to_itself_a_curve_runs_around_what_is(position):
    ccy = next(iter(position.collateral))
    amount = position.collateral[ccy]
    kept = float(position.discount_rates[ccy].kept(amount)) / amount
    curve = liquidation_sensitivity(position, "collateral", ccy)
    assert curve["value"].agg(["min", "max"]).tolist() == [0, 2 * amount]
    rates = liquidation_sensitivity(position, "discount_rate", ccy)["value"]
    assert rates.agg(["min", "max"]).tolist() == pytest.approx([kept / 2, 1])
    of = ccy if not isinstance(position.thresholds.liquidation, float) else None
    levels = liquidation_sensitivity(position, "liquidation_ltv", of)["value"]
    called = position.thresholds.by_coin("margin_call", [ccy])[0]
    assert levels.agg(["min", "max"]).tolist() == pytest.approx([called, 1])


def test_values_keep_their_order_also_twice_the_same(example):
    curve = liquidation_sensitivity(example, "collateral", "ETH", [30, 20, 20])
    assert curve["value"].tolist() == [30] * 3 + [20] * 6
    assert curve["ccy"].tolist() == ["BTC", "ETH", "USDT"] * 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("price", "ETH"), "one of collateral, debt, discount_rate, liquidation_ltv"),
        (("collateral",), "name it with of"),
        (("liquidation_ltv", "BTC"), "is one number"),
        (("discount_rate", "USDT", [0.5]), "'USDT' is not pledged"),
        (("debt", "ETH"), "no debt of ETH to vary: give values"),
        (("collateral", "ETH", [[1, 2]]), "give a row of numbers"),
        (("collateral", "ETH", []), "give a row of numbers"),
        (("collateral", "ETH", [-1]), "must not be negative"),
        (("collateral", "DOGE", [1]), "prices lacks DOGE"),
        (("liquidation_ltv", None, [0.5]), "must rise"),
    ],
)
def test_what_makes_no_sense_is_refused(example, arguments, said):
    with pytest.raises(InvalidArgumentError, match=said):
        liquidation_sensitivity(example, *arguments)


@settings(max_examples=25)
@given(position=positions(), share=st.floats(0.3, 2))
def test_at_each_point_a_curve_has_the_slopes_of_the_loan_that_it_is_of(position, share):
    ccy = next(iter(position.collateral))
    amount = position.collateral[ccy] * share
    curve = liquidation_sensitivity(position, "collateral", ccy, [amount]).set_index("ccy")
    there = Position(
        {**position.collateral, ccy: amount},
        position.debt,
        position.prices,
        discount_rates=position.discount_rates,
        margin_call_ltv=position.thresholds.margin_call,
        liquidation_ltv=position.thresholds.liquidation,
    )
    slopes = liquidation_sensitivity(there).query("parameter == 'collateral' & of == @ccy")
    slopes = slopes.set_index("ccy")
    for column in ("derivative", "elasticity"):
        np.testing.assert_allclose(curve[column], slopes[column], rtol=1e-9)
    assert set(curve["unit"]) == {f"USD per {ccy}"}


def test_slopes_run_along_the_curve_also_where_nothing_is_pledged(example):
    curve = liquidation_sensitivity(example, "collateral", "ETH", [0, 10, 20, 30])
    of_btc = curve[curve["ccy"] == "BTC"]
    steps = np.diff(of_btc["liquidation_price"]) / 10
    np.testing.assert_allclose(of_btc["derivative"].dropna(), steps[-1], rtol=1e-9)
    assert list(curve)[:2] == ["value", "ccy"]
    assert of_btc["elasticity"].iloc[1] == pytest.approx(steps[-1] * 10 / 80_587.3, rel=1e-5)
    rates = liquidation_sensitivity(
        example.add_collateral({"USDT": 0}), "discount_rate", "USDT", [0.5]
    )
    assert rates["derivative"].tolist() == [0, 0, 0]


def test_a_coin_or_values_without_what_varies_are_refused(example):
    for wrong in ({"of": "ETH"}, {"values": [1]}):
        with pytest.raises(InvalidArgumentError, match="Say by vary"):
            liquidation_sensitivity(example, **wrong)
