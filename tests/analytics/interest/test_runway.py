import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.analytics.interest.runway import hours_to_threshold, runway
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import InvalidArgumentError

PRICES = {"BTC": 100_000, "ETH": 3_000, "USDT": 1, "USDC": 1}
LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}

ltvs = st.floats(0.01, 0.99)
rates = st.floats(0.01, 5)


def loan(**debt):
    return Position({"BTC": 1}, debt, PRICES, **LEVELS)


def test_the_sample_loan_lasts_as_long_as_computed_elsewhere():
    hours = hours_to_threshold(0.5742, 0.41, threshold=0.8374)
    assert hours == pytest.approx(8_062.04, abs=0.005)
    assert hours / 24 == pytest.approx(335.918, abs=5e-4)
    assert hours_to_threshold(0.5742, 0.41, threshold=0.7374) / 24 == pytest.approx(
        222.702, abs=5e-4
    )
    simple = hours_to_threshold(0.5742, 0.41, threshold=0.8374, compounding=False)
    assert simple / 24 == pytest.approx(408.067, abs=5e-4)


@given(ltv=ltvs, threshold=ltvs, rate=rates)
def test_the_loan_meets_the_threshold_after_those_hours(ltv, threshold, rate):
    hours = hours_to_threshold(ltv, rate, threshold=threshold)
    simple = hours_to_threshold(ltv, rate, threshold=threshold, compounding=False)
    if ltv >= threshold:
        assert hours == simple == 0
    else:
        assert ltv * (1 + rate / 8_760) ** hours == pytest.approx(threshold, rel=1e-8)
        assert ltv * (1 + rate / 8_760 * simple) == pytest.approx(threshold)


@pytest.mark.parametrize("compounding", [True, False])
@pytest.mark.parametrize(
    ("ltv", "rate", "expected"),
    [(0.5, 0, np.inf), (0, 0.1, np.inf), (0, 0, np.inf), (0.8, 0.1, 0), (0.8, 0, 0), (0.9, 0, 0)],
)
def test_limits_are_exact(ltv, rate, expected, compounding):
    found = hours_to_threshold(ltv, rate, threshold=0.8, compounding=compounding)
    assert found == expected
    assert isinstance(found, float)


def test_arguments_broadcast():
    grid = hours_to_threshold(np.array([[0.5], [0.6]]), [0.1, 0.2, 0.3], threshold=0.8)
    assert grid.shape == (2, 3)
    assert grid[1, 2] == hours_to_threshold(0.6, 0.3, threshold=0.8)
    series = pd.Series([0.5, None], index=["a", "b"])
    found = hours_to_threshold(series, 0.1, threshold=series + 0.1)
    assert found["a"] == hours_to_threshold(0.5, 0.1, threshold=0.6)
    assert np.isnan(found["b"])


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ((-0.1, 0.1, 0.8), r"ltv is -0\.1"),
        ((0.5, [0.1, -0.1], 0.8), r"rate is -0\.1"),
        ((0.5, 0.1, float("nan")), "threshold is nan"),
        (([0.5, 0.5], [0.1] * 3, 0.8), "do not fit"),
        ((pd.Series([0.5]), pd.Series([0.5], index=[3]), 0.8), "different indexes"),
    ],
)
def test_bad_numbers_are_named(arguments, wrong):
    ltv, rate, threshold = arguments
    with pytest.raises(InvalidArgumentError, match=wrong):
        hours_to_threshold(ltv, rate, threshold=threshold)


@given(debt=st.floats(1_000, 83_000), rate=rates)
def test_one_coin_owed_is_the_closed_form(debt, rate):
    found = runway(loan(USDT=debt), {"USDT": rate})
    for threshold, level in (("margin_call", 0.7374), ("liquidation", 0.8374)):
        args = {"ltv": debt / 100_000, "rate": rate, "threshold": level}
        hours, days, simple = found.loc[threshold]
        assert hours == pytest.approx(hours_to_threshold(**args), rel=1e-9)
        assert days == hours / 24
        assert simple * 24 == pytest.approx(
            hours_to_threshold(**args, compounding=False), rel=1e-9, abs=1e-9
        )


@given(
    debts=st.tuples(st.floats(0, 20_000), st.floats(0, 20_000), st.floats(0.1, 8)),
    rates=st.tuples(st.floats(0, 5), st.just(0) | st.floats(0, 5), st.floats(0.05, 5)),
)
def test_coins_at_different_rates_meet_the_threshold_together(debts, rates):
    coins = ["USDT", "USDC", "ETH"]
    position = loan(**dict(zip(coins, debts, strict=True)))
    by_coin = dict(zip(coins, rates, strict=True))
    found = runway(position, by_coin)
    for threshold, level in (("margin_call", 0.7374), ("liquidation", 0.8374)):
        later = position.accrue(found.loc[threshold, "hours"], by_coin)
        assert later.ltv == pytest.approx(max(level, position.ltv), rel=1e-9)
    assert (found["simple_days"] >= found["days"] * (1 - 1e-9)).all()


@pytest.mark.parametrize(
    ("position", "rates", "hours"),
    [
        (loan(), {}, [np.inf, np.inf]),
        (loan(USDT=0), {"USDT": 0.1}, [np.inf, np.inf]),
        (loan(USDT=50_000, ETH=0), {"USDT": 0, "ETH": 0.1}, [np.inf, np.inf]),
        (loan(USDT=50_000), {"USDT": 5e-324}, [np.inf, np.inf]),
        (loan(USDT=90_000), {"USDT": 0}, [0, 0]),
        (loan(USDT=83_740), {"USDT": 0.1}, [0, 0]),
        (Position({}, {"USDT": 1}, PRICES, **LEVELS), {"USDT": 0.1}, [0, 0]),
    ],
)
def test_limits_of_a_position_are_exact(position, rates, hours):
    found = runway(position, rates)
    assert found.index.tolist() == ["margin_call", "liquidation"]
    assert found["hours"].tolist() == hours
    assert found["simple_days"].tolist() == hours


@pytest.mark.parametrize(
    ("rates", "wrong"), [({}, "lacks USDT"), ({"USDT": -0.1}, "rate of USDT is -0.1")]
)
def test_a_rate_that_is_missing_or_negative_is_refused(rates, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        runway(loan(USDT=1), rates)
