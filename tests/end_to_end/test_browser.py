"""The notebooks in a real JupyterLab in a real browser, without a network."""

from lab import keep_screenshot, needs_browser, open_notebook, run_all

pytestmark = needs_browser


def test_the_first_notebook_runs_and_draws_without_a_network(lab, browser, page):
    open_notebook(page, lab, "01_explore_loan.ipynb")
    run_all(page)
    figure = page.locator(".js-plotly-plot").first
    figure.scroll_into_view_if_needed()
    figure.locator(".scatterlayer .trace path.js-line").first.wait_for(timeout=30_000)
    keep_screenshot(page, "01_explore_loan")
    drawn = figure.evaluate(
        "plot => plot._fullData.map(t => [t.name, t.x.length, Array.from(t.y).at(-1)])"
    )
    assert {name for name, _, _ in drawn} == {"USDC", "USDT"}
    assert all(hours == 720 and total > 0 for _, hours, total in drawn)
    assert page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").count() == 0
    assert browser.strays == []
