"""The published table of endpoints: permission, pace and parameters, `*` where one is required."""

import inspect

import pytest

from flexloan_nb.sim.routes import PATHS, ROUTES

LOAN = "finance/flexible-loan/"
PAGE = "after before limit"
PUBLISHED = [
    # method, path, permission, calls, seconds, parameters
    ("GET", LOAN + "borrow-currencies", "read", 5, 2, ""),
    ("GET", LOAN + "collateral-assets", "read", 5, 2, "ccy ordId"),
    ("POST", LOAN + "max-loan", "read", 5, 2, "borrowCcy* supCollateral ordId"),
    ("GET", LOAN + "max-collateral-redeem-amount", "read", 5, 2, "ccy* ordId"),
    (
        "POST",
        LOAN + "adjust-collateral",
        "trade",
        5,
        2,
        "type* collateralCcy* collateralAmt* ordId",
    ),
    ("GET", LOAN + "loan-info", "read", 5, 2, "ordId"),
    ("GET", LOAN + "loan-history", "read", 5, 2, f"type {PAGE} ordId"),
    ("GET", LOAN + "interest-accrued", "read", 5, 2, f"ccy {PAGE} ordId"),
    ("POST", LOAN + "borrow", "trade", 2, 2, "ordId loanData* collateralData eMode clOrdId*"),
    ("POST", LOAN + "repay", "trade", 2, 2, "ordId* ccy* amt* clOrdId*"),
    ("GET", "public/time", None, 10, 2, ""),
    ("GET", "market/index-tickers", None, 20, 2, "quoteCcy instId"),
    ("GET", "market/index-candles", None, 20, 2, f"instId* bar {PAGE}"),
    ("GET", "market/history-index-candles", None, 10, 2, f"instId* bar {PAGE}"),
    ("GET", "public/discount-rate-interest-free-quota", None, 2, 2, "ccy"),
    ("GET", "finance/savings/lending-rate-history", None, 6, 1, f"ccy {PAGE}"),
]


def test_the_endpoints_are_the_published_ones():
    assert {(method, "/api/v5/" + path) for method, path, *_ in PUBLISHED} == set(ROUTES)
    assert len(PATHS) == len(PUBLISHED)


@pytest.mark.parametrize(
    ("method", "path", "permission", "calls", "seconds", "parameters"),
    PUBLISHED,
    ids=[path for _, path, *_ in PUBLISHED],
)
def test_an_endpoint_is_as_published(method, path, permission, calls, seconds, parameters):
    route = ROUTES[method, "/api/v5/" + path]
    assert route.permission == permission
    assert route.pace == (calls, seconds)
    names = [parameter.name + "*" * parameter.required for parameter in route.parameters]
    assert names == parameters.split()


@pytest.mark.parametrize("route", ROUTES.values(), ids=[path for _, path in ROUTES])
def test_every_parameter_has_an_argument_to_go_to(route):
    accepted = inspect.signature(route.answer).parameters
    assert {parameter.argument for parameter in route.parameters} <= set(accepted)
    assert ("user" in accepted) == (route.permission is not None)
