import numpy as np
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.sensitivity import liquidation_sensitivity
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.liquidation_sensitivity import plot_liquidation_sensitivity

CASES = [
    ("collateral", "ETH"),
    ("debt", "USDT"),
    ("discount_rate", "BTC"),
    ("liquidation_ltv", None),
]

NARROW = [89_900, 90_000, 100_000]


def loan(**more):
    return Position(
        {"BTC": 1, "ETH": 20, "SOL": 10},
        {"USDT": 90_000},
        {"BTC": 90_000, "ETH": 3_000, "SOL": 140, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95, "SOL": 0.9},
        **{"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374} | more,
    )


def drawn(parameter, of, *, lang="en", position=None, values=None):
    position = position or loan()
    curve = liquidation_sensitivity(position, parameter, of, values)
    slopes = liquidation_sensitivity(position)
    return plot_liquidation_sensitivity(curve, slopes, parameter, of, lang=lang)


def panel(figure, ccy):
    """Return the traces of a coin's panel by name."""
    titles = {axis.title.text: axis for axis in figure.select_yaxes()}
    axis = titles[f"{ccy} (USD)"].plotly_name.replace("axis", "")
    return {trace.name: trace for trace in figure.data if (trace.yaxis or "y") == axis}


@pytest.mark.parametrize(("parameter", "of"), CASES)
def test_curves_are_the_frame_s(parameter, of):
    figure = drawn(parameter, of)
    rows = liquidation_sensitivity(loan(), parameter, of).query("ccy == 'BTC'")
    traces = panel(figure, "BTC")
    for name, column in {
        "Liquidation price": "liquidation_price",
        "Margin call price": "margin_call_price",
        "Price today": "price",
    }.items():
        np.testing.assert_array_equal(traces[name].x, rows["value"])
        np.testing.assert_array_equal(traces[name].y, rows[column])


@pytest.mark.parametrize(("parameter", "of"), CASES)
def test_today_s_point_lies_on_the_curve_and_on_the_tangent(parameter, of):
    traces = panel(drawn(parameter, of), "BTC")
    point, tangent, curve = (
        traces[name] for name in ("Liquidation price today", "Tangent today", "Liquidation price")
    )
    on_curve = np.interp(point.x[0], curve.x, curve.y)
    assert on_curve == pytest.approx(point.y[0], rel=2e-3)
    assert (tangent.x[1], tangent.y[1]) == (point.x[0], point.y[0])


@pytest.mark.parametrize(("parameter", "of"), CASES)
def test_the_tangent_has_the_slope_of_the_curve(parameter, of):
    tangent = panel(drawn(parameter, of), "BTC")["Tangent today"]
    at, step = tangent.x[1], 1e-6 * tangent.x[1]
    near = liquidation_sensitivity(loan(), parameter, of, [at - step, at + step])
    below, above = near.query("ccy == 'BTC'")["liquidation_price"]
    slope = (tangent.y[2] - tangent.y[0]) / (tangent.x[2] - tangent.x[0])
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-4)


def test_the_tangent_stays_within_what_is_possible():
    for parameter, of, values in [(*case, None) for case in CASES] + [("debt", "USDT", NARROW)]:
        traces = panel(drawn(parameter, of, values=values), "BTC")
        tangent, curve = traces["Tangent today"], traces["Liquidation price"]
        assert min(curve.x) <= tangent.x[0] < tangent.x[1] < tangent.x[2] <= max(curve.x)


def test_a_share_is_shown_in_percent_with_its_slope_by_the_point():
    figure = drawn("liquidation_ltv", None)
    assert figure.layout.xaxis.tickformat == ".0%"
    slopes = liquidation_sensitivity(loan()).query("ccy == 'BTC' & parameter == 'liquidation_ltv'")
    point = panel(figure, "BTC")["Liquidation price today"]
    assert point.customdata[0][0] == pytest.approx(slopes["derivative"].item() / 100)
    assert "USD per percentage point" in point.hovertemplate


def test_an_amount_is_in_coins_with_its_slope_by_the_coin():
    figure = drawn("collateral", "ETH")
    slopes = liquidation_sensitivity(loan()).query(
        "ccy == 'BTC' & parameter == 'collateral' & of == 'ETH'"
    )
    point = panel(figure, "BTC")["Liquidation price today"]
    np.testing.assert_allclose(
        point.customdata[0], slopes[["derivative", "elasticity"]].to_numpy()[0]
    )
    assert "USD per ETH" in point.hovertemplate
    assert "%{x:,.6~g} ETH" in point.hovertemplate


def test_a_coin_that_never_liquidates_is_named_and_not_drawn():
    figure = drawn("liquidation_ltv", None)
    assert figure.layout.title.subtitle.text == "never liquidated by itself: SOL"
    assert "SOL (USD)" not in [axis.title.text for axis in figure.select_yaxes()]


def test_a_coin_without_a_price_today_has_a_curve_but_no_tangent():
    figure = drawn("debt", "USDT", values=[100_000, 122_000])
    assert "Tangent today" not in panel(figure, "SOL")
    assert "Tangent today" in panel(figure, "BTC")


def test_thresholds_by_coin_can_vary_for_one_coin():
    by_coin = {"BTC": 0.85, "ETH": 0.8, "SOL": 0.75}
    position = loan(margin_call_ltv=0.7, liquidation_ltv=by_coin)
    figure = drawn("liquidation_ltv", "ETH", position=position)
    assert figure.layout.title.text == "Liquidation price against liquidation LTV of ETH (%)"
    assert panel(figure, "BTC")["Liquidation price today"].x[0] == 0.8


def test_each_name_stands_in_the_legend_once():
    shown = [trace.name for trace in drawn("collateral", "ETH").data if trace.showlegend]
    assert len(shown) == len(set(shown)) == 5


def test_lines_differ_in_dash_and_the_point_is_a_marker():
    traces = panel(drawn("collateral", "ETH"), "BTC")
    dashes = [traces[n].line.dash for n in ("Liquidation price", "Margin call price")]
    assert dashes[0] != dashes[1]
    assert traces["Liquidation price today"].mode == "markers"


def test_it_speaks_chinese():
    figure = drawn("collateral", "ETH", lang="zh")
    assert {"强平价格", "预警价格", "当前切线"} <= {trace.name for trace in figure.data}
    assert "ETH 质押数量" in figure.layout.xaxis3.title.text


def test_one_row_can_be_seen():
    figure = drawn("collateral", "ETH", values=[20])
    assert "markers" in panel(figure, "BTC")["Liquidation price"].mode


def test_without_a_liquidation_price_the_figure_says_so():
    safe = loan().repay({"USDT": 89_000})
    curve = liquidation_sensitivity(safe, "collateral", "ETH", [20.0]).query("ccy == 'SOL'")
    slopes = liquidation_sensitivity(safe)
    for frame in (curve, curve.iloc[:0]):
        figure = plot_liquidation_sensitivity(frame, slopes, "collateral", "ETH", lang="en")
        assert figure.layout.title.text == "No liquidation price to draw"
        assert not figure.data


def test_coins_are_only_text():
    curve = liquidation_sensitivity(loan(), "collateral", "ETH").replace(
        {"ccy": {"BTC": "<b>%{x}"}}
    )
    slopes = liquidation_sensitivity(loan())
    figure = plot_liquidation_sensitivity(curve, slopes, "collateral", "<i>%{y}", lang="en")
    assert "&lt;b&gt;%&#123;x} (USD)" in [axis.title.text for axis in figure.select_yaxes()]
    assert "<b>%{x}" not in str(figure)
    assert "<i>%{y}" not in str(figure)


def test_another_frame_or_parameter_is_refused():
    curve, slopes = liquidation_sensitivity(loan(), "debt", "USDT"), liquidation_sensitivity(loan())
    with pytest.raises(InvalidArgumentError, match=r"liquidation_sensitivity\(position\)"):
        plot_liquidation_sensitivity(curve, curve, "debt", "USDT")
    with pytest.raises(InvalidArgumentError, match="vary="):
        plot_liquidation_sensitivity(slopes, slopes, "debt", "USDT")
    with pytest.raises(InvalidArgumentError, match="one of collateral"):
        plot_liquidation_sensitivity(curve, slopes, "price")


def test_a_tangent_ends_where_the_price_would_be_below_zero():
    steep = Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": 115_000},
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        margin_call_ltv=0.8,
        liquidation_ltv=0.9,
    )
    slopes = liquidation_sensitivity(steep)
    values = np.linspace(0, 3, 31)
    curve = liquidation_sensitivity(steep, "collateral", "BTC", values)
    figure = plot_liquidation_sensitivity(curve, slopes, "collateral", "BTC", lang="en")
    lines = [trace for trace in figure.data if trace.legendgroup == "curve_tangent"]
    assert all(line.y.min() > -1e-9 for line in lines)
    assert any(abs(line.y.min()) < 1e-9 for line in lines)
