"""The HTTP contract: signatures, codes and their order, parameters, paging, pace."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime

import pytest

from flexloan_nb.sim import Gateway, SimulatedExchange
from flexloan_nb.sim.refusals import ERRORS

LOAN = "/api/v5/finance/flexible-loan/"
INFO = LOAN + "loan-info"
MAX_LOAN = LOAN + "max-loan"
REDEEM = LOAN + "max-collateral-redeem-amount"
TICKERS = "/api/v5/market/index-tickers"
ADD = json.dumps({"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.1"}).encode()


def iso(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def answer(reply):
    return reply.status, json.loads(reply.body)


# Answers


def test_an_answer_is_the_documented_envelope(caller, borrowed):
    reply = caller.send("GET", INFO)
    assert answer(reply) == (200, {"code": "0", "data": borrowed.loan_info(), "msg": ""})
    assert dict(reply.headers)["Content-Type"] == "application/json"
    assert dict(reply.headers)["Content-Length"] == str(len(reply.body))


def test_every_answer_carries_the_exchanges_time(caller, borrowed):
    borrowed.advance(hours=2)
    for reply in (caller.send("GET", INFO), caller.send("GET", "/nowhere")):
        assert parsedate_to_datetime(dict(reply.headers)["Date"]) == borrowed.now()


def test_one_seed_and_the_same_calls_give_the_same_bytes(caller_of):
    def life():
        exchange = SimulatedExchange(seed=11)
        caller = caller_of(exchange)
        bodies = [
            caller.send("GET", LOAN + "interest-accrued?limit=50").body,
            caller.send("POST", LOAN + "adjust-collateral", ADD).body,
        ]
        exchange.advance(hours=30)
        for endpoint in ("loan-info", "loan-history", "interest-accrued", "collateral-assets"):
            bodies.append(caller.send("GET", LOAN + endpoint).body)
        return [*bodies, caller.send("GET", TICKERS + "?quoteCcy=USD").body]

    assert life() == life()


# Endpoints


def test_borrowable_currencies(caller):
    data = caller.get("borrow-currencies")["data"]
    assert {"borrowCcy": "USDT"} in data
    assert {"borrowCcy": "OKB"} not in data


def test_collateral_assets(caller, borrowed):
    everything = caller.get("collateral-assets")["data"]
    assert everything == borrowed.collateral_assets()
    assert caller.get("collateral-assets", ccy="BTC")["data"] == [
        {"assets": [a for a in everything[0]["assets"] if a["ccy"] == "BTC"]}
    ]


def test_max_loan(caller, borrowed):
    supplement = [{"ccy": "BTC", "amt": "0.5"}, {"ccy": "SOL", "amt": "10"}]
    order = borrowed.loan_info()[0]["ordId"]
    plain = caller.post("max-loan", borrowCcy="USDC")["data"]
    more = caller.post("max-loan", borrowCcy="USDC", supCollateral=supplement, ordId=order)
    assert plain == borrowed.max_loan("USDC")
    assert more["data"] == borrowed.max_loan("USDC", sup_collateral={"BTC": "0.5", "SOL": "10"})
    assert caller.post("max-loan", borrowCcy="USDC", supCollateral=[], ordId="")["data"] == plain


def test_numbers_in_a_body_are_read_as_the_digits_sent(caller, borrowed):
    body = b'{"type":"add","collateralCcy":"BTC","collateralAmt":0.12345678901234567}'
    assert answer(caller.send("POST", LOAN + "adjust-collateral", body))[1]["code"] == "0"
    (locked,) = caller.get("loan-history", limit=1)["data"]
    assert locked["amt"] == "-0.12345678901234567"


def test_max_collateral_redeem_amount(caller, borrowed):
    redeem = caller.get("max-collateral-redeem-amount", ccy="BTC")["data"]
    assert redeem == borrowed.max_collateral_redeem_amount("BTC")


def test_adjust_collateral(caller, borrowed):
    before = Decimal(borrowed.loan_info()[0]["curLTV"])
    accepted = caller.send("POST", LOAN + "adjust-collateral", ADD)
    assert accepted.body == b'{"code":"0","data":[],"msg":""}'
    assert Decimal(borrowed.loan_info()[0]["curLTV"]) < before


def test_histories_page_by_ref_id(caller, borrowed):
    borrowed.advance(hours=200)
    for endpoint, filters in (("interest-accrued", {"ccy": "USDT"}), ("loan-history", {})):
        rows, page = [], caller.get(endpoint, limit=7, **filters)["data"]
        while page:
            rows += page
            page = caller.get(endpoint, limit=7, after=rows[-1]["refId"], **filters)["data"]
        ids = [int(row["refId"]) for row in rows]
        assert ids == sorted(set(ids), reverse=True)
        newest = caller.get(endpoint, **filters)["data"]
        assert newest == rows[:100]
        assert caller.get(endpoint, before=ids[2], **filters)["data"] == rows[:2]
    locked = caller.get("loan-history", type="collateral_locked")["data"]
    assert {row["type"] for row in locked} == {"collateral_locked"}


def test_without_an_order_there_is_nothing_to_answer(exchange, caller_of):
    caller = caller_of(exchange)
    for envelope in (
        caller.get("collateral-assets"),
        caller.get("loan-info"),
        caller.get("max-collateral-redeem-amount", ccy="BTC"),
        caller.post("max-loan", borrowCcy="USDT", supCollateral=[{"ccy": "BTC", "amt": "1"}]),
    ):
        assert envelope == {"code": "0", "data": [], "msg": ""}
    assert caller.post("adjust-collateral", type="add", collateralCcy="BTC", collateralAmt="1") == {
        "code": "51063",
        "data": [],
        "msg": "ordId does not exist",
    }


def test_public_endpoints_need_no_key(caller, borrowed):
    unsigned = {name.replace("-", "_"): None for name in caller.headers("GET", "/") if "OK" in name}
    _, time = answer(caller.send("GET", "/api/v5/public/time", **unsigned))
    _, index = answer(caller.send("GET", TICKERS + "?instId=BTC-USD", **unsigned))
    _, all_of_them = answer(caller.send("GET", TICKERS + "?quoteCcy=USD", **unsigned))
    assert int(time["data"][0]["ts"]) == borrowed.now().timestamp() * 1000
    assert index["data"] == borrowed.index_tickers("BTC-USD")
    assert len(all_of_them["data"]) == len(borrowed.coins)
    ticker = {name: Decimal(index["data"][0][name]) for name in ("low24h", "idxPx", "high24h")}
    assert ticker["low24h"] <= ticker["idxPx"] <= ticker["high24h"]


# Refusals


def key_without(*permissions):
    return lambda caller: caller.using(caller.gateway.issue_key(permissions=permissions))


REFUSED = [
    # code, HTTP status, method, target, body, changed headers
    ("50005", 410, "GET", "/api/v5/nowhere", b"", {}),
    ("50115", 405, "POST", INFO, b"{}", {}),
    ("50103", 401, "GET", INFO, b"", {"OK_ACCESS_KEY": None}),
    ("50106", 401, "GET", INFO, b"", {"OK_ACCESS_SIGN": ""}),
    ("50107", 401, "GET", INFO, b"", {"OK_ACCESS_TIMESTAMP": None}),
    ("50104", 401, "GET", INFO, b"", {"OK_ACCESS_PASSPHRASE": None}),
    ("50112", 401, "GET", INFO, b"", {"OK_ACCESS_TIMESTAMP": "1760702820000"}),
    ("50112", 401, "GET", INFO, b"", {"OK_ACCESS_TIMESTAMP": "2025-13-17T12:07:00.000Z"}),
    ("50102", 401, "GET", INFO, b"", {"OK_ACCESS_TIMESTAMP": "2025-10-17T12:06:29.999Z"}),
    ("50119", 401, "GET", INFO, b"", {"OK_ACCESS_KEY": "another"}),
    ("50101", 401, "GET", INFO, b"", {"x_simulated_trading": "1"}),
    ("50105", 401, "GET", INFO, b"", {"OK_ACCESS_PASSPHRASE": "another"}),
    ("50113", 401, "GET", INFO, b"", {"OK_ACCESS_SIGN": "YW5vdGhlcg=="}),
    ("50113", 401, "GET", INFO, b"", {"OK_ACCESS_SIGN": "\xe4"}),
    ("50006", 400, "POST", MAX_LOAN, b"{}", {"Content_Type": "text/plain"}),
    ("50000", 400, "POST", MAX_LOAN, b"", {}),
    ("50002", 400, "POST", MAX_LOAN, b"{", {}),
    ("50002", 400, "POST", MAX_LOAN, b"[]", {}),
    ("50002", 400, "POST", MAX_LOAN, b'"\xff"', {}),
    ("50002", 400, "POST", MAX_LOAN, b"[" * 100_000, {}),
    ("50014", 400, "POST", MAX_LOAN, b"{}", {}),
    ("50014", 400, "POST", MAX_LOAN, b'{"borrowCcy":""}', {}),
    ("50014", 400, "GET", REDEEM, b"", {}),
    ("51000", 400, "GET", REDEEM + "?ccy=GOLD", b"", {}),
    ("51000", 400, "POST", MAX_LOAN, b'{"borrowCcy":["USDT"]}', {}),
    ("51000", 400, "POST", MAX_LOAN, b'{"borrowCcy":"USDT","supCollateral":{"ccy":1}}', {}),
    ("51000", 400, "POST", MAX_LOAN, b'{"borrowCcy":"USDT","supCollateral":[{"ccy":"BTC"}]}', {}),
    ("51000", 400, "POST", LOAN + "adjust-collateral", ADD.replace(b"0.1", b"1e-1"), {}),
    ("51000", 400, "POST", LOAN + "adjust-collateral", ADD.replace(b"0.1", b"-1"), {}),
    ("51000", 400, "POST", LOAN + "adjust-collateral", ADD.replace(b"add", b"steal"), {}),
    ("51000", 400, "GET", LOAN + "loan-history?type=gift", b"", {}),
    ("51000", 400, "GET", LOAN + "loan-history?limit=101", b"", {}),
    ("51000", 400, "GET", LOAN + "loan-history?limit=0", b"", {}),
    ("51000", 400, "GET", LOAN + "loan-history?after=yesterday", b"", {}),
    ("50014", 400, "POST", LOAN + "borrow", b'{"loanData":{"ccy":"USDT","amt":"1"}}', {}),
    ("50015", 400, "GET", TICKERS, b"", {}),
    ("51000", 400, "GET", TICKERS + "?instId=BTC-EUR", b"", {}),
]


@pytest.mark.parametrize(("code", "status", "method", "target", "body", "changes"), REFUSED)
def test_a_refusal_has_its_code_and_status(caller, code, status, method, target, body, changes):
    got, envelope = answer(caller.send(method, target, body, **changes))
    assert (got, envelope["code"]) == (status, code)
    assert envelope.keys() == {"code", "msg"}
    assert envelope["msg"]


def test_a_signature_covers_method_target_and_body(caller):
    signed = caller.headers("GET", REDEEM + "?ccy=BTC")["OK-ACCESS-SIGN"]
    reply = caller.send("GET", REDEEM + "?ccy=ETH", OK_ACCESS_SIGN=signed)
    assert answer(reply)[1]["code"] == "50113"
    signed = caller.headers("POST", MAX_LOAN, b'{"borrowCcy":"USDT"}')["OK-ACCESS-SIGN"]
    reply = caller.send("POST", MAX_LOAN, b'{"borrowCcy": "USDT"}', OK_ACCESS_SIGN=signed)
    assert answer(reply)[1]["code"] == "50113"


def test_a_signature_covers_the_query_as_it_was_encoded(caller):
    assert answer(caller.send("GET", REDEEM + "?ccy=%42TC"))[1]["code"] == "0"


def test_a_key_may_do_what_it_is_permitted_to(caller):
    reader = caller.using(caller.gateway.issue_key(permissions=["read"]))
    assert reader.get("loan-info")["code"] == "0"
    status, envelope = answer(reader.send("POST", LOAN + "adjust-collateral", ADD))
    assert (status, envelope["code"]) == (200, "50120")


def test_a_demo_key_belongs_to_demo_trading_which_has_no_loans(caller):
    demo = caller.using(caller.gateway.issue_key(demo=True))
    assert answer(demo.send("GET", INFO))[1]["code"] == "50101"
    status, envelope = answer(demo.send("GET", INFO, x_simulated_trading="1"))
    assert (status, envelope["code"]) == (200, "50038")


def test_lending_rules_answer_with_empty_data(caller):
    status, envelope = answer(caller.send("GET", REDEEM + "?ccy=SOL"))
    assert status == 200
    assert envelope == {
        "code": "51753",
        "data": [],
        "msg": "The collateral of this loan does not include SOL",
    }


def test_every_error_of_the_table_is_reachable():
    elsewhere = {"50011", "50038", "50120"}
    assert {code for code, *_ in REFUSED} | elsewhere == set(ERRORS)
    for code, status, *_ in REFUSED:
        assert ERRORS[code][0] == status


def test_checks_come_in_the_stated_order(caller):
    """Everything is wrong at first; each repair uncovers the next complaint."""
    wrong = {
        "OK_ACCESS_KEY": None,
        "OK_ACCESS_SIGN": None,
        "OK_ACCESS_TIMESTAMP": None,
        "OK_ACCESS_PASSPHRASE": None,
        "x_simulated_trading": "1",
        "Content_Type": "text/plain",
    }
    reader = caller.using(caller.gateway.issue_key(permissions=["read"]))
    right = caller.headers("POST", LOAN + "adjust-collateral")
    repairs = [
        ("50103", {"OK_ACCESS_KEY": "another"}),
        ("50106", {"OK_ACCESS_SIGN": "bad"}),
        ("50107", {"OK_ACCESS_TIMESTAMP": "noon"}),
        ("50104", {"OK_ACCESS_PASSPHRASE": "bad"}),
        ("50112", {"OK_ACCESS_TIMESTAMP": "2020-01-01T00:00:00.000Z"}),
        ("50102", {"OK_ACCESS_TIMESTAMP": right["OK-ACCESS-TIMESTAMP"]}),
        ("50119", {"OK_ACCESS_KEY": reader.key.api_key}),
        ("50101", {"x_simulated_trading": "0"}),
        ("50105", {"OK_ACCESS_PASSPHRASE": reader.key.passphrase}),
        ("50113", reader.headers("POST", LOAN + "adjust-collateral")),
        ("50120", caller.headers("POST", LOAN + "adjust-collateral") | {"Content-Type": "text"}),
        ("50006", {"Content_Type": "application/json"}),
    ]
    for code, repair in repairs:
        reply = caller.send("POST", LOAN + "adjust-collateral", **wrong)
        assert answer(reply)[1]["code"] == code
        wrong |= {name.replace("-", "_"): value for name, value in repair.items()}
    reply = caller.send("POST", LOAN + "adjust-collateral", **wrong)
    assert answer(reply)[1]["code"] == "50000"


# Time


def test_a_timestamp_may_be_half_a_minute_off_either_way(caller, borrowed):
    for seconds, code in ((30, "50113"), (-30, "50113"), (30.001, "50102"), (-30.001, "50102")):
        stamp = iso(borrowed.now() + timedelta(seconds=seconds))
        reply = caller.send("GET", INFO, OK_ACCESS_TIMESTAMP=stamp, OK_ACCESS_SIGN="later")
        assert answer(reply)[1]["code"] == code


def test_a_second_clock_serves_clients_that_know_no_virtual_time(borrowed, caller_of):
    wall = datetime(2031, 5, 1, tzinfo=UTC)
    caller = caller_of(borrowed, clock=lambda: wall)
    assert caller.get("loan-info")["code"] == "0"
    with_wall = type(caller)(caller.gateway, caller.key, lambda: wall)
    assert with_wall.get("loan-info")["code"] == "0"
    assert caller_of(borrowed).using(caller.key).get("loan-info")["code"] == "50119"


# Pace


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def paced(borrowed, caller_of, clock):
    return caller_of(borrowed, paced=True, monotonic=lambda: clock[0])


def codes(caller, calls, target=INFO):
    return [answer(caller.send("GET", target))[1]["code"] for _ in range(calls)]


def test_the_sixth_call_within_two_seconds_is_too_many(paced, clock):
    assert codes(paced, 6) == ["0"] * 5 + ["50011"]
    assert paced.send("GET", INFO).status == 429
    clock[0] += 1.999
    assert codes(paced, 1) == ["50011"]
    clock[0] += 0.001
    assert codes(paced, 6) == ["0"] * 5 + ["50011"]


def test_the_window_slides(paced, clock):
    for _ in range(20):
        assert codes(paced, 1) == ["0"]
        clock[0] += 0.4
    assert codes(paced, 2) == ["0", "50011"]


def test_pace_is_by_user_and_endpoint_not_by_key(paced):
    assert codes(paced, 5) == ["0"] * 5
    assert codes(paced, 1, LOAN + "loan-history") == ["0"]
    assert codes(paced.using(paced.gateway.issue_key()), 1) == ["50011"]
    assert codes(paced.using(paced.gateway.issue_key("other")), 1) == ["0"]


def test_public_endpoints_are_paced_by_address(paced):
    assert codes(paced, 11, "/api/v5/public/time") == ["0"] * 10 + ["50011"]
    assert codes(paced, 21, TICKERS + "?instId=BTC-USD") == ["0"] * 20 + ["50011"]


def test_only_recognised_requests_are_counted(paced):
    for _ in range(10):
        assert paced.send("GET", INFO, OK_ACCESS_SIGN="bad").status == 401
    assert codes(paced, 5) == ["0"] * 5


# Keys


def test_a_key_keeps_its_secrets_out_of_its_repr(borrowed):
    key = Gateway(borrowed).issue_key()
    assert key.api_key in repr(key)
    assert key.secret_key not in repr(key)
    assert key.passphrase not in repr(key)


def test_keys_are_all_different(borrowed):
    gateway = Gateway(borrowed)
    assert len({gateway.issue_key().secret_key for _ in range(50)}) == 50
