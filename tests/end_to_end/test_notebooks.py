"""The notebooks run top to bottom on the simulator, and are stored as they should be read."""

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from flexloan_nb import SimulatedExchange
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
PATHS = {path.stem[:2]: path for path in shipped_notebooks()}
NOTEBOOKS = pytest.mark.parametrize("path", PATHS.values(), ids=lambda path: path.stem)
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)

Names = dict[str, Any]


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read(path):
    return nbformat.read(path, as_version=4)


def run_cells(path: Path, **parameters: Any) -> Names:
    """Run a notebook's code in this process, show what it would show, and return its names."""
    names: Names = {}
    for cell in code_cells(read(path)):
        body = ast.parse(cell.source).body
        shown = body.pop().value if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), cell.id, "exec"), names)
        if cell.id == "parameters":
            assert parameters.keys() <= names.keys()
            names |= parameters
        if shown is not None:
            value = eval(compile(ast.Expression(shown), cell.id, "eval"), names)
            show = getattr(value, "_repr_html_", None) or value.__repr__
            assert isinstance(show(), str | None)
    return names


@cache
def in_market(number: str, seed: int) -> Names:
    """Run a notebook on the story in another market, once."""
    return run_cells(PATHS[number], SEED=seed)


# Accounts other than the one of the story


def nothing() -> SimulatedExchange:
    return SimulatedExchange(seed=3, scenario=None)


def minutes_old() -> SimulatedExchange:
    exchange = nothing()
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    exchange.advance(seconds=60)
    return exchange


def one_coin() -> SimulatedExchange:
    exchange = nothing()
    exchange.deposit("LTC", 300)
    exchange.deposit("BTC", "0.2")
    exchange.borrow("USDT", 5_000, collateral={"LTC": 200})
    exchange.advance(hours=30)
    return exchange


def short_bitcoin() -> SimulatedExchange:
    exchange = nothing()
    exchange.deposit("USDC", 50_000)
    exchange.deposit("OKB", 50)
    exchange.borrow("BTC", "0.2", collateral={"USDC": 40_000})
    exchange.advance(hours=50)
    return exchange


def repaid() -> SimulatedExchange:
    exchange = nothing()
    exchange.deposit("BTC", 1)
    exchange.deposit("USDT", 100)
    exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    exchange.advance(hours=30)
    exchange.repay("USDT", exchange.loan_info()[0]["loanData"][0]["amt"])
    exchange.advance(hours=2)
    return exchange


# What they do


def widgets_of(notebook):
    """Return the models that an executed notebook keeps of its widgets, progress bars too."""
    saved = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json")
    return saved["state"].values() if saved else ()


@NOTEBOOKS
def test_it_runs_without_an_error_and_shows_its_figures(path, tmp_path, monkeypatch):
    for variable in ("OKX_API_KEY", "OKX_SECRET_KEY", "OKX_PASSPHRASE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    (tmp_path / "sitecustomize.py").write_text(NO_NETWORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    notebook = read(path)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    shown = {mime for output in outputs for mime in output.get("data", {})}
    assert "application/vnd.plotly.v1+json" in shown
    assert not [output for output in outputs if output.output_type in {"error", "stream"}]
    assert "danger" not in {widget["state"].get("bar_style") for widget in widgets_of(notebook)}


@pytest.mark.parametrize("number", PATHS)
@pytest.mark.parametrize("seed", [3, 11])
def test_it_runs_in_other_markets(number, seed):
    assert in_market(number, seed)["SEED"] == seed


@NOTEBOOKS
@pytest.mark.parametrize("account", [one_coin, short_bitcoin])
def test_it_runs_on_other_loans(path, account: Callable[[], SimulatedExchange]):
    assert run_cells(path, SOURCE=account())["client"]


def test_the_cost_of_a_loan_that_is_minutes_old_can_be_asked_for():
    assert run_cells(PATHS["02"], SOURCE=minutes_old())["accruals"].empty


def test_the_first_notebook_runs_on_an_account_without_a_loan():
    assert run_cells(PATHS["01"], SOURCE=nothing())["loans"].empty


@pytest.mark.parametrize("number", ["02", "03", "04"])
def test_without_a_loan_the_others_say_so(number):
    with pytest.raises(AssertionError, match=r"[Tt]here (is no|never was a) loan on this account"):
        run_cells(PATHS[number], SOURCE=nothing())


def test_a_loan_that_is_repaid_has_a_history_but_no_price_at_which_it_dies():
    history = run_cells(PATHS["02"], SOURCE=repaid())["history"]
    assert history.path["ltv"].iloc[-1] == 0 < history.path["ltv"].max()
    with pytest.raises(AssertionError, match="Nothing is owed"):
        run_cells(PATHS["03"], SOURCE=repaid())


@pytest.mark.parametrize("number", ["03", "04"])
def test_another_order_can_be_chosen(number):
    orders = SimulatedExchange(seed=7).loan_info()
    other = min(orders, key=lambda order: float(order["loanNotionalUsd"]))["ordId"]
    assert run_cells(PATHS[number], ORDER=other)["position"].collateral.keys() == {"LTC"}


def test_the_history_agrees_with_what_the_exchange_printed():
    names = in_market("02", 3)
    assert names["check"]["drift"].abs().max() < 1e-3
    assert names["residuals"].max().max() < 1e-8
    assert (names["audit"]["finding"] == "ok").all()
    assert names["books"].query("side == 'collateral'")["balanced"].all()


def test_the_books_of_a_young_loan_balance():
    assert run_cells(PATHS["02"], SOURCE=one_coin())["books"]["balanced"].all()


def test_the_model_agrees_with_the_exchange():
    names = in_market("04", 3)
    assert names["power"].initial_ltv == pytest.approx(0.65, abs=1e-9)
    assert names["found"]["finding"]["residual"] == "the model agrees with the exchange"
    assert names["model"] == pytest.approx(names["exchange"], abs=2e-8)


# How they are written


@NOTEBOOKS
def test_it_is_stored_without_outputs(path):
    notebook = read(path)
    assert not [cell.id for cell in code_cells(notebook) if cell.outputs or cell.execution_count]
    assert "widgets" not in notebook.metadata
    assert notebook.metadata.kernelspec.name == "python3"


@NOTEBOOKS
def test_its_cells_have_names(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@NOTEBOOKS
def test_it_reads_as_a_story(path):
    cells = read(path).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    title, *sentences = cells[0].source.splitlines()
    assert title.startswith("# ")
    assert title.endswith("?")
    assert len([sentence for sentence in sentences if sentence]) == 3
    assert 20 <= len(cells) <= 45
    assert 0.7 <= (len(cells) - len(code)) / len(code) <= 1.4
    assert cells[-1].source.startswith("## What this leaves out\n")
    assert any("assert " in cell.source for cell in code)
    lines = [len(cell.source.splitlines()) for cell in code if cell.id != "parameters"]
    assert median(lines) <= 4
    assert max(lines) <= 8


@NOTEBOOKS
def test_it_has_one_cell_of_imports_and_defines_nothing(path):
    trees = {cell.id: list(ast.walk(ast.parse(cell.source))) for cell in code_cells(read(path))}
    importing = [
        name
        for name, nodes in trees.items()
        if any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)
    ]
    assert importing == ["imports"]
    assert not [
        name for name, nodes in trees.items() if any(isinstance(n, DEFINITIONS) for n in nodes)
    ]


@NOTEBOOKS
def test_its_parameters_are_literals_with_their_meaning_beside_them(path):
    tagged = [cell for cell in read(path).cells if "parameters" in cell.metadata.get("tags", [])]
    assert [cell.id for cell in tagged] == ["parameters"]
    lines = tagged[0].source.splitlines()
    assert all("  # " in line for line in lines)
    for statement in ast.parse(tagged[0].source).body:
        assert isinstance(statement, ast.Assign)
        ast.literal_eval(statement.value)
    assert lines[:2] == [
        'SOURCE = "simulator"  # or "live", with your key in the environment',
        "SEED = 7  # of the simulator's market",
    ]


@NOTEBOOKS
def test_it_moves_no_assets(path):
    source = path.read_text()
    assert "adjust_collateral(" not in source
    assert "allow_trading" not in source
