"""By how much the debt at which a level is met exceeds the debt there is, coin by coin.

A level is met where ``D = sum L_i k_i p_i`` (see `flexloan_nb.analytics.thresholds`), so the
headroom ``sum (L_i k_i - d_i) p_i`` in USD is linear in prices: positive below the level, zero
where it is met. All questions of the kind "at which price" are about a zero of it.
"""

import numpy as np
from numpy.typing import NDArray

from flexloan_nb.analytics.book import Book
from flexloan_nb.analytics.thresholds import Level, require_level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["net_capacity", "sum_of_others"]


def net_capacity(book: Book, level: Level) -> NDArray[np.float64]:
    """Return by how many USD the headroom grows for each USD of a coin's price.

    These are ``a_i = L_i k_i - d_i`` in coins, of shape (positions, widest). Where it is positive
    a fall of the coin's price brings the level nearer, where it is negative a rise does.

    Raises
    ------
    InvalidArgumentError
        There is no such level, or it is not known of a position.
    """
    require_level(level)
    capacity = book.capacity(level)
    if np.isnan(capacity).any():
        raise InvalidArgumentError(f"{level}_ltv is not known: give it to the position.")
    return capacity - book.rows.owed


def sum_of_others(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each cell the sum of the rest of its row, added up without the cell.

    The total less the cell would be the same but for its rounding, which is all that is left of
    a small rest beside a large cell.

    Examples
    --------
    >>> sum_of_others(np.array([[1e30, 1.0, 2.0]]))
    array([[3.e+00, 1.e+30, 1.e+30]])
    """
    others = np.zeros_like(values)
    others[:, 1:] += np.cumsum(values[:, :-1], axis=1)
    others[:, :-1] += np.cumsum(values[:, :0:-1], axis=1)[:, ::-1]
    return others
