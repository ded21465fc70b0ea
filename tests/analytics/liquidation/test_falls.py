"""The fall that is returned is the first at which the level is met."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import COINS, books, extreme_positions, positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.liquidation.falls import directional_fall, fallen_prices, uniform_fall
from flexloan_nb.analytics.position import Position

PRICES = {"BTC": 90_000, "ETH": 3_000, "USDT": 1}
LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
BETAS = st.dictionaries(st.sampled_from(COINS), st.floats(-1, 3).map(lambda b: round(b, 3)))


def loan(collateral, debt, prices=PRICES, **options):
    rates = {"discount_rates": {"BTC": 0.98, "ETH": 0.95}}
    return Position(collateral, debt, prices, **rates | LEVELS | options)


@pytest.fixture
def example():
    return loan({"BTC": 1, "ETH": 20}, {"USDT": 90_000})


def known(betas, position):
    return {ccy: beta for ccy, beta in betas.items() if ccy in position.coins}


def after(position, betas, fall):
    return position.with_prices(fallen_prices(position, betas, fall))


def rounding(position, there):
    """Return what rounding of prices near zero can do to an LTV, relative to it."""
    worth = position.collateral_usd + position.debt_usd
    return 1e-12 * (1 + worth / min(there.collateral_usd, there.debt_usd))


def test_the_documented_loan_falls_to_both_levels():
    sample = loan({"BTC": 1}, {"USDT": 0.5742 * 0.98 * 90_000})
    assert round(sample.ltv, 4) == 0.5742
    assert round(uniform_fall(sample, "margin_call"), 6) == 0.221318
    assert round(uniform_fall(sample), 6) == 0.314306


def test_the_example_falls_alike_and_by_betas(example):
    assert round(uniform_fall(example), 7) == 0.2598105
    assert round(directional_fall(example, {"BTC": 1, "ETH": 1.3}), 7) == 0.2324367


@settings(max_examples=100)
@given(position=st.one_of(positions(), extreme_positions(load=(0, 0.999))))
def test_after_a_uniform_fall_the_level_is_met(position):
    fall = uniform_fall(position)
    falling = {ccy: 1 for ccy in position.collateral if not position.debt.get(ccy)}
    if not np.isnan(fall):
        there = after(position, falling, fall)
        assert there.ltv == pytest.approx(there.liquidation_ltv, rel=rounding(position, there))
        assert fall == pytest.approx(directional_fall(position, falling), rel=1e-12, abs=1e-15)


@settings(max_examples=40)
@given(position=positions(overlap=False, by_coin=False))
def test_with_one_threshold_and_other_coins_owed_it_is_what_ltv_leaves(position):
    expected = 1 - position.ltv / position.liquidation_ltv
    assert uniform_fall(position) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=100)
@given(position=positions(), betas=BETAS)
def test_after_a_directional_fall_the_level_is_met(position, betas):
    betas = known(betas, position)
    fall = directional_fall(position, betas)
    if not np.isnan(fall):
        there = after(position, betas, fall)
        assert there.ltv == pytest.approx(there.liquidation_ltv, rel=rounding(position, there))


@settings(max_examples=100)
@given(position=positions(), betas=BETAS, part=st.floats(0, 1))
def test_before_the_first_fall_the_level_is_not_met(position, betas, part):
    betas = known(betas, position)
    fall = directional_fall(position, betas)
    if np.isnan(fall):
        fall = 50.0  # none of these either
    there = after(position, betas, fall * part * (1 - 1e-6))
    assert there.ltv < there.liquidation_ltv * (1 + 1e-9)


@settings(max_examples=40)
@given(position=positions(), betas=BETAS, times=st.sampled_from([0.25, 2, 8]))
def test_betas_twice_as_large_need_half_the_fall(position, betas, times):
    betas = known(betas, position)
    fall = directional_fall(position, betas)
    scaled = directional_fall(position, {ccy: beta * times for ccy, beta in betas.items()})
    assert scaled == pytest.approx(fall / times, rel=1e-12, nan_ok=True)


@settings(max_examples=20)
@given(book=books())
def test_a_book_has_the_falls_of_each_of_its_loans(book):
    alike, levelled = uniform_fall(book), uniform_fall(book, "margin_call")
    assert alike.index.tolist() == list(book)
    assert alike.index.name == "ordId"
    for order, position in book.items():
        assert alike[order] == pytest.approx(uniform_fall(position), rel=1e-9, nan_ok=True)
        assert not alike[order] < levelled[order]
    if any("BTC" in position.coins for position in book.values()):
        together = directional_fall(book, {"BTC": 1})
        for order, position in book.items():
            betas = known({"BTC": 1}, position)
            one = directional_fall(position, betas)
            assert together[order] == pytest.approx(one, rel=1e-9, nan_ok=True)


def test_a_coin_that_has_arrived_at_zero_falls_no_further():
    # ETH is at zero after 0.5; BTC must then fall until 0.98 x 0.8374 x 90,000 (1 - x) = 20,000.
    position = loan({"BTC": 1, "ETH": 20}, {"USDT": 20_000})
    fall = directional_fall(position, {"BTC": 1, "ETH": 2})
    assert fall == pytest.approx(1 - 20_000 / (0.98 * 0.8374 * 90_000), rel=1e-12)
    assert fallen_prices(position, {"BTC": 1, "ETH": 2}, fall)["ETH"] == 0


def test_a_debt_coin_that_falls_saves_a_loan_only_until_it_is_at_zero():
    # The debt in ETH shrinks twice as fast as the BTC, and is gone at half the way.
    position = loan({"BTC": 1}, {"ETH": 10, "USDT": 30_000})
    fall = directional_fall(position, {"BTC": 1, "ETH": 2})
    assert fall == pytest.approx(1 - 30_000 / (0.98 * 0.8374 * 90_000), rel=1e-12)


def test_of_two_crossings_the_first_counts():
    # First the BTC dies faster than the debt in ETH; once it is worthless, ETH still falls.
    position = loan({"BTC": 1, "USDT": 10_000}, {"ETH": 20})
    betas = {"BTC": 4, "ETH": 1}
    fall = directional_fall(position, betas)
    owed, cover = 60_000, 0.98 * 0.8374 * 90_000
    assert fall == pytest.approx((cover + 8_374 - owed) / (4 * cover - owed), rel=1e-12)
    saved = after(position, betas, 0.9)
    assert saved.ltv < saved.liquidation_ltv


def test_a_debt_that_rises_meets_the_level_without_a_bound():
    position = loan({"BTC": 1}, {"ETH": 10})
    fall = directional_fall(position, {"ETH": -1})
    assert fall == pytest.approx(0.98 * 0.8374 * 90_000 / 30_000 - 1, rel=1e-12)
    assert fall > 1


def test_what_falls_to_nothing_together_with_its_debt_never_meets_the_level():
    position = loan({"BTC": 1}, {"ETH": 10})
    for beta in (1, 1.3, 0.7):
        assert np.isnan(directional_fall(position, {"BTC": beta, "ETH": beta}))


def test_a_loan_past_the_level_need_not_fall(example):
    late = example.with_prices({"BTC": 50_000})
    assert uniform_fall(late) == 0
    assert directional_fall(late, {"ETH": 1}) == 0
    assert uniform_fall(loan({}, {"USDT": 1})) == 0


def test_without_a_debt_no_fall_meets_the_level():
    for position in (loan({"BTC": 1}, {}), loan({}, {}), loan({"BTC": 1}, {"USDT": 0})):
        assert np.isnan(uniform_fall(position))
        assert np.isnan(directional_fall(position, {}))


def test_where_nothing_falls_or_the_rest_is_enough_there_is_none(example):
    assert np.isnan(directional_fall(example, {}))
    assert np.isnan(directional_fall(loan({"BTC": 1, "ETH": 1}, {"USDT": 10_000}), {"ETH": 1}))
    assert np.isnan(uniform_fall(loan({"BTC": 1}, {"BTC": 0.5})))


def test_coins_on_both_sides_keep_their_price_in_a_uniform_fall():
    position = loan({"BTC": 1, "ETH": 20}, {"BTC": 0.1, "USDT": 70_000})
    fall = uniform_fall(position)
    free = 0.8374 * (0.98 * 90_000 + 0.95 * 60_000) - 79_000
    assert fall == pytest.approx(free / (0.8374 * 0.95 * 60_000), rel=1e-12)


def test_one_loan_answers_with_a_number_and_a_book_with_a_series(example):
    assert isinstance(uniform_fall(example), float)
    assert isinstance(directional_fall({}, {"BTC": 1}), pd.Series)


def test_prices_after_a_fall_are_those_of_the_loans_coins(example):
    prices = fallen_prices(example, pd.Series({"BTC": 0.5, "ETH": -1}), 0.2)
    assert prices.to_dict() == {"BTC": 81_000, "ETH": 3_600, "USDT": 1}
    assert prices.index.name == "ccy"


@pytest.mark.parametrize(
    ("betas", "said"),
    [
        ({"DOGE": 1}, "names DOGE; the coins are BTC, ETH, USDT"),
        ({"BTC": "much"}, "beta of BTC is 'much'"),
        ({"BTC": float("inf")}, "must be a finite number"),
        (1.3, "give coins like"),
        (pd.Series([1, 2], index=["BTC", "BTC"]), "has a coin twice"),
    ],
)
def test_betas_that_make_no_sense_are_refused(example, betas, said):
    with pytest.raises(InvalidArgumentError, match=said):
        directional_fall(example, betas)


def test_a_level_must_be_known(example):
    with pytest.raises(InvalidArgumentError, match="initial_ltv is not known"):
        uniform_fall(example, "initial")
    assert uniform_fall(example.with_thresholds(initial_ltv=0.65), "initial") > 0


def test_only_positions_fall():
    for wrong in (None, 1, "BTC", [], {"1": None}):
        with pytest.raises(InvalidArgumentError, match="takes a Position"):
            uniform_fall(wrong)
        with pytest.raises(InvalidArgumentError, match="takes a Position"):
            fallen_prices(wrong, {}, 0.1)
