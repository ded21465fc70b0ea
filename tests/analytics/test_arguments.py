"""What is no number, no coin or no frame is named, and what to give instead is said."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.arguments import (
    by_coin,
    coin,
    coins,
    finite,
    finite_array,
    is_missing,
    not_negative,
    positive,
    require_columns,
    share,
)


@pytest.mark.parametrize("number", ["0.5", 0.5, Decimal("0.5"), np.float32(0.5)])
def test_a_number_may_come_in_any_form(number):
    assert finite(number, "it") == 0.5


@pytest.mark.parametrize("wrong", [None, pd.NA, "x", "", [], {}, float("nan"), "inf", 10**400, 1j])
def test_what_is_no_finite_number_is_refused_by_name(wrong):
    with pytest.raises(InvalidArgumentError, match=r"^it is "):
        finite(wrong, "it")


def test_bounds_are_where_they_are_said_to_be():
    assert [not_negative(0, "it"), share(0, "it"), share(1, "it")] == [0, 0, 1]
    for check, wrong in [(not_negative, -1e-9), (positive, 0), (share, 1.001), (share, -0.001)]:
        with pytest.raises(InvalidArgumentError, match=r"^it is "):
            check(wrong, "it")


def test_numbers_by_coin_come_as_a_mapping_or_a_series():
    assert by_coin({"BTC": "1"}, "it", "it") == by_coin(pd.Series({"BTC": 1}), "it", "it")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("BTC", "debt is 'BTC': give coins like"),
        (None, "debt is None: give coins like"),
        (pd.DataFrame({"BTC": [1]}), "debt is of type DataFrame: give coins like"),
        (pd.Series([1, 2], ["BTC", "BTC"]), "debt has a coin twice"),
        ({"BTC": -1}, "debt of BTC is -1"),
    ],
)
def test_what_are_no_numbers_by_coin_is_said(wrong, said):
    with pytest.raises(InvalidArgumentError, match=said):
        by_coin(wrong, "debt", "debt of", not_negative)


@pytest.mark.parametrize("given", ["USDT", ["USDT"], {"USDT"}, pd.Series(["USDT"])])
def test_one_coin_may_be_named_without_a_list(given):
    assert coins(given, "stable") == ("USDT",)


@pytest.mark.parametrize("wrong", [None, 1, b"USDT", pd.DataFrame(), [1]])
def test_names_of_coins_are_texts(wrong):
    with pytest.raises(InvalidArgumentError, match=r"stable is .*name"):
        coins(wrong, "stable")
    with pytest.raises(InvalidArgumentError, match=r"x is .*name a coin"):
        coin(wrong, "x")


@pytest.mark.parametrize(
    "wrong", ["x", None, {"BTC": 1}, [[1], [1, 2]], [np.nan], [np.inf], 10**400]
)
def test_an_array_is_of_finite_numbers(wrong):
    with pytest.raises(InvalidArgumentError, match=r"^it (is|must)"):
        finite_array(wrong, "it")
    assert finite_array(1, "it").tolist() == [1.0]


def test_missing_is_none_or_nan_and_no_list_of_them():
    assert [is_missing(of) for of in (None, pd.NA, float("nan"))] == [True] * 3
    assert [is_missing(of) for of in (0, "", [None], {})] == [False] * 4


def test_a_frame_is_one_and_has_its_columns():
    require_columns(pd.DataFrame({"a": []}), "a", of="it")
    with pytest.raises(InvalidArgumentError, match="not it: it lacks b"):
        require_columns(pd.DataFrame({"a": []}), "a", "b", of="it")
    with pytest.raises(InvalidArgumentError, match="This is None, and not it"):
        require_columns(None, "a", of="it")
