import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.analytics.interest.break_even import break_even
from flexloan_nb.errors import InvalidArgumentError

shares = st.floats(0, 0.9)


def test_a_year_at_41_percent_needs_its_compounded_rate():
    assert break_even(0.41, 365) == pytest.approx(0.5068033281, abs=5e-11)


@given(rate=st.floats(0, 5), days=st.floats(0, 1_000), fee=shares, cost=shares, ltv=shares)
def test_at_break_even_borrowing_and_selling_leave_the_same(rate, days, fee, cost, ltv):
    rise = break_even(rate, days, fee=fee, selling_cost=cost)
    debt = ltv * (1 + fee) * (1 + rate / 8_760) ** (24 * days)
    borrowed = 1 * (1 + rise) - debt
    sold = (1 - ltv / (1 - cost)) * (1 + rise)
    assert borrowed == pytest.approx(sold, rel=1e-9, abs=1e-9 * (1 + debt))


def test_nothing_costs_nothing():
    assert break_even(0, 100) == break_even(0.4, 0) == 0
    assert break_even(0, 0, fee=0.02) == pytest.approx(0.02)
    assert break_even(0, 10, selling_cost=0.01) == pytest.approx(-0.01)
    assert break_even(1, 1e9) == float("inf")


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({"rate": -0.1}, "rate is -0.1"),
        ({"days": float("nan")}, "days is nan"),
        ({"fee": -1}, "fee is -1"),
        ({"selling_cost": 1}, "selling_cost is 1"),
        ({"selling_cost": -0.1}, "selling_cost is -0.1"),
    ],
)
def test_bad_input_is_named(arguments, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        break_even(**{"rate": 0.1, "days": 1} | arguments)
