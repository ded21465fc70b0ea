"""The notebooks in a real JupyterLab in a real browser, without a network."""

import pytest
from lab import keep_screenshot, needs_browser, open_notebook, run_all

pytestmark = needs_browser

# Of figures and of views in panels; the picture that is kept of a view is an image beside it.
DRAWN = ".jp-Notebook .js-plotly-plot"
SHOW_TRACES = """(plot, opacity) => {
    for (const layer of plot.querySelectorAll('.scatterlayer, .barlayer, .heatmaplayer'))
        layer.style.opacity = opacity;
}"""
STDERR = ".jp-OutputArea-output[data-mime-type*='stderr']"


def figures_of(page, lab, name, *, least):
    """Run a notebook and return its figures, when all are drawn."""
    open_notebook(page, lab, f"{name}.ipynb")
    run_all(page)
    page.wait_for_function(
        """([css, least]) => {
            const plots = [...document.querySelectorAll(css)];
            return plots.length >= least && plots.every(plot => plot.querySelector('.main-svg'));
        }""",
        arg=[DRAWN, least],
    )
    return page.locator(DRAWN).all()


def check_drawn(page, name, figures):
    for number, figure in enumerate(figures, start=1):
        assert not is_blank(figure)
        keep_screenshot(page, f"{name}_{number}")
    assert page.locator(STDERR).count() == 0


def is_blank(figure):
    """Return whether a figure looks the same without what is drawn between its axes."""
    figure.scroll_into_view_if_needed()
    seen = figure.screenshot()
    figure.evaluate(SHOW_TRACES, 0)
    without = figure.screenshot()
    figure.evaluate(SHOW_TRACES, 1)
    return seen == without


def test_the_first_notebook_draws_a_month_of_interest(lab, browser, page):
    figures = figures_of(page, lab, "01_explore_loan", least=1)
    figures[0].locator(".scatterlayer .trace path.js-line").first.wait_for(timeout=30_000)
    check_drawn(page, "01_explore_loan", figures)
    drawn = figures[0].evaluate(
        "plot => plot._fullData.map(t => [t.name, t.x.length, Array.from(t.y).at(-1)])"
    )
    assert {name for name, _, _ in drawn} == {"USDC", "USDT"}
    assert all(hours == 720 and total > 0 for _, hours, total in drawn)
    assert browser.strays == []


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("02_ltv_and_interest_history", 2),
        ("03_liquidation_sensitivity", 6),
        ("04_collateral_what_if", 3),
    ],
)
def test_the_others_run_and_draw_without_a_network(lab, browser, page, name, least):
    check_drawn(page, name, figures_of(page, lab, name, least=least))
    assert browser.strays == []
