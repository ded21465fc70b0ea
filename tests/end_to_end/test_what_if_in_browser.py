"""The what-if panel in a real JupyterLab in a real browser: instant, steady, honest."""

import json

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

from flexloan_nb import connect
from flexloan_nb.panels.what_if import Sketch
from flexloan_nb.panels.what_if.facts import read_account
from flexloan_nb.panels.what_if.outlook import look_out

pytestmark = needs_browser

SETUP = """
from flexloan_nb import connect
from flexloan_nb.panels.what_if import what_if_panel
from flexloan_nb.sim import Gateway, SimulatedExchange

gateway = Gateway(SimulatedExchange(seed=7), paced=False)
client = connect(gateway)
"""
PANEL = """
panel = what_if_panel(client, lang="en")
panel.collateral.add.click()
panel
"""
HANDLE = ".flexloan-row .noUi-handle"
NUMBER = ".flexloan-row input[type=text]"
PICTURE = ".flexloan-picture img"
PLOT = ".flexloan-live .js-plotly-plot"
END_OF_SCALE = 1.1  # where a bar ends whose LTV is higher

# What must stay the same nodes while a slider moves; blank counts frames without a bar.
WATCH = """() => {
    const $ = (css) => document.querySelector(`.flexloan-live ${css}`);
    const nodes = () => ({
        plot: $(".js-plotly-plot"),
        bar: $(".js-plotly-plot .barlayer .point"),
        card: $("[data-text=max_loan]"),
        cell: $("[data-text=debt_usd_after]"),
        number: $(".flexloan-row input[type=text]"),
        handle: $(".flexloan-row .noUi-handle"),
    });
    window.watched = { nodes, first: nodes(), blank: 0 };
    const look = () => {
        if (!$(".js-plotly-plot .barlayer .point path")?.getAttribute("d")) watched.blank += 1;
        requestAnimationFrame(look);
    };
    look();
}"""
SAME = """() => {
    const now = watched.nodes();
    return Object.keys(now).filter((name) => now[name] !== watched.first[name]);
}"""


@pytest.fixture(scope="module")
def loan():
    """Return the loan of the same seed, read in the test's own process."""
    return next(iter(read_account(connect("simulator")).loans.values()))


@pytest.fixture(scope="module")
def notebook(lab, browser):
    write_notebook(lab, "what_if.ipynb", SETUP, PANEL)
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    open_notebook(opened, lab, "what_if.ipynb")
    yield opened
    stop_kernel(opened)
    opened.close()


@pytest.fixture
def opened(notebook):
    """Run the notebook anew, and wait until its panel is drawn and the exchange has answered."""
    notebook.set_viewport_size(VIEWPORT)
    run_all(notebook)
    notebook.locator(f"{PLOT} .barlayer .point").first.wait_for()
    settle(notebook)
    return notebook


def settle(page, state="agreed"):
    page.locator(f".flexloan-live [data-mark=answer][data-is={state}]").wait_for()


def wait_for(page, loan, **changes):
    """Wait until the panel shows what the pure function says of a sketch, figure and numbers."""
    outlook = look_out(loan, Sketch(loan.ord_id, "USDT", **changes))
    after = outlook.after.position
    page.wait_for_function(
        """([css, ltv, percent, debt]) => {
            const trace = document.querySelector(css)._fullData.find((of) => of.name === "After");
            const said = (key) => document.querySelector(`.flexloan-live [data-text=${key}]`);
            return Math.abs(Array.from(trace.x)[0] - ltv) < 1e-12
                && said("ltv").textContent === percent
                && said("debt_usd_after").textContent === debt;
        }""",
        arg=[PLOT, min(after.ltv, END_OF_SCALE), f"{after.ltv:.2%}", f"{after.debt_usd:,.2f}"],
    )
    shown = page.locator(f"{PLOT} .barlayer .point text").all_text_contents()
    assert f"{after.ltv:.2%}" in shown
    return outlook


def amount(page):
    return float(page.locator(NUMBER).first.input_value())


def test_keys_move_the_slider_the_figure_and_the_numbers(opened, loan, browser):
    opened.locator(HANDLE).first.focus()
    for key, expected in {"ArrowRight": 0.005, "PageUp": 0.03, "End": 1.1, "Home": 0}.items():
        opened.keyboard.press(key)
        wait_for(opened, loan, supplement={"BTC": expected})
        assert amount(opened) == expected
    assert browser.strays == []


def test_the_mouse_moves_the_slider_the_figure_and_the_numbers(opened, loan):
    handle = opened.locator(HANDLE).first
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(x, y)
    opened.mouse.down()
    opened.mouse.move(x + 80, y, steps=20)
    opened.mouse.up()
    opened.wait_for_function("css => Number(document.querySelector(css).value) > 0.1", arg=NUMBER)
    opened.wait_for_timeout(500)
    wait_for(opened, loan, supplement={"BTC": amount(opened)})
    settle(opened)


def test_two_hundred_quick_moves_leave_nothing_stale_and_nothing_behind(opened, loan):
    opened.locator(HANDLE).first.focus()
    opened.keyboard.press("ArrowRight")
    wait_for(opened, loan, supplement={"BTC": 0.005})
    settle(opened)
    opened.evaluate(WATCH)
    count = "() => document.querySelectorAll('*').length"
    before = opened.evaluate(count)
    for move in range(200):
        opened.keyboard.press("ArrowLeft" if 60 <= move < 120 else "ArrowRight")
    outlook = wait_for(opened, loan, supplement={"BTC": 0.405})
    settle(opened)
    assert amount(opened) == 0.405
    shown = opened.locator(".flexloan-live [data-text=answer_loan]").inner_text()
    assert float(shown.split()[0].replace(",", "")) == pytest.approx(outlook.max_loan, rel=1e-7)
    assert opened.evaluate(SAME) == []
    assert opened.evaluate("() => watched.blank") == 0
    assert opened.evaluate(count) <= before + 5


def test_number_presets_draw_and_shocks_change_figure_and_numbers(opened, loan):
    opened.locator(NUMBER).first.fill("0.25")
    opened.keyboard.press("Enter")
    wait_for(opened, loan, supplement={"BTC": 0.25})
    opened.get_by_role("button", name="MAX").first.click()
    wait_for(opened, loan, supplement={"BTC": 1.1})
    opened.get_by_role("textbox", name="Loan to draw").fill("5000")
    opened.keyboard.press("Enter")
    wait_for(opened, loan, supplement={"BTC": 1.1}, draw=5_000)
    opened.get_by_role("slider", name="Change of price: All collateral").focus()
    opened.keyboard.press("Home")
    shocks = dict.fromkeys(("BTC", "ETH", "SOL"), -0.9)
    wait_for(opened, loan, supplement={"BTC": 1.1}, draw=5_000, shocks=shocks)
    assert opened.get_by_text("Liquidation: the LTV would be").is_visible()
    opened.get_by_role("button", name="No shocks").click()
    wait_for(opened, loan, supplement={"BTC": 1.1}, draw=5_000)


def test_a_wrong_entry_shows_its_message_and_dims_the_numbers(opened, loan):
    opened.locator(NUMBER).first.fill("99")
    opened.keyboard.press("Enter")
    opened.get_by_text("99 is more than the 1.1 there is.").wait_for()
    opened.get_by_text("An entry is wrong").wait_for()
    dim = "css => Number(getComputedStyle(document.querySelector(css)).opacity) < 0.5"
    opened.wait_for_function(dim, arg=PLOT)
    keep_screenshot(opened, "what_if_wrong_entry")
    opened.locator(NUMBER).first.fill("0.5")
    opened.keyboard.press("Enter")
    wait_for(opened, loan, supplement={"BTC": 0.5})
    opened.wait_for_function(dim.replace("<", ">="), arg=PLOT)
    assert opened.get_by_text("An entry is wrong").is_hidden()


@pytest.mark.parametrize("fault", ["429", "late", "silent"])
def test_an_exchange_that_refuses_or_is_slow_or_dead_leaves_the_panel_usable(opened, loan, fault):
    run(opened, f"gateway.faults.fail_rate(1, ['{fault}'], endpoint='max-loan')")
    opened.locator(HANDLE).first.focus()
    opened.keyboard.press("PageUp")
    settle(opened, "asking")
    opened.wait_for_timeout(1_000)
    for moves in range(1, 4):  # while the exchange keeps silent
        opened.keyboard.press("PageUp")
        wait_for(opened, loan, supplement={"BTC": round(0.025 * (moves + 1), 3)})
        assert opened.locator("[data-text=answer_loan]").inner_text() == "-"
    run(opened, "gateway.faults.clear()")
    if fault == "429":  # the next attempt goes through; a slow answer would be waited for
        settle(opened)


def test_scenarios_are_kept_and_saved_as_files(opened):
    opened.get_by_role("button", name="MAX").first.click()
    opened.get_by_role("button", name="Keep").first.click()
    opened.get_by_role("columnheader", name="Scenario 1").wait_for()
    with opened.expect_download() as download:
        opened.get_by_text("Save scenarios (JSON)").click()
    scenarios = json.loads(download.value.path().read_text())["scenarios"]
    assert scenarios[0]["sketch"]["supplement"] == {"BTC": 1.1}
    with opened.expect_download() as download:
        opened.get_by_text("Save table (CSV)").click()
    assert download.value.suggested_filename == "what-if.csv"
    assert "Scenario 1" in download.value.path().read_text()


def test_it_lives_on_after_the_page_is_reloaded(opened, loan, lab):
    save(opened)
    open_notebook(opened, lab, "what_if.ipynb")
    opened.locator(f"{PLOT} .barlayer .point").first.wait_for()
    opened.locator(HANDLE).first.focus()
    opened.keyboard.press("End")
    wait_for(opened, loan, supplement={"BTC": 1.1})


def test_its_picture_is_there_when_nothing_lives(lab, browser, page):
    write_notebook(lab, "kept.ipynb", SETUP, PANEL)
    open_notebook(page, lab, "kept.ipynb")
    run_all(page)
    page.locator(PICTURE).first.wait_for(state="attached")
    save(page)
    stop_kernel(page)
    assert len((lab.folder / "kept.ipynb").read_text()) < 500_000
    open_notebook(page, lab, "kept.ipynb")
    page.locator(PICTURE).first.wait_for()
    assert page.locator(PICTURE).first.evaluate("image => image.naturalWidth") > 300


@pytest.mark.parametrize("width", [1280, 900])
def test_nothing_is_cut_off(opened, width):
    opened.set_viewport_size({"width": width, "height": 900})
    opened.wait_for_timeout(500)
    over = opened.evaluate(
        """() => {
            const panel = document.querySelector(".flexloan-panel").getBoundingClientRect();
            return [...document.querySelectorAll(".flexloan-panel *")]
                .filter((node) => node.getBoundingClientRect().right > panel.right + 2)
                .map((node) => node.className?.toString());
        }"""
    )
    keep_screenshot(opened, f"what_if_{width}")
    assert over == []


def test_it_can_be_read_in_the_dark(opened):
    choose_theme(opened, "JupyterLab Dark")
    opened.wait_for_timeout(500)
    keep_screenshot(opened, "what_if_dark")
    ink = "node => getComputedStyle(node).color"
    card = opened.locator(".flexloan-live [data-text=max_loan]")
    rgb = card.evaluate(ink)
    choose_theme(opened, "JupyterLab Light")
    opened.wait_for_timeout(500)
    assert card.evaluate(ink) != rgb
