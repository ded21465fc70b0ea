"""The model against the exchange's own answer: they agree, or the cause is found."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import positions

from flexloan_nb import InvalidArgumentError, LoanRuleError, connect
from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.scenario.comparison import compare_with_exchange
from flexloan_nb.sim import SimulatedExchange

PRICES = {"BTC": 90_000, "ETH": 3_000, "USDT": 1}
LEVELS = {"initial_ltv": 0.65, "margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
PARTS = ["model", "quota", "price", "initial_ltv", "rest", "exchange", "residual"]
CAUSES = PARTS[1:5]


def loan(debt=50_000, **changes):
    return Position({"BTC": 1}, {"USDT": debt}, PRICES, **LEVELS | changes)


class Exchange:
    """A client whose exchange lends at an initial LTV and prices of its own."""

    def __init__(self, position, quota=1e9, answer=None):
        self.position, self.quota, self.answer = position, quota, answer
        self.asked = []

    def max_loan(self, borrow_ccy, sup_collateral=None, *, ord_id=None):
        self.asked.append((borrow_ccy, sup_collateral, ord_id))
        after = self.position.add_collateral(sup_collateral or {})
        price = after.prices[borrow_ccy]
        room = max(0.0, after.initial_ltv * after.collateral_usd - after.debt_usd) / price
        most = min(room, self.quota) if self.answer is None else self.answer
        most = np.floor(most * 1e8) / 1e8
        return pd.DataFrame(
            {"maxLoan": [most], "notionalUsd": [most * price], "remainingQuota": [self.quota]}
        )


def adds_up(table):
    assert table.index.tolist() == PARTS
    causes = table.loc[CAUSES, "amount"].sum()
    exchange = table.loc["exchange", "amount"]
    assert table.loc["model", "amount"] + causes == pytest.approx(exchange, abs=1e-6)
    assert table.loc["residual", "amount"] == pytest.approx(
        causes - table.loc["quota", "amount"], abs=1e-6
    )


@given(
    position=positions(owed=["USDT", "DOGE"], pledged=["BTC", "ETH"], initial=True, by_coin=False),
    price=st.floats(0.8, 1.2),
    level=st.floats(0.8, 1.2),
    quota=st.floats(0, 1e6),
)
def test_the_causes_add_up_to_the_exchanges_answer(position, price, level, quota):
    position = position.with_prices({"TRX": 0.31})
    theirs = position.with_prices({"TRX": 0.31 * price}).with_thresholds(
        initial_ltv=position.initial_ltv * level, margin_call_ltv=1.5, liquidation_ltv=1.6
    )
    table = compare_with_exchange(Exchange(theirs, quota), position, None, "TRX")
    adds_up(table)
    agrees = table["finding"]["residual"].startswith("the model")
    rounding = 1e-8 + 1e-10 * table.loc["exchange", "amount"]
    assert agrees == (abs(table.loc["residual", "amount"]) <= rounding)


@pytest.mark.parametrize("numbers", ["float", "decimal"])
@pytest.mark.parametrize("supplement", [None, {"BTC": 0.05}, {"SOL": "12.5", "BTC": "0.01"}])
def test_the_model_agrees_with_the_embedded_exchange(numbers, supplement):
    client = connect("simulator", numbers=numbers)
    snapshot = client.loan_snapshot()
    coins = [*snapshot.legs["ccy"].unique(), "SOL", "BTC"]
    rates = pd.concat(map(client.market.discount_rates, dict.fromkeys(coins)))
    prices = client.market.index_prices(coins)
    for order, position in Position.from_snapshot(snapshot, prices, rates, 0.65).items():
        table = compare_with_exchange(client, position, supplement, "USDT", ord_id=order)
        adds_up(table)
        assert table["finding"].to_dict() | {"quota": ""} == {
            "model": "our answer without a quota",
            "quota": "",
            "price": "the exchange has the same price of USDT",
            "initial_ltv": "0.65 explains the answer",
            "rest": "nothing is left",
            "exchange": "its answer",
            "residual": "the model agrees with the exchange",
        }


def test_another_initial_ltv_is_found_in_the_embedded_exchange():
    client = connect("simulator")
    snapshot = client.loan_snapshot()
    coins = snapshot.legs["ccy"].unique()
    rates = pd.concat(map(client.market.discount_rates, coins))
    prices = client.market.index_prices(coins)
    for order, position in Position.from_snapshot(snapshot, prices, rates, 0.6).items():
        table = compare_with_exchange(client, position, None, "USDT", ord_id=order)
        adds_up(table)
        assert table.loc["initial_ltv", "implied"] == pytest.approx(0.65, abs=1e-8)
        assert table["finding"]["initial_ltv"].startswith("0.65 in place of 0.6 would explain")
        assert table["finding"]["rest"] == "nothing is left"
        more = table.loc["residual", "amount"]
        assert table["finding"]["residual"] == (
            f"the exchange lends {more:,.8g} USDT more than the model"
        )


def test_the_exchange_is_asked_once_and_as_the_model_was():
    exchange = Exchange(loan())
    compare_with_exchange(exchange, loan(), {"ETH": 2}, "USDT", ord_id="1")
    compare_with_exchange(exchange, loan(), None, "USDT")
    compare_with_exchange(exchange, loan(), pd.Series(dtype=float), "USDT")
    assert exchange.asked == [("USDT", {"ETH": 2}, "1"), *[("USDT", None, None)] * 2]


def test_amounts_are_in_coins_in_usd_and_in_shares_of_the_answer():
    position = loan().with_prices({"ETH": 4_000})
    table = compare_with_exchange(
        Exchange(position.with_thresholds(initial_ltv=0.6)), position, None, "ETH"
    )
    assert table["amount"]["model"] == pytest.approx(8_500 / 4_000)
    assert table["usd"]["initial_ltv"] == pytest.approx(-4_500, abs=1e-4)
    assert table["share"]["initial_ltv"] == pytest.approx(-4_500 / 4_000, abs=1e-6)
    assert table["share"]["exchange"] == 1


def test_a_quota_is_no_residual():
    table = compare_with_exchange(Exchange(loan(), quota=1_000), loan(), None, "USDT")
    adds_up(table)
    assert table["amount"]["quota"] == pytest.approx(-7_500)
    assert table["finding"]["quota"] == "the quota of 1,000 USDT ends the loan"
    assert table["amount"]["residual"] == 0


def test_another_price_of_the_coin_to_borrow_is_found_and_counts_for_the_debt_too():
    theirs = loan().with_prices({"USDT": 1.01})
    table = compare_with_exchange(Exchange(theirs), loan(), None, "USDT")
    adds_up(table)
    assert table["amount"]["price"] == pytest.approx((58_500 - 50_500) / 1.01 - 8_500)
    assert table["implied"]["price"] == pytest.approx(1.01)
    assert table["finding"]["price"] == "the exchange values USDT at 1.01 USD in place of 1"
    assert table["finding"]["initial_ltv"] == "0.65 explains the answer"


def test_a_price_and_an_initial_ltv_that_both_differ_are_told_apart():
    theirs = loan().with_prices({"USDT": 1.01}).with_thresholds(initial_ltv=0.7)
    table = compare_with_exchange(Exchange(theirs), loan(), None, "USDT")
    adds_up(table)
    assert table["implied"]["price"] == pytest.approx(1.01)
    assert table["implied"]["initial_ltv"] == pytest.approx(0.7)


def test_the_rounding_of_a_small_answer_is_no_other_price():
    position = loan(58_500 / 1.00032 - 0.01113).with_prices({"USDT": 1.00032})
    exchange = Exchange(position)
    exact = exchange.max_loan("USDT")
    exchange.max_loan = lambda *args, **options: exact.assign(
        maxLoan=0.01113, notionalUsd=0.01113356
    )
    table = compare_with_exchange(exchange, position, None, "USDT")
    assert table["finding"]["price"] == "the exchange has the same price of USDT"
    assert table["implied"]["price"] != 1.00032
    assert table["finding"]["residual"] == "the model agrees with the exchange"


@pytest.mark.parametrize("size", [1e-9, 0.3, 1e9 / 7])
def test_rounding_is_no_difference_whatever_the_size(size):
    position = Position({"BTC": size}, {"USDT": 50_000 * size}, PRICES, **LEVELS)
    theirs = Exchange(position)
    rounded = theirs.max_loan("USDT")["maxLoan"].item() * (1 - 1e-14)
    table = compare_with_exchange(Exchange(position, answer=rounded), position, None, "USDT")
    assert table["finding"]["residual"] == "the model agrees with the exchange"


def test_an_answer_of_zero_bounds_the_initial_ltv_from_above():
    table = compare_with_exchange(
        Exchange(loan().with_thresholds(initial_ltv=0.5)), loan(), None, "USDT"
    )
    adds_up(table)
    assert table["finding"]["initial_ltv"].startswith("at most 0.555556 in place of 0.65")
    assert table["finding"]["price"] == "a loan of nothing does not tell the exchange's price"
    assert table["share"].isna().all()


def test_an_answer_at_the_quota_bounds_the_initial_ltv_from_below():
    theirs = loan().with_thresholds(initial_ltv=0.7)
    table = compare_with_exchange(Exchange(theirs, quota=10_000), loan(), None, "USDT")
    adds_up(table)
    assert table["finding"]["initial_ltv"].startswith("at least 0.666667 in place of 0.65")


def test_what_no_initial_ltv_explains_is_left():
    table = compare_with_exchange(Exchange(loan(), answer=20_000), loan(), None, "USDT")
    adds_up(table)
    assert table["amount"]["initial_ltv"] == 0
    assert table["amount"]["rest"] == pytest.approx(11_500)
    assert table["finding"]["initial_ltv"] == (
        "it would have to be 0.777778, which no initial LTV is"
    )
    assert table["finding"]["rest"].startswith("look at the collateral")


def test_a_loan_that_the_model_gives_no_collateral_is_left_unexplained():
    bare = Position({}, {}, PRICES, **LEVELS)
    table = compare_with_exchange(Exchange(bare, answer=5), bare, None, "USDT")
    assert table["amount"]["rest"] == 5
    assert table["implied"]["initial_ltv"] == np.inf


def test_without_a_difference_there_is_none():
    bare = Position({}, {}, PRICES, **LEVELS)
    table = compare_with_exchange(Exchange(bare), bare, None, "USDT")
    assert table["finding"]["residual"] == "the model agrees with the exchange"


def test_errors_of_the_exchange_pass_through():
    exchange = SimulatedExchange(scenario=None)
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 50_000, collateral={"BTC": 1})
    position = loan().with_prices({"OKB": 165})
    with pytest.raises(LoanRuleError, match="51751"):
        compare_with_exchange(connect(exchange), position, None, "OKB")


def test_without_an_order_there_is_nothing_to_compare():
    client = connect(SimulatedExchange(scenario=None))
    with pytest.raises(InvalidArgumentError, match="no such loan order"):
        compare_with_exchange(client, loan(), None, "USDT")


def test_the_model_is_asked_first_so_that_nothing_is_sent_in_vain():
    exchange = Exchange(loan())
    for wrong in (loan(initial_ltv=None), loan().with_prices({"USDT": 0})):
        with pytest.raises(InvalidArgumentError):
            compare_with_exchange(exchange, wrong, None, "USDT")
    assert exchange.asked == []
