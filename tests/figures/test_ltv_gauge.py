"""The gauge shows the LTV of a loan among its levels, and moves without being drawn anew."""

import numpy as np
import pytest
from hypothesis import given
from positions import extreme_positions, positions

from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.ltv_gauge import gauge_traces, plot_ltv_gauge

LEVELS = {"initial_ltv": 0.65, "margin_call_ltv": 0.75, "liquidation_ltv": 0.85}


def loan(debt, **levels):
    return Position({"BTC": 1}, {"USDT": debt}, {"BTC": 100, "USDT": 1}, **LEVELS | levels)


def bar(position, **options):
    return gauge_traces(position, lang="en", **options)["LTV"]


@pytest.mark.parametrize(
    ("debt", "zone"), [(0, 0), (64, 0), (65, 1), (74, 1), (75, 2), (84, 2), (85, 3), (300, 3)]
)
def test_the_colour_changes_at_each_level(debt, zone):
    assert bar(loan(debt))["marker.color"] == [zone]


def test_where_the_initial_ltv_is_not_known_there_is_one_colour_less():
    zones = [bar(loan(debt, initial_ltv=None))["marker.color"][0] for debt in (70, 80, 90)]
    assert zones == [0, 2, 3]


def test_a_bar_beyond_the_scale_ends_there_and_says_how_long_it_would_be():
    drawn = bar(loan(300))
    assert drawn["x"] == [1.1]
    assert drawn["customdata"] == [[3.0]]
    axis = plot_ltv_gauge(loan(300)).layout.xaxis
    assert axis.range == (0, 1.1)


@given(extreme_positions(), positions())
def test_the_arrays_are_those_of_the_figure(after, before):
    figure = plot_ltv_gauge(after, before, lang="en")
    for name, arrays in gauge_traces(after, before, lang="en").items():
        (trace,) = figure.select_traces({"name": name})
        for path, values in arrays.items():
            np.testing.assert_array_equal(trace[path], values)


def test_lines_stand_at_the_levels_and_names_are_unique_in_both_languages():
    for lang in ("en", "zh"):
        figure = plot_ltv_gauge(loan(50), loan(40), lang=lang)
        names = [trace.name for trace in figure.data]
        assert len(set(names)) == len(names) == 5
        assert [trace.x[0] for trace in figure.data[2:]] == list(LEVELS.values())
        assert figure.layout.yaxis.ticktext == (names[0], names[1])
