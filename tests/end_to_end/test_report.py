"""``flexloan report``, and its file in a real browser."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from lab import keep_screenshot, needs_browser

from flexloan_nb import SimulatedExchange, connect
from flexloan_nb.api.signing import utc_now
from flexloan_nb.report import write_report
from flexloan_nb.sim import Gateway, SimulatorServer

FLEXLOAN = str(Path(sys.executable).parent / "flexloan")
DRAWN = "[...document.querySelectorAll('figure')].every(figure => figure.dataset.drawn)"


class Young(NamedTuple):
    """A running exchange and its gateway."""

    url: str
    gateway: Gateway


def run(*arguments, **environment):
    return subprocess.run(
        [FLEXLOAN, "report", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def loan(tmp_path_factory):
    """Write the report of the embedded exchange's loan."""
    file = tmp_path_factory.mktemp("report") / "loan.html"
    write_report(connect("simulator"), file, lang="en", progress=False)
    return file


@pytest.fixture
def young():
    """Serve an exchange with a loan of some hours, of which there is little to read."""
    exchange = SimulatedExchange(scenario=None)
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    exchange.advance(hours=3)
    gateway = Gateway(exchange, clock=utc_now, paced=False)
    with SimulatorServer(gateway, gateway.issue_key()) as server:
        server.start()
        yield Young(server.url, gateway)


@pytest.fixture
def opened(page, browser, loan):
    """Open the report; what its page asks for and complains of is remembered."""
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(loan.as_uri())
    page.wait_for_function(DRAWN)
    return page


def test_a_report_is_written_for_its_owner_alone(tmp_path):
    file = tmp_path / "loan.html"
    result = run("--source", "simulator", "--out", str(file), "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"path": str(file), "failed": [], "images": []}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_report_that_exists_is_kept_unless_forced(tmp_path):
    file = tmp_path / "loan.html"
    file.write_text("mine")
    result = run("--source", "simulator", "--out", str(file))
    assert result.returncode == 1
    assert "--force" in result.stderr
    assert file.read_text() == "mine"
    assert run("--source", "simulator", "--out", str(file), "--force").returncode == 0
    assert file.read_text().startswith("<!DOCTYPE html>")


def test_a_server_that_is_not_there_leaves_no_file(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    result = run("--source", f"http://127.0.0.1:{port}", "--out", str(tmp_path / "loan.html"))
    assert result.returncode == 1
    assert result.stderr.startswith("flexloan report: ")
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_keys_the_live_report_says_which(tmp_path):
    result = run("--out", str(tmp_path / "loan.html"), OKX_API_KEY="", OKX_SECRET_KEY="")
    assert result.returncode == 1
    assert "OKX_API_KEY" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_parts_that_could_not_be_made_are_named_and_the_file_is_there(young, tmp_path):
    young.gateway.faults.fail_rate(1, ["new_types"], endpoint="loan-history")
    file = tmp_path / "loan.html"
    result = run("--source", young.url, "--out", str(file))
    assert result.returncode == 1
    assert "written without: How it came here, Do the books balance?." in result.stderr
    assert "This part could not be made: " in file.read_text()
    assert "new_event_type" in file.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--source", "demo"],
        ["--target", "1.2"],
        ["--lang", "fr"],
        ["--image-format", "pdf"],
        ["--source", "simulator", "--base-url", "https://eea.okx.com"],
    ],
)
def test_a_wrong_command_line_is_exit_2(arguments, tmp_path):
    assert run("--out", str(tmp_path / "loan.html"), *arguments).returncode == 2
    assert list(tmp_path.iterdir()) == []


@needs_browser
def test_a_page_draws_its_figures_and_asks_for_nothing(opened, browser, loan):
    figures = opened.locator("figure")
    assert figures.count() == 11
    assert opened.locator("figure svg.main-svg[role=img]").count() == 11
    assert opened.asked == [loan.as_uri()]
    assert browser.strays == []
    assert opened.complaints == []
    keep_screenshot(opened, "report")


@needs_browser
def test_a_figure_can_be_saved_and_cannot_be_sent(opened):
    button = opened.locator("figure .modebar-btn[data-title*='Download']").first
    with opened.expect_download() as download:
        button.dispatch_event("click")
    assert download.value.suggested_filename.endswith(".png")
    titles = opened.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")
    assert not any("hare" in title or "Edit" in title for title in titles)
    assert opened.complaints == []


@needs_browser
def test_on_paper_figures_fit_and_what_is_folded_is_open(opened):
    assert opened.locator("details[open]").count() == 0
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    opened.wait_for_function("document.querySelector('figure')._fullLayout.width === 680")
    assert opened.locator("details:not([open])").count() == 0
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    opened.wait_for_function("document.querySelector('figure')._fullLayout.width > 680")
    assert opened.locator("details[open]").count() == 0


@needs_browser
def test_ink_follows_the_ground_of_the_page(opened):
    ink = "getComputedStyle(document.querySelector('figure .xtick text')).fill"
    opened.emulate_media(color_scheme="light")
    on_light = opened.evaluate(ink)
    opened.emulate_media(color_scheme="dark")
    on_dark = opened.evaluate(ink)
    assert on_light == "rgb(27, 31, 36)"
    assert on_dark == "rgb(228, 232, 236)"
    keep_screenshot(opened, "report-dark")


@needs_browser
def test_a_script_that_is_not_the_pages_own_does_not_run(page, loan, tmp_path):
    altered = loan.read_text().replace("</main>", "<script>window.ran = 1</script></main>")
    (tmp_path / "altered.html").write_text(altered)
    page.goto((tmp_path / "altered.html").as_uri())
    page.wait_for_function(DRAWN)
    assert page.evaluate("window.ran === undefined")


@needs_browser
def test_without_scripts_tables_and_texts_can_be_read(browser, loan):
    context = browser.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(loan.as_uri())
    page.get_by_text("Figures are drawn by a script").wait_for()
    assert page.get_by_role("cell", name="LTC").first.is_visible()
    assert page.get_by_role("img", name="LTV 53.39%").is_visible()
    context.close()


@needs_browser
def test_an_account_without_a_loan_has_a_page(page, tmp_path):
    file = tmp_path / "empty.html"
    write_report(connect(SimulatedExchange(scenario=None)), file, lang="en", progress=False)
    page.goto(file.as_uri())
    assert page.get_by_text("There is no loan.").is_visible()
