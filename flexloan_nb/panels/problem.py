"""What went wrong, where it can be read: errors show in the panel."""

import html
from collections.abc import Iterator
from contextlib import contextmanager

import ipywidgets
import traitlets

from flexloan_nb.errors import FlexLoanError

__all__ = ["Problem", "shown_in"]


class Problem(ipywidgets.HTML):  # type: ignore[misc]  # ipywidgets has no types
    """A message that is not there while there is nothing to say.

    Examples
    --------
    >>> problem = Problem()
    >>> problem.text = "2 BTC <is> too much."
    >>> problem.value
    '<div class="flexloan-problem" role="alert">2 BTC &lt;is&gt; too much.</div>'
    """

    text = traitlets.Unicode("")

    def __init__(self) -> None:
        super().__init__(layout={"display": "none"})

    @traitlets.observe("text")
    def _show(self, _: object) -> None:
        said = html.escape(self.text)
        self.value = f'<div class="flexloan-problem" role="alert">{said}</div>' if said else ""
        self.layout.display = "" if said else "none"


@contextmanager
def shown_in(problem: Problem) -> Iterator[None]:
    """Show the error of a block, and clear the message where there is none.

    Errors of this package say what to do and end here; others are bugs, and go on to the log
    of the notebook with their traceback.

    Examples
    --------
    >>> from flexloan_nb.errors import InvalidArgumentError
    >>> problem = Problem()
    >>> with shown_in(problem):
    ...     raise InvalidArgumentError("There is no such coin.")
    >>> problem.text
    'There is no such coin.'
    """
    try:
        yield
    except FlexLoanError as error:
        problem.text = str(error)
    except Exception as error:
        problem.text = f"{type(error).__name__}: {error}"
        raise
    else:
        problem.text = ""
