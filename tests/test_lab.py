import json
from pathlib import Path

import pytest

from flexloan_nb import lab
from flexloan_nb.lab import FIRST_NOTEBOOK, copy_notebooks, shipped_notebooks


def states(folder):
    return {copy.name: copy.state for copy in copy_notebooks(folder)}


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Ship one small notebook, whose content the test can change."""
    notebook = tmp_path / "shipped" / "01.ipynb"
    notebook.parent.mkdir()
    notebook.write_text("first version")
    monkeypatch.setattr(lab, "shipped_notebooks", lambda: [notebook])
    return notebook


def test_the_first_notebook_is_shipped():
    assert FIRST_NOTEBOOK in [notebook.name for notebook in shipped_notebooks()]


def test_notebooks_are_put_into_a_new_folder_as_they_are(tmp_path):
    folder = tmp_path / "not" / "there yet"
    assert set(states(folder).values()) == {"new"}
    for notebook in shipped_notebooks():
        assert (folder / notebook.name).read_bytes() == notebook.read_bytes()


def test_a_second_time_changes_nothing(tmp_path):
    states(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.ipynb")}
    assert set(states(tmp_path).values()) == {"unchanged"}
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.ipynb")}


def test_a_changed_notebook_is_never_overwritten(tmp_path, shipped):
    folder = tmp_path / "mine"
    states(folder)
    (folder / "01.ipynb").write_text("my work")
    assert states(folder) == {"01.ipynb": "kept"}
    shipped.write_text("second version")
    assert states(folder) == {"01.ipynb": "kept"}
    assert (folder / "01.ipynb").read_text() == "my work"


def test_an_unchanged_notebook_follows_the_package(tmp_path, shipped):
    folder = tmp_path / "mine"
    states(folder)
    shipped.write_text("second version")
    assert states(folder) == {"01.ipynb": "updated"}
    assert (folder / "01.ipynb").read_text() == "second version"
    assert states(folder) == {"01.ipynb": "unchanged"}


@pytest.mark.parametrize("manifest", [None, "not json", "[]"])
def test_without_its_memory_it_keeps_what_differs(tmp_path, shipped, manifest):
    folder = tmp_path / "mine"
    states(folder)
    for hidden in folder.glob(".flexloan*"):
        hidden.unlink()
        if manifest is not None:
            hidden.write_text(manifest)
    shipped.write_text("second version")
    assert states(folder) == {"01.ipynb": "kept"}


def test_nothing_is_left_half_written(tmp_path, shipped):
    folder = tmp_path / "mine"
    states(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        ".flexloan-notebooks.json",
        "01.ipynb",
    ]
    assert json.loads((folder / ".flexloan-notebooks.json").read_text()).keys() == {"01.ipynb"}


@pytest.mark.parametrize(
    ("port", "browser", "expected"),
    [
        (None, True, []),
        (9999, False, ["--ServerApp.port=9999", "--ServerApp.port_retries=0", "--no-browser"]),
    ],
)
def test_jupyterlab_is_asked_for_what_was_asked(port, browser, expected):
    arguments = lab._lab_arguments(Path("/work"), port, browser)
    assert arguments[:2] == [
        "--ServerApp.root_dir=/work",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
    ]
    assert [argument for argument in expected if argument not in arguments] == []
    assert ("--no-browser" in arguments) is not browser
