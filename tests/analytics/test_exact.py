from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexloan_nb.analytics.exact import as_decimal, in_steps, minus, numbers
from flexloan_nb.errors import InvalidArgumentError

floats = st.floats(0, 1e20) | st.integers(0, 2**60).map(lambda n: n / 1e8)


@given(floats, st.sampled_from([8, 10]))
@example(2.0**52 / 1e8, 8)
@example((2.0**53 - 1) / 1e8, 8)
@example(5e-324, 8)
def test_counting_a_float_in_steps_counts_its_shortest_decimal(number, decimals):
    (steps,), (exact,) = in_steps(np.array([number]), decimals)
    if exact:
        assert Decimal(int(steps)).scaleb(-decimals) == Decimal(repr(number))


@given(st.integers(0, 2**50), st.sampled_from([8, 10]))
def test_a_float_of_few_digits_can_be_counted(steps, decimals):
    (counted,), (exact,) = in_steps(np.array([steps / 10.0**decimals]), decimals)
    assert (counted, exact) == (steps, True)


@given(st.lists(st.decimals(0, 10**10, places=9)))
def test_decimals_are_counted_where_they_have_no_more_digits(values):
    steps, exact = in_steps(np.array(values, object), 8)
    assert exact.tolist() == [value == round(value, 8) for value in values]
    assert [Decimal(n).scaleb(-8) for n in steps[exact].tolist()] == [
        value for value, of in zip(values, exact, strict=True) if of
    ]


def test_a_decimal_beyond_64_bits_is_not_counted():
    values = np.array([Decimal("9e10"), Decimal("1e11"), Decimal("NaN"), Decimal(3)], object)
    steps, exact = in_steps(values, 8)
    assert exact.tolist() == [True, False, False, True]
    assert steps.tolist() == [9 * 10**18, 0, 0, 3 * 10**8]


@given(floats, floats)
def test_differences_of_floats_are_those_of_their_decimals(left, right):
    (found,) = minus(np.array([left]), np.array([right]), 8)
    assert found == float(Fraction(repr(left)) - Fraction(repr(right)))


def test_a_difference_of_decimals_keeps_every_digit():
    left, right = (np.array([Decimal(number)], object) for number in ("1e15", "1e-18"))
    assert str(minus(left, right, 8)[0]) == "999999999999999.999999999999999999"


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ([0.5, None], [0.5, np.nan]),
        (np.array([1, 2]), [1.0, 2.0]),
        (pd.Series([1, None], dtype="Float64"), [1.0, np.nan]),
        (pd.Series([1.5, pd.NA], dtype=object), [1.5, np.nan]),
    ],
)
def test_numbers_become_floats(column, expected):
    found = numbers(column, "x")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("column", [["0.1", 1], [Decimal("0.1"), 1.0], pd.Series(["0.1", "1"])])
def test_text_and_decimals_become_decimals(column):
    assert numbers(column, "x").tolist() == [Decimal("0.1"), Decimal(1)]


@pytest.mark.parametrize("wrong", [-1.0, np.inf, "-0.1", Decimal("Infinity"), "1,5", True, "abc"])
def test_what_is_no_number_from_zero_up_is_named(wrong):
    with pytest.raises(InvalidArgumentError, match=r"^debt is "):
        numbers([wrong], "debt")
    with pytest.raises(InvalidArgumentError, match=r"^debt is "):
        as_decimal(wrong, "debt")
