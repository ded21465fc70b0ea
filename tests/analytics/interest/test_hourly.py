from decimal import ROUND_CEILING, Decimal, localcontext
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexloan_nb.analytics.interest.hourly import hourly_interest, rounding_of_rows
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.sim import rules

debts = st.decimals(0, 10**15, places=18) | st.decimals(0, 10**6, places=8)
rates = st.decimals(0, 5, places=10) | st.decimals(0, 1, places=4)
float_debts = st.floats(0, 1e15) | st.integers(0, 2**54).map(lambda n: n / 1e8)
float_rates = st.integers(0, 20_000).map(lambda n: n / 1e4) | st.floats(0, 10)


def rounded_up(debt, rate):
    with localcontext() as context:
        context.prec = 400
        return (Decimal(debt) * Decimal(rate) / 8760).quantize(Decimal("1e-8"), ROUND_CEILING)


def by_the_exchange(debt, rate):
    with localcontext(rules.ARITHMETIC):
        return rules.hourly_interest(debt, rate)


def test_the_record_on_the_exchanges_page_is_reproduced():
    assert hourly_interest(0.86599309, 0.41) == 0.00004054
    assert str(hourly_interest("0.86599309", "0.41")) == "0.00004054"
    assert hourly_interest(Decimal("0.86599309"), 0.41) == Decimal("0.00004054")


@given(debts, rates)
@example(Decimal("876"), Decimal("0.0001"))  # 0.00001 exactly: nothing to round up
@example(Decimal("876.000000000000000001"), Decimal("0.0001"))
@example(Decimal("1e15"), Decimal("5"))
@example(Decimal("1e-18"), Decimal("1e-10"))
def test_decimals_are_exact_as_scalars_and_in_columns(debt, rate):
    expected = by_the_exchange(debt, rate)
    assert expected == rounded_up(debt, rate)
    assert hourly_interest(debt, rate) == expected
    assert hourly_interest(np.array([debt], object), rate)[0] == expected
    assert hourly_interest([str(debt)], [str(rate)])[0] == expected


@given(st.decimals(10**9, 9 * 10**10, places=8), st.decimals(1, 10**5, places=10))
def test_interest_of_more_digits_than_a_float_has_is_exact(debt, rate):
    (found,) = hourly_interest(np.array([debt], object), rate)
    assert found == by_the_exchange(debt, rate)


@given(float_debts, float_rates)
@example(2.0**52 / 1e8, 0.0873)
@example(876.0, 0.0001)
@example(1e15, 10.0)
@example(9e6, 9.0)
def test_floats_mean_their_shortest_decimals_as_scalars_and_in_columns(debt, rate):
    expected = float(rounded_up(repr(debt), repr(rate)))
    assert hourly_interest(debt, rate) == expected
    assert hourly_interest(np.array([debt, debt]), rate).tolist() == [expected] * 2


@given(st.lists(st.tuples(float_debts, float_rates), min_size=1))
def test_a_column_may_mix_what_is_fast_with_what_is_slow(rows):
    found = hourly_interest(*map(np.array, zip(*rows, strict=True)))
    assert found.tolist() == [hourly_interest(debt, rate) for debt, rate in rows]


@given(st.lists(st.tuples(debts, rates), min_size=1))
def test_a_column_of_decimals_may_mix_them_too(rows):
    found = hourly_interest(*(np.array(of, object) for of in zip(*rows, strict=True)))
    assert found.tolist() == [hourly_interest(debt, rate) for debt, rate in rows]


@given(debts, rates)
def test_what_rounding_up_cost_is_less_than_a_step(debt, rate):
    (cost,) = rounding_of_rows(np.array([debt], object), np.array([rate], object))
    exact = Fraction(hourly_interest(debt, rate)) - Fraction(debt) * Fraction(rate) / 8760
    assert cost == pytest.approx(float(exact), rel=1e-12, abs=0)
    assert 0 <= exact < Fraction("1e-8")


def test_shapes_broadcast_and_a_series_stays_one():
    grid = hourly_interest(np.array([[1_000.0], [2_000.0]]), np.array([0.1, 0.2, 0.3]))
    assert grid.shape == (2, 3)
    assert grid[1, 2] == hourly_interest(2_000.0, 0.3)
    series = hourly_interest(pd.Series([1_000.0, 2_000.0], index=["a", "b"]), 0.1)
    assert series.to_dict() == {"a": 0.01141553, "b": 0.02283106}
    assert hourly_interest([], 0.1).tolist() == []
    assert isinstance(hourly_interest(np.float64(1), 0.1), float)
    assert hourly_interest([[1.0], [2.0]], [["0.1"], ["0.2"]]).shape == (2, 1)


@pytest.mark.parametrize("missing", [[np.nan, 876.0], pd.Series([None, "876"]),
                                     np.array([Decimal("NaN"), Decimal(876)], object)])  # fmt: skip
def test_what_is_missing_stays_missing(missing):
    found = hourly_interest(missing, 0.0001)
    assert pd.isna(found[0])
    assert float(found[1]) == 0.00001


@pytest.mark.parametrize(
    ("debt", "rate", "wrong"),
    [
        (-1, 0.1, "debt is -1"),
        (1, -0.1, "rate is -0.1"),
        (float("nan"), 0.1, "debt is nan"),
        ("1,5", 0.1, "debt is '1,5'"),
        ([1.0, -2.0], 0.1, r"debt is -2\.0"),
        (1, [np.inf], "rate is inf"),
        (np.ones(2), np.ones(3), r"\(2,\) and \(3,\)"),
        (pd.Series([1.0]), pd.Series([1.0], index=[5]), "different indexes"),
    ],
)
def test_bad_input_is_named(debt, rate, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        hourly_interest(debt, rate)
