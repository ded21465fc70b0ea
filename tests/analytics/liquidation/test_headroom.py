"""Headroom is what a level leaves of room for debt."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.liquidation.headroom import net_capacity, sum_of_others


@settings(max_examples=40)
@given(position=positions(), level=st.sampled_from(["margin_call", "liquidation"]))
def test_headroom_is_the_debt_at_the_level_less_the_debt(position, level):
    headroom = net_capacity(book_of(position), level)[0] @ position.rows.price
    at_level = position.threshold(level) * position.collateral_usd
    assert headroom == pytest.approx(at_level - position.debt_usd, abs=1e-11 * at_level)


@given(row=st.lists(st.integers(-(2**40), 2**40), max_size=7))
def test_the_sum_of_others_leaves_out_each_cell_in_turn(row):
    others = sum_of_others(np.array([row, row], dtype=float))
    assert others.tolist() == [[sum(row) - cell for cell in row]] * 2


@given(row=st.lists(st.floats(1e-30, 1e30), min_size=2, max_size=7))
def test_a_small_rest_beside_a_large_cell_is_exact_to_rounding(row):
    others = sum_of_others(np.array([row]))[0]
    for i, other in enumerate(others):
        exact = sum(map(Fraction, row[:i] + row[i + 1 :]))
        assert other == pytest.approx(float(exact), rel=1e-14)


@settings(max_examples=40)
@given(position=positions(initial=False))
def test_an_unknown_initial_ltv_has_no_headroom(position):
    with pytest.raises(InvalidArgumentError, match="initial_ltv is not known"):
        net_capacity(book_of(position), "initial")
    with pytest.raises(InvalidArgumentError, match="one of initial, margin_call, liquidation"):
        net_capacity(book_of(position), "forced")
