"""`flexloan lab` in a real JupyterLab in a real browser, without a network."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
REQUIRED = os.environ.get("FLEXLOAN_BROWSER_TESTS") == "required"
TOKEN = "token-of-tests"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED, reason="Chromium is not installed: apt install chromium"
)


def isolated(home):
    """Return an environment in which JupyterLab finds no settings but these."""
    config = home / "config"
    config.mkdir(parents=True)
    (config / "jupyter_lab_config.json").write_text(
        json.dumps({"LabApp": {"expose_app_in_browser": True}})
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "PLOTLY", "OKX"))
    }
    folders = ("DATA_DIR", "RUNTIME_DIR")
    return inherited | {
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        **{f"JUPYTER_{folder}": str(home / folder.lower()) for folder in folders},
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Run ``flexloan lab`` on a free port and give its address."""
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "flexloan"), "lab", "--no-browser"]
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--dir", str(home / "notebooks")],
            env=isolated(home),
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/api?token={TOKEN}", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url, process, seconds=90):
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


@pytest.fixture
def page():
    """Open a page from which nothing leaves this machine; what tries is remembered."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.strays = []

        def keep_inside(route):
            if urlsplit(route.request.url).hostname in {"127.0.0.1", None}:
                route.continue_()
            else:
                opened.strays.append(route.request.url)
                route.abort()

        opened.route("**/*", keep_inside)
        yield opened
        browser.close()


def open_notebook(page: Page, lab: str, name: str) -> None:
    page.goto(f"{lab}/doc/tree/{name}?reset&token={TOKEN}")
    page.wait_for_function(
        """() => {
            const context = window.jupyterapp?.shell.currentWidget?.context;
            return context?.isReady && context.sessionContext.session?.kernel?.status === 'idle';
        }""",
        timeout=90_000,
    )


def keep_screenshot(page: Page, name: str) -> None:
    """Keep a picture where FLEXLOAN_SCREENSHOTS says, to be looked at."""
    if (no_news := page.get_by_role("button", name="No", exact=True)).is_visible():
        no_news.click()
        no_news.wait_for(state="hidden")
    if folder := os.environ.get("FLEXLOAN_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_the_first_notebook_runs_and_draws_without_a_network(lab, page):
    open_notebook(page, lab, "01_explore_loan.ipynb")
    ran = page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    assert ran is not False
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
    assert page.strays == []
