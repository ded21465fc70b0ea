"""A view sends little, keeps what it does not change, and can say what it shows."""

import contextlib

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from flexloan_nb import InvalidArgumentError
from flexloan_nb.figures.template import new_figure
from flexloan_nb.panels import Panel, PlotlyView
from flexloan_nb.panels.library import PlotlyLibrary, plotly_library
from flexloan_nb.panels.spec import as_column, join, split

HOURS = pd.date_range("2025-12-01", periods=3, freq="h", tz="UTC")
MS = HOURS.as_unit("ms").astype("int64")


def figure(title="LTV after a fall"):
    drawn = new_figure(title, x="Time (UTC)", y="LTV")
    drawn.add_scatter(x=HOURS, y=np.array([0.5, 0.6, 0.7]), name="LTV", text=["a", "b", "c"])
    drawn.add_scatter(y=np.array([1, 2, 3]), name="twice")
    return drawn.add_scatter(y=np.array([1, 2, 3]), name="twice")


def numbers(column):
    return np.frombuffer(column["bytes"], "<f8").reshape(column["shape"])


@contextlib.contextmanager
def no_figure_is_made(monkeypatch):
    """Fail where a plotly figure is made: its checks take as long as drawing it."""
    with monkeypatch.context() as patched:
        patched.setattr(go.Figure, "__init__", lambda *_, **__: pytest.fail("a Figure was made"))
        yield


def test_numbers_and_times_travel_as_bytes_and_texts_as_texts():
    spec = split(figure())
    assert set(spec.columns) == {"0.x", "0.y", "1.y", "2.y"}
    np.testing.assert_array_equal(numbers(spec.columns["0.x"]), MS)
    assert spec.data[0]["text"] == ["a", "b", "c"]
    assert "y" not in spec.data[0]


def test_an_axis_of_times_is_told_so():
    below = new_figure("T", x="Time (UTC)", y=["A", "B"])
    below.add_scatter(x=HOURS, y=np.array([1.0, 2, 3]), row=2, col=1)
    layout = split(below).layout
    assert layout["xaxis2"]["type"] == "date"
    assert "type" not in layout["xaxis"]
    assert "type" not in layout["yaxis2"]


def test_arrays_deep_inside_travel_as_bytes():
    trace = go.Scatter(y=np.arange(3.0), marker={"size": np.arange(3)}, customdata=np.eye(3))
    columns = split(go.Figure([trace, go.Heatmap(z=np.eye(2))])).columns
    assert set(columns) == {"0.y", "0.marker.size", "0.customdata", "1.z"}
    np.testing.assert_array_equal(numbers(columns["0.customdata"]), np.eye(3))


@given(arrays(float, array_shapes(max_dims=2)))
def test_what_travels_arrives(values):
    np.testing.assert_array_equal(numbers(as_column(values)), values)


@pytest.mark.parametrize(
    "times",
    [
        HOURS,
        pd.Series(HOURS),
        list(HOURS),
        HOURS.tz_convert("Asia/Tokyo"),
        MS.to_numpy().view("M8[ms]"),
    ],
)
def test_times_of_any_kind_are_the_same_times(times):
    np.testing.assert_array_equal(numbers(as_column(times)), MS)
    view = PlotlyView(go.Figure(go.Scatter(x=[], y=[])))
    view.update({0: {"x": times, "y": [1, 2, 3]}})
    assert view.spec["layout"]["xaxis"]["type"] == "date"


def test_a_missing_time_is_a_missing_number():
    column = as_column(pd.Series([HOURS[0], pd.NaT]))
    np.testing.assert_array_equal(numbers(column), [MS[0], np.nan])


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=9))
def test_a_figure_that_was_split_can_be_joined(values):
    whole = join(split(go.Figure(go.Scatter(y=np.array(values), name="LTV"))))
    assert (whole.data[0].name, list(whole.data[0].y)) == ("LTV", values)


def test_splitting_leaves_the_figure_as_it_was():
    drawn = figure()
    before = drawn.to_json()
    split(drawn)
    assert drawn.to_json() == before


def test_an_update_changes_what_it_names_and_nothing_else(monkeypatch):
    view = PlotlyView(figure())
    before, described = dict(view.columns), view.spec
    with no_figure_is_made(monkeypatch):
        view.update({"LTV": {"y": [0.1, 0.2, 0.3]}, 2: {"y": pd.Series([7, 8, 9])}})
    np.testing.assert_array_equal(numbers(view.columns["0.y"]), [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(numbers(view.columns["2.y"]), [7, 8, 9])
    assert view.columns["1.y"] == before["1.y"]
    assert view.spec is described
    assert list(view.figure.data[0].y) == [0.1, 0.2, 0.3]


def test_an_update_can_say_something_new_in_the_layout(monkeypatch):
    view = PlotlyView(figure("Before").add_hline(0.7).add_hline(0.8))
    with no_figure_is_made(monkeypatch):
        view.update({}, {"title.text": "After", "xaxis.range": [0, 1], "shapes.1.y0": 0.9})
    assert [shape["y0"] for shape in view.spec["layout"]["shapes"]] == [0.7, 0.9]
    assert view.title == view.figure.layout.title.text == "After"
    assert view.spec["layout"]["yaxis"]["title"]["text"] == "LTV"


@pytest.mark.parametrize("trace", ["LVT", "twice", 3, -1, ""])
def test_a_trace_that_is_not_there_or_not_alone_is_refused(trace):
    view = PlotlyView(figure())
    before = dict(view.columns)
    with pytest.raises(InvalidArgumentError, match="of this figure"):
        view.update({"LTV": {"y": [1, 2, 3]}, trace: {"y": [1, 2, 3]}})
    assert view.columns == before


@pytest.mark.parametrize("path", ["Y", "marker.size", "name.first"])
def test_an_array_that_the_trace_does_not_have_is_refused(path):
    with pytest.raises(InvalidArgumentError, match=path):
        PlotlyView(figure()).update({"LTV": {path: [1, 2, 3]}})


def test_what_is_not_a_number_is_refused():
    with pytest.raises(InvalidArgumentError, match="y of trace 'LTV' must be numbers"):
        PlotlyView(figure()).update({"LTV": {"y": ["high", "low"]}})


def test_another_figure_takes_the_place_of_the_first():
    view = PlotlyView(figure())
    view.show(go.Figure(go.Bar(y=np.array([5.0]), name="only"), {"title": {"text": "Bar"}}))
    assert (view.title, list(view.columns)) == ("Bar", ["0.y"])
    view.update({"only": {"y": [6.0]}})


def test_zoom_is_kept_unless_the_figure_wants_it_otherwise():
    view = PlotlyView(figure())
    kept = view.spec["layout"]["uirevision"]
    view.show(figure())
    assert kept == view.spec["layout"]["uirevision"]
    view.show(figure().update_layout(uirevision="other"))
    assert view.spec["layout"]["uirevision"] == "other"


def test_the_title_is_plain_text():
    assert PlotlyView(figure("LTV <b>now</b> &lt;1")).title.split() == ["LTV", "now", "<1"]
    assert PlotlyView(go.Figure()).title == ""


def test_plotly_travels_once_for_all_views():
    views = [PlotlyView(figure()), PlotlyView(figure())]
    assert plotly_library() is plotly_library()
    assert "Plotly" in plotly_library().code
    assert all(len(view._esm) < 20_000 for view in views)
    assert not any(isinstance(view, PlotlyLibrary) for view in views)


def test_nothing_offers_to_send_the_figure_away():
    config = PlotlyView(figure()).spec["config"]
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""


def test_a_picture_that_arrives_is_kept_and_announced():
    view, seen = PlotlyView(figure()), []
    view.on_picture(lambda: seen.append(view.picture))
    view._handle_custom_msg({"kind": "picture"}, [memoryview(b"\x89PNG")])
    view._handle_custom_msg({"kind": "other"}, [])
    assert seen == [b"\x89PNG"]


def test_a_panel_knows_its_views_however_deep():
    import ipywidgets

    one, other = PlotlyView(figure()), PlotlyView(figure())
    tabs = ipywidgets.Tab([ipywidgets.HBox([one]), ipywidgets.FloatSlider()])
    assert Panel([tabs, other]).views == [one, other]
