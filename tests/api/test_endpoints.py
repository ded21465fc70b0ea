"""The endpoints' data agree with the page's examples and with the client's methods."""

import json

import pytest

from flexloan_nb import FlexibleLoanClient, InvalidArgumentError
from flexloan_nb.api.endpoints import ENDPOINTS, TABLES
from flexloan_nb.api.frames import to_frame
from flexloan_nb.api.nesting import explode, flatten, split_loans

SIGNED = [name for name, endpoint in ENDPOINTS.items() if endpoint.permission != "public"]


def flat_rows(name, body):
    rows = json.loads(body)["data"]
    if name == "collateral_assets":
        return explode(rows, "assets", name)
    if name == "loan_info":
        return flatten(split_loans(rows, name)[0], "riskWarningData")
    return rows


@pytest.mark.parametrize("name", SIGNED)
def test_every_field_of_the_pages_example_is_documented(name, sample):
    documented = {column.name for column in TABLES[name].columns}
    for row in flat_rows(name, sample(name)):
        assert set(row) <= documented


def test_the_eight_endpoints_have_a_method_each():
    assert len(SIGNED) == 8
    assert all(callable(getattr(FlexibleLoanClient, name)) for name in SIGNED)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_says_what_it_means_and_in_which_unit(table):
    for column in table.columns:
        assert column.meaning
        assert column.unit or column.kind in {"text", "id"}


@pytest.mark.parametrize("name", TABLES)
def test_describe_shows_the_columns_of_every_frame(name, client_of):
    shown = client_of(None).describe(name)
    assert list(shown.columns) == ["column", "dtype", "unit", "meaning"]
    assert shown["column"].tolist() == [column.name for column in TABLES[name].columns]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_describe_shows_the_dtypes_that_frames_have(table, client_of):
    shown = client_of(None).describe(table.name).set_index("column")["dtype"]
    assert shown.to_dict() == to_frame([], table).dtypes.astype(str).to_dict()


def test_describe_shows_exact_numbers_as_what_they_are(client_of):
    shown = client_of(None, numbers="decimal").describe("max_loan")["dtype"]
    assert shown.tolist() == ["string", "Decimal", "Decimal", "Decimal"]


def test_describe_alone_lists_the_endpoints(client_of):
    shown = client_of(None).describe()
    assert shown["endpoint"].tolist() == list(ENDPOINTS)
    assert shown.set_index("endpoint").loc["max_loan", "parameters"] == (
        "borrowCcy, supCollateral, ordId"
    )


def test_describe_names_the_frames_there_are(client_of):
    with pytest.raises(InvalidArgumentError, match="loan_info"):
        client_of(None).describe("loans")
