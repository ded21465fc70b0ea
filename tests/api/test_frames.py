from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import ResponseFormatError
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.frames import to_frame
from flexloan_nb.api.nesting import explode, flatten

HISTORY = TABLES["loan_history"]
ID = "17316594851045087"


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_a_row_without_fields_gives_missing_values_of_the_same_dtypes(table, numbers):
    empty, missing = to_frame([], table, numbers), to_frame([{}], table, numbers)
    pd.testing.assert_series_equal(empty.dtypes, missing.dtypes)
    assert missing.isna().all(axis=None)


@pytest.mark.parametrize("nothing", ["", None])
def test_empty_and_null_are_missing(nothing):
    row = {column.name: nothing for column in HISTORY.columns} | {"new": nothing}
    assert to_frame([row], HISTORY).isna().all(axis=None)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_floats_are_those_that_the_digits_mean(numbers):
    frame = to_frame([{"amt": repr(number)} for number in numbers], HISTORY)
    assert frame["amt"].tolist() == numbers


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=18), max_size=20))
def test_decimals_are_exact_to_the_last_digit(numbers):
    frame = to_frame([{"amt": str(number)} for number in numbers], HISTORY, "decimal")
    assert [str(amount) for amount in frame["amt"]] == [str(number) for number in numbers]


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_a_great_many_rows_are_one_frame_with_the_fields_of_all(numbers):
    rows = [{"refId": str(i), "amt": f"{i}.5", "ts": str(i)} for i in range(20_000)]
    rows[9_000]["note"] = "late"
    rows[-1]["fee"] = "0.1"
    frame = to_frame(rows, HISTORY, numbers)
    few = to_frame([rows[9_000], rows[-1]], HISTORY, numbers)
    pd.testing.assert_frame_equal(frame.iloc[[9_000, -1]].reset_index(drop=True), few)
    assert frame.index.equals(pd.RangeIndex(20_000))
    assert frame["refId"].tolist() == [row["refId"] for row in rows]
    assert [str(amount) for amount in frame["amt"]] == [row["amt"] for row in rows]
    assert frame[["note", "fee"]].count().tolist() == [1, 1]


def test_decimal_columns_can_be_added_and_grouped():
    rows = [{"ccy": "BTC", "amt": "0.1"}, {"ccy": "BTC", "amt": "0.2"}, {"ccy": "ETH", "amt": ""}]
    frame = to_frame(rows, HISTORY, "decimal")
    assert frame["amt"].sum() == Decimal("0.3")
    assert frame.groupby("ccy")["amt"].sum()["BTC"] == Decimal("0.3")


@given(st.integers(0, 2**41))
def test_times_are_utc_to_the_millisecond(epoch_ms):
    frame = to_frame([{"ts": str(epoch_ms)}], HISTORY)
    assert frame["ts"].iloc[0] == pd.Timestamp(epoch_ms, unit="ms", tz="UTC")
    assert str(frame["ts"].dtype) == "datetime64[ms, UTC]"


def test_an_odd_ref_id_beyond_2_to_the_53_is_kept():
    assert float(ID) != int(ID)
    assert to_frame([{"refId": ID}], HISTORY)["refId"].tolist() == [ID]


def test_undocumented_fields_are_kept_as_strings_after_the_documented_ones():
    rows = [{"amt": "1", "fee": "0.1"}, {"amt": "2", "tags": ["a", {"b": None}]}]
    frame = to_frame(rows, HISTORY)
    assert list(frame.columns[-2:]) == ["fee", "tags"]
    assert frame["fee"].fillna("missing").tolist() == ["0.1", "missing"]
    assert frame["tags"].fillna("missing").tolist() == ["missing", '["a", {"b": null}]']


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amt", "1,5"),
        ("amt", "NaN"),
        ("amt", "Infinity"),
        ("amt", "1_000"),
        ("amt", " 1"),
        ("amt", "\N{FULLWIDTH DIGIT ONE}"),
        ("amt", False),
        ("ts", "1_000"),
        ("ts", "-1"),
        ("amt", ["1"]),
        ("amt", True),
        ("ts", "2024-11-15"),
        ("ts", "9" * 30),
        ("ts", {}),
    ],
)
@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_a_value_of_the_wrong_kind_is_named(field, value, numbers):
    with pytest.raises(ResponseFormatError, match=f"a value of {field} is not a"):
        to_frame([{field: value}], HISTORY, numbers)


def test_nested_rows_keep_the_fields_around_them():
    rows = [{"ordId": "1", "assets": [{"ccy": "BTC"}, {"ccy": "ETH"}]}]
    rows += [{"assets": None}, {"assets": []}]
    assert explode(rows, "assets", "collateral_assets") == [
        {"ordId": "1", "ccy": "BTC"},
        {"ordId": "1", "ccy": "ETH"},
    ]


@pytest.mark.parametrize("row", [{"assets": "BTC"}, {"assets": ["BTC"]}, {"asset": []}])
def test_a_nested_field_of_another_shape_or_name_is_never_read_as_empty(row):
    with pytest.raises(ResponseFormatError, match="assets is not a list of objects"):
        explode([row], "assets", "collateral_assets")


def test_flattening_leaves_what_is_not_an_object():
    assert flatten([{"a": {"b": "1"}, "c": "2"}, {"a": None}], "a") == [
        {"c": "2", "a.b": "1"},
        {"a": None},
    ]
