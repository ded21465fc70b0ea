"""Reading what takes several pages: the walk decides, the transport fetches, a bar shows."""

from collections.abc import Callable, Mapping
from datetime import datetime

from flexloan_nb.api.endpoints import Endpoint
from flexloan_nb.api.envelope import Row
from flexloan_nb.api.paging import Cursor, FetchPage
from flexloan_nb.api.progress import progress_bar
from flexloan_nb.api.transport import Answer, Transport

__all__ = ["read_pages"]


def read_pages(
    transport: Transport,
    endpoint: Endpoint,
    filters: Mapping[str, str | None],
    walk: Callable[[FetchPage], list[Row]],
    progress: bool | None,
) -> tuple[list[Row], datetime]:
    """Return the rows of a walk over an endpoint's pages, and when the first was answered.

    Parameters
    ----------
    transport : Transport
        Fetches the pages.
    endpoint : Endpoint
        Where they are.
    filters : mapping of str to str
        Arguments of every page.
    walk : callable
        Takes the function that fetches a page by its cursor, returns the rows.
    progress : bool, optional
        Whether to show a progress bar, see `progress_bar`.
    """
    answers: list[Answer] = []
    with progress_bar(endpoint.name, progress) as advance:

        def fetch_page(cursor: Cursor) -> list[Row]:
            answers.append(transport.send(endpoint, {**filters, **cursor}))
            advance(len(answers[-1].rows))
            return answers[-1].rows

        rows = walk(fetch_page)
    return rows, answers[0].at
