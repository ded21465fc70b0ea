from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from flexloan_nb.analytics.interest.xirr import xirr
from flexloan_nb.errors import InvalidArgumentError

EXAMPLE = {
    "2008-01-01": -10_000,
    "2008-03-01": 2_750,
    "2008-10-30": 4_250,
    "2009-02-15": 3_250,
    "2009-04-01": 2_750,
}
START = pd.Timestamp("2026-01-01", tz="UTC")
YEAR = pd.Timedelta(days=365)

amounts = st.floats(1, 1e6)


def yearly(*flows):
    return [(START + nr * YEAR, flow) for nr, flow in enumerate(flows)]


def test_the_example_of_spreadsheets_is_reproduced():
    assert xirr(EXAMPLE) == pytest.approx(0.3733625335, abs=5e-11)


@pytest.mark.parametrize(
    "flows",
    [
        pd.Series(EXAMPLE),
        pd.Series(EXAMPLE.values(), pd.DatetimeIndex(EXAMPLE)),
        pd.Series(EXAMPLE.values(), pd.DatetimeIndex(EXAMPLE, tz="UTC")),
        list(reversed(EXAMPLE.items())),
        ((date.fromisoformat(day), flow) for day, flow in EXAMPLE.items()),
        {datetime.fromisoformat(day).replace(tzinfo=UTC): -f for day, f in EXAMPLE.items()},
        [*EXAMPLE.items(), ("2008-06-01", 5), ("2008-06-01", -5)],
    ],
)
def test_flows_come_in_several_shapes(flows):
    assert xirr(flows) == pytest.approx(0.3733625335, abs=5e-11)


@settings(max_examples=100)
@given(lent=amounts, repaid=st.lists(st.floats(0, 1e6), min_size=1, max_size=8), last=amounts)
def test_the_rate_is_the_root_of_the_polynomial_of_yearly_flows(lent, repaid, last):
    flows = np.array([-lent, *repaid, last])
    value = np.polynomial.Polynomial(flows)  # in 1 / (1 + rate)
    roots = value.roots()
    real = roots[(abs(roots.imag) < 1e-9 * abs(roots)) & (roots.real > 0)].real
    assume(len(real) == 1)
    polished = real[0] - value(real[0]) / value.deriv()(real[0])
    assert 1 / (1 + xirr(yearly(*flows))) == pytest.approx(polished, rel=1e-6)


@settings(max_examples=100)
@given(
    days=st.lists(st.floats(60, 900), min_size=2, max_size=6),
    flows=st.lists(st.floats(500, 1_000), min_size=6, max_size=6),
)
def test_the_rate_makes_irregular_flows_worth_nothing(days, flows):
    flows = [-flows[0], *flows[1 : len(days)]]
    times = np.cumsum(days) - days[0]
    rate = xirr((START + pd.Timedelta(days=t), a) for t, a in zip(times, flows, strict=True))
    worth = [a * (1 + rate) ** (-t / 365) for t, a in zip(times, flows, strict=True)]
    assert sum(worth) == pytest.approx(0, abs=1e-9 * max(map(abs, worth)))


@given(
    rate=st.floats(-0.999, 1e6), days=st.floats(1, 3_650), size=st.sampled_from([1e-15, 1, 1e15])
)
def test_a_loan_at_a_known_rate_has_that_rate(rate, days, size):
    span = pd.Timedelta(days=days)
    owed = size * (1 + rate) ** (span / YEAR)
    assume(0 < owed < 1e300)
    found = xirr({START: size, START + span: -owed})
    assert np.log1p(found) == pytest.approx(np.log1p(rate), rel=1e-9, abs=1e-11)


def test_a_loan_with_hourly_interest_has_its_compounded_rate():
    hours = 1_000
    debt, flows = 0.0, {}
    for hour in range(hours):
        debt *= 1 + 0.41 / 8_760
        drawn = {0: 1_000.0, 100: 500.0, 400: -300.0, 700: 250.0}.get(hour, 0.0)
        debt += drawn
        flows[START + pd.Timedelta(hours=hour)] = drawn
    flows[START + pd.Timedelta(hours=hours - 1)] = -debt
    assert xirr(flows) == pytest.approx(0.5068033281, abs=5e-11)


@pytest.mark.parametrize(
    ("days", "owed", "rate"),
    [
        (365, 1e6 + 1, 1e6),
        (365, 1e-9, 1e-9 - 1),
        (1 / 24, 1.00004, 1.00004**8_760 - 1),
        (1 / 1_440, 1 + 1e-6, (1 + 1e-6) ** 525_600 - 1),
        (36_500, 1.5, 1.5**0.01 - 1),
        (365, 1, 0),
    ],
)
def test_short_spans_and_extreme_rates_work(days, owed, rate):
    assert xirr({START: 1, START + pd.Timedelta(days=days): -owed}) == pytest.approx(
        rate, rel=1e-9, abs=1e-14
    )


@settings(max_examples=60)
@given(st.lists(st.integers(-60, 300), min_size=2, max_size=4, unique=True))
def test_if_several_rates_fit_the_error_lists_them_all(percents):
    assume(all(b - a >= 10 for a, b in pairwise(sorted(percents))))
    flows = [Fraction(1)]  # the coefficients of the product of (1 - growth x discount)
    for percent in percents:
        growth = 1 + Fraction(percent, 100)
        flows = [a - growth * b for a, b in zip([*flows, 0], [0, *flows], strict=True)]
    with pytest.raises(InvalidArgumentError) as error:
        xirr(yearly(*map(float, flows)))
    listed = str(error.value).rstrip(".").split(": ")[1].split(", ")
    assert [float(rate) for rate in listed] == pytest.approx(
        [percent / 100 for percent in sorted(percents)], abs=1e-5
    )


@pytest.mark.parametrize("rate", np.arange(-0.9, 3, 0.1))
def test_a_root_that_only_touches_zero_is_found(rate):
    growth = 1 + rate
    assert xirr(yearly(-1, 2 * growth, -(growth**2))) == pytest.approx(rate, abs=1e-6)


def test_changes_of_sign_alone_do_not_make_several_rates():
    flows = [-1_000, 700, -50, 800, -20, 300]
    expected = brentq(lambda r: sum(a / (1 + r) ** n for n, a in enumerate(flows)), 0, 10)
    assert xirr(yearly(*flows)) == pytest.approx(expected, rel=1e-10)


def test_hundreds_of_changes_of_sign_are_no_trouble():
    hours = pd.date_range(START, periods=600, freq="h")
    moves = np.where(np.arange(600) % 2, -9.0, 10.0)
    debt = 0.0
    for move in moves[:-1]:
        debt = debt * (1 + 0.1 / 8_760) + move
    moves[-1] = -debt * (1 + 0.1 / 8_760)
    assert xirr(pd.Series(moves, hours)) == pytest.approx((1 + 0.1 / 8_760) ** 8_760 - 1, rel=1e-9)


@pytest.mark.parametrize(
    ("flows", "wrong"),
    [
        ([], "both directions"),
        (yearly(-1, -2), "both directions"),
        ({START: 0, START + YEAR: 1}, "both directions"),
        ([(START, -1), (START, 2)], "both directions"),
        (yearly(-1, 1, -1), "No rate"),
        (yearly(-1, float("nan")), "a flow is nan"),
        (yearly(-1, "much"), "a flow is 'much'"),
        ([("yesterday or so", 1)], "'yesterday or so' is not a time"),
        ([(pd.NaT, 1)], "time is missing"),
        ({"2026-01-01": -1, "2026-06-01T00Z": 2}, "zone"),
        ({START: -1, START + pd.Timedelta(minutes=1): 1.01}, "beyond a float"),
    ],
)
def test_flows_without_a_rate_are_refused(flows, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        xirr(flows)
