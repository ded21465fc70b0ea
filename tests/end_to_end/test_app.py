"""``flexloan app``: the what-if panel as a page, in a real browser."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest
from lab import TOKEN, isolated, keep_screenshot, needs_browser, wait_for

FLEXLOAN = str(Path(sys.executable).parent / "flexloan")
FIGURES = "JSON.stringify([...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data))"


class App(NamedTuple):
    """A running page's address and process."""

    url: str
    process: subprocess.Popen


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def start(home, *arguments):
    with (home / "log").open("w") as log:
        return subprocess.Popen(
            [FLEXLOAN, "app", "--no-browser", *arguments],
            env=isolated(home) | {"TMPDIR": str(home)},
            cwd=home,
            stdout=log,
            stderr=log,
        )


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    home, port = tmp_path_factory.mktemp("app"), free_port()
    # A file that Voilà would take its options from, were it asked to.
    (home / "voila.json").write_text(json.dumps({"Voila": {"ip": "0.0.0.0", "token": ""}}))
    running = App(f"http://127.0.0.1:{port}", start(home, "--port", str(port)))
    try:
        wait_for(f"{running.url}/login", running.process)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(timeout=30)


def status_of(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.geturl()
    except urllib.error.HTTPError as error:
        return error.code, error.geturl()


def kernels_of(process):
    """Return the processes that a process has started."""
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(child) for child in listed]


def is_alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_without_the_token_there_is_only_a_place_to_enter_it(app):
    assert status_of(app.url) == (200, f"{app.url}/login?next=%2F")
    assert status_of(f"{app.url}/?token=wrong")[1].startswith(f"{app.url}/login")
    kernel = "00000000-0000-0000-0000-000000000000"
    assert status_of(f"{app.url}/api/kernels/{kernel}")[0] == 403
    assert kernels_of(app.process) == []


def test_no_other_host_name_leads_there(app):
    assert status_of(f"{app.url}/?token={TOKEN}", Host="evil.example")[0] == 403


def test_nothing_but_this_machine_is_listened_to(app):
    port = int(app.url.rpartition(":")[2])
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in others - {"127.0.0.1", "::1"}:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, port), timeout=5)


@pytest.fixture
def opened(browser):
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


@needs_browser
def test_the_panel_is_there_and_follows_its_sliders(app, opened, browser):
    page, complaints = opened, []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
    page.goto(f"{app.url}/?token={TOKEN}")
    page.locator(".js-plotly-plot svg.main-svg").first.wait_for()
    before = page.evaluate(FIGURES)
    slider = page.get_by_role("slider").last
    slider.focus()
    slider.press("Home")
    page.wait_for_function(f"before => {FIGURES} !== before", arg=before)
    keep_screenshot(page, "app")
    assert page.locator(".jp-OutputArea-child:visible").count() == 1  # no picture beside it
    assert page.get_by_text("what_if_panel").count() == 0
    assert browser.strays == []
    assert complaints == []


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_its_kernels_and_leaves_nothing(tmp_path, stop):
    port = free_port()
    process = start(tmp_path, "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/login", process)
        with urllib.request.urlopen(f"{url}/?token={TOKEN}", timeout=60) as page:
            assert page.read()
        started = kernels_of(process)
        assert started
    finally:
        process.send_signal(stop)
    assert process.wait(timeout=30) == 0
    deadline = time.monotonic() + 10
    while any(map(is_alive, started)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_alive, started))
    left = {of.name for of in tmp_path.iterdir() if of.name.startswith(("flexloan-app", "voila_"))}
    assert left == set()


def test_a_port_in_use_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = start(tmp_path, "--port", port)
        assert process.wait(timeout=60) == 1
    assert port in (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_without_keys_nothing_is_served(tmp_path):
    process = start(tmp_path, "--source", "live")
    assert process.wait(timeout=60) == 1
    log = (tmp_path / "log").read_text()
    assert log.startswith("flexloan app: ")
    assert "OKX_API_KEY" in log
