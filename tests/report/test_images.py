"""Figures as pictures."""

import stat
import sys

import plotly.graph_objects as go
import pytest
from lab import CHROMIUM, needs_browser

from flexloan_nb.errors import FlexLoanError, InvalidArgumentError
from flexloan_nb.report import write_images
from flexloan_nb.report.parts import Picture, Report, Section

FIGURE = go.Figure(go.Scatter(y=[1, 2])).update_layout(height=300, template="none")
SECTION = Section("history", "History", (Picture("ltv_history", FIGURE), Picture("cost", FIGURE)))
REPORT = Report("Loan", "now", False, (SECTION,), "en")


@pytest.fixture
def chromium(monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", CHROMIUM)


@needs_browser
@pytest.mark.parametrize(("image_format", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_each_figure_is_a_file_of_its_name_that_only_its_owner_may_read(
    chromium, tmp_path, image_format, begins
):
    files = write_images(REPORT, tmp_path / "figures", image_format)
    assert [file.name for file in files] == [f"ltv_history.{image_format}", f"cost.{image_format}"]
    for file in files:
        assert file.read_bytes().startswith(begins)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_pictures_that_exist_are_kept(tmp_path):
    (tmp_path / "cost.png").write_bytes(b"mine")
    with pytest.raises(InvalidArgumentError, match=r"cost\.png exists"):
        write_images(REPORT, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["cost.png"]


def test_without_kaleido_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "kaleido", None)
    with pytest.raises(FlexLoanError, match=r"pip install 'flexloan_nb\[images\]'"):
        write_images(REPORT, tmp_path)


def test_without_chromium_it_is_said_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("BROWSER_PATH", "/no/such/browser")
    with pytest.raises(FlexLoanError, match="BROWSER_PATH="):
        write_images(REPORT, tmp_path)


def test_another_format_is_refused(tmp_path):
    with pytest.raises(InvalidArgumentError, match="pdf"):
        write_images(REPORT, tmp_path, "pdf")
