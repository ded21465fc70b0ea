"""How long a probe of an exchange will take, told before it begins and while it runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

__all__ = ["ProbePlan", "Progress", "telling"]

_CALLS_A_SECOND = 2.5  # OKX: five max-loan calls in two seconds


class ProbePlan(NamedTuple):
    """How many max-loan calls a probe makes.

    Attributes
    ----------
    coins : tuple of str
        What it probes.
    least_calls, most_calls : int
        If no coin has a knee within reach, and if each uses up what it may.
    """

    coins: tuple[str, ...]
    least_calls: int
    most_calls: int

    @property
    def least_seconds(self) -> float:
        """How long the least calls take at the exchange's pace of five in two seconds."""
        return self.least_calls / _CALLS_A_SECOND

    @property
    def most_seconds(self) -> float:
        """How long the most calls take at the exchange's pace."""
        return self.most_calls / _CALLS_A_SECOND


Progress: TypeAlias = bool | Callable[[int, ProbePlan], object] | None


@contextmanager
def telling(progress: Progress, plan: ProbePlan) -> Iterator[Callable[[int], object]]:
    """Give a function to call with the number of calls made so far, and call it with none.

    Parameters
    ----------
    progress : bool or callable, optional
        A callable gets the calls made and the plan. None: a bar in a notebook or a terminal.
    plan : ProbePlan
        What is going to happen.
    """
    if callable(progress):
        progress(0, plan)
        yield lambda calls: progress(calls, plan)
    elif progress is False:
        yield lambda calls: None
    else:
        with _bar(progress, plan) as tell:
            yield tell


@contextmanager
def _bar(shown: bool | None, plan: ProbePlan) -> Iterator[Callable[[int], object]]:
    from tqdm.auto import tqdm
    from tqdm.notebook import tqdm_notebook

    # Left to itself, tqdm asks whether the output is a terminal, which a notebook's is not.
    in_notebook = issubclass(tqdm, tqdm_notebook)
    with tqdm(
        total=plan.most_calls,
        desc=f"{plan.least_calls} to {plan.most_calls} calls, {plan.least_seconds:.0f} s or more",
        unit=" calls",
        leave=False,
        disable=False if shown or in_notebook else None,
    ) as bar:
        yield lambda calls: bar.update(calls - bar.n)
        bar.total = bar.n  # a bar in a notebook that ends early turns red and stays
