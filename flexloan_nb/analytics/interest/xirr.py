"""Money that comes and goes at any times, as one rate for a year.

A rate r makes flows worth nothing together where ``sum a_i (1 + r)^(-t_i) = 0``, with t_i in
years of 365 days. With ``x = ln(1 + r)`` that is a sum of exponentials, which has at most as many
roots as the flows change sign in time (Descartes' rule, after Laguerre 1883). Between the roots
of its derivative it has one root or none. Taken from a time between two flows of different sign,
the derivative has one change of sign less, so that all roots are found, from none upwards.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from itertools import pairwise
from math import expm1, log
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from flexloan_nb.analytics.arguments import finite
from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.times import timestamp
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["xirr"]

_YEAR = pd.Timedelta(days=365)
_NOISE = 1e-13  # of the largest flow's present value, below which a sum is no more than rounding
_LARGEST = log(np.finfo(float).max)


def xirr(flows: pd.Series | Mapping[Any, Any] | Iterable[tuple[Any, Any]]) -> float:
    """Return the rate for a year at which flows of money are worth nothing together.

    Parameters
    ----------
    flows : Series, mapping or iterable of pairs
        Amounts by time, in any order: what comes in has one sign, what goes out the other. A
        date is its midnight; times with and without a zone do not mix.

    Returns
    -------
    float
        Effective annual rate, a decimal, of 365 days: the same for a loan as for a deposit.

    Raises
    ------
    InvalidArgumentError
        A flow is no number or has no time; money flows in one direction only; several rates fit
        (the error lists them) or none; the rate is beyond what a float can be.

    Notes
    -----
    A loan that is never overpaid has one rate only, however often it is drawn and repaid.

    Examples
    --------
    What did I earn on 10,000 that came back in four parts?

    >>> flows = {"2008-01-01": -10_000, "2008-03-01": 2_750, "2008-10-30": 4_250,
    ...          "2009-02-15": 3_250, "2009-04-01": 2_750}
    >>> round(xirr(flows), 10)
    0.3733625335
    """
    roots = _roots(_terms(flows))
    if not roots:
        raise InvalidArgumentError("No rate makes these flows worth nothing together.")
    if max(roots) > _LARGEST:
        raise InvalidArgumentError("The rate for a year is beyond a float: look at a shorter time.")
    rates = [expm1(root) for root in roots]
    if len(rates) > 1:
        raise InvalidArgumentError(
            f"{len(rates)} rates fit these flows, so that none of them means anything: "
            f"{', '.join(f'{rate:.6g}' for rate in rates)}."
        )
    return rates[0]


class _Terms(NamedTuple):
    """A sum of ``sign x exp(log_size - x years)``, in the order of years."""

    signs: NDArray[np.float64]
    log_sizes: NDArray[np.float64]
    years: NDArray[np.float64]

    def value(self, x: float) -> float:
        """Return the sum at x over its largest term, which has the same roots."""
        exponents = self.log_sizes - x * self.years
        return float(self.signs @ np.exp(exponents - exponents.max()))

    def last_change(self) -> int | None:
        """Return after which term the sign changes for the last time."""
        changes = np.flatnonzero(self.signs[1:] != self.signs[:-1])
        return int(changes[-1]) if len(changes) else None

    def bounds(self) -> tuple[float, float]:
        """Return between which x all roots lie: beyond, the last or the first term outweighs."""
        margin = log(2 * len(self.years))
        first = self.log_sizes[1:] - self.log_sizes[0] + margin
        last = self.log_sizes[-1] - self.log_sizes[:-1] - margin
        return (
            float((last / (self.years[-1] - self.years[:-1])).min()),
            float((first / (self.years[1:] - self.years[0])).max()),
        )

    def derivative(self, change: int) -> "_Terms":
        """Return the derivative as seen from the middle of a change, which it does not have."""
        since = self.years - self.years[change : change + 2].mean()
        return _Terms(-self.signs * np.sign(since), self.log_sizes + np.log(abs(since)), self.years)


def _terms(flows: Any) -> _Terms:
    sums: dict[pd.Timestamp, Decimal] = {}
    with localcontext(ARITHMETIC):
        for time, amount in _pairs(flows):
            stamp, exact = timestamp(time), Decimal(str(finite(amount, "a flow")))
            sums[stamp] = sums.get(stamp, Decimal(0)) + exact
    try:
        times = sorted(stamp for stamp in sums if sums[stamp])
    except TypeError:
        raise InvalidArgumentError("Some times have a zone and others have none.") from None
    amounts = np.array([float(sums[time]) for time in times])
    if not (amounts > 0).any() or not (amounts < 0).any():
        raise InvalidArgumentError(
            "Money must flow in both directions, at different times: in with one sign, out with "
            "the other. Give what is still owed or owned as a last flow."
        )
    years = [(time - times[0]) / _YEAR for time in times]
    return _Terms(np.sign(amounts), np.log(np.abs(amounts)), np.array(years))


def _pairs(flows: Any) -> list[tuple[Any, Any]]:
    try:
        given = flows.items() if isinstance(flows, pd.Series | Mapping) else flows
        return [(time, amount) for time, amount in given]
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            "flows must be amounts by time: a Series, a dict or pairs of time and amount."
        ) from None


def _roots(terms: _Terms) -> list[float]:
    derivatives = [terms]
    while (change := derivatives[-1].last_change()) is not None:
        derivatives.append(derivatives[-1].derivative(change))
    roots: list[float] = []  # the last one has none
    for function in reversed(derivatives[:-1]):
        roots = _roots_between(function, roots)
    return roots


def _roots_between(function: _Terms, turns: list[float]) -> list[float]:
    """Return the roots of a function that is monotonic between its turns."""
    lower, upper = function.bounds()
    knots = [lower, *(turn for turn in turns if lower < turn < upper), upper]
    values = [function.value(knot) for knot in knots]
    values = [0.0 if abs(value) < _NOISE else value for value in values]
    roots = []
    for (left, at_left), (right, at_right) in pairwise(zip(knots, values, strict=True)):
        if at_left == 0:
            roots.append(left)
        elif at_left * at_right < 0:
            roots.append(float(brentq(function.value, left, right, xtol=1e-15, maxiter=1000)))
    return roots
