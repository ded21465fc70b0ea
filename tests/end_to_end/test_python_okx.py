"""OKX's official Python client drives the simulator unchanged, loan and market alike."""

import pytest
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.Finance.Savings import SavingsAPI
from okx.MarketData import MarketAPI
from okx.PublicData import PublicAPI

from flexloan_nb.api.signing import utc_now
from flexloan_nb.sim import Gateway, SimulatorServer

# What python-okx 0.4 itself is warned of.
pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning"),
]


@pytest.fixture
def okx(server):
    key = server.key
    with FlexibleLoanAPI(
        key.api_key, key.secret_key, key.passphrase, flag="0", domain=server.url
    ) as api:
        yield api


def rows(answer):
    assert answer["code"] == "0", answer
    return answer["data"]


def test_borrow_currencies(okx):
    assert {"borrowCcy": "USDT"} in rows(okx.borrow_currencies())


def test_collateral_assets(okx):
    everything = rows(okx.collateral_assets())[0]["assets"]
    btc = rows(okx.collateral_assets(ccy="BTC"))[0]["assets"]
    assert btc == [asset for asset in everything if asset["ccy"] == "BTC"]
    assert len(everything) > 1


def test_max_loan(okx):
    now = rows(okx.max_loan(borrowCcy="USDT"))[0]
    more = rows(okx.max_loan(borrowCcy="USDT", supCollateral=[{"ccy": "BTC", "amt": "0.1"}]))[0]
    assert now.keys() == {"borrowCcy", "maxLoan", "notionalUsd", "remainingQuota"}
    assert float(more["maxLoan"]) > float(now["maxLoan"])


def test_max_collateral_redeem_amount(okx):
    pledged = rows(okx.loan_info())[0]["collateralData"][0]["ccy"]
    answer = rows(okx.max_collateral_redeem_amount(pledged))
    assert answer[0].keys() == {"ccy", "maxRedeemAmt"}


def test_adjust_collateral(okx):
    pledged = rows(okx.loan_info())[0]["collateralData"][0]
    assert rows(okx.adjust_collateral("add", pledged["ccy"], "0.01")) == []
    after = rows(okx.loan_info())[0]["collateralData"][0]
    assert float(after["amt"]) == pytest.approx(float(pledged["amt"]) + 0.01)


def test_loan_info(okx):
    loans = rows(okx.loan_info())
    assert len(loans) == 2
    for loan in loans:
        assert 0 < float(loan["curLTV"]) < float(loan["liqLTV"])


def test_loan_history_with_every_parameter(okx):
    borrowed = rows(okx.loan_history(type="borrowed"))
    assert {event["type"] for event in borrowed} == {"borrowed"}
    ids = [event["refId"] for event in rows(okx.loan_history(limit="5"))]
    assert len(ids) == 5
    assert [e["refId"] for e in rows(okx.loan_history(after=ids[1], limit="3"))] == ids[2:5]
    assert [e["refId"] for e in rows(okx.loan_history(before=ids[2]))] == ids[:2]


def test_interest_accrued_with_every_parameter(okx):
    ids = [row["refId"] for row in rows(okx.interest_accrued(ccy="USDT"))]
    assert len(ids) == 100
    page = rows(okx.interest_accrued(ccy="USDT", after=ids[9], limit="5"))
    assert [row["refId"] for row in page] == ids[10:15]
    assert [row["refId"] for row in rows(okx.interest_accrued("USDT", before=ids[1]))] == ids[:1]


def test_borrow_and_repay(okx):
    opened = rows(
        okx.borrow(
            loanData={"ccy": "USDT", "amt": "100"},
            collateralData=[{"ccy": "ADA", "amt": "2000"}],
            clOrdId="mine1",
            eMode="0",
        )
    )[0]
    more = {"loanData": {"ccy": "USDC", "amt": "50"}, "ordId": opened["ordId"]}
    assert rows(okx.borrow(**more, clOrdId="mine2"))[0]["ordId"] == opened["ordId"]
    part = (opened["ordId"], "USDT", "40")
    assert rows(okx.repay(*part, clOrdId="mine3"))[0]["clOrdId"] == "mine3"
    assert okx.repay(*part, clOrdId="mine3")["code"] == "51016"
    loan = next(loan for loan in rows(okx.loan_info()) if loan["ordId"] == opened["ordId"])
    assert loan["loanData"] == [{"amt": "60", "ccy": "USDT"}, {"amt": "50", "ccy": "USDC"}]


def test_market_data(server):
    with MarketAPI(flag="0", domain=server.url) as api:
        (ticker,) = rows(api.get_index_tickers(instId="BTC-USD"))
        assert ticker in rows(api.get_index_tickers(quoteCcy="USD"))
        page = rows(api.get_index_candlesticks("BTC-USD", bar="4H", limit="10"))
        times = [row[0] for row in page]
        cursors = {"after": times[2], "before": times[6]}
        assert rows(api.get_index_candlesticks("BTC-USD", bar="4H", **cursors)) == page[3:6]
        assert page[0][4] == ticker["idxPx"]


def test_public_data(server, exchange):
    with PublicAPI(flag="0", domain=server.url) as api:
        assert rows(api.get_system_time()) == exchange.server_time()
        (row,) = rows(api.discount_interest_free_quota(ccy="BTC"))
        assert row["details"][0]["discountRate"] == "0.98"


def test_lending_rates(server):
    with SavingsAPI(flag="0", domain=server.url) as api:
        page = rows(api.get_public_borrow_history(ccy="USDT", limit="9"))
        times = [row["ts"] for row in page]
        between = api.get_public_borrow_history(ccy="USDT", after=times[2], before=times[6])
        assert rows(between) == page[3:6]


def test_an_error_arrives_as_the_documented_envelope(okx):
    answer = okx.max_loan(borrowCcy="")
    assert (answer["code"], "borrowCcy" in answer["msg"]) == ("50014", True)


def test_a_wrong_passphrase_arrives_as_the_documented_code(server):
    key = server.key
    with FlexibleLoanAPI(key.api_key, key.secret_key, "wrong", flag="0", domain=server.url) as api:
        assert api.loan_info()["code"] == "50105"


def test_too_many_requests_arrive_as_the_documented_code(exchange):
    gateway = Gateway(exchange, clock=utc_now)
    key = gateway.issue_key()
    with (
        SimulatorServer(gateway, key) as server,
        FlexibleLoanAPI(
            key.api_key, key.secret_key, key.passphrase, flag="0", domain=server.url
        ) as api,
    ):
        server.start()
        codes = [api.borrow_currencies()["code"] for _ in range(6)]
    assert codes == ["0"] * 5 + ["50011"]
