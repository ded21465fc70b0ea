"""How fast a what-if panel follows its slider, in a real JupyterLab in a real browser.

    python tests/benchmarks/bench_panel.py [--moves 200]

Measured in the browser, from the key press on a slider of collateral to the last change of the
two figures' SVG, for the panel and for the same numbers and figures by ``interactive``, whose
``Output`` is drawn anew. The two take turns, so that whatever else the machine does meets both
alike. Also how long the panel takes to be usable, and what it costs the page and the notebook.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from lab import browser, lab, open_notebook, page, run_all, save, write_notebook

__all__ = ["browser", "lab", "page"]

MOVES = "FLEXLOAN_BENCH_MOVES"
PANEL = """
from flexloan_nb import connect
from flexloan_nb.panels.what_if import what_if_panel

panel = what_if_panel(connect("simulator"), lang="en")
panel.collateral.add.click()
panel
"""
# The same pure function and the same figures, the usual way.
INTERACTIVE = """
import ipywidgets
from IPython.display import display
from flexloan_nb.figures.liquidation_ladder import plot_liquidation_ladder
from flexloan_nb.figures.ltv_gauge import plot_ltv_gauge
from flexloan_nb.panels.what_if.outlook import look_out
from flexloan_nb.panels.what_if.sketch import Sketch

loan = panel.controls.loan

def drawn(amount):
    now = look_out(loan, Sketch(loan.ord_id, "USDT", {"BTC": amount}))
    after, before = now.after, now.before
    display(plot_ltv_gauge(after.position, before.position, lang="en"))
    display(plot_liquidation_ladder(
        after.ladder, before.ladder, uniform=after.falls, uniform_before=before.falls, lang="en"
    ))

slider = ipywidgets.FloatSlider(min=0, max=1.1, step=0.005, description="amount")
ipywidgets.interactive(drawn, amount=slider)
"""
WATCH = """() => {
    window.measured = { pressed: 0, drawn: 0 };
    document.addEventListener("keydown", (event) => {
        Object.assign(measured, { pressed: event.timeStamp, drawn: 0 });
    }, true);
    new MutationObserver((records) => {
        const drawn = records.some(({ target, addedNodes }) =>
            (target.closest ?? (() => null)).call(target, ".js-plotly-plot")
            || [...addedNodes].some((node) => node.querySelector?.(".js-plotly-plot")));
        if (drawn) measured.drawn = performance.now();
    }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""
TURN = 20  # moves
RESTS = {"what_if_panel": 300, "interactive": 700}  # ms, in which the figures have been drawn


def test_slider_to_redraw(lab, page):
    """Let panel and ``interactive`` take turns."""
    moves = int(os.environ[MOVES])
    write_notebook(lab, "bench.ipynb", PANEL, INTERACTIVE)
    open_notebook(page, lab, "bench.ipynb")
    run_all(page)
    page.locator("[data-is=agreed]").wait_for()
    page.wait_for_timeout(3_000)
    page.evaluate(WATCH)
    sliders = {
        "what_if_panel": page.locator(".flexloan-row .noUi-handle").first,
        "interactive": page.locator(".widget-interact .noUi-handle").first,
    }
    kept: dict[str, list[float]] = {name: [] for name in sliders}
    for turn in range(-1, moves // TURN):
        for name, handle in sliders.items():
            handle.focus()
            for _ in range(TURN):
                page.keyboard.press("ArrowRight" if turn % 2 else "ArrowLeft")
                page.wait_for_timeout(RESTS[name])
                taken = page.evaluate("() => measured.drawn - measured.pressed")
                if turn >= 0:
                    kept[name].append(taken)
    print(f"\n{moves} moves each, key press to the last change of both figures:")
    for name, taken in kept.items():
        print(f"  {name:<14}", spread(taken))
    panel = quantiles(kept["what_if_panel"])
    met = panel[0] <= 60 and panel[1] <= 150
    print(f"  target 60 ms and 150 ms: {'met' if met else 'MISSED'}")


def test_what_it_costs(lab, browser, page):
    """Open a notebook with a panel; move its slider; save it."""
    write_notebook(lab, "cost.ipynb", PANEL)
    began = time.monotonic()
    open_notebook(page, lab, "cost.ipynb")
    shown = time.monotonic()
    run_all(page)
    page.locator("[data-is=agreed]").wait_for()
    page.locator(".flexloan-live .js-plotly-plot").first.wait_for()
    usable = time.monotonic()
    print(f"\nnotebook open after {shown - began:.1f} s, panel usable {usable - shown:.1f} s later")
    session = browser.new_cdp_session(page)
    before = heap(session)
    page.locator(".flexloan-row .noUi-handle").first.focus()
    for move in range(200):
        page.keyboard.press("ArrowRight" if move % 60 < 30 else "ArrowLeft")
        page.wait_for_timeout(20)
    page.wait_for_timeout(3_000)
    after = heap(session)
    print(f"JavaScript heap {before[0]:.1f} MB, after 200 quick moves {after[0]:.1f} MB")
    print(f"nodes {before[1]:.0f}, after {after[1]:.0f}")
    save(page)
    stored = (lab.folder / "cost.ipynb").read_text()
    print(f"notebook saved with its pictures {len(stored) / 1e3:.0f} kB")


def heap(session: object) -> tuple[float, float]:
    """Return what the page holds, in MB, and how many nodes, once rubbish is gone."""
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {of["name"]: of["value"] for of in session.send("Performance.getMetrics")["metrics"]}
    return metrics["JSHeapUsedSize"] / 1e6, metrics["Nodes"]


def quantiles(taken: Sequence[float]) -> tuple[float, float]:
    """Return the median and the 95th percentile."""
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def spread(taken: Sequence[float]) -> str:
    """Return what is said of a series of milliseconds."""
    median, late = quantiles(taken)
    lost = sum(of <= 0 for of in taken)
    return f"median {median:5.0f} ms, 95 % {late:5.0f} ms, worst {max(taken):5.0f} ms, lost {lost}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=200)
    os.environ[MOVES] = str(parser.parse_args().moves)
    sys.exit(pytest.main([__file__, "-q", "-s", "-p", "no:cacheprovider"]))
