"""`flexloan lab` in a real JupyterLab in a real browser, from which nothing leaves the machine."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

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

VIEWPORT = {"width": 1280, "height": 900}

needs_browser = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED, reason="Chromium is not installed: apt install chromium"
)


class Lab(NamedTuple):
    """A running JupyterLab and the folder it shows, with the notebooks in it."""

    url: str
    folder: Path


def isolated(home: Path) -> dict[str, str]:
    """Return an environment in which JupyterLab finds no settings but these."""
    config = home / "config"
    config.mkdir(parents=True)
    (config / "jupyter_lab_config.json").write_text(
        json.dumps({"LabApp": {"expose_app_in_browser": True}})
    )
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "IPYTHON", "PLOTLY", "OKX", "FLEXLOAN"))
    }
    folders = ("DATA_DIR", "RUNTIME_DIR")
    return inherited | {
        "JUPYTER_TOKEN": TOKEN,
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
        "IPYTHONDIR": str(home / "ipython"),
        "XDG_CACHE_HOME": str(home / "cache"),
        **{f"JUPYTER_{folder}": str(home / folder.lower()) for folder in folders},
    }


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Run ``flexloan lab`` on a free port."""
    home = tmp_path_factory.mktemp("home")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "flexloan"), "lab", "--no-browser"]
    running = Lab(f"http://127.0.0.1:{port}", home / "notebooks")
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--dir", str(running.folder)],
            env=isolated(home),
            stdout=log,
            stderr=log,
        )
    try:
        wait_for(f"{running.url}/api?token={TOKEN}", process)
        yield running
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


# Not for the whole session: Playwright keeps an event loop running, which others' tests start.
@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    """Start a browser from which nothing leaves this machine; what tries is remembered."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        context = launched.new_context(viewport=VIEWPORT)
        context.strays = []

        def keep_inside(route):
            if urlsplit(route.request.url).hostname in {"127.0.0.1", None}:
                route.continue_()
            else:
                context.strays.append(route.request.url)
                route.abort()

        context.route("**/*", keep_inside)
        yield context
        launched.close()


@pytest.fixture
def page(browser: BrowserContext) -> Iterator[Page]:
    """Open a page; the kernel of the notebook that is open in it at the end ends with it."""
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    if opened.evaluate("() => Boolean(window.jupyterapp)"):
        stop_kernel(opened)
    opened.close()


def write_notebook(lab: Lab, name: str, *cells: str) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab.folder / name)


def open_notebook(page: Page, lab: Lab, name: str, *, kernel: bool = True) -> None:
    page.goto(f"{lab.url}/doc/tree/{name}?reset&token={TOKEN}")
    ready = "context?.isReady"
    if kernel:
        ready += " && context.sessionContext.session?.kernel?.status === 'idle'"
    page.wait_for_function(
        f"""() => {{
            const context = window.jupyterapp?.shell.currentWidget?.context;
            return {ready};
        }}""",
        timeout=90_000,
    )


def run_all(page: Page) -> None:
    """Run all cells; none may fail."""
    ran = page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    errors = page.locator(".jp-OutputArea-output[data-mime-type*='stderr']").all_inner_texts()
    assert ran is not False, errors


def run(page: Page, code: str) -> None:
    """Run code in the kernel of the notebook that is open, outside its cells."""
    status = page.evaluate(
        """async code => {
            const { session } = jupyterapp.shell.currentWidget.context.sessionContext;
            const reply = await session.kernel.requestExecute({ code }).done;
            return reply.content.evalue ?? reply.content.status;
        }""",
        code,
    )
    assert status == "ok"


def save(page: Page) -> None:
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")


def stop_kernel(page: Page) -> None:
    """Stop the kernel of the notebook that is open, if it has one."""
    page.evaluate("() => jupyterapp.shell.currentWidget?.context.sessionContext.shutdown()")


def choose_theme(page: Page, name: str) -> None:
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)


def keep_screenshot(page: Page, name: str) -> None:
    """Keep a picture where FLEXLOAN_SCREENSHOTS says, to be looked at."""
    if (no_news := page.get_by_role("button", name="No", exact=True)).is_visible():
        no_news.click()
        no_news.wait_for(state="hidden")
    if folder := os.environ.get("FLEXLOAN_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
