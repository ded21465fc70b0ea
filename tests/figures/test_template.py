"""The look that all figures share."""

import itertools

import plotly.graph_objects as go
import pytest
from plotly.colors import hex_to_rgb

from flexloan_nb.figures.template import (
    DASHES,
    INK,
    PALETTE,
    SYMBOLS,
    TEMPLATE,
    as_text,
    line_style,
    new_figure,
    percent_axis,
    threshold,
)

WHITE, DARK = "#FFFFFF", "#111111"  # the grounds of JupyterLab's two themes


def luminance(colour):
    """WCAG 2.1, relative luminance."""
    parts = [part / 255 for part in hex_to_rgb(colour)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("ground", [WHITE, DARK])
def test_ink_is_as_readable_as_one_grey_can_be_on_both_grounds(ground):
    best = contrast(WHITE, DARK) ** 0.5
    assert contrast(INK, ground) == pytest.approx(best, rel=0.02)
    assert best > 4.3


@pytest.mark.parametrize("ground", [WHITE, DARK])
def test_the_first_lines_can_be_seen_on_both_grounds(ground):
    assert all(contrast(colour, ground) > 2.95 for colour in PALETTE[:4])


def test_lines_differ_in_dash_as_well_as_in_colour():
    styles = [line_style(number) for number in range(6)]
    for one, other in itertools.combinations(styles, 2):
        assert one["color"] != other["color"]
        assert one["dash"] != other["dash"]
    assert line_style(6) == line_style(0)
    assert len(PALETTE) == len(DASHES) == len(set(SYMBOLS))


def test_importing_the_figures_changes_nothing_of_plotly():
    import plotly.io as pio

    assert pio.templates.default == "plotly"
    assert go.Figure().layout.template.layout.font.color != INK
    assert new_figure("T", x="x", y="y").layout.template.layout.font.color == INK


def test_the_template_is_not_changed_by_a_figure_that_uses_it():
    new_figure("T", x="x", y="y").layout.template.layout.font.color = "red"
    assert TEMPLATE.layout.font.color == INK


def test_panels_stand_one_below_the_other_on_one_axis():
    figure = new_figure("T", x="Time (UTC)", y=["A", "B", "C"])
    assert [axis.title.text for axis in figure.select_xaxes()] == [None, None, "Time (UTC)"]
    assert figure.layout.height > new_figure("T", x="Time (UTC)", y="A").layout.height
    domains = [axis.domain for axis in figure.select_yaxes()]
    assert domains == sorted(domains, reverse=True)


@pytest.mark.parametrize("panels", [0, 1, 60])
def test_any_number_of_panels_can_be_drawn(panels):
    assert new_figure("T", x="x", y=["USD"] * panels).layout.title.text == "T"


def test_thresholds_are_named_where_they_end_and_differ_in_dash():
    call = threshold([0, 1, 2], [0.7, 0.7, 0.7], "Called here", "margin_call")
    liquidation = threshold([0, 2], [0.8, 0.8], "Liquidated here", "liquidation")
    assert list(call.text) == ["", "", "Called here"]
    assert call.line.dash != liquidation.line.dash


def test_percent_is_only_in_how_an_axis_is_written():
    figure = new_figure("T", x="x", y="LTV").add_scatter(y=[0.5]).update_yaxes(**percent_axis(1))
    assert figure.layout.yaxis.tickformat == ".1%"
    assert figure.data[0].y == (0.5,)


@pytest.mark.parametrize("outside", ["<script>", "%{y}", "a & b", "<a href='x'>"])
def test_what_comes_from_outside_is_only_text(outside):
    shown = as_text(outside)
    assert "<" not in shown
    assert "%{" not in shown
