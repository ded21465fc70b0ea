"""Numbers and times as text."""

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.report.formatting import NOTHING, amount, change, money, percent, price, when


@pytest.mark.parametrize("show", [amount, change, money, percent, price, when])
@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT, Decimal("NaN")])
def test_what_is_missing_is_a_dash(show, missing):
    assert show(missing) == NOTHING


@given(st.decimals(-(10**9), 10**9, places=8))
def test_an_amount_can_be_read_back_to_the_last_decimal(coins):
    assert Decimal(amount(coins).replace(",", "")) == coins


@given(st.decimals(0, 10**9, places=8))
def test_an_amount_has_no_trailing_zeros_behind_the_point(coins):
    text = amount(coins)
    assert "." not in text or not text.endswith(("0", "."))


def test_a_tiny_amount_below_the_books_is_nothing_but_zero():
    assert amount(-1e-12) == "0"


def test_a_whole_amount_keeps_its_zeros():
    assert amount(Decimal("20000")) == "20,000"


def test_a_time_of_another_zone_is_shown_in_utc():
    assert when(pd.Timestamp("2026-01-15T12:07", tz="Asia/Shanghai")) == "2026-01-15 04:07"
