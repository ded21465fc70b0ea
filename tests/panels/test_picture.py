"""What stands in a notebook beside a live widget, for when it is not live."""

import base64
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest

from flexloan_nb.panels import Panel, PlotlyView, picture

WIDGET = "application/vnd.jupyter.widget-view+json"
PNG = b"\x89PNG of a view"


@pytest.fixture
def shown(monkeypatch):
    """Return what a notebook would show: an output each, in order."""
    outputs = []

    class Handle:
        def display(self, data, raw):
            self.number = len(outputs)
            outputs.append(data)

        def update(self, data, raw):
            outputs[self.number] = data

    notebook = SimpleNamespace(display=lambda data, **_: outputs.append(data), DisplayHandle=Handle)
    monkeypatch.setattr(picture, "_notebook", notebook)
    return outputs


def view(title="LTV"):
    return PlotlyView(go.Figure(go.Scatter(y=np.array([1.0])), {"title": {"text": title}}))


def send(drawn, png=PNG):
    drawn._handle_custom_msg({"kind": "picture"}, [memoryview(png)])


def test_before_the_widget_is_a_place_for_its_picture(shown):
    drawn = view()
    drawn._ipython_display_()
    assert shown[0] == {"text/html": '<div class="flexloan-picture"></div>'}
    assert shown[1][WIDGET]["model_id"] == drawn.model_id
    assert shown[1]["text/html"] == ""
    assert shown[1]["text/plain"] == "LTV"


def test_the_picture_takes_its_place_and_is_renewed(shown):
    drawn = view('LTV &lt;"1"')
    drawn._ipython_display_()
    for png in (PNG, PNG + b" later"):
        send(drawn, png)
        stored = shown[0]["text/html"]
        assert base64.b64encode(png).decode() in stored
        assert stored.count("<img") == 1
        assert 'alt="LTV &lt;&quot;1&quot;"' in stored
    assert len(shown) == 2


def test_a_panel_has_the_pictures_of_all_its_views_in_their_order(shown):
    panel = Panel([view("first"), view("second")])
    panel._ipython_display_()
    send(panel.views[1])
    send(panel.views[0])
    stored = shown[0]["text/html"]
    assert stored.index('alt="first"') < stored.index('alt="second"')
    assert shown[1][WIDGET]["model_id"] == panel.model_id


def test_without_a_browser_the_figures_stand_there_themselves(shown, monkeypatch):
    headless = SimpleNamespace(kernel=SimpleNamespace(_allow_stdin=False))
    monkeypatch.setattr(picture, "get_ipython", lambda: headless)
    panel = Panel([view("first"), view("second")])
    panel._ipython_display_()
    assert [figure.layout.title.text for figure in shown[:2]] == ["first", "second"]
    assert WIDGET in shown[2]
