from decimal import Decimal
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import random_life
from records import accruals, events, snapshot

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.event_types import EVENT_TYPES
from flexloan_nb.analytics.history.reconciliation import reconcile

SEEDS = range(20)
FLOWS = [*(name for name, kind in EVENT_TYPES.items() if kind.side), "interest"]


def of_life(life, **changes):
    frames = {
        "events": life.client.loan_history(),
        "accruals": life.client.interest_accrued(),
        "closing": life.now,
    }
    return reconcile(**frames | changes)


def test_a_statement_worked_by_hand():
    books = reconcile(
        events(
            ("10:30", "collateral_locked", "BTC", "-2"),
            ("10:30", "borrowed", "USDT", "1000"),
            ("11:30", "repaid", "USDT", "-100"),
            ("11:40", "buy_transition_coin", "USDT", "7"),
            ("11:50", "collateral_released", "BTC", "0.5"),
        ),
        accruals(("11:00", "USDT", "1000", "0.1"), ("12:00", "USDT", "900.1", "0.2")),
        snapshot("12:15", ("collateral", "BTC", "1.4"), ("loan", "USDT", "900.3")),
    )
    pledged, owed = books.set_index("ccy").loc[["BTC", "USDT"]].to_dict("records")
    assert (pledged["collateral_locked"], pledged["collateral_released"]) == (2, Decimal("-0.5"))
    assert (pledged["opening"], pledged["closing"]) == (0, Decimal("1.4"))
    assert pledged["residual"] == Decimal("-0.1")
    assert not pledged["balanced"]
    assert (owed["borrowed"], owed["repaid"], owed["interest"]) == (1000, -100, Decimal("0.3"))
    assert owed["residual"] == 0
    assert owed["balanced"]
    assert list(books.columns) == [
        "ordId", "side", "ccy", "opening", *FLOWS, "closing", "residual", "balanced",
    ]  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_of_every_life_balance_to_the_last_digit(seed):
    books = of_life(random_life(seed))
    assert (books["residual"] == 0).all()
    assert books["balanced"].all()
    assert set(books["ordId"]) == set(random_life(seed).client.loan_history()["ordId"])
    assert (books["opening"] + books[FLOWS].sum(axis=1) == books["closing"]).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_books_of_floats_balance_within_rounding(seed):
    books = of_life(random_life(seed, "float"))
    assert books["balanced"].all()
    assert books["residual"].abs().max() < 1e-8


@given(seed=st.sampled_from(SEEDS), data=st.data())
@settings(max_examples=40)
def test_the_books_balance_between_any_two_looks(seed, data):
    life = random_life(seed)
    moments = list(life.seen)
    first, last = sorted(data.draw(st.tuples(*[st.sampled_from(moments)] * 2)))
    # at a full hour, the interest is owed before it is on record, as here from the start
    books = of_life(life, opening=life.seen[first], closing=life.seen[last])
    assert (books["residual"] == 0).all()
    said = life.seen[first].legs
    assert books["opening"].sum() == said["amt"].sum()


@pytest.mark.parametrize("numbers", ["decimal", "float"])
@pytest.mark.parametrize("seed", range(6))
def test_any_falsified_row_shows(seed, numbers):
    life, chance = random_life(seed, numbers), Random(seed)
    history, interest = life.client.loan_history(), life.client.interest_accrued()
    moving = history.index[history["type"].isin(FLOWS)]
    for row in chance.sample(list(moving), 5):
        line = history.loc[row, ["ordId", "ccy"]].tolist()
        without = of_life(life, events=history.drop(index=row))
        assert unbalanced(without) == [line]
        residual = without.loc[~without["balanced"], "residual"].item()
        assert abs(float(residual)) == pytest.approx(abs(float(history.loc[row, "amt"])))
        changed = history.copy()
        changed.loc[row, "amt"] *= 1 + type(changed.loc[row, "amt"])("0.001")
        assert unbalanced(of_life(life, events=changed)) == [line]
    for row in chance.sample(list(interest.index), min(3, len(interest))):
        line = interest.loc[row, ["ordId", "ccy"]].tolist()
        assert unbalanced(of_life(life, accruals=interest.drop(index=row))) == [line]


def unbalanced(books):
    return books.loc[~books["balanced"], ["ordId", "ccy"]].to_numpy().tolist()


def test_a_leg_that_nothing_explains_is_its_own_residual():
    books = reconcile(events(), accruals(), snapshot("12:15", ("loan", "USDT", "5")))
    assert books[["opening", "closing", "residual"]].to_numpy().tolist() == [[0, 5, 5]]
    assert not books["balanced"].any()


def test_a_loan_that_is_gone_without_an_event_shows():
    before = snapshot("10:00", ("loan", "USDT", "5"))
    books = reconcile(events(), accruals(), snapshot("12:15"), before)
    assert books[["opening", "closing", "residual"]].to_numpy().tolist() == [[5, 0, -5]]


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_without_loans_and_history_the_statement_is_empty_but_typed(numbers):
    books = reconcile(
        events(numbers=numbers), accruals(numbers=numbers), snapshot("12:15", numbers=numbers)
    )
    assert len(books) == 0
    assert books["balanced"].dtype == bool
    assert books["ccy"].dtype == "string"
    assert "residual" in books


def test_a_history_that_names_no_order_reconciles_with_the_only_one():
    owed = snapshot("12:15", ("loan", "USDT", "5"))
    books = reconcile(events(("10:00", "borrowed", "USDT", "5"), order=""), accruals(), owed)
    assert books["ordId"].tolist() == ["1"]
    unnamed = reconcile(
        events(("10:00", "borrowed", "USDT", "5"), order="").drop(columns="ordId"),
        accruals(order=""),
        snapshot("12:15", ("loan", "USDT", "5"), order=""),
    )
    assert unnamed["ordId"].isna().all()
    assert unnamed["balanced"].all()


def test_an_unknown_type_is_refused_by_its_name():
    with pytest.raises(InvalidArgumentError, match="'airdropped'"):
        reconcile(events(("10:00", "airdropped", "BTC", "1")), accruals(), snapshot("12:15"))


def test_an_opening_after_the_closing_is_refused():
    with pytest.raises(InvalidArgumentError, match="exchange them"):
        reconcile(events(), accruals(), snapshot("10:00"), snapshot("12:00"))


def test_the_frames_given_are_not_changed():
    life = random_life(1)
    history, interest = life.client.loan_history(), life.client.interest_accrued()
    kept = history.copy(), interest.copy()
    of_life(life, events=history, accruals=interest)
    pd.testing.assert_frame_equal(history, kept[0])
    pd.testing.assert_frame_equal(interest, kept[1])
