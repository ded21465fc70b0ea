"""A wheel holds all that a user needs, also without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Build the wheel and unpack it, as installing it would."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    site = folder / "site-packages"
    zipfile.ZipFile(wheel).extractall(site)
    return site


def run(unpacked, code, cwd):
    environment = os.environ | {"PYTHONPATH": str(unpacked)}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=cwd, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def test_it_has_the_types_and_the_names(unpacked, tmp_path):
    assert (unpacked / "flexloan_nb" / "py.typed").is_file()
    code = "import flexloan_nb as f; print(f.__file__); [getattr(f, n) for n in f.__all__]"
    assert run(unpacked, code, tmp_path) == str(unpacked / "flexloan_nb" / "__init__.py")


def test_it_has_what_the_browser_needs(unpacked):
    assert {file.name for file in (unpacked / "flexloan_nb" / "panels").iterdir()} >= {
        "view.css",
        "view.js",
    }


def test_its_notebooks_are_copied_from_it(unpacked, tmp_path):
    code = "from pathlib import Path; from flexloan_nb.lab import copy_notebooks as c; c(Path())"
    run(unpacked, code, tmp_path)
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert (tmp_path / notebook.name).read_bytes() == notebook.read_bytes()
