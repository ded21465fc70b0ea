import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.stress.scenarios import rate_stress, stablecoin_stress, stress_test
from flexloan_nb.figures.stress import plot_stress
from flexloan_nb.figures.words import LANGUAGES, words

LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}


def loan(usdt=80_000.0, **coins):
    return Position(
        {"BTC": 1, "ETH": 20} | coins,
        {"USDT": usdt},
        {"BTC": 90_000, "ETH": 3_000, "SOL": 140, "USDT": 1},
        discount_rates={"BTC": 0.98, "ETH": 0.95, "SOL": 0.9},
        **LEVELS,
    )


def outcomes(position):
    return pd.concat(
        [
            stress_test(position),
            rate_stress(position, {"USDT": 0.1}),
            stablecoin_stress(position),
        ]
    )


def points(figure, panel=""):
    """Return each scenario's name, x and trace name in a panel, from the top down."""
    names = figure.layout[f"yaxis{panel}"].ticktext
    drawn = [
        (y, names[int(y)], x, trace.name)
        for trace in figure.data
        if trace.mode == "markers" and trace.yaxis == f"y{panel}"
        for x, y in zip(trace.x, trace.y, strict=True)
        if not np.isnan(x)
    ]
    return [point[1:] for point in sorted(drawn, reverse=True)]


def labels(figure, panel=""):
    (column,) = [t for t in figure.data if t.mode == "text" and t.yaxis == f"y{panel}"]
    return dict(zip(figure.layout[f"yaxis{panel}"].ticktext, column.text, strict=True))


def test_every_scenario_stands_at_its_ltv_the_worst_at_the_top():
    frame = stress_test(loan()).sort_values("ltv", ascending=False)
    drawn = points(plot_stress(frame, lang="en"))
    assert [name for name, _, _ in drawn] == list(frame.index)
    assert [x for _, x, _ in drawn] == list(frame["ltv"])


def test_what_happens_is_told_by_symbol_and_in_words():
    frame = stress_test(loan(60_000))
    assert frame["status"].nunique() == 3
    figure = plot_stress(frame, lang="en")
    for name, _, status in points(figure):
        word = frame.loc[name, "status"].replace("_", " ")
        assert status == word
        assert word in labels(figure)[name]
        assert f"{frame.loc[name, 'ltv']:.1%}" in labels(figure)[name]
    symbols = {t.name: t.marker.symbol for t in figure.data if t.mode == "markers"}
    assert len(set(symbols.values())) == len(symbols) == 6


def test_what_a_beta_filled_in_has_an_open_symbol():
    figure = plot_stress(stress_test(loan(SOL=10)), lang="en")
    by_beta = {name for name, _, status in points(figure) if "by beta" in status}
    assert by_beta == {"2018-11", "2020-03"}  # before SOL was traded
    for trace in figure.data:
        if trace.mode == "markers":
            assert trace.marker.symbol.endswith("-open") == ("by beta" in trace.name)


def test_hover_texts_say_by_which_rule_and_what_would_help():
    frame = stress_test(loan(SOL=10))
    (trace,) = [t for t in plot_stress(frame, lang="en").data if t.name == "safe"]
    told = next(hover for hover in trace.hovertext if "<b>2018-11</b>" in hover)
    assert "own figures: BTC, ETH<br>by beta from BTC: SOL" in told
    row = frame.loc["2018-11"]
    assert f"beyond the liquidation level by {-row['distance']:.1%}" in told
    assert f"{row['shortfall_usd']:,.2f} USD repaid would end the margin call" in told


def test_a_safe_scenario_tells_how_much_further_it_could_go():
    frame = stablecoin_stress(loan())
    told = plot_stress(frame, lang="en").data[0].hovertext[0]
    assert "all collateral may fall by a further" in told
    assert "repaid" not in told


def test_thresholds_are_lines_in_every_panel_labelled_once():
    figure = plot_stress(outcomes(loan()), **LEVELS, lang="en")
    for name, level in {"Margin call LTV": 0.7374, "Liquidation LTV": 0.8374}.items():
        lines = [trace for trace in figure.data if trace.name == name]
        assert [line.yaxis for line in lines] == ["y", "y2", "y3"]
        assert {x for line in lines for x in line.x} == {level}
        assert [line.text[-1] for line in lines] == [name, "", ""]


def test_without_levels_no_threshold_is_drawn():
    assert all(trace.mode != "lines+text" for trace in plot_stress(outcomes(loan())).data)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_each_kind_has_a_panel_as_high_as_it_has_rows(lang):
    figure = plot_stress(outcomes(loan()), lang=lang)
    kinds = ("price", "rate", "stablecoin")
    titles = [words(lang)[f"stress_{kind}"] for kind in kinds]
    assert [note.text for note in figure.layout.annotations] == titles
    heights = np.array([np.diff(axis.domain).item() for axis in figure.select_yaxes()])
    counts = outcomes(loan())["kind"].value_counts()[list(kinds)].to_numpy()
    np.testing.assert_allclose(heights / heights[0], counts / counts[0])
    domains = [edge for axis in figure.select_yaxes() for edge in reversed(axis.domain)]
    assert (np.diff(domains) < 0).all()  # with room between them


def test_what_is_beyond_the_axis_stands_at_its_end_with_its_own_number():
    frame = stress_test(loan()).assign(ltv=[0.5, 0.6, 0.7, 0.8, 9.0, np.inf])
    figure = plot_stress(frame, lang="en")
    drawn = {name: x for name, x, _ in points(figure)}
    assert drawn[frame.index[4]] == drawn[frame.index[5]] == 1.5 < figure.layout.xaxis.range[1]
    assert "900.0%" in labels(figure)[frame.index[4]]
    assert "∞" in labels(figure)[frame.index[5]]


def test_a_status_stands_in_the_legend_once_and_only_if_it_occurs():
    figure = plot_stress(outcomes(loan(60_000)), lang="en")
    shown = [trace.name for trace in figure.data if trace.showlegend]
    assert sorted(shown) == ["liquidation", "margin call", "safe"]


def test_a_month_is_a_name_and_not_a_date():
    figure = plot_stress(stress_test(loan()), lang="en")
    assert "2020-03" in figure.layout.yaxis.ticktext
    assert all(isinstance(y, int | np.integer) for y in figure.data[0].y)


def test_scenarios_of_several_loans_name_their_order():
    figure = plot_stress(stress_test({"111": loan(), "222": loan(60_000)}), lang="en")
    assert {"2020-03 · 111", "2020-03 · 222"} <= set(figure.layout.yaxis.ticktext)


def test_it_speaks_chinese():
    figure = plot_stress(outcomes(loan(60_000)), **LEVELS, lang="zh")
    assert {"安全", "预警", "强平", "强平质押率"} <= {trace.name for trace in figure.data}


def test_without_rows_the_figure_says_so():
    figure = plot_stress(outcomes(loan()).iloc[:0], lang="en")
    assert figure.layout.title.text == "No stress scenarios"
    assert not figure.data


def test_one_row_is_drawn():
    frame = stress_test(loan()).loc[["2020-03"]]
    assert [name for name, _, _ in points(plot_stress(frame, lang="en"))] == ["2020-03"]


def test_names_are_only_text():
    frame = stress_test(loan()).rename(index={"2020-03": "<b>%{x}"})
    frame["by_beta"] = "<i>%{y}"
    figure = plot_stress(frame, lang="en")
    assert "&lt;b&gt;%&#123;x}" in figure.layout.yaxis.ticktext
    assert "<b>%{x}" not in str(figure)
    assert "<i>%{y}" not in str(figure)


def test_another_frame_is_refused():
    with pytest.raises(InvalidArgumentError, match="stress_test"):
        plot_stress(loan().to_frame())
