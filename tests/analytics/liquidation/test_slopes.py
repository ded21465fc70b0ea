"""Slopes of liquidation prices are those that differences find."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from positions import positions

from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.liquidation.sensitivity import liquidation_sensitivity
from flexloan_nb.analytics.position import Position


def slope(position, ccy, parameter, of=None):
    table = liquidation_sensitivity(position)
    rows = table[(table["ccy"] == ccy) & (table["parameter"] == parameter)]
    return rows[rows["of"].isna() if of is None else rows["of"] == of].iloc[0]


def prices_at(position, row, values):
    """Return the price of a row's coin for other values of its parameter, NaN where impossible."""
    of = None if pd.isna(row["of"]) else row["of"]
    curve = liquidation_sensitivity(position, row["parameter"], of, values)
    return curve.loc[curve["ccy"] == row["ccy"], "liquidation_price"].to_numpy()


def within_reach(row, position):
    """Return by how much a parameter may be moved without an impossible value."""
    step = row["value"] * 1e-5
    if row["parameter"] == "discount_rate":
        return min(step, 1 - row["value"])
    if row["parameter"] == "liquidation_ltv":
        coin = None if pd.isna(row["of"]) else row["of"]
        called = position.thresholds.by_coin("margin_call", [coin or ""])[0]
        return min(step, row["value"] - called)
    return step


@settings(max_examples=20)
@given(position=positions(load=(0.1, 0.8), most_coins=3))
def test_derivatives_are_central_differences(position):
    for _, row in liquidation_sensitivity(position).dropna(subset="derivative").iterrows():
        step = within_reach(row, position)
        if step < row["value"] * 1e-6:
            continue
        low, high = prices_at(position, row, [row["value"] - step, row["value"] + step])
        scale = row["liquidation_price"] / row["value"]
        expected = (high - low) / (2 * step)
        if not np.isnan(expected):
            tolerance = 1e-4 * abs(expected) + 1e-6 * scale
            assert row["derivative"] == pytest.approx(expected, abs=tolerance)


@settings(max_examples=40)
@given(position=positions())
def test_every_coin_answers_to_every_amount_threshold_and_rate(position):
    table = liquidation_sensitivity(position)
    pledged, owed, coins = len(position.collateral), len(position.debt), len(position.coins)
    by_coin = not isinstance(position.thresholds.liquidation, float)
    assert len(table) == coins * (2 * pledged + owed + (pledged if by_coin else 1))
    prices = liquidation_prices(position)["liquidation_price"]
    assert table["liquidation_price"].tolist() == pytest.approx(
        prices[table["ccy"]].tolist(), nan_ok=True
    )
    without = table["liquidation_price"].isna()
    assert (table["derivative"].isna() == without).all()
    assert (table["elasticity"].isna() == without).all()


@settings(max_examples=40)
@given(position=positions(overlap=False))
def test_collateral_thresholds_and_rates_lower_a_fall_and_debt_raises_it(position):
    table = liquidation_sensitivity(position).dropna(subset="derivative")
    falls = table[table["ccy"].isin(list(position.collateral))]
    debt = falls["parameter"] == "debt"
    assert (falls.loc[debt, "derivative"] > 0).all()
    assert (falls.loc[~debt, "derivative"] < 0).all()


@settings(max_examples=40)
@given(position=positions())
def test_elasticities_to_all_amounts_add_up_to_none(position):
    # Twice of everything is twice the same loan: its prices stay. Tiers have knees, so without.
    flat = Position(
        position.collateral,
        position.debt,
        position.prices,
        margin_call_ltv=position.thresholds.margin_call,
        liquidation_ltv=position.thresholds.liquidation,
    )
    table = liquidation_sensitivity(flat).dropna(subset="elasticity")
    amounts = table[table["parameter"].isin(["collateral", "debt"])]
    for _, rows in amounts.groupby("ccy"):
        size = rows["elasticity"].abs().sum()
        assert rows["elasticity"].sum() == pytest.approx(0, abs=1e-12 * (1 + size))


def test_the_examples_slopes_are_those_worked_by_hand(example):
    net = 0.8374 * 0.98
    bitcoin = 51_505.63210695402
    expected = {
        ("collateral", "ETH"): -0.8374 * 0.95 * 3_000 / net,
        ("collateral", "BTC"): -bitcoin,
        ("debt", "USDT"): 1 / net,
        ("discount_rate", "ETH"): -0.8374 * 20 * 3_000 / net,
        ("discount_rate", "BTC"): -bitcoin / 0.98,
        ("liquidation_ltv", None): -(0.98 * bitcoin + 57_000) / net,
    }
    for (parameter, of), derivative in expected.items():
        row = slope(example, "BTC", parameter, of)
        assert row["derivative"] == pytest.approx(derivative, rel=1e-9)
        assert row["elasticity"] == pytest.approx(derivative * row["value"] / bitcoin, rel=1e-9)


def test_units_and_values_are_said(example):
    assert slope(example, "BTC", "collateral", "ETH")[["value", "unit"]].tolist() == [
        20,
        "USD per ETH",
    ]
    assert slope(example, "BTC", "liquidation_ltv")[["value", "unit"]].tolist() == [
        0.8374,
        "USD per 1",
    ]
    assert slope(example, "BTC", "discount_rate", "ETH")["value"] == pytest.approx(0.95)
    table = liquidation_sensitivity(example)
    assert (table.dtypes[["ccy", "parameter", "of", "unit"]] == "string").all()


def test_at_the_edge_of_a_tier_the_slope_is_that_upwards():
    tiers = {"BTC": [(0, 1, 0.98), (1, None, 0.5)]}
    at_the_edge = Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": 90_000},
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        discount_rates=tiers,
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
    )
    row = slope(at_the_edge, "ETH", "collateral", "BTC")
    upwards, downwards = (
        (prices_at(at_the_edge, row, [1 + step])[0] - row["liquidation_price"]) / step
        for step in (1e-6, -1e-6)
    )
    assert row["derivative"] == pytest.approx(upwards, rel=1e-6)
    assert row["derivative"] == pytest.approx(-0.5 * 90_000 / 20, rel=1e-12)
    assert downwards == pytest.approx(-0.98 * 90_000 / 20, rel=1e-6)


def test_a_loan_of_nothing_has_an_empty_table():
    nothing = Position({}, {}, {}, margin_call_ltv=0.7, liquidation_ltv=0.8)
    assert liquidation_sensitivity(nothing).empty


def test_a_coin_of_which_none_is_pledged_has_no_discount_to_vary(example):
    table = liquidation_sensitivity(example.add_collateral({"USDT": 0}))
    assert "USDT" not in set(table.loc[table["parameter"] == "discount_rate", "of"])
    assert (table.loc[table["value"] == 0, "elasticity"] == 0).all()
