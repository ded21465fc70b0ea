from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError
from flexloan_nb.api.amounts import wire_amount, wire_collateral

AMOUNTS = st.decimals(min_value=Decimal("1e-18"), max_value=Decimal("1e30"), places=18)


@given(AMOUNTS)
def test_a_decimal_reaches_the_wire_exactly_and_without_an_exponent(amount):
    text = wire_amount(amount, "amt")
    assert set(text) <= set("0123456789.")
    assert Decimal(text) == amount
    assert wire_amount(str(amount), "amt") == text


@given(st.floats(min_value=1e-9, max_value=1e15))
def test_a_float_reaches_the_wire_to_its_last_digit_or_to_18_decimals(amount):
    text = wire_amount(amount, "amt")
    assert abs(Decimal(text) - Decimal(repr(amount))) < Decimal("1e-18")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.50", "0.5"),
        (5, "5"),
        (1e15, "1000000000000000"),
        (Decimal("1E+3"), "1000"),
        ("1e-5", "0.00001"),
        (np.float32(0.1), "0.1"),
        (np.int64(3), "3"),
        (pd.Series([0.25]).iloc[0], "0.25"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_amounts_are_written_as_plain_decimals(amount, text):
    assert wire_amount(amount, "amt") == text


@pytest.mark.parametrize(
    "amount",
    [
        "1,5",
        "",
        "abc",
        None,
        True,
        pd.NA,
        float("nan"),
        "NaN",
        float("inf"),
        "Infinity",
        -1,
        "-0.1",
        0,
        "0.0",
        1e-30,
        "1e-30",
        "0.1234567890123456789",
        "1e31",
        [1],
    ],
)
def test_an_amount_that_cannot_be_meant_is_refused_by_name(amount):
    with pytest.raises(InvalidArgumentError, match="sup_collateral BTC is"):
        wire_collateral({"BTC": amount})


@pytest.mark.parametrize(
    ("sup_collateral", "problem"),
    [
        ([{"ccy": "BTC", "amt": 1}, {"ccy": "BTC", "amt": 2}], "BTC 2 times"),
        ({"": 1}, "without a name"),
        ([{"ccy": None, "amt": 1}], "without a name"),
        ([{"coin": "BTC", "amt": 1}], "rows with 'ccy' and 'amt'"),
        (pd.DataFrame({"coin": ["BTC"]}), "rows with 'ccy' and 'amt'"),
        ("BTC", "rows with 'ccy' and 'amt'"),
        (5, "rows with 'ccy' and 'amt'"),
    ],
)
def test_collateral_that_cannot_be_meant_is_refused(sup_collateral, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        wire_collateral(sup_collateral)
