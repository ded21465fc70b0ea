import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation import prices as reasons
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.liquidation_ladder import ladder_traces, plot_liquidation_ladder
from flexloan_nb.figures.words import LANGUAGES
from flexloan_nb.panels.view import PlotlyView

TODAY = {"BTC": 90_000, "ETH": 3_000, "SOL": 140, "LTC": 90, "USDT": 1}


def loan(usdt=80_000.0, ltc=100.0, btc=1.0, **more):
    return Position(
        {"BTC": btc, "ETH": 20, "SOL": 10},
        {"USDT": usdt, "LTC": ltc},
        TODAY | more.pop("prices", {}),
        discount_rates={"BTC": 0.98, "ETH": 0.95, "SOL": 0.9},
        margin_call_ltv=0.7374,
        liquidation_ltv=0.8374,
        **more,
    )


def falls(position):
    return uniform_fall(position, "margin_call"), uniform_fall(position)


def named(figure):
    return {trace.name: trace for trace in figure.data}


def rows(figure):
    """Return the coins from the top down."""
    axis = figure.layout.yaxis
    return [axis.ticktext[i] for i in np.argsort(-np.array(axis.tickvals))]


def at(figure, trace, row):
    """Return the x of a marker of a row."""
    height = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    drawn = named(figure)[trace]
    (here,) = np.flatnonzero(np.abs(np.array(drawn.y) - height[row]) < 0.4)
    return drawn.x[here]


def test_rungs_stand_at_the_frame_s_prices_as_shares_of_today_s():
    frame = liquidation_prices(loan())
    figure = plot_liquidation_ladder(frame, lang="en")
    for ccy in ("BTC", "ETH", "USDT"):
        row = frame.loc[ccy]
        assert at(figure, "Liquidation", ccy) == row["liquidation_price"] / row["price"]
        assert at(figure, "Margin call", ccy) == row["margin_call_price"] / row["price"]


def test_hover_texts_tell_the_prices_in_usd_and_the_change():
    frame = liquidation_prices(loan())
    drawn = named(plot_liquidation_ladder(frame, lang="en"))["Liquidation"]
    assert sorted(frame.index)[0] == "BTC"
    told = frame.loc["BTC", ["price", "liquidation_price", "distance"]].to_numpy(float)
    np.testing.assert_allclose(drawn.customdata[0], told, rtol=1e-12)
    assert "BTC alone gets the loan liquidated" in drawn.hovertemplate[0]


def test_lines_lead_from_today_over_the_margin_call_to_liquidation():
    frame = liquidation_prices(loan()).loc[["BTC"]]
    call, liquidation = (
        frame[f"{at}_price"].item() / 90_000 for at in ("margin_call", "liquidation")
    )
    traces = ladder_traces(frame, lang="en")
    np.testing.assert_array_equal(traces["From today to the margin call"]["x"], [1, call, np.nan])
    zone = traces["From margin call to liquidation"]["x"]
    np.testing.assert_array_equal(zone, [call, liquidation, np.nan])


def test_a_loan_that_is_called_already_leads_from_today_to_liquidation():
    frame = liquidation_prices(loan(usdt=105_000)).loc[["BTC"]]
    assert frame["margin_call_price"].isna().all()
    zone = ladder_traces(frame, lang="en")["From margin call to liquidation"]["x"]
    np.testing.assert_array_equal(zone, [1, frame["distance"].item() + 1, np.nan])


def test_the_nearest_is_at_the_top_and_what_cannot_at_the_bottom():
    figure = plot_liquidation_ladder(liquidation_prices(loan()), lang="en")
    assert rows(figure) == ["USDT", "BTC", "ETH", "LTC", "SOL"]


def test_all_together_stand_above_all_coins_at_their_common_fall():
    position = loan()
    figure = plot_liquidation_ladder(
        liquidation_prices(position), uniform=falls(position), lang="en"
    )
    top = rows(figure)[0]
    assert "together" in top
    assert at(figure, "Liquidation", top) == 1 - uniform_fall(position)
    assert at(figure, "Margin call", top) == 1 - uniform_fall(position, "margin_call")


def test_a_rise_beyond_twice_the_price_stands_at_the_edge_with_its_own_sign():
    figure = plot_liquidation_ladder(liquidation_prices(loan()), lang="en")
    assert np.isnan(at(figure, "Liquidation", "LTC"))
    assert at(figure, "Liquidation, beyond 200%", "LTC") == 2.0
    assert np.isnan(at(figure, "Liquidation, beyond 200%", "BTC"))
    beyond, inside = (named(figure)[n] for n in ("Liquidation, beyond 200%", "Liquidation"))
    assert beyond.marker.symbol != inside.marker.symbol
    assert beyond.customdata[sorted(TODAY).index("LTC")][1] == pytest.approx(426.456, abs=1e-3)


def test_a_coin_that_alone_cannot_says_why():
    figure = plot_liquidation_ladder(liquidation_prices(loan()), lang="en")
    text = "no liquidation: the rest covers the debt"
    assert at(figure, text, "SOL") > 1
    assert np.isnan(at(figure, text, "BTC"))


REASONS = ("NOTHING_OWED", "NO_PART", "PAST", "ALIKE", "COVERED")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_reason_has_words_of_its_own(lang):
    frame = liquidation_prices(loan()).iloc[:1].assign(liquidation_price=np.nan)
    shown = set()
    for reason in (*(getattr(reasons, name) for name in REASONS), "one that is new"):
        traces = ladder_traces(frame.assign(reason=reason), lang=lang)
        (name,) = [n for n, of in traces.items() if "customdata" not in of and of["x"][-1] > 1]
        shown.add(name)
    assert len(shown) == len(REASONS) + 1


def test_those_are_all_the_reasons_there_are():
    texts = {name for name in vars(reasons) if name.isupper()}
    assert texts == set(REASONS)


@pytest.mark.parametrize(
    ("uniform", "says"),
    [
        ((0.0, 0.0), "the liquidation LTV is reached already"),
        ((0.2, float("nan")), "no liquidation this way"),
    ],
)
def test_all_together_say_why_not_too(uniform, says):
    traces = ladder_traces(liquidation_prices(loan()), uniform=uniform, lang="en")
    assert traces[says]["x"][-1] > 1
    assert np.isnan(traces["Liquidation"]["x"][-1])


def test_a_loan_without_a_debt_says_that_nothing_is_owed():
    position = loan(usdt=0, ltc=0)
    traces = ladder_traces(liquidation_prices(position), uniform=falls(position), lang="en")
    assert (traces["no liquidation: nothing is owed"]["x"] > 1).all()


def test_before_and_after_differ_in_symbol_colour_and_height():
    was, now = loan(), loan(usdt=60_000)
    figure = plot_liquidation_ladder(
        liquidation_prices(now),
        liquidation_prices(was),
        uniform=falls(now),
        uniform_before=falls(was),
        lang="en",
    )
    before, after = named(figure)["Liquidation, before"], named(figure)["Liquidation"]
    np.testing.assert_array_equal(
        before.x, ladder_traces(liquidation_prices(was), uniform=falls(was))["Liquidation"]["x"]
    )
    assert before.marker.symbol != after.marker.symbol
    assert before.marker.color != after.marker.color
    assert (np.array(before.y) < np.array(after.y)).all()


def test_a_coin_that_is_new_has_no_rung_before():
    old = Position(
        {"BTC": 1}, {"USDT": 45_000}, TODAY, margin_call_ltv=0.7374, liquidation_ltv=0.8374
    )
    new = old.add_collateral({"ETH": 5})
    figure = plot_liquidation_ladder(liquidation_prices(new), liquidation_prices(old), lang="en")
    assert np.isnan(at(figure, "Liquidation, before", "ETH"))
    assert at(figure, "Liquidation, before", "BTC") == pytest.approx(45_000 / 0.8374 / 90_000)


HEALTHY = (80_000.0, 100.0)


@pytest.mark.parametrize("owed", [(1.0, 0.0), (0.0, 0.0), (300_000.0, 5.0), (120_000.0, 400.0)])
def test_the_traces_are_the_same_whatever_the_numbers(owed):
    def shapes(usdt, ltc):
        now, was = loan(usdt=usdt, ltc=ltc), loan()
        traces = ladder_traces(
            liquidation_prices(now),
            liquidation_prices(was),
            uniform=falls(now),
            uniform_before=falls(was),
        )
        return [
            (name, key, array.shape) for name, of in traces.items() for key, array in of.items()
        ]

    assert shapes(*owed) == shapes(*HEALTHY)


def test_the_order_of_the_coins_does_not_matter():
    frame = liquidation_prices(loan())
    one, other = ladder_traces(frame), ladder_traces(frame.iloc[::-1])
    for name, arrays in one.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(array, other[name][key])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_shown_ladder_takes_the_numbers_of_another_loan(lang):
    was, now = loan(), loan(usdt=110_000, btc=1.2)

    def arguments(position):
        return {"uniform": falls(position), "uniform_before": falls(was), "lang": lang}

    before = liquidation_prices(was)
    view = PlotlyView(plot_liquidation_ladder(before, before, **arguments(was)))
    traces = ladder_traces(liquidation_prices(now), before, **arguments(now))
    view.update(traces)
    drawn = named(view.figure)
    for name, arrays in traces.items():
        for key, array in arrays.items():
            np.testing.assert_array_equal(drawn[name][key], array)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_of_traces_are_unique_and_every_array_is_drawn(lang):
    frame = liquidation_prices(loan())
    figure = plot_liquidation_ladder(frame, frame, uniform=(0.1, 0.2), lang=lang)
    names = [trace.name for trace in figure.data]
    assert len(names) == len(set(names))
    assert set(names) == set(ladder_traces(frame, frame, uniform=(0.1, 0.2), lang=lang))


def test_today_is_a_line_that_is_named():
    figure = plot_liquidation_ladder(liquidation_prices(loan()), lang="en")
    assert [shape.x0 for shape in figure.layout.shapes] == [1.0]
    assert figure.layout.annotations[0].text == "today"
    assert figure.layout.xaxis.tickformat == ".0%"


def test_it_speaks_chinese():
    figure = plot_liquidation_ladder(liquidation_prices(loan()), uniform=(0.1, 0.2), lang="zh")
    assert {"强平价格", "预警价格"} <= set(named(figure))
    assert figure.layout.title.text == "价格变动多少会触发预警与强平"


def test_without_rows_the_figure_says_so():
    figure = plot_liquidation_ladder(liquidation_prices(loan()).iloc[:0], lang="en")
    assert figure.layout.title.text == "No liquidation prices"
    assert not figure.data


def test_one_row_is_drawn():
    frame = liquidation_prices(loan()).loc[["BTC"]]
    figure = plot_liquidation_ladder(frame, lang="en")
    assert rows(figure) == ["BTC"]
    assert at(figure, "Liquidation", "BTC") == pytest.approx(0.54446, abs=1e-5)


def test_a_price_of_zero_draws_nothing():
    frame = liquidation_prices(loan()).assign(price=0.0)
    assert np.isnan(ladder_traces(frame, lang="en")["Liquidation"]["x"]).all()


def test_coins_are_only_text():
    frame = liquidation_prices(loan()).rename(index={"BTC": "<b>%{x}"})
    figure = plot_liquidation_ladder(frame, lang="en")
    assert "&lt;b&gt;%&#123;x}" in rows(figure)
    assert "<b>%{x}" not in str(figure)


def test_the_frame_is_left_as_it_was():
    frame = liquidation_prices(loan())
    copy = frame.copy(deep=True)
    plot_liquidation_ladder(frame, frame, uniform=(0.1, 0.2))
    pd.testing.assert_frame_equal(frame, copy)


def test_another_frame_and_several_loans_are_refused():
    with pytest.raises(InvalidArgumentError, match="liquidation_price"):
        plot_liquidation_ladder(loan().to_frame())
    with pytest.raises(InvalidArgumentError, match=r"prices\.loc"):
        plot_liquidation_ladder(liquidation_prices({"1": loan(), "2": loan()}))


@pytest.mark.parametrize("arguments", [{"uniform": (0.1, 0.2)}, {"before": 1}])
def test_a_common_fall_from_before_needs_one_from_now(arguments):
    frame = liquidation_prices(loan())
    if "before" in arguments:
        arguments = {"before": frame}
    with pytest.raises(InvalidArgumentError, match="uniform_before"):
        plot_liquidation_ladder(frame, uniform_before=(0.1, 0.2), **arguments)
