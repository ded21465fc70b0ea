from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import booked, frame, histories, record, shuffled

from flexloan_nb.analytics.interest.attribution import attribute_interest
from flexloan_nb.errors import InvalidArgumentError

CAUSES = ["from_rate", "from_balance", "from_hours"]


def one_coin(before, after, numbers="float"):
    return attribute_interest(frame(before, numbers), frame(after, numbers)).loc["USDT"]


def test_each_cause_alone_takes_the_whole_change():
    base = [record(0, interest="2"), record(1, interest="2")]
    dearer = [record(0, interest="3"), record(1, interest="3")]
    larger = [record(h, loan="1500", interest="3") for h in (0, 1)]
    longer = [record(h, interest="2") for h in (0, 1, 2)]
    assert one_coin(base, dearer)[CAUSES].tolist() == [2, 0, 0]
    assert one_coin(base, larger)[CAUSES].tolist() == [0, 2, 0]
    assert one_coin(base, longer)[CAUSES].tolist() == [0, 0, 2]


def test_causes_are_those_computed_by_hand():
    before = [record(h, loan="100", interest="1") for h in range(2)]
    after = [record(h, loan="300", interest="6") for h in range(4)]
    found = one_coin(before, after)
    assert found[["interest_before", "interest_after", "change"]].tolist() == [2, 24, 22]
    assert found["from_rate"] == pytest.approx((2 * 100 + 4 * 300) / 2 * (0.02 - 0.01))
    assert found["from_balance"] == pytest.approx((0.01 + 0.02) / 2 * (2 + 4) / 2 * (300 - 100))
    assert found["from_hours"] == pytest.approx((0.01 + 0.02) / 2 * (100 + 300) / 2 * (4 - 2))


@pytest.mark.parametrize("seed", [0, 2])
def test_causes_follow_their_equations_on_booked_loans(seed):
    accruals = frame(booked(seed), "decimal")
    half = accruals["ts"] < accruals["ts"].iloc[len(accruals) // 3]
    for numbers in (object, float):
        of = accruals.astype(dict.fromkeys(["loan", "interest", "interestRate"], numbers))
        found = attribute_interest(of[half], of[~half])
        for ccy, row in found.iterrows():
            periods = [rows[rows["ccy"] == ccy] for rows in (accruals[half], accruals[~half])]
            interest = [sum(map(Fraction, rows["interest"])) for rows in periods]
            owed = [sum(map(Fraction, rows["loan"])) for rows in periods]
            expected = (owed[0] + owed[1]) / 2 * (interest[1] / owed[1] - interest[0] / owed[0])
            assert float(row["from_rate"]) == pytest.approx(float(expected), rel=1e-9)


@settings(max_examples=15)
@given(before=histories(longest=4), after=histories(longest=4))
def test_causes_add_up_to_the_change(before, after):
    found = attribute_interest(frame(before, "decimal"), frame(after, "decimal"))
    with localcontext() as context:
        context.prec = 100
        assert (found[CAUSES].sum(axis=1) == found["change"]).all()
        assert (found["interest_after"] - found["interest_before"] == found["change"]).all()
    floats = attribute_interest(frame(before), frame(after))
    np.testing.assert_allclose(floats, found.astype(float), rtol=1e-9, atol=1e-12)
    for ccy in found.index:
        booked_before = [Decimal(row["interest"]) for row in before if row["ccy"] == ccy]
        assert found.loc[ccy, "interest_before"] == sum(booked_before)


@settings(max_examples=15)
@given(before=histories(longest=4), after=histories(longest=4), seed=st.integers(0, 9))
def test_swapped_periods_change_the_sign_and_the_order_of_rows_nothing(before, after, seed):
    forth = attribute_interest(frame(before), frame(after))
    back = attribute_interest(shuffled(frame(after), seed), shuffled(frame(before), seed))
    columns = ["change", *CAUSES]
    np.testing.assert_allclose(forth[columns], -back[columns], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("numbers", ["float", "decimal"])
@pytest.mark.parametrize("other", [[], [record(0, "BTC")], [record(0, loan="0", interest="0")]])
def test_a_coin_that_was_not_owed_changed_by_its_balance(other, numbers):
    loan = [record(h, interest="2") for h in range(3)]
    assert one_coin(other, loan, numbers)[CAUSES].tolist() == [0, 6, 0]
    assert one_coin(loan, other, numbers)[CAUSES].tolist() == [0, -6, 0]


def test_without_records_there_is_nothing_to_attribute():
    empty, full = (attribute_interest(frame(rows), frame(rows)) for rows in ([], [record()]))
    assert empty.empty
    assert list(empty) == list(full)
    assert empty.dtypes.tolist() == full.dtypes.tolist()
    assert full.loc["USDT", ["change", *CAUSES]].tolist() == [0, 0, 0, 0]


def test_decimals_need_both_periods_in_decimals():
    exact, rounded = frame([record()], "decimal"), frame([record()])
    assert set(map(type, attribute_interest(exact, exact).loc["USDT"])) == {Decimal}
    assert (attribute_interest(exact, rounded).dtypes == "float64").all()


def test_a_record_that_is_there_twice_is_refused():
    with pytest.raises(InvalidArgumentError, match="more than once"):
        attribute_interest(frame([]), pd.concat([frame([record()])] * 2))
