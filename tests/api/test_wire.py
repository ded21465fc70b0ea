"""Every parameter of every endpoint appears on the wire where OKX's page says."""

import json
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from fakes import CannedAdapter

from flexloan_nb.api.endpoints import ENDPOINTS

EMPTY = b'{"code": "0", "msg": "", "data": []}'
PATH = "/api/v5/finance/flexible-loan/"
ID, OLD = "17316594851045087", "17316594851045085"

QUERIES = [
    ("borrow_currencies", {}, "borrow-currencies", {}),
    ("collateral_assets", {}, "collateral-assets", {}),
    (
        "collateral_assets",
        {"ccy": "BTC", "ord_id": "1"},
        "collateral-assets",
        {"ccy": "BTC", "ordId": "1"},
    ),
    (
        "max_collateral_redeem_amount",
        {"ccy": "BTC", "ord_id": "1"},
        "max-collateral-redeem-amount",
        {"ccy": "BTC", "ordId": "1"},
    ),
    ("loan_info", {"ord_id": "1"}, "loan-info", {"ordId": "1"}),
    ("loan_legs", {"ord_id": "1"}, "loan-info", {"ordId": "1"}),
    ("loan_history", {}, "loan-history", {"limit": "100"}),
    (
        "loan_history",
        {"type": "borrowed", "after": ID, "before": OLD, "limit": 7, "ord_id": "1"},
        "loan-history",
        {"type": "borrowed", "after": ID, "before": OLD, "limit": "7", "ordId": "1"},
    ),
    (
        "interest_accrued",
        {"ccy": "USDT", "after": int(ID), "before": int(OLD), "limit": 7, "ord_id": "1"},
        "interest-accrued",
        {"ccy": "USDT", "after": ID, "before": OLD, "limit": "7", "ordId": "1"},
    ),
]

BODIES = [
    ("max_loan", {"borrow_ccy": "USDT"}, "max-loan", {"borrowCcy": "USDT"}),
    (
        "max_loan",
        {"borrow_ccy": "USDT", "sup_collateral": {"BTC": "0.5", "ETH": 2}, "ord_id": "1"},
        "max-loan",
        {
            "borrowCcy": "USDT",
            "supCollateral": [{"ccy": "BTC", "amt": "0.5"}, {"ccy": "ETH", "amt": "2"}],
            "ordId": "1",
        },
    ),
    (
        "adjust_collateral",
        {"type": "reduce", "collateral_ccy": "BTC", "collateral_amt": 1e-7, "ord_id": "1"},
        "adjust-collateral",
        {"type": "reduce", "collateralCcy": "BTC", "collateralAmt": "0.0000001", "ordId": "1"},
    ),
]


def sent_by(client_of, method, arguments):
    adapter = CannedAdapter(EMPTY)
    getattr(client_of(adapter, allow_trading=True), method)(**arguments)
    return adapter.requests[-1]


@pytest.mark.parametrize(("method", "arguments", "path", "query"), QUERIES)
def test_reads_carry_their_parameters_in_the_query(method, arguments, path, query, client_of):
    request = sent_by(client_of, method, arguments)
    parts = urlsplit(request.url)
    assert (request.method, parts.path, request.body) == ("GET", PATH + path, None)
    assert dict(parse_qsl(parts.query)) == query


@pytest.mark.parametrize(("method", "arguments", "path", "body"), BODIES)
def test_posts_carry_their_parameters_in_a_json_body(method, arguments, path, body, client_of):
    request = sent_by(client_of, method, arguments)
    parts = urlsplit(request.url)
    assert (request.method, parts.path, parts.query) == ("POST", PATH + path, "")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == body


def test_no_documented_parameter_is_left_out_of_the_tests_above():
    tested = {}
    for method, _, _, parameters in QUERIES + BODIES:
        tested.setdefault(method, set()).update(parameters)
    for name in CALLABLE:
        documented = {parameter.name for parameter in ENDPOINTS[name].parameters}
        assert tested[name] == documented, name


CALLABLE = [name for name, endpoint in ENDPOINTS.items() if endpoint.permission != "public"]


def test_a_whole_balance_is_exact_as_decimals(client_of, sample):
    balance = client_of(CannedAdapter(sample("collateral_assets")), numbers="decimal")
    request = sent_by(
        client_of,
        "max_loan",
        {"borrow_ccy": "USDC", "sup_collateral": balance.collateral_assets()},
    )
    assert [entry["amt"] for entry in json.loads(request.body)["supCollateral"]] == [
        "1.7921483143067599",
        "1.9400755578876945",
        "63.9795959720319628",
    ]


@pytest.mark.parametrize(
    "sup_collateral",
    [
        {"BTC": "0.5"},
        {"BTC": 0.5},
        {"BTC": Decimal("0.50")},
        {"BTC": np.float32(0.5)},
        pd.Series({"BTC": 0.5}),
        pd.DataFrame({"ccy": ["BTC"], "amt": [0.5], "notionalUsd": [45_000.0]}),
        [{"ccy": "BTC", "amt": "0.5"}],
        iter([{"ccy": "BTC", "amt": "0.5"}]),
    ],
)
def test_supplementary_collateral_is_taken_in_every_natural_form(sup_collateral, client_of):
    request = sent_by(
        client_of, "max_loan", {"borrow_ccy": "USDT", "sup_collateral": sup_collateral}
    )
    assert json.loads(request.body)["supCollateral"] == [{"ccy": "BTC", "amt": "0.5"}]
