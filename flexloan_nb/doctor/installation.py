"""What is installed on this machine."""

import platform
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import NamedTuple

from flexloan_nb.doctor.check import Check

__all__ = ["Package", "check_extension", "check_lab", "check_libraries", "examine_installation"]

# What JupyterLab must show, the library that makes it, and the extension that shows it.
_SHOWN = (
    ("widgets", "ipywidgets", "@jupyter-widgets/jupyterlab-manager"),
    ("figures", "plotly", "jupyterlab-plotly"),
)


class Package(NamedTuple):
    """A library that is required: the versions that will do, and the one there is."""

    name: str
    wanted: str
    installed: str | None
    fits: bool


def examine_installation() -> list[Check]:
    """Look at the libraries that are installed, and at what JupyterLab can show."""
    extensions, disabled = _lab_extensions()
    return [
        check_libraries(_packages()),
        check_lab(_version("jupyterlab")),
        *(
            check_extension(name, library, _version(library), extension, extensions, disabled)
            for name, library, extension in _SHOWN
        ),
    ]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _packages() -> list[Package]:
    """Return what this package's own metadata requires, but for its extras."""
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in metadata.requires("flexloan_nb") or []]
    return [
        Package(one.name, str(one.specifier), has, has is not None and has in one.specifier)
        for one in wanted
        if one.marker is None or one.marker.evaluate({"extra": ""})
        for has in [_version(one.name)]
    ]


def _lab_extensions() -> tuple[dict[str, str], list[str]]:
    """Return JupyterLab's prebuilt extensions with their versions, and what is disabled."""
    try:
        from jupyter_core.paths import jupyter_path
        from jupyterlab_server.config import get_federated_extensions, get_page_config
    except ImportError:
        return {}, []
    folders = jupyter_path("labextensions")
    found = get_federated_extensions(folders)
    disabled = get_page_config(folders)["disabledExtensions"]
    return {name: about["version"] for name, about in found.items()}, disabled


def check_libraries(packages: Iterable[Package]) -> Check:
    """Say which versions there are, and whether they are ones that will do."""
    wrong = [package for package in packages if not package.fits]
    if wrong:
        found = ", ".join(f"{p.name} {p.installed or 'is not installed'}" for p in wrong)
        pip = " ".join(f'"{p.name}{p.wanted}"' for p in wrong)
        return Check("libraries", "failed", found, f"pip install {pip}")
    versions = ", ".join(f"{p.name} {p.installed}" for p in packages)
    return Check("libraries", "ok", f"Python {platform.python_version()}, {versions}")


def check_lab(version: str | None) -> Check:
    """Say whether JupyterLab is there."""
    if version is None:
        fix = "pip install jupyterlab, into the environment that has flexloan_nb."
        return Check("JupyterLab", "failed", "not installed", fix)
    return Check("JupyterLab", "ok", version)


def check_extension(
    name: str,
    library: str,
    version: str | None,
    extension: str,
    extensions: Mapping[str, str],
    disabled: Iterable[str],
) -> Check:
    """Say whether JupyterLab shows what a library makes."""
    if version is None:
        return Check(name, "failed", f"{library} is not installed", f"pip install {library}")
    if extension not in extensions:
        fix = f"pip install --force-reinstall {library}, into the environment of JupyterLab."
        return Check(name, "failed", f"JupyterLab has no extension {extension}", fix)
    if any(item.partition(":")[0] == extension for item in disabled):
        fix = f"jupyter labextension enable {extension}"
        return Check(name, "failed", f"the extension {extension} is disabled", fix)
    return Check(name, "ok", f"{library} {version}, {extension} {extensions[extension]} enabled")
