"""What is left out of a long line is never a peak, a gap or an end."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flexloan_nb.figures.thinning import thinned

LONG = arrays(
    float,
    st.integers(0, 400),
    elements=st.floats(-1e6, 1e6) | st.just(np.nan),
)


@given(LONG, st.integers(4, 60))
def test_extremes_and_ends_are_kept(values, points):
    kept = values[thinned(values, points)]
    if not np.isnan(values).all():
        assert np.nanmin(kept) == np.nanmin(values)
        assert np.nanmax(kept) == np.nanmax(values)
    if len(values):
        np.testing.assert_equal(kept[[0, -1]], values[[0, -1]])
    assert np.isnan(kept).any() == np.isnan(values).any()


@given(LONG, st.integers(4, 60))
def test_positions_grow_and_are_about_as_many_as_asked_for(values, points):
    positions = thinned(values, points)
    assert (np.diff(positions) > 0).all()
    assert len(positions) <= max(1.5 * points + 2, 5)
    assert len(positions) >= min(len(values), points // 4)


def test_a_short_line_is_kept_whole():
    assert list(thinned([3.0, 1.0, 2.0])) == [0, 1, 2]
    assert len(thinned(np.zeros(5000))) == 5000
    assert list(thinned([])) == []


def test_each_stretch_keeps_its_own_extremes():
    values = np.tile([0.0, 1.0, 5.0, -5.0, 0.0], 20_000)
    kept = values[thinned(values)]
    assert len(kept) < 5100
    for stretch in np.array_split(kept[1:-1], 100):
        assert stretch.max() == 5
        assert stretch.min() == -5
