"""The panel of shocks shows what the pure function says."""

import numpy as np
import pytest
from hypothesis import given, settings
from positions import positions

from flexloan_nb.analytics.position import Position
from flexloan_nb.panels import liquidation_panel
from flexloan_nb.panels.liquidation import shocked

LOAN = Position(
    {"BTC": 1, "ETH": 20},
    {"USDT": 90_000},
    {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    discount_rates={"BTC": 0.98, "ETH": 0.95},
    margin_call_ltv=0.7374,
    liquidation_ltv=0.8374,
)


def after_bar(panel):
    return np.frombuffer(panel.view.columns[f"{number(panel)}.customdata"]["bytes"])[0]


def number(panel):
    return [trace["name"] for trace in panel.view.spec["data"]].index("After")


def test_a_shock_of_a_coin_changes_figure_and_table():
    panel = liquidation_panel(LOAN, lang="en")
    panel.shocks.sliders["ETH"].value = -0.5
    expected = LOAN.with_prices({"ETH": 1_500}).ltv
    assert panel.state.position.ltv == after_bar(panel) == expected
    assert panel.prices.texts["1_price"] == "3,000"
    assert panel.prices.texts["1_after"] == "1,500"
    panel.shocks.none.click()
    assert after_bar(panel) == LOAN.ltv


def test_all_collateral_moves_together_and_what_is_owed_stays():
    panel = liquidation_panel(LOAN, lang="en")
    panel.shocks.together.value = -0.2598105
    assert panel.shocks.shocks == {"BTC": -0.2598105, "ETH": -0.2598105}
    assert panel.state.position.ltv == pytest.approx(0.8374, abs=1e-6)


@settings(max_examples=20)
@given(positions())
def test_any_loan_can_be_looked_at(position):
    panel = liquidation_panel(position, lang="zh")
    panel.shocks.together.value = -0.9
    assert panel.problem.text == ""
    expected = shocked(position, panel.shocks.shocks).quantities
    assert panel.state.quantities == pytest.approx(expected, rel=0, abs=0, nan_ok=True)


def test_a_loan_without_a_debt_is_never_liquidated():
    panel = liquidation_panel(LOAN.repay({"USDT": 90_000}), lang="en")
    panel.shocks.together.value = -0.9
    assert panel.state.position.ltv == 0
    assert panel.prices.texts["0_liquidation"] == "never"
