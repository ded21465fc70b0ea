import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.price_shocks import price_sensitivity
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.price_sensitivity import plot_price_sensitivity, sensitivity_traces
from flexloan_nb.figures.words import LANGUAGES
from flexloan_nb.panels.view import PlotlyView

CHANGES = np.linspace(-0.9, 0.9, 37)


def loan(usdt=90_000.0, call=0.7374, liquidation=0.8374):
    return Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": usdt},
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95},
        margin_call_ltv=call,
        liquidation_ltv=liquidation,
    )


def scenarios(position, changes=CHANGES):
    each = [pd.DataFrame({ccy: changes}) for ccy in position.coins]
    every = pd.DataFrame(dict.fromkeys(position.collateral, changes))
    return price_sensitivity(position, pd.concat([*each, every]).fillna(0))


def named(figure):
    return {trace.name: trace for trace in figure.data}


def test_each_coin_has_a_line_and_all_together_one():
    drawn = named(plot_price_sensitivity(scenarios(loan()), lang="en"))
    lines = [name for name in drawn if name.endswith(("alone", "together"))]
    assert lines == ["BTC alone", "ETH alone", "USDT alone", "BTC, ETH together"]


def test_lines_go_through_the_frame_s_ltv():
    position = loan()
    drawn = named(plot_price_sensitivity(scenarios(position), lang="en"))
    for name, coins in {"ETH alone": ["ETH"], "BTC, ETH together": ["BTC", "ETH"]}.items():
        expected = price_sensitivity(position, dict.fromkeys(coins, CHANGES))
        np.testing.assert_array_equal(drawn[name].x, CHANGES)
        np.testing.assert_allclose(drawn[name].y, expected["ltv"], rtol=1e-14)
        told = expected[["debt_usd", "collateral_usd", "liquidation_headroom_usd"]]
        np.testing.assert_allclose(drawn[name].customdata, told, rtol=1e-9)


def test_the_order_of_the_rows_does_not_matter():
    frame = scenarios(loan())
    line = named(plot_price_sensitivity(frame.iloc[::-1], lang="en"))["BTC alone"]
    np.testing.assert_array_equal(line.x, CHANGES)


def test_thresholds_lie_at_the_loan_s_and_are_labelled():
    drawn = named(plot_price_sensitivity(scenarios(loan()), lang="en"))
    for name, level in {"Margin call LTV": 0.7374, "Liquidation LTV": 0.8374}.items():
        np.testing.assert_allclose(drawn[name].y, [level, level], rtol=1e-12)
        assert drawn[name].text[-1] == name
    assert drawn["Margin call LTV"].line.dash != drawn["Liquidation LTV"].line.dash


def test_lines_meet_thresholds_where_the_exact_formulas_say():
    position = loan()
    reached = sensitivity_traces(scenarios(position), lang="en")["Liquidation is reached"]
    distance = liquidation_prices(position)["distance"]
    expected = [*distance[["BTC", "ETH", "USDT"]], -uniform_fall(position)]
    np.testing.assert_allclose(reached["x"], expected, rtol=1e-9)
    np.testing.assert_allclose(reached["y"], 0.8374, rtol=1e-9)


def test_thresholds_by_coin_are_those_of_today_s_mix_and_say_so():
    by_coin = {"BTC": 0.85, "ETH": 0.75}
    position = loan(call={"BTC": 0.75, "ETH": 0.65}, liquidation=by_coin)
    drawn = named(plot_price_sensitivity(scenarios(position, CHANGES[:-9]), lang="en"))
    line = drawn["Liquidation LTV"]
    np.testing.assert_allclose(line.y, position.liquidation_ltv)
    assert line.text[-1] == "Liquidation LTV, of today's mix"
    reached = drawn["Liquidation is reached"]
    distance = liquidation_prices(position)["distance"]
    np.testing.assert_allclose(reached.x[:2], distance[["BTC", "ETH"]], rtol=1e-9)
    assert reached.y[0] < position.liquidation_ltv  # less BTC, whose threshold is the higher


def test_today_is_marked():
    today = named(plot_price_sensitivity(scenarios(loan()), lang="en"))["LTV today"]
    assert (list(today.x), list(today.y)) == ([0.0], [loan().ltv])


def test_no_line_looks_like_a_threshold():
    drawn = named(plot_price_sensitivity(scenarios(loan()), lang="en"))
    level = drawn["Liquidation LTV"].line.color
    assert all(drawn[f"{ccy} alone"].line.color != level for ccy in loan().coins)


def test_an_infinite_ltv_is_a_gap():
    line = sensitivity_traces(
        price_sensitivity(loan(), {"BTC": [-1, 0], "ETH": [-1, 0]}), lang="en"
    )["BTC, ETH together"]
    np.testing.assert_array_equal(line["y"], [np.nan, loan().ltv])


@pytest.mark.parametrize("usdt", [0.0, 1.0, 500_000.0])
def test_the_traces_are_the_same_whatever_the_loan(usdt):
    def shapes(usdt):
        traces = sensitivity_traces(scenarios(loan(usdt)))
        return [(name, key, of[key].shape) for name, of in traces.items() for key in of]

    assert shapes(usdt) == shapes(90_000.0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_shown_figure_takes_the_numbers_of_another_loan(lang):
    view = PlotlyView(plot_price_sensitivity(scenarios(loan()), lang=lang))
    traces = sensitivity_traces(scenarios(loan(60_000.0)), lang=lang)
    view.update(traces)
    drawn = named(view.figure)
    assert set(drawn) == set(traces)
    for name, arrays in traces.items():
        np.testing.assert_array_equal(drawn[name].y, arrays["y"])


def test_it_speaks_chinese():
    drawn = named(plot_price_sensitivity(scenarios(loan()), lang="zh"))
    assert {"仅 BTC", "BTC, ETH 同步", "强平质押率", "触发强平"} <= set(drawn)


def test_without_rows_the_figure_says_so():
    figure = plot_price_sensitivity(scenarios(loan()).iloc[:0], lang="en")
    assert figure.layout.title.text == "No price changes"
    assert not figure.data


def test_one_row_can_be_seen():
    frame = price_sensitivity(loan(), {"BTC": [-0.2]})
    assert named(plot_price_sensitivity(frame, lang="en"))["BTC alone"].mode == "markers"
    today = price_sensitivity(loan(), {"BTC": [0]})
    assert list(named(plot_price_sensitivity(today, lang="en"))["LTV today"].y) == [loan().ltv]


def test_coins_are_only_text():
    frame = scenarios(loan()).rename(columns={"BTC": "<b>%{x}"})
    figure = plot_price_sensitivity(frame, lang="en")
    assert "&lt;b&gt;%&#123;x} alone" in named(figure)
    assert "<b>%{x}" not in str(figure)


def test_a_grid_is_refused_and_another_frame_too():
    grid = price_sensitivity(loan(), {"BTC": [-0.1, -0.2], "ETH": [-0.2, -0.1]})
    with pytest.raises(InvalidArgumentError, match="plot_ltv_heatmap"):
        plot_price_sensitivity(grid)
    with pytest.raises(InvalidArgumentError, match="ltv"):
        plot_price_sensitivity(loan().to_frame())


@pytest.mark.parametrize(("usdt", "least"), [(90_000.0, 0.8374), (150_000.0, 1.03), (1e7, 1.0)])
def test_the_axis_ends_above_the_thresholds_and_above_today(usdt, least):
    low, high = plot_price_sensitivity(scenarios(loan(usdt))).layout.yaxis.range
    assert low == 0
    assert least < high < 3


def test_a_debt_on_nothing_is_drawn():
    position = Position({}, {"USDT": 5}, {"USDT": 1}, margin_call_ltv=0.75, liquidation_ltv=0.85)
    figure = plot_price_sensitivity(price_sensitivity(position, {"USDT": [-0.1, 0, 0.1]}))
    assert np.isfinite(figure.layout.yaxis.range).all()
