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


def test_its_memory_is_one_small_file(tmp_path, shipped):
    folder = tmp_path / "mine"
    states(folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        ".flexloan-notebooks.json",
        "01.ipynb",
    ]
    assert json.loads((folder / ".flexloan-notebooks.json").read_text()).keys() == {"01.ipynb"}


def test_a_folder_in_which_nothing_changes_need_not_be_writable(tmp_path, shipped, monkeypatch):
    folder = tmp_path / "mine"
    states(folder)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert states(folder) == {"01.ipynb": "unchanged"}


def test_a_disk_that_is_full_leaves_the_old_notebook_whole(tmp_path, shipped, monkeypatch):
    folder = tmp_path / "mine"
    states(folder)
    shipped.write_text("second version")
    monkeypatch.setattr(Path, "write_bytes", write_half_and_refuse)
    with pytest.raises(OSError, match="full"):
        states(folder)
    assert (folder / "01.ipynb").read_text() == "first version"
    assert not list(folder.glob("*.tmp"))
    monkeypatch.undo()
    assert (folder / "01.ipynb").read_text() == "first version"


def refuse(path, content):
    raise OSError("full")


def write_half_and_refuse(path, content):
    with path.open("wb") as unfinished:
        unfinished.write(content[: len(content) // 2])
    refuse(path, content)


@pytest.mark.parametrize("target", ["mine.ipynb", "not there"])
def test_a_link_is_the_users_and_stays(tmp_path, shipped, target):
    folder = tmp_path / "mine"
    folder.mkdir()
    (tmp_path / "mine.ipynb").write_text("my work")
    (folder / "01.ipynb").symlink_to(tmp_path / target)
    assert states(folder) == {"01.ipynb": "kept"}
    assert (folder / "01.ipynb").is_symlink()
    assert (tmp_path / "mine.ipynb").read_text() == "my work"


def test_a_folder_in_the_way_of_a_notebook_is_left_alone(tmp_path, shipped):
    (tmp_path / "mine" / "01.ipynb").mkdir(parents=True)
    assert states(tmp_path / "mine") == {"01.ipynb": "kept"}


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
