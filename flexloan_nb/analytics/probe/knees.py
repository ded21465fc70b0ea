"""Where a concave line of straight pieces bends, found from few of its values.

Between two readings such a line lies nowhere below their chord, and nowhere above the lines
through the readings on either side, prolonged into the gap. Where those two meet it can rise
highest above the chord, so there it is read next: either the reading lies on both and is a knee,
or it lies on a piece not seen before. No gap is left in which the line could rise above its
chord by more than the readings' errors. This is the sandwich algorithm (Rote 1992, "The
convergence rate of the sandwich algorithm for approximating convex functions", Computing 48,
337-361) for a line whose slopes are not told.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["Piece", "Reading", "dent", "straight_pieces", "where_to_read"]

# Lines are prolonged beyond the readings that they go through, and errors grow with them.
_ERRORS_IN_DOUBT = 4
_FLOAT_ERRORS = 8 * sys.float_info.epsilon


class Reading(NamedTuple):
    """A value of the line, and by how much it may be off."""

    at: float
    value: float
    error: float


class Piece(NamedTuple):
    """A straight piece of the line.

    Attributes
    ----------
    start, end : float
        From which knee to which, or where the readings begin or end.
    slope, slope_low, slope_high : float
        Its slope, and between which it lies.
    end_error : float
        By how much the knee at the end may be off; zero where the readings end.
    """

    start: float
    end: float
    slope: float
    slope_low: float
    slope_high: float
    end_error: float


class _Gap(NamedTuple):
    peak: float  # where the line can be highest above the chord
    doubt: float  # by how much, in errors that are tolerated


def where_to_read(readings: Sequence[Reading], steepest: float) -> float | None:
    """Return where to read the line next; None where all its pieces are known.

    Parameters
    ----------
    readings : sequence of Reading
        At least two, in rising order of ``at``.
    steepest : float
        No piece is steeper; none falls.

    Examples
    --------
    Where does a line bend that rises by 1 at first, and by 0.2 in the end?

    >>> readings = [Reading(x, min(x, 4 + 0.2 * x), 1e-9) for x in (0, 1, 9, 10)]
    >>> round(where_to_read(readings, 2.0), 9)
    5.0
    """
    gaps = _gaps(readings, steepest)
    inner, outer = gaps[1:-1], [gaps[0], gaps[-1]]
    for candidates in (inner, outer):  # inside, the lines on either side have been read
        widest = max(candidates, key=lambda gap: gap.doubt, default=None)
        if widest is not None and widest.doubt > 1:
            return widest.peak
    return None


def straight_pieces(readings: Sequence[Reading], steepest: float) -> list[Piece]:
    """Return the pieces of a line, in rising order.

    A piece that nothing but its two ends is known of, for want of readings, has the slopes that
    its neighbours leave it as bounds.

    Parameters
    ----------
    readings, steepest
        As for `where_to_read`.

    Examples
    --------
    >>> readings = [Reading(x, min(x, 4 + 0.2 * x), 1e-9) for x in (0, 1, 5, 9, 10)]
    >>> [(piece.start, piece.end, round(piece.slope, 6)) for piece in
    ...  straight_pieces(readings, 2.0)]
    [(0, 5, 1.0), (5, 10, 0.2)]
    """
    gaps = zip(readings, _gaps(readings, steepest), strict=False)
    doubtful = {reading.at for reading, gap in gaps if gap.doubt > 1}
    runs = list(_straight_runs(readings))
    inner = [_error_of_knee(left, right) for left, right in pairwise(runs)]
    errors = [_tolerance(readings[0]), *inner, _tolerance(readings[-1])]
    straight = list(map(_piece, runs, errors, errors[1:]))
    pieces = [
        _between(k, straight, steepest) if len(run) == 2 and run[0].at in doubtful else straight[k]
        for k, run in enumerate(runs)
    ]
    shifts = [*map(_shift_of_knee, inner, pieces, pieces[1:]), 0.0]
    return [piece._replace(end_error=shift) for piece, shift in zip(pieces, shifts, strict=True)]


def dent(readings: Sequence[Reading]) -> float:
    """Return by how much the readings contradict a concave line: zero where they do not.

    It is the deepest fall below the chord between the two neighbours.
    """
    triples = zip(readings, readings[1:], readings[2:], strict=False)
    return max((_on_line(a, c, b.at) - b.value for a, b, c in triples), default=0.0)


def _gaps(readings: Sequence[Reading], steepest: float) -> list[_Gap]:
    slopes = [_slope(left, right) for left, right in pairwise(readings)]
    before = [steepest, *(_slope_left_of(readings, k) for k in range(1, len(slopes)))]
    after = [*(_slope_right_of(readings, k) for k in range(1, len(slopes))), 0.0]
    return list(map(_gap, readings, readings[1:], before, slopes, after))


def _slope_left_of(readings: Sequence[Reading], k: int) -> float:
    """Return the slope of the longest straight line that ends at a reading."""
    start = next(i for i in range(k) if i == k - 1 or _is_straight(readings[i : k + 1]))
    return _slope(readings[start], readings[k])


def _slope_right_of(readings: Sequence[Reading], k: int) -> float:
    """Return the slope of the longest straight line that begins at a reading."""
    last = len(readings) - 1
    end = next(i for i in range(last, k, -1) if i == k + 1 or _is_straight(readings[k : i + 1]))
    return _slope(readings[k], readings[end])


def _gap(left: Reading, right: Reading, before: float, chord: float, after: float) -> _Gap:
    """Return where and by how much the lines on either side meet above a chord."""
    if not after < chord < before:
        return _Gap(left.at, 0.0)
    peak = left.at + (right.at - left.at) * (chord - after) / (before - after)
    rise = (before - chord) * (peak - left.at)
    return _Gap(peak, rise / _tolerance(left, right))


def _straight_runs(readings: Sequence[Reading]) -> Iterator[Sequence[Reading]]:
    start = 0
    for end in range(2, len(readings)):
        if not _is_straight(readings[start : end + 1]):
            yield readings[start:end]
            start = end - 1
    yield readings[start:]


def _is_straight(run: Sequence[Reading]) -> bool:
    rises = (reading.value - _on_line(run[0], run[-1], reading.at) for reading in run[1:-1])
    return max(map(abs, rises)) <= _tolerance(*run)


def _piece(run: Sequence[Reading], first_error: float, last_error: float) -> Piece:
    first, last = run[0], run[-1]
    slope = _slope(first, last)
    error = (first_error + last_error) / (last.at - first.at) + _FLOAT_ERRORS * abs(slope)
    return Piece(first.at, last.at, slope, slope - error, slope + error, 0.0)


def _between(k: int, pieces: Sequence[Piece], steepest: float) -> Piece:
    """Return a piece whose slope may be anything between those of its neighbours."""
    high = pieces[k - 1].slope_high if k else steepest
    low = pieces[k + 1].slope_low if k + 1 < len(pieces) else 0.0
    return pieces[k]._replace(slope_low=low, slope_high=high)


def _error_of_knee(left: Sequence[Reading], right: Sequence[Reading]) -> float:
    """Return by how much two lines may be off at their common reading, taken by themselves."""
    known = _tolerance(left[-2], left[-1], right[1])
    return known + _prolonged(left[:-1], left[-1]) + _prolonged(right[:0:-1], right[0])


def _prolonged(run: Sequence[Reading], to: Reading) -> float:
    """Return by how much a line may be off further on, beyond its last reading."""
    if len(run) < 2:
        return 0.0
    slope_error = (run[0].error + run[-1].error) / abs(run[-1].at - run[0].at)
    return slope_error * abs(to.at - run[-1].at)


def _shift_of_knee(error: float, left: Piece, right: Piece) -> float:
    """Return how far from a reading the two lines may meet, at most a piece's length."""
    longest = max(left.end - left.start, right.end - right.start)
    least_bend = left.slope_low - right.slope_high
    return min(longest, error / least_bend) if least_bend > 0 else longest


def _tolerance(*readings: Reading) -> float:
    return _ERRORS_IN_DOUBT * max(reading.error for reading in readings)


def _slope(left: Reading, right: Reading) -> float:
    return (right.value - left.value) / (right.at - left.at)


def _on_line(first: Reading, last: Reading, at: float) -> float:
    return first.value + _slope(first, last) * (at - first.at)
