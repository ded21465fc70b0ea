"""A position is a loan in numbers: its values, its LTV, and what changes make of it."""

import pickle
from decimal import Decimal, localcontext
from typing import NamedTuple

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from positions import positions
from units import split

from flexloan_nb import InvalidArgumentError, SimulatedExchange, connect
from flexloan_nb.analytics.position import Position
from flexloan_nb.sim.rules import ARITHMETIC, hourly_interest

PRICES = {"BTC": 90_000, "ETH": 3_000, "USDT": 1}
LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}


class Snapshot(NamedTuple):
    info: pd.DataFrame
    legs: pd.DataFrame


@pytest.fixture
def position():
    return Position(
        {"BTC": 1, "ETH": 20},
        {"USDT": 90_000},
        PRICES,
        discount_rates={"BTC": 0.98, "ETH": 0.95},
        **LEVELS,
    )


def observed(client, coins=None):
    """Return a client's snapshot, the prices and the discount rates of its coins."""
    snapshot = client.loan_snapshot()
    coins = snapshot.legs["ccy"].unique() if coins is None else coins
    tiers = pd.concat([client.market.discount_rates(ccy) for ccy in coins])
    return snapshot, client.market.index_prices(coins), tiers


def test_the_worked_example(position):
    assert position.collateral_usd == 145_200
    assert position.market_value_usd == 150_000
    assert position.debt_usd == 90_000
    assert position.ltv == pytest.approx(0.6198347, abs=5e-8)


def test_a_position_reads_like_a_sentence(position):
    assert repr(position) == (
        "Position(LTV 61.98%: 90,000.00 USD owed on 145,200.00 USD of adjusted collateral; "
        "margin call at 73.74%, liquidation at 83.74%)"
    )


def test_a_row_for_each_coin(position):
    frame = position.borrow({"ETH": 1}).to_frame()
    assert frame.index.name == "ccy"
    assert frame.index.tolist() == ["BTC", "ETH", "USDT"]
    assert frame.loc["ETH"].tolist() == [20, 1, 3_000, 0.95, 57_000, 3_000]
    assert pd.isna(frame.loc["USDT", "kept_share"])


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_the_exchange_s_snapshot_becomes_a_position_for_each_order(numbers):
    client = connect("simulator", numbers=numbers)
    snapshot, prices, tiers = observed(client)
    loans = Position.from_snapshot(snapshot, prices, tiers, initial_ltv=0.65)
    assert list(loans) == snapshot.info["ordId"].tolist()
    for row in snapshot.info.itertuples():
        loan = loans[row.ordId]
        assert loan.exchange_ltv == float(row.curLTV)
        assert loan.debt_usd == pytest.approx(float(row.loanNotionalUsd), rel=1e-9)
        assert loan.collateral_usd == pytest.approx(float(row.collateralNotionalUsd), rel=1e-9)
        assert 0 <= loan.drift < 1e-4  # the exchange cuts off the fifth decimal
        assert (loan.initial_ltv, loan.margin_call_ltv, loan.liquidation_ltv) == (0.65, 0.75, 0.85)


def test_without_discount_rates_the_drift_shows_it():
    snapshot, prices, _ = observed(connect("simulator"))
    for loan in Position.from_snapshot(snapshot, prices).values():
        assert loan.collateral_usd == loan.market_value_usd
        assert loan.drift < -0.005


def test_an_account_without_a_loan_has_no_positions():
    snapshot, prices, _ = observed(connect(SimulatedExchange(scenario=None)), ["BTC"])
    assert Position.from_snapshot(snapshot, prices) == {}


def test_an_exchange_that_names_no_orders_has_one_loan():
    snapshot, prices, tiers = observed(connect("simulator"))
    first = snapshot.info["ordId"].iloc[0]
    unnamed = Snapshot(
        snapshot.info.head(1).assign(ordId=pd.NA),
        snapshot.legs[snapshot.legs["ordId"] == first].assign(ordId=pd.NA),
    )
    named = Position.from_snapshot(snapshot, prices, tiers)[first]
    assert Position.from_snapshot(unnamed, prices, tiers) == {"loan": named}


def test_a_snapshot_whose_coin_has_no_price_names_it():
    snapshot, prices, _ = observed(connect("simulator"))
    with pytest.raises(InvalidArgumentError, match="prices lacks LTC"):
        Position.from_snapshot(snapshot, prices[prices["ccy"] != "LTC"])


def test_what_was_changed_is_no_longer_what_the_exchange_said(position):
    printed = Position({"BTC": 1}, {"USDT": 1}, PRICES, exchange_ltv=0.5, **LEVELS)
    assert pd.isna(position.drift)
    assert printed.drift == pytest.approx(1 / 90_000 - 0.5)
    assert printed.with_prices({"BTC": 80_000}).exchange_ltv is None


@given(position=positions(), amount=st.floats(1e-6, 1e6))
def test_adding_and_removing_are_inverse_as_are_borrowing_and_repaying(position, amount):
    for ccy, pledged in position.collateral.items():
        back = position.add_collateral({ccy: amount}).remove_collateral({ccy: amount})
        assert back.collateral[ccy] == pytest.approx(pledged, abs=1e-12 * (amount + pledged))
    for ccy, owed in position.debt.items():
        back = position.borrow({ccy: amount}).repay({ccy: amount})
        assert back.debt[ccy] == pytest.approx(owed, abs=1e-12 * (amount + owed))


@given(position=positions())
def test_more_collateral_never_raises_the_ltv_and_more_debt_never_lowers_it(position):
    for ccy in position.collateral:
        assert position.add_collateral({ccy: 1}).ltv <= position.ltv
    for ccy in position.debt:
        assert position.borrow({ccy: 1}).ltv >= position.ltv


@given(position=positions())
def test_changes_leave_the_position_itself_as_it_was(position):
    before = pickle.loads(pickle.dumps(position))
    position.add_collateral(position.collateral)
    position.repay(position.debt)
    position.with_prices(dict.fromkeys(position.coins, 1.0))
    assert position == before
    assert hash(position) == hash(before)


@given(position=positions())
def test_a_coin_split_into_a_thousand_changes_nothing(position):
    thousandth = split(position, 1000)
    assert thousandth.ltv == pytest.approx(position.ltv, rel=1e-12)
    assert thousandth.collateral_usd == pytest.approx(position.collateral_usd, rel=1e-12)
    assert thousandth.liquidation_ltv == pytest.approx(position.liquidation_ltv, rel=1e-12)


def test_interest_accrues_as_the_exchange_books_it_but_for_its_rounding():
    position = Position({"BTC": 1}, {"USDT": 1_000, "ETH": 2}, PRICES, **LEVELS)
    later = position.accrue(720, {"USDT": 0.41, "ETH": 0.02})
    with localcontext(ARITHMETIC):
        owed = Decimal(1_000)
        for _ in range(720):
            owed += hourly_interest(owed, Decimal("0.41"))
    assert later.debt["USDT"] == pytest.approx(float(owed), abs=720 * 1e-8)
    assert position.accrue(0, {"USDT": 1, "ETH": 1}) == position


def test_the_ltv_is_exact_at_its_limits():
    assert Position({"BTC": 1}, {}, PRICES, **LEVELS).ltv == 0
    assert Position({}, {}, PRICES, **LEVELS).ltv == 0
    assert Position({}, {"USDT": 1}, PRICES, **LEVELS).ltv == float("inf")
    assert Position({"BTC": 1}, {"USDT": 1}, PRICES | {"BTC": 0}, **LEVELS).ltv == float("inf")


@pytest.mark.parametrize("scale", [1e-18, 1e15])
def test_dust_and_treasuries_have_the_same_ltv(position, scale):
    scaled = Position(
        {ccy: amount * scale for ccy, amount in position.collateral.items()},
        {"USDT": 90_000 * scale},
        PRICES,
        discount_rates=position.discount_rates,
        **LEVELS,
    )
    assert scaled.ltv == pytest.approx(position.ltv, rel=1e-14)


def test_a_debt_coin_may_be_pledged_too():
    both = Position({"ETH": 3}, {"ETH": 1}, PRICES, **LEVELS)
    assert both.coins == ("ETH",)
    assert both.ltv == pytest.approx(1 / 3)
    assert both.with_prices({"ETH": 1}).ltv == both.ltv


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda p: p.add_collateral({"ADA": 1}), "prices lacks ADA"),
        (lambda p: p.add_collateral({"BTC": -1}), "add BTC is -1"),
        (lambda p: p.add_collateral("BTC"), "give coins like"),
        (lambda p: p.remove_collateral({"BTC": 1.5}), "remove BTC is 1.5, but 1 is pledged"),
        (lambda p: p.remove_collateral({"ADA": 1}), "but 0 is pledged"),
        (lambda p: p.repay({"USDT": "90001"}), "but 90000 is owed"),
        (lambda p: p.borrow({"USDT": "1,5"}), "not a number"),
        (lambda p: p.with_prices({"BTC": float("inf")}), "finite"),
        (lambda p: p.accrue(1, {}), "rates lacks USDT"),
        (lambda p: p.accrue(-1, {"USDT": 0.1}), "hours is -1"),
        (lambda p: p.with_thresholds(liquidation_ltv=0.7), "must rise"),
        (lambda p: p.with_thresholds(liquidation_ltv={"BTC": 0.9}), "lacks ETH"),
        (lambda p: p.with_thresholds(liquidation_ltv=float("nan")), "liquidation_ltv is nan"),
        (lambda p: p.threshold("initial"), "initial_ltv is not known"),
        (lambda p: p.add_collateral(pd.Series([1, 2], index=["BTC", "BTC"])), "twice"),
    ],
)
def test_what_cannot_be_is_refused(position, change, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        change(position)


def test_nothing_about_a_position_can_be_changed(position):
    with pytest.raises(AttributeError):
        position.debt = {}
    with pytest.raises(TypeError):
        position.debt["USDT"] = 0


def test_what_is_all_taken_out_needs_no_threshold_any_more(position):
    without = position.remove_collateral({"ETH": 20})
    by_coin = without.with_thresholds(margin_call_ltv={"BTC": 0.7}, liquidation_ltv={"BTC": 0.8})
    assert by_coin.liquidation_ltv == 0.8
    assert by_coin.threshold_band("liquidation") == (0.8, 0.8)
    assert by_coin.add_collateral({"BTC": 1}).margin_call_ltv == 0.7
    with pytest.raises(InvalidArgumentError, match="margin_call_ltv lacks ETH"):
        by_coin.add_collateral({"ETH": 1})


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (lambda p: p.threshold("liquidated"), "one of initial, margin_call, liquidation"),
        (lambda p: p.threshold_band([]), "one of initial, margin_call, liquidation"),
        (lambda p: p.accrue(1e9, {"USDT": 5.0}), "more than a float can be"),
        (lambda p: p.accrue(1, {"USDT": -0.1}), "rate of USDT is -0.1"),
        (lambda p: p.with_prices(None), "prices is None: give coins like"),
        (lambda p: Position.from_snapshot(None, PRICES), "client.loan_snapshot"),
        (
            lambda p: Position({}, {}, {}, discount_rates=0.9, **LEVELS),
            "discount_rates is 0.9: give a share",
        ),
        (
            lambda p: Position({}, {}, {}, exchange_ltv="high", **LEVELS),
            "exchange_ltv is 'high'",
        ),
    ],
)
def test_arguments_of_another_kind_are_refused(position, wrong, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        wrong(position)
