"""The notebooks run top to bottom on the simulator, and are stored as they should be read."""

import nbformat
import pytest
from nbclient import NotebookClient

from flexloan_nb.lab import shipped_notebooks

# Ends a process that reaches for another machine, even where the notebook would not mind.
NO_NETWORK = """
import os, sys

HERE = {None, "", "localhost", "127.0.0.1", "::1"}

def refuse(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in HERE:
        os._exit(13)

sys.addaudithook(refuse)
"""
NOTEBOOKS = pytest.mark.parametrize("path", shipped_notebooks(), ids=lambda path: path.stem)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@NOTEBOOKS
def test_it_runs_without_an_error_and_shows_its_figures(path, tmp_path, monkeypatch):
    for variable in ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    shown = {mime for output in outputs for mime in output.get("data", {})}
    assert "application/vnd.plotly.v1+json" in shown
    assert not [output for output in outputs if output.output_type in {"error", "stream"}]


@NOTEBOOKS
def test_it_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert not [cell.id for cell in code_cells(notebook) if cell.outputs or cell.execution_count]
    assert "widgets" not in notebook.metadata


@NOTEBOOKS
def test_it_reads_as_a_story(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[0].source.startswith("# ")
    assert notebook.cells[0].source.splitlines()[0].endswith("?")
    assert 20 <= len(notebook.cells) <= 45
    assert any("assert " in cell.source for cell in code_cells(notebook))
    tagged = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    assert [cell.source.splitlines()[0].split(" =")[0] for cell in tagged] == ["SOURCE"]
    assert all(len(cell.source.splitlines()) <= 8 for cell in code_cells(notebook))


@NOTEBOOKS
def test_it_moves_no_assets(path):
    source = path.read_text()
    assert "adjust_collateral(" not in source
    assert "allow_trading" not in source
