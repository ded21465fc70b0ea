"""An odd id of 17 digits, which no float can hold, survives every path as a string."""

import io
import pickle

import pandas as pd
import pytest
from fakes import CannedAdapter

ID = "17316594851045087"
HISTORIES = ["loan_history", "interest_accrued"]


def answer(ref_id):
    return f'{{"code": "0", "msg": "", "data": [{{"refId": {ref_id}}}]}}'.encode()


@pytest.mark.parametrize("method", HISTORIES)
@pytest.mark.parametrize("numbers", ["float", "decimal"])
@pytest.mark.parametrize("wire", [f'"{ID}"', ID], ids=["quoted", "unquoted"])
def test_from_the_wire_to_the_frame(method, numbers, wire, client_of):
    frame = getattr(client_of(CannedAdapter(answer(wire)), numbers=numbers), method)()
    assert frame["refId"].tolist() == [ID]
    assert frame["refId"].dtype == "string"


@pytest.mark.parametrize("method", HISTORIES)
@pytest.mark.parametrize("cursor", ["after", "before"])
@pytest.mark.parametrize("kind", [str, int])
def test_from_the_frame_to_the_wire(method, cursor, kind, client_of):
    adapter = CannedAdapter(b'{"code": "0", "msg": "", "data": []}')
    getattr(client_of(adapter), method)(**{cursor: kind(ID)})
    assert f"{cursor}={ID}" in adapter.requests[0].url


def test_through_csv_json_pickle_and_merge(client_of):
    frame = client_of(CannedAdapter(answer(f'"{ID}"'))).loan_history()
    csv = pd.read_csv(io.StringIO(frame.to_csv(index=False)), dtype={"refId": "string"})
    json = pd.read_json(io.StringIO(frame.to_json(date_format="iso")), dtype={"refId": "string"})
    merged = frame.merge(frame[["refId"]], on="refId")
    for again in (csv, json, merged, pickle.loads(pickle.dumps(frame)), pd.concat([frame])):
        assert again["refId"].tolist() == [ID]
