import itertools
from decimal import Decimal

import numpy as np
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.collateral_mix import plot_collateral_mix


def loan(collateral=None, debt=None):
    return Position(
        {"BTC": 1, "ETH": 20} if collateral is None else collateral,
        {"USDT": 80_000, "ETH": 1} if debt is None else debt,
        {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95},
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
    )


def bars(figure):
    return {trace.name: trace for trace in figure.data if trace.type == "bar"}


def of_bar(figure, bar):
    """Return each trace's USD in one bar."""
    return {name: trace.x[list(trace.y).index(bar)] for name, trace in bars(figure).items()}


def test_each_bar_is_made_of_the_frame_s_values():
    figure = plot_collateral_mix(loan().to_frame(), lang="en")
    assert of_bar(figure, "Market value") == {
        "BTC": 90_000, "ETH": 60_000, "USDT": 0, "Lost to discounts": 0
    }  # fmt: skip
    assert of_bar(figure, "After discounts") == pytest.approx(
        {"BTC": 88_200, "ETH": 57_000, "USDT": 0, "Lost to discounts": 4_800}
    )
    assert of_bar(figure, "Debt") == {
        "BTC": 0, "ETH": 3_000, "USDT": 80_000, "Lost to discounts": 0
    }  # fmt: skip
    assert figure.layout.barmode == "stack"


def test_bars_stand_from_market_value_down_to_debt():
    assert list(bars(plot_collateral_mix(loan().to_frame(), lang="en"))["BTC"].y) == [
        "Debt",
        "After discounts",
        "Market value",
    ]


def test_labels_are_shares_of_the_bar():
    trace = bars(plot_collateral_mix(loan().to_frame(), lang="en"))["ETH"]
    np.testing.assert_allclose(
        np.array(trace.customdata)[:, 2], [3_000 / 83_000, 57_000 / 145_200, 0.4]
    )
    assert trace.texttemplate == "ETH<br>%{customdata[2]:.0%}"


def test_bars_end_in_their_totals_and_what_discounts_cost():
    figure = plot_collateral_mix(loan().to_frame(), lang="en")
    totals = figure.data[-1]
    assert [text.strip() for text in totals.text] == [
        "83,000 USD",
        "145,200 USD (-3.2%)",
        "150,000 USD",
    ]
    assert list(totals.x) == [83_000, 150_000, 150_000]


def test_coins_differ_in_colour_and_pattern_for_more_coins_than_colours():
    coins = [f"C{number}" for number in range(20)]
    position = Position(
        dict.fromkeys(coins, 1), {}, dict.fromkeys(coins, 1.0), margin_call_ltv=0.7,
        liquidation_ltv=0.8,
    )  # fmt: skip
    drawn = bars(plot_collateral_mix(position.to_frame()))
    looks = [(drawn[ccy].marker.color, drawn[ccy].marker.pattern.shape) for ccy in coins]
    assert len(set(looks)) == 20
    for one, other in itertools.pairwise(looks):
        assert one[0] != other[0]
        assert one[1] != other[1]


def test_nothing_is_lost_without_discounts():
    position = Position(
        {"BTC": 1}, {"USDT": 1}, {"BTC": 90_000, "USDT": 1}, margin_call_ltv=0.7,
        liquidation_ltv=0.8,
    )  # fmt: skip
    figure = plot_collateral_mix(position.to_frame(), lang="en")
    assert not any(bars(figure)["Lost to discounts"].x)
    assert figure.data[-1].text[1].strip() == "90,000 USD"


def test_hover_texts_tell_the_amount_and_the_price():
    trace = bars(plot_collateral_mix(loan().to_frame(), lang="en"))["ETH"]
    assert [told[0] for told in trace.customdata] == [1, 20, 20]
    assert {told[1] for told in trace.customdata} == {3_000}
    assert trace.hovertemplate[0].startswith("Debt: ")


def test_exact_numbers_are_drawn():
    frame = loan().to_frame().map(lambda value: Decimal(str(value)))
    expected = of_bar(plot_collateral_mix(loan().to_frame(), lang="en"), "Debt")
    assert of_bar(plot_collateral_mix(frame, lang="en"), "Debt") == expected


def test_it_speaks_chinese():
    drawn = bars(plot_collateral_mix(loan().to_frame(), lang="zh"))
    assert list(drawn["BTC"].y) == ["负债", "折算后价值", "市值"]
    assert "折算损失" in drawn


def test_without_rows_the_figure_says_so():
    figure = plot_collateral_mix(loan({}, {}).to_frame(), lang="en")
    assert figure.layout.title.text == "Nothing is pledged or owed"
    assert not figure.data


@pytest.mark.parametrize(("collateral", "debt"), [({"BTC": 1}, {}), ({}, {"USDT": 1})])
def test_one_side_alone_is_drawn(collateral, debt):
    figure = plot_collateral_mix(loan(collateral, debt).to_frame(), lang="en")
    (ccy,) = [*collateral, *debt]
    assert sum(of_bar(figure, "Debt").values()) == (1 if debt else 0)
    assert ccy in bars(figure)


def test_a_loan_of_nothing_is_drawn():
    figure = plot_collateral_mix(loan({"BTC": 0}, {"USDT": 0}).to_frame(), lang="en")
    assert figure.layout.title.text.startswith("What is pledged")
    assert figure.layout.xaxis.range[1] > 0


def test_coins_are_only_text():
    frame = loan().to_frame().rename(index={"BTC": "<b>%{x}"})
    figure = plot_collateral_mix(frame)
    assert "&lt;b&gt;%&#123;x}" in bars(figure)
    assert "<b>%{x}" not in str(figure)


def test_another_frame_is_refused():
    with pytest.raises(InvalidArgumentError, match="to_frame"):
        plot_collateral_mix(loan().to_frame().drop(columns="debt_usd"))
