"""A view in a real JupyterLab in a real browser: changed in place, and there when nothing lives."""

import json

import nbformat
import pytest
from lab import (
    VIEWPORT,
    choose_theme,
    keep_screenshot,
    needs_browser,
    open_notebook,
    run,
    run_all,
    save,
    stop_kernel,
    write_notebook,
)
from nbconvert import HTMLExporter

pytestmark = needs_browser

FIGURE = """
import ipywidgets
import numpy as np
from flexloan_nb.figures.template import new_figure
from flexloan_nb.panels import Panel, PlotlyView

hours = np.arange("2025-12-01", "2025-12-11", dtype="datetime64[h]")

def drawn(title):
    figure = new_figure(title, x="Time (UTC)", y="LTV")
    return figure.add_scatter(x=hours, y=np.linspace(0.5, 0.7, 240), name="LTV", mode="lines")
"""
VIEW = "view = PlotlyView(drawn('LTV <b>now</b>'))\nview"
PANEL = """
slider = ipywidgets.FloatSlider(description="fall", min=0, max=1, step=0.1)
after = PlotlyView(drawn("LTV after"))
slider.observe(lambda change: after.update({"LTV": {"y": hours.size * [change.new]}}), "value")
Panel([slider, after])
"""
LINE = ".flexloan-live .js-plotly-plot .scatterlayer .trace path.js-line"
PICTURE = ".flexloan-picture img"

# A line that is redrawn in place keeps its nodes; any that was put in or taken out is counted.
WATCH = """() => {
    const plot = document.querySelector('.flexloan-live .js-plotly-plot');
    window.watched = { plot, line: plot.querySelector('path.js-line'), blank: 0 };
    const look = () => {
        if (!plot.querySelector('path.js-line')?.getAttribute('d')) watched.blank += 1;
        requestAnimationFrame(look);
    };
    look();
}"""
SAME = """() => {
    const plot = document.querySelector('.flexloan-live .js-plotly-plot');
    return plot === watched.plot && plot.querySelector('path.js-line') === watched.line;
}"""


def last_y(page, number=0):
    plot = page.locator(".flexloan-live .js-plotly-plot").nth(number)
    return plot.evaluate("plot => Array.from(plot._fullData[0].y).at(-1)")


def wait_for_last_y(page, value, number=0):
    page.wait_for_function(
        """([value, number]) => {
            const plot = document.querySelectorAll('.flexloan-live .js-plotly-plot')[number];
            return Math.abs(Array.from(plot._fullData[0].y).at(-1) - value) < 1e-9;
        }""",
        arg=[value, number],
    )


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """Open a notebook with a view and a panel in a page that the tests share."""
    write_notebook(lab, "view.ipynb", FIGURE, VIEW, PANEL)
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    open_notebook(opened, lab, "view.ipynb")
    yield opened
    stop_kernel(opened)
    opened.close()


@pytest.fixture
def opened(notebook):
    """Run the notebook anew and wait until the view and the panel are drawn."""
    notebook.set_viewport_size(VIEWPORT)
    run_all(notebook)
    notebook.locator(LINE).nth(1).wait_for()
    return notebook


def test_it_is_drawn_over_the_whole_width_and_is_named(opened, browser):
    assert last_y(opened) == pytest.approx(0.7)
    assert opened.get_by_role("img", name="LTV now").count() == 1
    plot = opened.locator(".flexloan-live .js-plotly-plot").first
    kind = plot.evaluate("plot => [plot._fullLayout.xaxis.type, plot._fullData[0].x[0]]")
    assert kind == ["date", 1764547200000]
    wide = plot.bounding_box()["width"]
    opened.set_viewport_size({"width": 900, "height": 900})
    opened.wait_for_function(
        "wide => document.querySelector('.js-plotly-plot .main-svg').clientWidth < wide - 200",
        arg=wide,
    )
    assert browser.strays == []


def test_fifty_updates_redraw_one_and_the_same_node_and_keep_the_zoom(opened):
    opened.evaluate(WATCH)
    plot = opened.locator(".flexloan-live .js-plotly-plot").first
    box = plot.locator(".nsewdrag").bounding_box()
    opened.mouse.move(box["x"] + 100, box["y"] + 20)
    opened.mouse.down()
    opened.mouse.move(box["x"] + 300, box["y"] + 150, steps=4)
    opened.mouse.up()
    zoomed = "plot => plot._fullLayout.xaxis.range.map(String)"
    opened.wait_for_function("() => watched.plot._fullLayout.xaxis.range[1] < '2025-12-05'")
    before = plot.evaluate(zoomed)
    run(
        opened,
        "import time\n"
        "for k in range(1, 51):\n"
        "    view.update({'LTV': {'y': np.linspace(0.5, 0.7, 240) + k / 1000}})\n"
        "    time.sleep(0.02)",
    )
    wait_for_last_y(opened, 0.75)
    assert opened.evaluate(SAME)
    assert opened.evaluate("() => watched.blank") == 0
    assert plot.evaluate(zoomed) == before


def test_a_slider_moves_its_figure(opened):
    opened.locator(".noUi-handle").first.focus()
    opened.keyboard.press("End")
    wait_for_last_y(opened, 1, number=1)
    assert last_y(opened) == pytest.approx(0.7)


def test_another_figure_is_shown_in_its_place(opened):
    opened.evaluate(WATCH)
    run(opened, "view.show(drawn('Another').add_bar(x=hours, y=np.ones(240)))")
    opened.get_by_role("img", name="Another").wait_for()
    assert opened.evaluate("() => watched.plot._fullData.map(t => t.type)") == ["scatter", "bar"]
    assert opened.evaluate("() => document.contains(watched.plot)")


def test_ink_follows_the_theme(opened):
    def ink():
        return opened.locator(".flexloan-live .gtitle").first.evaluate("n => n.style.fill")

    keep_screenshot(opened, "view_light")
    light = ink()
    choose_theme(opened, "JupyterLab Dark")
    opened.wait_for_function(
        "light => document.querySelector('.flexloan-live .gtitle').style.fill !== light", arg=light
    )
    keep_screenshot(opened, "view_dark")
    dark = ink()
    choose_theme(opened, "JupyterLab Light")
    opened.wait_for_function(
        "dark => document.querySelector('.flexloan-live .gtitle').style.fill !== dark", arg=dark
    )
    assert ink() == light


def test_it_lives_on_after_the_page_is_reloaded(opened, lab):
    save(opened)
    open_notebook(opened, lab, "view.ipynb")
    opened.locator(LINE).nth(1).wait_for()
    run(opened, "view.update({'LTV': {'y': np.zeros(240)}})")
    wait_for_last_y(opened, 0)
    opened.locator(".noUi-handle").first.focus()
    opened.keyboard.press("End")
    wait_for_last_y(opened, 1, number=1)
    assert opened.locator(PICTURE).first.is_hidden()


def test_a_notebook_that_is_saved_stays_small(opened, lab):
    opened.locator(PICTURE).nth(1).wait_for(state="attached")
    save(opened)
    stored = (lab.folder / "view.ipynb").read_text()
    assert len(stored) < 500_000
    assert "widgets" not in json.loads(stored)["metadata"]
    nbformat.validate(nbformat.reads(stored, as_version=4))


def test_its_picture_is_there_when_the_notebook_is_opened_again(lab, browser, page):
    write_notebook(lab, "again.ipynb", FIGURE, VIEW, PANEL)
    open_notebook(page, lab, "again.ipynb")
    run_all(page)
    page.locator(PICTURE).nth(1).wait_for(state="attached")
    assert page.locator(PICTURE).first.is_hidden()
    save(page)
    stop_kernel(page)

    open_notebook(page, lab, "again.ipynb")  # with a kernel in which nothing has run
    check_pictures(page)
    assert page.get_by_text("Error displaying widget").first.is_hidden()
    stop_kernel(page)

    page.route("**/api/sessions*", no_new_kernel)
    open_notebook(page, lab, "again.ipynb", kernel=False)
    check_pictures(page)


def test_its_picture_is_in_exported_html_and_shows_the_latest(opened, lab, browser):
    opened.locator(PICTURE).nth(1).wait_for(state="attached")
    first = opened.locator(PICTURE).nth(1).get_attribute("src")
    run(opened, "after.update({'LTV': {'y': np.ones(240)}})")
    opened.wait_for_function(
        "([css, src]) => document.querySelectorAll(css)[1].src !== src", arg=[PICTURE, first]
    )
    save(opened)
    exported, _ = HTMLExporter().from_filename(lab.folder / "view.ipynb")
    (lab.folder / "view.html").write_text(exported)
    html = browser.new_page()
    html.goto((lab.folder / "view.html").as_uri(), wait_until="commit")
    check_pictures(html)
    texts = html.locator(".jp-OutputArea-output").all_inner_texts()
    assert not "".join(texts).strip()  # neither a widget's repr nor a style is read as text
    html.close()


def no_new_kernel(route):
    if route.request.method == "POST":
        route.abort()
    else:
        route.fallback()


def check_pictures(page):
    for number in range(2):
        picture = page.locator(PICTURE).nth(number)
        picture.wait_for()
        assert picture.evaluate("image => image.naturalWidth") > 600
