"""A progress bar for histories that take more than one page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["progress_bar"]

_SECONDS_BEFORE_IT_SHOWS = 0.5


@contextmanager
def progress_bar(label: str, shown: bool | None) -> Iterator[Callable[[int], None]]:
    """Give a function to call with the number of rows of each page.

    Parameters
    ----------
    label : str
        What is being read.
    shown : bool or None
        None: in a notebook or a terminal, when reading takes longer than half a second.
    """
    bar: Any = None
    pages = rows = 0

    def advance(count: int) -> None:
        nonlocal bar, pages, rows
        pages, rows = pages + 1, rows + count
        if pages == 2 and shown is not False:
            bar = _new_bar(label, shown)
            bar.update(rows)
        elif bar is not None:
            bar.update(count)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.close()


def _new_bar(label: str, shown: bool | None) -> Any:
    from tqdm.auto import tqdm
    from tqdm.notebook import tqdm_notebook

    # Left to itself, tqdm asks whether the output is a terminal, which a notebook's is not.
    in_notebook = issubclass(tqdm, tqdm_notebook)
    return tqdm(
        desc=label,
        unit=" rows",
        leave=False,
        disable=False if shown or in_notebook else None,
        delay=0 if shown else _SECONDS_BEFORE_IT_SHOWS,
    )
