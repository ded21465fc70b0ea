"""The amount of one coin at any time: from what it is now back over everything that changed it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.history.changes import Books, Key, Numbers
from flexloan_nb.analytics.history.columns import rows_by

__all__ = ["Balance", "balances_of", "rounding_noise"]

_EPSILON: Final = float(np.finfo(np.float64).eps)
_KEY: Final = ["ordId", "side", "ccy"]


@dataclass(frozen=True)
class Balance:
    """One coin, pledged to or owed by one order.

    Attributes
    ----------
    present : float or Decimal
        Coins at the end, after all changes.
    times : ndarray of int, (changes,)
        When it changed, in milliseconds, in rising order.
    later : ndarray, (changes + 1,)
        What was added from each change on to the end; zero at last.
    noise : float
        Below this, an amount of floats is nothing but rounding; zero for Decimal.
    """

    present: Any
    times: NDArray[np.int64]
    later: Numbers
    noise: float

    @classmethod
    def of(cls, present: Any, times: NDArray[np.int64], changes: Numbers) -> "Balance":
        """Return the balance that is ``present`` after signed changes."""
        sums = np.cumsum(changes[::-1])[::-1] if len(changes) else changes
        noise = 0.0 if changes.dtype == object else rounding_noise(present, changes)
        return cls(present, times, np.append(sums, type(present)(0)), noise)

    def after(self, moments: NDArray[np.int64]) -> Numbers:
        """Return the amount at each moment, when all that happened at it is done."""
        return self._from(np.searchsorted(self.times, moments, side="right"))

    def before(self, moments: NDArray[np.int64]) -> Numbers:
        """Return the amount just before each moment."""
        return self._from(np.searchsorted(self.times, moments, side="left"))

    def _from(self, change: NDArray[np.intp]) -> Numbers:
        amounts = self.present - self.later[change]
        if self.noise:
            amounts[np.abs(amounts) <= self.noise] = 0.0
        return np.asarray(amounts)


def rounding_noise(start: float, changes: Numbers) -> float:
    """Return how far rounding can carry a sum of floats: terms x epsilon x sum of magnitudes.

    The bound of recursive summation (Higham 2002, Accuracy and Stability of Numerical Algorithms,
    section 4.2).
    """
    turnover = abs(start) + float(np.abs(changes).sum())
    return (len(changes) + 1) * _EPSILON * turnover


def balances_of(books: Books) -> dict[Key, Balance]:
    """Return every balance that is or was, by order, side and coin."""
    present = {
        (order, side, ccy): amt
        for order, side, ccy, amt in books.legs[[*_KEY, "amt"]].itertuples(index=False)
    }
    changed = _changes_by_key(books.changes)
    none = np.array([], dtype=np.int64), np.array([], dtype=object if books.exact else float)
    zero = Decimal(0) if books.exact else 0.0
    return {
        key: Balance.of(present.get(key, zero), *changed.get(key, none))
        for key in dict.fromkeys([*present, *changed])
    }


def _changes_by_key(changes: pd.DataFrame) -> dict[Key, Any]:
    times, amounts = changes["ts"].to_numpy(), changes["amt"].to_numpy()
    return {key: (times[rows], amounts[rows]) for key, rows in rows_by(changes, *_KEY).items()}
