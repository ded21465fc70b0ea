"""The figures of a report as pictures, for slides and documents."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import plotly.graph_objects as go

from flexloan_nb.errors import FlexLoanError, InvalidArgumentError
from flexloan_nb.report.parts import Report
from flexloan_nb.report.writing import check_target, write_private

__all__ = ["ImageFormat", "check_images", "write_images"]

ImageFormat: TypeAlias = Literal["png", "svg"]

_FORMATS: Final = ("png", "svg")
_WIDTH: Final = 960  # pixels
_HEIGHT: Final = 450  # where a figure has none of its own
_SCALE: Final = 2  # of a PNG, for print


def write_images(
    report: Report,
    folder: str | Path,
    image_format: ImageFormat = "png",
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write the figures of a report as pictures, a file each.

    They are drawn by Chromium on this machine; nothing is sent anywhere. Only their owner may
    read them. Their ground is transparent.

    Parameters
    ----------
    report : Report
        As `write_report` returns it.
    folder : str or Path
        Made if it is not there.
    image_format : {"png", "svg"}
        What they are.
    overwrite : bool
        Whether files that exist may be replaced.

    Returns
    -------
    list of Path
        The files, named by what they show.

    Raises
    ------
    InvalidArgumentError
        The format is another one, or a file exists.
    FlexLoanError
        kaleido or Chromium is not installed, or a figure could not be drawn.
    """
    check_images(image_format)
    target = Path(folder).expanduser()
    target.mkdir(parents=True, exist_ok=True)
    files = {name: target / f"{name}.{image_format}" for name in report.figures}
    for file in files.values():
        check_target(file, overwrite=overwrite)
    for name, picture in _drawn(report.figures, image_format).items():
        write_private(files[name], picture, overwrite=overwrite)
    return list(files.values())


def check_images(image_format: str) -> None:
    """Refuse what cannot be drawn, before anything is read.

    Raises
    ------
    InvalidArgumentError
        There is no such format.
    FlexLoanError
        kaleido is not installed.
    """
    if image_format not in _FORMATS:
        raise InvalidArgumentError(f"The format is {image_format!r}: choose png or svg.")
    if find_spec("kaleido") is None:
        raise FlexLoanError("Pictures need kaleido. Install it: pip install 'flexloan_nb[images]'.")


def _drawn(figures: Mapping[str, go.Figure], image_format: str) -> dict[str, bytes]:
    """Draw in a thread of its own: a notebook has an event loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _draw(figures, image_format)).result()


async def _draw(figures: Mapping[str, go.Figure], image_format: str) -> dict[str, bytes]:
    from choreographer.errors import BrowserClosedError, BrowserFailedError, ChromeNotFoundError
    from kaleido import Kaleido, PageGenerator

    # Without this, its page would load MathJax from the internet.
    page = PageGenerator(mathjax=False)
    try:
        async with Kaleido(page_generator=page) as chromium:
            return {
                name: await chromium.calc_fig(figure, opts=_options(figure, image_format))
                for name, figure in figures.items()
            }
    except ChromeNotFoundError as error:
        raise FlexLoanError(
            "Pictures need Chromium or Chrome. Install one, or say where it is: "
            "BROWSER_PATH=/path/to/chromium."
        ) from error
    except (BrowserClosedError, BrowserFailedError) as error:
        raise FlexLoanError(f"Chromium did not start, or ended: {error}") from error


def _options(figure: go.Figure, image_format: str) -> dict[str, Any]:
    height = figure.layout.height or _HEIGHT
    scale = _SCALE if image_format == "png" else 1
    return {"format": image_format, "width": _WIDTH, "height": height, "scale": scale}
