"""Discount tiers keep what the exchange's own rules keep."""

from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError, connect
from flexloan_nb.analytics.discount import Tiers, discount_schedule
from flexloan_nb.sim.coins import Tier
from flexloan_nb.sim.rules import ARITHMETIC, counted

BTC = [(0, 20, 0.98), (20, 100, 0.95), (100, None, 0.9)]
RATES = st.decimals(0, 1, places=4)
WIDTHS = st.decimals("0.0001", 10_000, places=4)


@st.composite
def schedules(draw):
    """Return tiers as the exchange prints them: start, end, share kept."""
    widths = draw(st.lists(WIDTHS, max_size=4))
    rates = draw(st.lists(RATES, min_size=len(widths) + 1, max_size=len(widths) + 1))
    starts = [Decimal(0)]
    for width in widths:
        starts.append(starts[-1] + width)
    return list(zip(starts, [*starts[1:], None], rates, strict=True))


@given(tiers=schedules(), amount=st.decimals(0, 100_000, places=6))
def test_what_is_kept_is_what_the_embedded_exchange_counts(tiers, amount):
    with localcontext(ARITHMETIC):
        exact = counted(amount, [Tier(upper, rate) for _, upper, rate in tiers])
    assert Tiers.of(tiers, "X").kept(amount) == pytest.approx(float(exact), rel=1e-13, abs=1e-13)


@given(
    tiers=schedules(),
    amounts=st.lists(st.floats(0, 1e5), min_size=1, max_size=5),
)
def test_an_array_of_amounts_is_its_amounts_one_by_one(tiers, amounts):
    of_coin = Tiers.of(tiers, "X")
    for method in (of_coin.kept, of_coin.marginal, of_coin.amount_for):
        np.testing.assert_array_equal(method(amounts), [method(amount) for amount in amounts])


@given(tiers=schedules(), amount=st.floats(0, 1e5))
def test_the_least_amount_of_which_so_much_counts(tiers, amount):
    of_coin = Tiers.of(tiers, "X")
    least = of_coin.amount_for(of_coin.kept(amount))
    assert least <= amount * (1 + 1e-12) + 1e-9
    assert of_coin.kept(least) == pytest.approx(of_coin.kept(amount), rel=1e-12, abs=1e-12)


def test_at_a_knee_the_next_coin_counts_with_the_next_tier():
    tiers = Tiers.of(BTC, "BTC")
    assert tiers.kept([20, 21, 200]).tolist() == pytest.approx([19.6, 20.55, 185.6])
    assert tiers.marginal([19.999, 20, 100]).tolist() == [0.98, 0.95, 0.9]


def test_beyond_a_last_tier_that_ends_nothing_counts():
    tiers = Tiers.of([(0, 10, 0.5)], "X")
    assert tiers.kept(30) == 5
    assert tiers.marginal(10) == 0
    assert tiers.amount_for([5, 5.1]).tolist() == [10, float("inf")]


def test_a_coin_that_counts_for_nothing():
    tiers = Tiers.of(0, "X")
    assert tiers.kept(3) == 0
    assert tiers.amount_for([0, 1]).tolist() == [0, float("inf")]


def test_the_exchange_s_own_table_is_read():
    market = connect("simulator").market
    table = pd.concat([market.discount_rates("BTC"), market.discount_rates("USDT")])
    schedule = discount_schedule(table)
    assert set(schedule) == {"BTC", "USDT"}
    assert schedule["BTC"].starts[0] == 0
    assert schedule["BTC"].rates == tuple(table.loc[table["ccy"] == "BTC", "discountRate"])


def test_tiers_in_any_order_are_the_same_tiers():
    assert Tiers.of(BTC[::-1], "BTC") == Tiers.of(BTC, "BTC")


@pytest.mark.parametrize(
    ("rates", "problem"),
    [
        (1.2, "discount rate of X is 1.2"),
        (float("nan"), "finite"),
        ("much", "not a number"),
        ([], "no discount tiers"),
        ([(0, 10, 0.9), (11, None, 0.8)], "follow one another"),
        ([(1, None, 0.9)], "from zero"),
        ([(0, None, 0.9), (10, None, 0.8)], "follow one another"),
        ([(0, 10)], "not a tier"),
        ([0.9, 0.8], "not a tier"),
    ],
)
def test_tiers_that_cannot_be_are_refused(rates, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        discount_schedule({"X": rates})


def test_a_frame_that_is_no_discount_table_is_refused():
    with pytest.raises(InvalidArgumentError, match="lacks ccy, minAmt"):
        discount_schedule(pd.DataFrame({"discountRate": [0.9]}))
