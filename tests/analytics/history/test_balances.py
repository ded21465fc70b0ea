from decimal import Decimal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.analytics.history.balances import Balance, rounding_noise

AMOUNTS = st.decimals(-1000, 1000, places=8)
CHANGES = st.lists(st.tuples(st.integers(0, 20), AMOUNTS), max_size=12)
MOMENTS = np.arange(-1, 22, dtype=np.int64)


def balance(start, changes, kind):
    """Return what is left of an amount and its changes, and how it got there."""
    changes = sorted(changes, key=lambda change: change[0])
    present = kind(start + sum(amt for _, amt in changes))
    amounts = [kind(amt) for _, amt in changes]
    dtype = object if kind is Decimal else float
    times = np.array([ts for ts, _ in changes], dtype=np.int64)
    return Balance.of(present, times, np.array(amounts, dtype=dtype))


@given(start=AMOUNTS, changes=CHANGES)
def test_walking_back_undoes_what_walking_forward_does(start, changes):
    walked = balance(start, changes, Decimal)
    for moment, after, before in zip(
        MOMENTS, walked.after(MOMENTS), walked.before(MOMENTS), strict=True
    ):
        assert after == start + sum(amt for ts, amt in changes if ts <= moment)
        assert before == start + sum(amt for ts, amt in changes if ts < moment)


@given(start=AMOUNTS, changes=CHANGES)
def test_floats_differ_from_exact_amounts_by_rounding_alone(start, changes):
    exact, floats = balance(start, changes, Decimal), balance(start, changes, float)
    error = np.abs(floats.after(MOMENTS) - exact.after(MOMENTS).astype(float))
    assert (error <= 2 * floats.noise).all()


@given(changes=st.lists(st.tuples(st.integers(0, 20), AMOUNTS), min_size=1, max_size=12))
def test_nothing_is_exactly_nothing_in_floats_too(changes):
    assert balance(Decimal(0), changes, float).before(np.array([0]))[0] == 0


def test_noise_is_far_below_a_coins_smallest_part():
    assert rounding_noise(100_000.0, np.full(720, 0.5)) < 5e-8
