"""Borrowing and repaying through the interface: once by client id, in the stated order."""

import json
from decimal import Decimal

import pytest

from flexloan_nb.sim import SimulatedExchange

LOAN = "/api/v5/finance/flexible-loan/"
PLEDGE = [{"ccy": "SOL", "amt": "100"}]


def loan(ccy="USDT", amt="1000"):
    return {"ccy": ccy, "amt": amt}


def test_a_loan_is_opened_raised_and_repaid(caller, borrowed):
    opened = caller.post("borrow", loanData=loan(), collateralData=PLEDGE, clOrdId="one")
    (row,) = opened["data"]
    assert list(row) == ["ordId", "eMode", "clOrdId"]
    assert (row["eMode"], row["clOrdId"]) == ("0", "one")
    raised = caller.post("borrow", loanData=loan(), ordId=row["ordId"], clOrdId="two", eMode="0")
    assert raised["data"] == [{"ordId": row["ordId"], "eMode": "0", "clOrdId": "two"}]
    repaid = caller.post("repay", ordId=row["ordId"], ccy="USDT", amt="1500", clOrdId="three")
    assert repaid["data"] == [{"ordId": row["ordId"], "clOrdId": "three"}]
    (order,) = borrowed.loan_info(ord_id=row["ordId"])
    assert order["loanData"] == [{"amt": "500", "ccy": "USDT"}]
    assert order["collateralData"] == [{"amt": "100", "ccy": "SOL"}]


def test_a_repeated_deal_is_refused_for_a_minute_and_made_once(caller, borrowed):
    def repay(name):
        order = borrowed.loan_info()[0]["ordId"]
        return caller.post("repay", ordId=order, ccy="USDT", amt="10", clOrdId=name)["code"]

    assert [repay("again"), repay("again"), repay("another")] == ["0", "51016", "0"]
    borrowed.advance(seconds=59.999)
    assert [repay("again"), repay("another")] == ["51016", "51016"]
    borrowed.advance(seconds=0.001)
    assert [repay("again"), repay("again")] == ["0", "51016"]
    assert len(borrowed.loan_history(type="repaid")) == 3


def test_borrowing_and_repaying_share_their_client_ids_and_users_do_not(caller, borrowed):
    borrowed.deposit("BTC", 1, user="other")
    deal = {"loanData": loan(), "collateralData": [{"ccy": "BTC", "amt": "1"}], "clOrdId": "mine"}
    assert caller.post("borrow", **deal)["code"] == "0"
    order = borrowed.loan_info()[0]["ordId"]
    assert caller.post("repay", ordId=order, ccy="USDT", amt="1", clOrdId="mine")["code"] == "51016"
    other = caller.using(caller.gateway.issue_key("other"))
    assert other.post("borrow", **deal)["code"] == "0"


def test_a_deal_that_fails_does_not_spend_its_client_id(caller):
    deal = {"collateralData": PLEDGE, "clOrdId": "try"}
    assert caller.post("borrow", loanData=loan(amt="999999"), **deal)["code"] == "51759"
    assert caller.post("borrow", loanData=loan(), **deal)["code"] == "0"


def test_the_pledge_of_a_loan_is_one_to_ten_coins(caller_of):
    exchange = SimulatedExchange(scenario=None)
    coins = [ccy for ccy, coin in exchange.coins.items() if coin.pledgeable and ccy != "USDT"]
    for ccy in coins:
        exchange.deposit(ccy, 100_000)
    caller = caller_of(exchange)

    def borrow(pledged):
        pledge = [{"ccy": ccy, "amt": "1000"} for ccy in coins[:pledged]]
        return caller.post(
            "borrow", loanData=loan(), collateralData=pledge, clOrdId=f"deal{pledged}"
        )["code"]

    assert [borrow(number) for number in (0, 1, 10, 11)] == ["50014", "0", "0", "51000"]


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("50014", {"clOrdId": None}),
        ("51000", {"clOrdId": "a" * 33}),
        ("51000", {"clOrdId": "with space"}),
        ("50014", {"loanData": None}),
        ("51000", {"loanData": [loan()]}),
        ("51000", {"loanData": {"ccy": "USDT"}}),
        ("51000", {"collateralData": PLEDGE + PLEDGE}),
        ("51000", {"eMode": "2"}),
        ("51785", {"eMode": "1"}),
        ("51063", {"ordId": "123456789012345678"}),
        ("51750", {"collateralData": [{"ccy": "USDT", "amt": "1"}]}),
        ("51751", {"loanData": loan("OKB")}),
        ("51752", {"collateralData": [{"ccy": "TRX", "amt": "1"}]}),
    ],
)
def test_a_deal_is_refused_by_the_documented_code(caller, borrowed, code, changes):
    body = {"loanData": loan(), "collateralData": PLEDGE, "clOrdId": "deal1"} | changes
    history = borrowed.loan_history()
    assert caller.post("borrow", **body)["code"] == code
    assert borrowed.loan_history() == history


def test_checks_of_a_deal_come_in_the_stated_order(caller, borrowed):
    """Everything is wrong at first; each repair uncovers the next complaint."""
    assert caller.post("borrow", loanData=loan(), collateralData=PLEDGE, clOrdId="used")["data"]
    deal = {
        "ordId": "123456789012345678",
        "loanData": loan("OKB", "0.01"),
        "collateralData": [{"ccy": "TRX", "amt": "0.00001"}],
        "eMode": "1",
        "clOrdId": "used",
    }
    poor = [{"ccy": "BTC", "amt": "90"}]
    repairs = [
        ("51785", {"eMode": "0"}),
        ("51016", {"clOrdId": "fresh"}),
        ("51063", {"ordId": borrowed.loan_info()[0]["ordId"]}),
        ("51751", {"loanData": loan("USDC", "0.01")}),
        ("51752", {"collateralData": [{"ccy": "USDC", "amt": "0.00001"}]}),
        ("51750", {"collateralData": [{"ccy": "BTC", "amt": "0.000001"}]}),
        ("51757", {"collateralData": poor}),
        ("51764", {"collateralData": [{"ccy": "BTC", "amt": "0.1"}]}),
        ("51757", {"loanData": loan("USDC", "2000000")}),
        ("51759", {"loanData": loan("USDC", "1")}),
        ("0", {}),
    ]
    for code, repair in repairs:
        assert caller.post("borrow", **deal)["code"] == code
        deal |= repair


def test_a_deal_needs_the_permission_to_trade(caller):
    reader = caller.using(caller.gateway.issue_key(permissions=["read"]))
    for endpoint in ("borrow", "repay"):
        assert reader.post(endpoint, clOrdId="deal")["code"] == "50120"


def test_two_deals_of_a_kind_fit_into_two_seconds(borrowed, caller_of):
    clock = [0.0]
    caller = caller_of(borrowed, paced=True, monotonic=lambda: clock[0])
    order = borrowed.loan_info()[0]["ordId"]

    def repay(number):
        body = {"ordId": order, "ccy": "USDT", "amt": "1", "clOrdId": f"deal{number}"}
        reply = caller.send("POST", LOAN + "repay", json.dumps(body).encode())
        return json.loads(reply.body)["code"]

    assert [repay(number) for number in range(3)] == ["0", "0", "50011"]
    clock[0] += 2
    assert repay(3) == "0"
    assert Decimal(borrowed.loan_info()[0]["loanData"][0]["amt"]) == 90_000 - 3
