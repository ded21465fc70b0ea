"""Many positions are computed side by side, and answer one by one."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.book import book_of

BOOKS = st.dictionaries(st.sampled_from(["1", "2", "3"]), positions(), max_size=3)


@given(positions=BOOKS)
def test_a_book_holds_what_its_positions_hold(positions):
    book = book_of(positions)
    values = book.per_coin({"owed": book.rows.owed, "price": book.rows.price})
    assert len(values) == sum(len(position.coins) for position in positions.values())
    for order, position in positions.items():
        expected = position.to_frame()
        assert values.loc[order].index.tolist() == expected.index.tolist()
        assert values.loc[order, "owed"].tolist() == expected["debt"].tolist()
        assert values.loc[order, "price"].tolist() == expected["price"].tolist()


@given(positions=BOOKS)
def test_capacity_is_the_debt_at_which_a_level_is_met(positions):
    book = book_of(positions)
    usd = (book.capacity("liquidation") * book.rows.price).sum(axis=1)
    expected = [p.liquidation_ltv * p.collateral_usd for p in positions.values()]
    np.testing.assert_allclose(usd, expected, rtol=1e-12)


@given(position=positions())
def test_one_position_answers_without_an_order(position):
    book = book_of(position)
    assert book.orders is None
    assert book.per_order(book.rows.owed.sum(axis=1), "owed") == pytest.approx(
        sum(position.debt.values())
    )
    assert book.per_coin({"owed": book.rows.owed}).index.tolist() == list(position.coins)


def test_an_empty_book_has_empty_answers_of_the_same_kind():
    book = book_of({})
    assert book.per_order(book.rows.owed.sum(axis=1), "owed").empty
    frame = book.per_coin({"owed": book.rows.owed})
    assert frame.index.names == ["ordId", "ccy"]
    assert frame.dtypes.tolist() == [np.float64]


@given(position=positions())
def test_words_come_as_strings_and_orders_as_text(position):
    book = book_of({"00012": position})
    frame = book.per_coin({"word": np.full(book.held.shape, "fall", dtype=object)})
    assert frame["word"].dtype == "string"
    assert frame.index.get_level_values("ordId").dtype == "string"
    assert isinstance(book.per_order(book.rows.owed.sum(axis=1), "owed"), pd.Series)


@pytest.mark.parametrize("wrong", [None, [1], {"a": 1}, "BTC"])
def test_what_is_no_position_is_refused(wrong):
    with pytest.raises(InvalidArgumentError, match="takes a Position or a dict"):
        book_of(wrong)
