"""The library ccxt, as it is, drives every endpoint of the simulator over HTTP."""

from decimal import Decimal

import ccxt
import pytest

from flexloan_nb.api.signing import utc_now
from flexloan_nb.sim import Gateway, SimulatorServer
from flexloan_nb.sim.routes import ROUTES

HOUR = 3_600_000


def client_of(server, **changes):
    """Return ccxt's client for this exchange, at the simulator's address."""
    key = server.key
    scheme, _, host = server.url.partition("://")
    keys = {"apiKey": key.api_key, "secret": key.secret_key, "password": key.passphrase}
    settings = {"hostname": host, "urls": {"api": {"rest": scheme + "://{hostname}"}}}
    return ccxt.okx({**keys, **settings, "enableRateLimit": False, **changes})


@pytest.fixture
def client(server):
    okx = client_of(server)
    yield okx
    okx.session.close()


@pytest.fixture
def order(client):
    """Return the id of the earliest order."""
    return rows(client.privateGetFinanceFlexibleLoanLoanInfo())[0]["ordId"]


def rows(answer):
    assert (answer["code"], answer["msg"]) == ("0", "")
    return answer["data"]


# The loan


def test_borrow_currencies(client):
    assert {"borrowCcy": "USDT"} in rows(client.privateGetFinanceFlexibleLoanBorrowCurrencies())


def test_collateral_assets(client, order):
    (everything,) = rows(client.privateGetFinanceFlexibleLoanCollateralAssets())
    (btc,) = rows(
        client.privateGetFinanceFlexibleLoanCollateralAssets({"ccy": "BTC", "ordId": order})
    )
    assert btc["assets"] == [asset for asset in everything["assets"] if asset["ccy"] == "BTC"]


def test_max_loan(client, order):
    ask = client.privatePostFinanceFlexibleLoanMaxLoan
    (now,) = rows(ask({"borrowCcy": "USDT"}))
    supplement = [{"ccy": "BTC", "amt": "0.1"}]
    (more,) = rows(ask({"borrowCcy": "USDT", "supCollateral": supplement, "ordId": order}))
    assert Decimal(more["maxLoan"]) > Decimal(now["maxLoan"]) > 0


def test_max_collateral_redeem_amount(client, order):
    (loan,) = rows(client.privateGetFinanceFlexibleLoanLoanInfo({"ordId": order}))
    pledged = loan["collateralData"][0]
    (row,) = rows(
        client.privateGetFinanceFlexibleLoanMaxCollateralRedeemAmount(
            {"ccy": pledged["ccy"], "ordId": order}
        )
    )
    assert 0 <= Decimal(row["maxRedeemAmt"]) <= Decimal(pledged["amt"])


def test_adjust_collateral(client, order):
    def pledged():
        (loan,) = rows(client.privateGetFinanceFlexibleLoanLoanInfo({"ordId": order}))
        return {leg["ccy"]: Decimal(leg["amt"]) for leg in loan["collateralData"]}["BTC"]

    before = pledged()
    move = {"collateralCcy": "BTC", "collateralAmt": "0.01", "ordId": order}
    adjust = client.privatePostFinanceFlexibleLoanAdjustCollateral
    assert rows(adjust({"type": "add", **move})) == []
    assert pledged() == before + Decimal("0.01")
    assert rows(adjust({"type": "reduce", **move})) == []
    assert pledged() == before


def test_loan_info(client):
    loans = rows(client.privateGetFinanceFlexibleLoanLoanInfo())
    assert len(loans) == 2
    assert all(0 < float(loan["curLTV"]) < float(loan["liqLTV"]) for loan in loans)


@pytest.mark.parametrize(
    ("method", "filters"),
    [
        ("privateGetFinanceFlexibleLoanLoanHistory", {"type": "collateral_locked"}),
        ("privateGetFinanceFlexibleLoanInterestAccrued", {"ccy": "USDT"}),
    ],
)
def test_histories_with_every_parameter(client, order, method, filters):
    ask = getattr(client, method)
    page = rows(ask({"limit": 6, "ordId": order, **filters}))
    refs = [row["refId"] for row in page]
    assert [row["ordId"] for row in page] == [order] * 6
    assert filters.items() <= page[0].items()
    older = rows(ask({"after": refs[1], "limit": "2", "ordId": order, **filters}))
    assert [row["refId"] for row in older] == refs[2:4]
    newer = rows(ask({"before": refs[2], "ordId": order, **filters}))
    assert [row["refId"] for row in newer] == refs[:2]


def test_borrow_and_repay(client):
    deal = {
        "loanData": {"ccy": "USDT", "amt": "100"},
        "collateralData": [{"ccy": "ADA", "amt": "2000"}],
        "eMode": "0",
        "clOrdId": "mine1",
    }
    (opened,) = rows(client.privatePostFinanceFlexibleLoanBorrow(deal))
    assert (opened["eMode"], opened["clOrdId"]) == ("0", "mine1")
    part = {"ordId": opened["ordId"], "ccy": "USDT", "amt": "40", "clOrdId": "mine2"}
    rows(client.privatePostFinanceFlexibleLoanRepay(part))
    (loan,) = rows(client.privateGetFinanceFlexibleLoanLoanInfo({"ordId": opened["ordId"]}))
    assert loan["loanData"] == [{"amt": "60", "ccy": "USDT"}]
    with pytest.raises(ccxt.InvalidOrder, match="51016"):
        client.privatePostFinanceFlexibleLoanRepay(part)


# The market


def test_time(client, exchange):
    assert client.fetch_time() == exchange.now().timestamp() * 1000


def test_index_tickers(client, exchange):
    (ticker,) = rows(client.publicGetMarketIndexTickers({"instId": "BTC-USD"}))
    assert ticker["idxPx"] == str(exchange.price("BTC"))
    in_tether = rows(client.publicGetMarketIndexTickers({"quoteCcy": "USDT"}))
    assert "BTC-USDT" in {row["instId"] for row in in_tether}


@pytest.mark.parametrize("method", ["IndexCandles", "HistoryIndexCandles"])
def test_candles(client, method):
    ask = getattr(client, f"publicGetMarket{method}")
    page = rows(ask({"instId": "BTC-USD", "bar": "1H", "limit": 10}))
    times = [int(row[0]) for row in page]
    assert times == list(range(times[0], times[0] - 10 * HOUR, -HOUR))
    cursors = {"after": times[2], "before": times[6]}
    assert rows(ask({"instId": "BTC-USD", "bar": "1H", **cursors})) == page[3:6]
    parsed = client.parse_ohlcv(page[0])
    assert parsed[:5] == [times[0], *map(float, page[0][1:5])]


def test_discount_tiers(client):
    (row,) = rows(client.publicGetPublicDiscountRateInterestFreeQuota({"ccy": "BTC"}))
    assert [tier["discountRate"] for tier in row["details"]] == ["0.98", "0.95", "0.9"]


def test_lending_rate_history(client):
    page = rows(client.publicGetFinanceSavingsLendingRateHistory({"ccy": "USDT", "limit": 9}))
    times = [row["ts"] for row in page]
    cursors = {"after": times[2], "before": times[6]}
    ask = client.publicGetFinanceSavingsLendingRateHistory
    assert rows(ask({"ccy": "USDT", **cursors})) == page[3:6]
    parsed = client.parse_borrow_rate(page[0])
    assert (parsed["rate"], parsed["timestamp"]) == (float(page[0]["rate"]), int(times[0]))


# Errors


@pytest.mark.parametrize(
    ("error", "code", "call"),
    [
        (ccxt.BadRequest, "50014",
         lambda c: c.privatePostFinanceFlexibleLoanMaxLoan({"ordId": ""})),
        (ccxt.BadRequest, "51000",
         lambda c: c.privateGetFinanceFlexibleLoanLoanHistory({"limit": 101})),
        (ccxt.BadRequest, "51000",
         lambda c: c.publicGetMarketIndexCandles({"instId": "BTC-USD", "bar": "1h"})),
        (ccxt.ExchangeError, "50015", lambda c: c.publicGetMarketIndexTickers()),
        (ccxt.ExchangeError, "51753",
         lambda c: c.privateGetFinanceFlexibleLoanMaxCollateralRedeemAmount({"ccy": "DOGE"})),
        (ccxt.InsufficientFunds, "51764",
         lambda c: c.privatePostFinanceFlexibleLoanAdjustCollateral(
             {"type": "add", "collateralCcy": "BTC", "collateralAmt": "900"})),
        (ccxt.ExchangeNotAvailable, "50005",
         lambda c: c.privateGetFinanceFlexibleLoanEmodeInfo()),
    ],
)  # fmt: skip
def test_errors_are_raised_as_what_they_are(client, error, code, call):
    with pytest.raises(error, match=code) as caught:
        call(client)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("error", "code", "changes"),
    [
        (ccxt.AuthenticationError, "50105", {"password": "another"}),
        (ccxt.AuthenticationError, "50113", {"secret": "another"}),
        (ccxt.ExchangeError, "50119", {"apiKey": "another"}),
        (ccxt.InvalidNonce, "50102", {"nonce": lambda: 1_500_000_000_000}),
        (ccxt.AuthenticationError, "50101", {"headers": {"x-simulated-trading": "1"}}),
    ],
)
def test_a_key_that_is_not_right_is_refused(server, error, code, changes):
    client = client_of(server, **changes)
    with pytest.raises(error, match=code):
        client.privateGetFinanceFlexibleLoanLoanInfo()
    client.session.close()


def test_a_key_that_may_not_trade_is_refused(gateway):
    with SimulatorServer(gateway, gateway.issue_key(permissions=["read"])) as server:
        server.start()
        client = client_of(server)
        with pytest.raises(ccxt.ExchangeError, match="50120"):
            client.privatePostFinanceFlexibleLoanAdjustCollateral({"type": "add"})
        client.session.close()


def test_too_many_requests_are_a_rate_limit(exchange):
    gateway = Gateway(exchange, clock=utc_now)
    with SimulatorServer(gateway, gateway.issue_key()) as server:
        server.start()
        client = client_of(server)
        for _ in range(5):
            client.privateGetFinanceFlexibleLoanBorrowCurrencies()
        with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
            client.privateGetFinanceFlexibleLoanBorrowCurrencies()
        client.session.close()


def test_every_endpoint_has_a_method_of_ccxt(client):
    described = client.describe()["api"]
    known = {
        (verb.upper(), "/api/v5/" + path)
        for access in ("public", "private")
        for verb, paths in described[access].items()
        for path in paths
    }
    assert set(ROUTES) <= known
