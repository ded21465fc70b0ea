from decimal import Decimal, localcontext

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import FIRST_HOUR, MS_PER_HOUR, booked, frame, histories, record, shuffled

from flexloan_nb import connect
from flexloan_nb.analytics.interest.audit import audit_interest
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.sim import rules

both_kinds = pytest.mark.parametrize("numbers", ["float", "decimal"])


def findings(audit):
    return audit["finding"].value_counts().to_dict()


@both_kinds
@pytest.mark.parametrize("seed", range(5))
def test_every_record_of_the_embedded_exchange_is_charged_right(seed, numbers):
    rows = booked(seed)
    audit = audit_interest(frame(rows, numbers))
    assert findings(audit) == {"ok": len(rows)}
    assert not audit["residual"].any()
    with localcontext(rules.ARITHMETIC):
        booked_by_rule = {
            row["refId"]: rules.hourly_interest(Decimal(row["loan"]), Decimal(row["interestRate"]))
            for row in rows
        }
    for ref_id, expected in zip(audit["refId"], audit["expected"], strict=True):
        assert expected == (
            booked_by_rule[ref_id] if numbers == "decimal" else float(booked_by_rule[ref_id])
        )


@both_kinds
def test_the_loan_of_the_default_scenario_is_charged_right(numbers):
    accruals = connect("simulator", numbers=numbers).interest_accrued()
    assert findings(audit_interest(accruals)) == {"ok": len(accruals)}


@both_kinds
def test_a_wrong_charge_is_found_to_the_last_digit(numbers):
    rows = [
        record(0, loan="0.86599309", rate="0.41", interest="0.00004054"),
        record(1, loan="0.86599309", rate="0.41", interest="0.00004053"),
        record(2, loan="0.86599309", rate="0.41", interest="0.00004055"),
        record(3, loan="0.86599309", rate="0.41", interest="0.000040540000000001"),
        record(4, loan="0.86599309", rate="0.41", interest=""),
    ]
    audit = audit_interest(frame(rows, numbers))
    assert audit["finding"].tolist() == [
        "ok",
        "undercharged",
        "overcharged",
        "overcharged",
        "incomplete",
    ]
    assert list(map(float, audit["residual"][:4])) == [0.0, -1e-8, 1e-8, 1e-18]
    assert audit[["residual", "interest"]].isna().iloc[4].all()
    assert float(audit["expected"][4]) == 0.00004054


def test_decimals_stay_decimals():
    audit = audit_interest(frame([record(0), record(2)], "decimal"))
    for column in ("loan", "interest", "interestRate", "expected", "residual"):
        assert set(map(type, audit[column])) == {Decimal}
        assert audit[column].isna().tolist() == [False, True, False]


@both_kinds
@settings(max_examples=25)
@given(rows=histories(), data=st.data())
def test_hours_that_were_taken_out_are_missing(rows, data, numbers):
    out = data.draw(st.sets(st.sampled_from(range(len(rows)))))
    kept = [row for nr, row in enumerate(rows) if nr not in out]
    span = {}
    for row in kept:
        span.setdefault((row["ordId"], row["ccy"]), []).append(row["ts"])
    inside = {
        (row["ordId"], row["ccy"], int(row["ts"]))
        for nr, row in enumerate(rows)
        if nr in out
        and (times := span.get((row["ordId"], row["ccy"])))
        and times[0] < row["ts"] < times[-1]
    }
    audit = audit_interest(shuffled(frame(kept, numbers), 1))
    missing = audit[audit["finding"] == "missing"]
    found = zip(missing["ordId"], missing["ccy"], missing["ts"].astype("int64"), strict=True)
    assert set(found) == inside
    assert len(missing) == len(inside)
    assert missing[["refId", "loan", "interest", "expected", "residual"]].isna().all(axis=None)
    assert audit["ts"].is_monotonic_increasing


@settings(max_examples=25)
@given(rows=histories(), data=st.data())
def test_an_hour_that_is_there_again_is_repeated(rows, data):
    again = data.draw(
        st.lists(st.sampled_from(rows), max_size=5, unique_by=lambda row: row["refId"])
    )
    later = [row | {"refId": str(int(row["refId"]) + 5_000)} for row in again]
    audit = audit_interest(shuffled(frame(rows + later), 2))
    repeated = audit[audit["finding"] == "repeated"]
    assert sorted(repeated["refId"]) == sorted(row["refId"] for row in later)
    assert (repeated["residual"] == 0).all()


@both_kinds
@given(rows=histories(), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_the_order_of_the_rows_changes_nothing(rows, seed, numbers):
    accruals = frame([*rows, rows[0] | {"refId": rows[0]["refId"] + "9"}], numbers)
    pd.testing.assert_frame_equal(
        audit_interest(accruals), audit_interest(shuffled(accruals, seed))
    )


def test_the_rows_given_come_back_with_three_more_columns():
    accruals = frame([record(1), record(0), record(0, "BTC", "0.5")])
    before = accruals.copy(deep=True)
    audit = audit_interest(accruals)
    pd.testing.assert_frame_equal(accruals, before)
    assert list(audit) == [*accruals, "expected", "residual", "finding"]
    expected = accruals.sort_values(["ts", "ordId", "ccy"], ignore_index=True)
    pd.testing.assert_frame_equal(audit[list(accruals)], expected)


@both_kinds
@pytest.mark.parametrize("gap", [1, 2])
def test_dtypes_do_not_depend_on_whether_hours_are_missing(gap, numbers):
    accruals = frame([record(0), record(gap)], numbers)
    audit = audit_interest(accruals)
    assert audit[list(accruals)].dtypes.tolist() == accruals.dtypes.tolist()
    assert audit["finding"].dtype == "string"
    assert audit_interest(accruals[:0]).dtypes.tolist() == audit.dtypes.tolist()


def test_an_hour_is_missing_only_where_its_own_order_and_coin_lacks_it():
    rows = [record(0), record(2), record(1, "BTC"), record(1, order="2")]
    audit = audit_interest(frame(rows))
    assert audit[audit["finding"] == "missing"][["ordId", "ccy"]].to_numpy().tolist() == [
        ["1", "USDT"]
    ]


def test_records_without_an_order_are_one_line():
    accruals = frame([record(0), record(2)]).drop(columns=["ordId", "refId"])
    audit = audit_interest(accruals)
    assert findings(audit) == {"ok": 2, "missing": 1}
    assert "ordId" not in audit
    nameless = audit_interest(frame([record(0, order=""), record(2, order="")]))
    assert findings(nameless) == {"ok": 2, "missing": 1}
    assert nameless["ordId"].isna().all()


def test_times_in_another_zone_or_past_the_hour_are_of_their_hour():
    accruals = frame([record(0), record(3)])
    accruals["ts"] = (accruals["ts"] + pd.Timedelta(seconds=100)).dt.tz_convert("Asia/Kolkata")
    audit = audit_interest(accruals)
    missing = audit[audit["finding"] == "missing"]["ts"]
    first = pd.Timestamp(FIRST_HOUR + MS_PER_HOUR, unit="ms", tz="Asia/Kolkata")
    assert missing.tolist() == [first, first + pd.Timedelta(hours=1)]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda rows: rows.drop(columns="loan"), "it lacks loan"),
        (lambda rows: rows.assign(ts=rows["ts"].dt.tz_localize(None)), "no time zone"),
        (lambda rows: rows.assign(ts=pd.DatetimeIndex([pd.NaT], tz="UTC")), "no ts"),
        (lambda rows: rows.assign(ccy=pd.NA), "no ccy"),
        (lambda rows: rows.assign(loan=-1.0), r"loan is -1\.0"),
        (lambda rows: rows.assign(interestRate="ten"), "interestRate is 'ten'"),
    ],
)
def test_what_is_no_frame_of_accruals_is_refused(change, wrong):
    with pytest.raises(InvalidArgumentError, match=wrong):
        audit_interest(change(frame([record()])))


def test_a_time_that_is_centuries_off_is_refused():
    rows = connect("simulator").interest_accrued(ccy="USDC")
    rows["ts"] = rows["ts"].mask(rows.index == 3, pd.Timestamp("1700-01-01", tz="UTC"))
    with pytest.raises(InvalidArgumentError, match=r"hours are missing .* 1700-01-01"):
        audit_interest(rows)
