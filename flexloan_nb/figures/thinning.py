"""Fewer points for a line that has more than a screen has pixels."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["thinned"]

_POINTS = 5000  # more than a wide screen has columns, and a browser still pans them smoothly


def thinned(values: npt.ArrayLike, points: int = _POINTS) -> npt.NDArray[np.intp]:
    """Return the positions of the points to draw, in order.

    The values are cut into buckets of equally many; of each its least and its greatest value are
    kept, and a missing one where there is any, so that no peak and no gap is lost. The first and
    the last point are always kept. Up to ``points`` values are all kept.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        In the order in which they are drawn; NaN is missing.
    points : int
        About how many to keep; with missing values up to half as many more.

    Returns
    -------
    ndarray of int
        Increasing positions in ``values``.

    Examples
    --------
    Which of a thousand points does a drawing with ten need?

    >>> peak = [0.0] * 500 + [1.0] + [0.0] * 499
    >>> 500 in thinned(peak, points=10)
    True
    """
    array = np.asarray(values, dtype=float)
    if len(array) <= points:
        return np.arange(len(array))
    table, offsets = _buckets(array, max(points // 2 - 1, 1))
    missing = np.isnan(table)
    kept = [
        np.where(missing, np.inf, table).argmin(axis=1) + offsets,
        np.where(missing, -np.inf, table).argmax(axis=1) + offsets,
        (missing.argmax(axis=1) + offsets)[missing.any(axis=1)],
        np.array([0, len(array) - 1]),
    ]
    positions = np.unique(np.concatenate(kept))
    return positions[positions < len(array)]


def _buckets(array: npt.NDArray[np.float64], count: int) -> tuple[Any, Any]:
    """Return the values as rows of equal width, and the position at which each row begins."""
    width = -(-len(array) // count)
    rows = -(-len(array) // width)
    padding = np.full(rows * width - len(array), array[-1])
    return np.concatenate([array, padding]).reshape(rows, width), np.arange(rows) * width
