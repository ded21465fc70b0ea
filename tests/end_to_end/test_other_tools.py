"""Frames do what users do with frames: sums, groups, merges, files and back."""

import io
from decimal import Decimal

import pandas as pd
import pytest

from flexloan_nb import connect


@pytest.fixture(scope="module", params=["float", "decimal"])
def client(request):
    return connect("simulator", numbers=request.param)


def values(frame):
    """Return all values, None where missing: parquet has only one kind of missing decimal."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def test_to_parquet_and_back_nothing_is_lost(client):
    for frame in (client.interest_accrued(limit=150), client.loan_info(), client.loan_legs()):
        file = io.BytesIO()
        frame.to_parquet(file)
        again = pd.read_parquet(file)
        pd.testing.assert_series_equal(again.dtypes, frame.dtypes)
        assert values(again) == values(frame)
        assert again.attrs == frame.attrs


def test_to_csv_and_back_every_digit_is_there():
    exact = connect("simulator", numbers="decimal").interest_accrued(limit=150)
    again = pd.read_csv(io.StringIO(exact.to_csv(index=False)), dtype="string")
    assert again["interest"].map(Decimal).tolist() == exact["interest"].tolist()
    assert again["refId"].tolist() == exact["refId"].tolist()


def test_exact_sums_groups_and_products_are_exact():
    client = connect("simulator", numbers="decimal")
    accruals = client.interest_accrued("USDT")
    total = sum((Decimal(value) for value in accruals["interest"]), Decimal(0))
    assert accruals["interest"].sum() == total
    assert accruals.groupby("ordId")["interest"].sum().sum() == total
    assert (accruals["loan"] + accruals["interest"]).sum() == accruals["loan"].sum() + total


def test_legs_are_priced_by_merging(client):
    legs = client.loan_legs()
    prices = client.market.index_prices(legs["ccy"].unique())
    priced = legs.merge(prices[["ccy", "idxPx"]], on="ccy", validate="many_to_one")
    assert len(priced) == len(legs)
    owed = (priced["amt"] * priced["idxPx"])[priced["side"] == "loan"].sum()
    assert float(owed) == pytest.approx(float(client.loan_info()["loanNotionalUsd"].sum()))
