"""Promises of the package as a whole."""

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import flexloan_nb

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "flexloan_nb"
MODULES = sorted(module.name for module in pkgutil.walk_packages([str(PACKAGE)], "flexloan_nb."))

# What each room may import of the others. Numbers never know networks, drawings never compute,
# and the embedded exchange is a second opinion.
ARROWS = {
    "__init__": set(),
    "errors": set(),
    "api": {"errors"},
    "analytics": {"errors"},
    "figures": {"analytics", "errors"},
    "panels": {"analytics", "errors", "figures"},
    "sim": set(),
    "connection": {"api", "errors", "sim"},
    "lab": set(),
    "doctor": {"api", "connection", "errors", "sim"},
    "report": {"__init__", "analytics", "api", "errors", "figures"},
    "app": {"connection", "errors"},
    "cli": {
        "__init__",
        "api",
        "app",
        "connection",
        "doctor",
        "errors",
        "lab",
        "report",
        "sim",
    },
}


def room(module):
    return [*module.split("."), "__init__"][1]


def imports_of(path):
    """Return the modules of this package that a file imports, by their full names."""
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            yield ".".join(base + (node.module.split(".") if node.module else []))


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.name))
def test_imports_follow_the_arrows(path):
    here = room(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ours = {room(name) for name in imports_of(path) if name.split(".")[0] == "flexloan_nb"}
    assert ours - {here} <= ARROWS[here]


def test_importing_the_package_imports_nothing_heavy():
    heavy = {"numpy", "pandas", "plotly", "ipywidgets", "requests", "jupyterlab"}
    code = f"import sys, flexloan_nb; print(sorted({heavy} & set(sys.modules)))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert output.stdout.strip() == b"[]"


def test_public_names_are_sorted_and_all_there():
    assert flexloan_nb.__all__ == sorted(flexloan_nb.__all__)
    assert "connect" in flexloan_nb.__all__
    for name in flexloan_nb.__all__:
        public = getattr(flexloan_nb, name)
        assert public.__doc__, name


@pytest.mark.parametrize("module", MODULES)
def test_a_module_lists_only_names_that_it_has(module):
    loaded = importlib.import_module(module)
    for name in getattr(loaded, "__all__", []):
        assert hasattr(loaded, name), name


@pytest.mark.parametrize("module", ["flexloan_nb", *MODULES])
def test_examples_in_docstrings_hold(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def requirements(lines):
    parsed = map(Requirement, lines)
    return {canonicalize_name(r.name): r.specifier for r in parsed}


def test_environment_yml_agrees_with_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = requirements(line for line in listed if isinstance(line, str) and line != "pip")
    wanted = requirements(project["dependencies"])
    assert conda.pop("python") == Requirement(f"python{project['requires-python']}").specifier
    assert conda == wanted
    assert {"pip": ["-e ."]} in listed


def test_the_changelog_knows_the_version():
    assert f"## [{flexloan_nb.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
