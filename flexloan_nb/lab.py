"""The notebooks in a folder of the user's, and JupyterLab on them."""

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["FIRST_NOTEBOOK", "Copy", "copy_notebooks", "open_lab", "shipped_notebooks"]

FIRST_NOTEBOOK = "01_explore_loan.ipynb"

_MANIFEST = ".flexloan-notebooks.json"  # digest of each notebook as it was put there


class Copy(NamedTuple):
    """What happened to one notebook: ``new``, ``updated``, ``unchanged`` or ``kept``."""

    name: str
    state: str


def shipped_notebooks() -> list[Path]:
    """Return the notebooks that came with this package, from a wheel or a checkout."""
    package = Path(__file__).parent
    folder = package / "notebooks"
    if not folder.is_dir():
        folder = package.parent / "notebooks"
    return sorted(folder.glob("*.ipynb"))


def copy_notebooks(folder: Path) -> list[Copy]:
    """Put the notebooks into a folder; one that its owner has changed is kept as it is.

    A notebook counts as changed when it differs from what was put there, which a small file
    in the folder remembers; an unchanged one is brought up to the package's version. A link
    counts as changed.

    Parameters
    ----------
    folder : Path
        Made if it is not there.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remembered = _read_manifest(folder)
    put_there = dict(remembered)
    try:
        return [_copy(source, folder, put_there) for source in shipped_notebooks()]
    finally:
        if put_there != remembered:
            _replace(folder / _MANIFEST, json.dumps(put_there, indent=1).encode())


def open_lab(folder: Path, *, port: int | None = None, browser: bool = True) -> None:
    """Run JupyterLab on a folder until it is stopped, with the first notebook open.

    Parameters
    ----------
    folder : Path
        Root of what JupyterLab shows.
    port : int, optional
        By default the first free one from 8888 on.
    browser : bool
        Whether to open a browser.
    """
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(_lab_arguments(folder, port, browser))


def _lab_arguments(folder: Path, port: int | None, browser: bool) -> list[str]:
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        # Nothing here needs the internet, so JupyterLab does not look for news or updates.
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if port is not None:
        arguments += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # in a container there is often nobody else
    return arguments


def _copy(source: Path, folder: Path, put_there: dict[str, str]) -> Copy:
    target, content = folder / source.name, source.read_bytes()
    if target.is_symlink() or target.is_dir():
        return Copy(source.name, "kept")
    if not target.exists():
        state = "new"
    elif (present := _digest(target.read_bytes())) == _digest(content):
        state = "unchanged"
    elif present == put_there.get(source.name):
        state = "updated"
    else:
        return Copy(source.name, "kept")
    if state != "unchanged":
        _replace(target, content)
    put_there[source.name] = _digest(content)
    return Copy(source.name, state)


def _read_manifest(folder: Path) -> dict[str, str]:
    try:
        manifest = json.loads((folder / _MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}  # without it every notebook that differs counts as changed, and is kept
    return manifest if isinstance(manifest, dict) else {}


def _replace(target: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
