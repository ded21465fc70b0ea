"""A coin that is lent out to the last one is called back, whatever the loan to value."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.sim import SimulatedExchange, liquidation, rules
from flexloan_nb.sim.coins import COINS
from flexloan_nb.sim.ledger import Balances, Order
from flexloan_nb.sim.violations import LoanRuleViolation

LISTED = {coin.ccy: coin for coin in COINS}
FORCED = ("forced_repayment_sell", "forced_repayment_buy")
amounts = st.decimals("0.00000001", 10_000, places=8)
prices = st.decimals("0.01", 100_000, places=2)


def to_the_hour(exchange):
    exchange.advance(seconds=3_600 - exchange.now().minute * 60)


def forced(exchange):
    rows = exchange.loan_history()[::-1]
    return [row for row in rows if row["type"] in FORCED]


def test_collateral_is_sold_at_the_next_full_hour_and_repays_the_coin(borrowed):
    borrowed.set_utilisation("USDT", 1)
    borrowed.advance(seconds=60)
    assert forced(borrowed) == []
    before = borrowed.loan_info()[0]
    to_the_hour(borrowed)
    (loan,) = borrowed.loan_info()
    rows = forced(borrowed)
    assert [(row["type"], row["ccy"]) for row in rows] == [
        ("forced_repayment_sell", "BTC"),
        ("forced_repayment_sell", "ETH"),
        ("forced_repayment_buy", "USDT"),
    ]
    assert loan["loanData"] == []
    borrowed.advance(seconds=120)
    (interest,) = borrowed.interest_accrued()
    assert Decimal(rows[2]["amt"]) == 90_000 + Decimal(interest["interest"])
    sold = {row["ccy"]: -Decimal(row["amt"]) for row in rows[:2]}
    pledged = {coin["ccy"]: Decimal(coin["amt"]) for coin in before["collateralData"]}
    kept = {coin["ccy"]: Decimal(coin["amt"]) for coin in loan["collateralData"]}
    assert kept == {ccy: amt - sold[ccy] for ccy, amt in pledged.items()}
    assert float(sold["BTC"] / pledged["BTC"]) == pytest.approx(float(sold["ETH"] / pledged["ETH"]))


def test_no_more_is_sold_than_the_coin_is_worth(borrowed):
    borrowed.borrow("USDC", 5_000, ord_id=borrowed.loan_info()[0]["ordId"])
    borrowed.set_utilisation("USDT", 1)
    to_the_hour(borrowed)
    usd = [Decimal(row["amt"]) * borrowed.price(row["ccy"]) for row in forced(borrowed)]
    assert 0 <= -sum(usd[:2]) - usd[2] < Decimal("0.01")


def test_only_loans_of_that_coin_are_called_back(borrowed):
    borrowed.borrow("USDC", 5_000, ord_id=borrowed.loan_info()[0]["ordId"])
    other = borrowed.borrow("USDC", 500, collateral={"SOL": 100})
    borrowed.set_utilisation("USDT", "0.999")
    to_the_hour(borrowed)
    assert forced(borrowed) == []
    borrowed.set_utilisation("USDT", 1)
    borrowed.advance(hours=1)
    assert [debt["ccy"] for debt in borrowed.loan_info()[0]["loanData"]] == ["USDC"]
    assert {row["ordId"] for row in forced(borrowed)} != {other}
    calls = len(forced(borrowed))
    borrowed.set_utilisation("USDC", 1)
    borrowed.advance(hours=1)
    assert len(forced(borrowed)) > calls
    assert [loan["loanData"] for loan in borrowed.loan_info()] == [[], []]


def test_a_coin_that_is_lent_out_cannot_be_borrowed_until_some_returns(borrowed):
    order = borrowed.loan_info()[0]["ordId"]
    borrowed.set_utilisation("USDC", 1)
    (row,) = borrowed.max_loan("USDC")
    assert (row["maxLoan"], row["remainingQuota"]) == ("0", "0")
    with pytest.raises(LoanRuleViolation, match="51759"):
        borrowed.borrow("USDC", 10, ord_id=order)
    borrowed.set_utilisation("USDC", "0.9")
    borrowed.borrow("USDC", 10, ord_id=order)


def test_a_weak_loan_is_liquidated_first(borrowed):
    borrowed.set_utilisation("USDT", 1)
    (loan,) = borrowed.loan_info()
    borrowed.shock(Decimal(loan["curLTV"]) / Decimal("0.88") - 1)
    to_the_hour(borrowed)
    kinds = [row["type"] for row in reversed(borrowed.loan_history())]
    assert kinds.index("partial_liquidation") < kinds.index("forced_repayment_sell")
    assert borrowed.loan_info()[0]["loanData"] == []


@pytest.mark.parametrize("share", ["-0.1", "1.1", "NaN", "all"])
def test_utilisation_lies_between_zero_and_one(exchange, share):
    with pytest.raises(ValueError, match=r"from 0 to 1|number"):
        exchange.set_utilisation("USDT", share)


@given(pledged=amounts, more=amounts, debt=amounts, other=amounts, price=prices)
def test_the_legs_settle_the_coin_or_everything(pledged, more, debt, other, price):
    order = Order("1", Balances(BTC=pledged, ETH=more), Balances(USDT=debt, SOL=other))
    quoted = {"BTC": price, "ETH": price / 30, "USDT": Decimal(1), "SOL": Decimal(100)}
    with localcontext(rules.ARITHMETIC):
        value = rules.valuation(order.collateral, order.debt, quoted, LISTED)
        legs = liquidation.repayment_legs(order, "USDT", value, quoted)
    sold = {leg.ccy: -leg.amt for leg in legs if leg.type == "forced_repayment_sell"}
    (bought,) = (leg.amt for leg in legs if leg.type == "forced_repayment_buy")
    cancelled = {leg.ccy: -leg.amt for leg in legs if leg.type == "forced_liquidation"}
    assert all(0 < amt <= order.collateral[ccy] for ccy, amt in sold.items())
    assert bought * quoted["USDT"] <= sum(amt * quoted[ccy] for ccy, amt in sold.items())
    if sold == order.collateral:
        assert cancelled.get("USDT", 0) == debt - bought
        assert cancelled["SOL"] == other
    else:
        assert (bought, cancelled) == (debt, {})


def test_a_loan_that_no_collateral_covers_ends():
    settings = rules.Settings(
        liquidation_ltv=Decimal(9), full_liquidation_ltv=Decimal(9), margin_call_ltv=Decimal(8)
    )
    exchange = SimulatedExchange(scenario=None, settings=settings)
    exchange.deposit("BTC", 1)
    order = exchange.borrow("USDT", 50_000, collateral={"BTC": 1})
    exchange.borrow("USDC", 10_000, ord_id=order)
    exchange.shock("-0.7")
    for ccy in ("USDT", "USDC"):
        exchange.set_utilisation(ccy, 1)
    to_the_hour(exchange)
    assert exchange.loan_info() == []
    assert exchange.loan_history()[0]["type"] == "forced_liquidation"
