import numpy as np
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.frontier import price_frontier
from flexloan_nb.analytics.liquidation.price_shocks import price_grid, price_sensitivity
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.ltv_heatmap import plot_ltv_heatmap

LEVELS = ("margin_call", "liquidation")
CHANGES = np.linspace(-0.9, 0.9, 13)


def loan(usdt=90_000.0, call=0.7374, liquidation=0.8374):
    return Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": usdt},
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95},
        margin_call_ltv=call,
        liquidation_ltv=liquidation,
    )


def frontiers(position, x="BTC", y="ETH"):
    return {level: price_frontier(position, x, y, threshold=level) for level in LEVELS}


def drawn(position, x="BTC", y="ETH", lang="en"):
    grid = price_grid(position, x, y, CHANGES, CHANGES)
    return plot_ltv_heatmap(grid, frontiers(position, x, y), lang=lang)


def colours(figure):
    (heatmap,) = [trace for trace in figure.data if trace.type == "heatmap"]
    return heatmap


def test_colours_are_the_grid_s_ltv():
    grid = price_grid(loan(), "BTC", "ETH", CHANGES, CHANGES[:5])
    heatmap = colours(plot_ltv_heatmap(grid))
    np.testing.assert_array_equal(heatmap.z, grid)
    np.testing.assert_array_equal(heatmap.x, grid.columns)
    np.testing.assert_array_equal(heatmap.y, grid.index)
    assert "cividis" in str(heatmap.colorscale).lower() or heatmap.colorscale[0][1] == "#00224e"


def test_both_frontiers_are_lines_that_are_named_and_differ_in_dash():
    figure = drawn(loan())
    for name, level in {"Margin call LTV": "margin_call", "Liquidation LTV": "liquidation"}.items():
        casing, line = [trace for trace in figure.data if trace.name == name]
        expected = frontiers(loan())[level]
        np.testing.assert_array_equal(line.x, expected["x_change"])
        np.testing.assert_array_equal(line.y, expected["y_change"])
        assert casing.line.width > line.line.width
        assert name in [note.text for note in figure.layout.annotations]
    dashes = {trace.name: trace.line.dash for trace in figure.data if "line" in trace}
    assert dashes["Margin call LTV"] != dashes["Liquidation LTV"]


def test_today_is_marked_and_named():
    figure = drawn(loan())
    (today,) = [trace for trace in figure.data if trace.name == "today"]
    assert (list(today.x), list(today.y)) == ([0.0], [0.0])
    assert "today" in [note.text for note in figure.layout.annotations]


def test_contours_carry_their_ltv():
    contours = [trace.contours for trace in drawn(loan()).data if trace.type == "contour"]
    levels = [lvl for c in contours for lvl in np.arange(c.start, c.end + 1e-9, c.size)]
    np.testing.assert_allclose(levels, [0.2, 0.4, 0.6, 0.8, 1.0, 1.2])
    assert all(c.showlabels for c in contours)


@pytest.mark.parametrize("by_coin", [False, True])
@pytest.mark.parametrize(("x", "y"), [("BTC", "ETH"), ("USDT", "ETH"), ("BTC", "USDT")])
def test_hover_texts_tell_prices_ltv_and_the_state_that_the_headroom_says(x, y, by_coin):
    mix = {"call": {"BTC": 0.75, "ETH": 0.65}, "liquidation": {"BTC": 0.85, "ETH": 0.75}}
    position = loan(**(mix if by_coin else {}))
    texts = np.array(colours(drawn(position, x, y)).text, dtype=object)
    shocks = {y: CHANGES[:, None], x: CHANGES[None, :]}
    cells = price_sensitivity(position, shocks)
    called, sold = (cells[f"{level}_headroom_usd"].to_numpy() <= 0 for level in LEVELS)
    states = np.select([sold, called], ["liquidation", "margin call"], "safe")
    assert len(set(states)) == 3
    for text, state, ltv in zip(texts.ravel(), states, cells["ltv"], strict=True):
        assert text.endswith(f"LTV {ltv:.2%}<br>state: {state}")
    assert f"{x} -90.0%, {position.prices[x] * 0.1:,.6g} USD" in texts[0, 0]
    assert f"{y} +90.0%, {position.prices[y] * 1.9:,.6g} USD" in texts[-1, 0]


@pytest.mark.parametrize("usdt", [0.0, 100.0, 1e7])
def test_a_state_that_no_frontier_tells_is_left_out(usdt):
    texts = colours(drawn(loan(usdt))).text
    assert "state" not in str(texts)
    assert "LTV" in texts[0][0]


def test_an_infinite_ltv_is_drawn_as_large_and_told_as_infinite():
    grid = price_grid(loan(), "BTC", "ETH", [-1, 0], [-1, 0])
    heatmap = colours(plot_ltv_heatmap(grid, lang="en"))
    assert heatmap.zmax < heatmap.z[0][0] < np.inf
    assert heatmap.text[0][0].endswith("LTV ∞")


def test_labels_stand_away_from_the_other_frontier():
    notes = {note.text: note for note in drawn(loan()).layout.annotations}
    assert notes["Margin call LTV"].ax > 0 > notes["Liquidation LTV"].ax  # safe is on the right
    notes = {note.text: note for note in drawn(loan(), "USDT", "ETH").layout.annotations}
    assert notes["Margin call LTV"].ax < 0 < notes["Liquidation LTV"].ax  # and here on the left


def test_it_speaks_chinese():
    figure = drawn(loan(), lang="zh")
    notes = {note.text for note in figure.layout.annotations}
    assert notes == {"预警质押率", "强平质押率", "当前"}
    assert figure.layout.xaxis.title.text.startswith("BTC")
    assert "状态: 安全" in str(colours(figure).text)


def test_without_cells_the_figure_says_so():
    figure = plot_ltv_heatmap(price_grid(loan(), "BTC", "ETH", [], []), lang="en")
    assert figure.layout.title.text == "No grid of prices"
    assert not figure.data


def test_one_cell_is_drawn():
    figure = plot_ltv_heatmap(price_grid(loan(), "BTC", "ETH", [0], [0]), lang="en")
    assert colours(figure).z[0][0] == loan().ltv
    low, high = figure.layout.xaxis.range
    assert low < 0 < high


def test_coins_are_only_text():
    grid = price_grid(loan(), "BTC", "ETH", CHANGES, CHANGES).rename_axis(index="<b>%{x}")
    figure = plot_ltv_heatmap(grid, lang="en")
    assert "&lt;b&gt;%&#123;x}" in figure.layout.yaxis.title.text
    assert "<b>%{x}" not in str(figure)


def test_another_frame_or_level_is_refused():
    grid = price_grid(loan(), "BTC", "ETH")
    with pytest.raises(InvalidArgumentError, match="y_change"):
        plot_ltv_heatmap(grid, {"liquidation": grid})
    with pytest.raises(InvalidArgumentError, match="margin_call, liquidation"):
        plot_ltv_heatmap(grid, {"initial": price_frontier(loan(), "BTC", "ETH")})
