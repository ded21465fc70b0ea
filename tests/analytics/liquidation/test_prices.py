"""At its liquidation price a coin brings the loan to the threshold, and nowhere short of it."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import books, extreme_positions, positions
from units import split

from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.sim import SimulatedExchange, rules
from flexloan_nb.sim.coins import Coin, Tier

PRICES = {"BTC": 90_000, "ETH": 3_000, "USDT": 1, "USDC": 1}
LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
RATES = {"BTC": 0.98, "ETH": 0.95}
COLUMNS = {"margin_call": "margin_call_price", "liquidation": "liquidation_price"}


def loan(collateral, debt, prices=PRICES, **options):
    return Position(collateral, debt, prices, **{"discount_rates": RATES} | LEVELS | options)


@pytest.fixture
def example():
    return loan({"BTC": 1, "ETH": 20}, {"USDT": 90_000})


def reached(position, column):
    """Yield each coin that has a price in a column, and the loan at that price."""
    for ccy, price in liquidation_prices(position)[column].dropna().items():
        yield ccy, price, position.with_prices({ccy: price})


def test_each_coin_of_the_example_has_its_price(example):
    prices = liquidation_prices(example)
    assert prices["liquidation_price"].round(3).tolist()[:2] == [51_505.632, 1_014.501]
    assert prices["direction"].tolist() == ["fall", "fall", "rise"]
    assert prices["distance"].tolist() == pytest.approx(
        [51_505.632107 / 90_000 - 1, 1_014.5010237 / 3_000 - 1, 0.8374 * 1.452 / 0.9 - 1], abs=1e-9
    )
    assert prices["reason"].isna().all()


def test_it_is_not_the_price_over_the_health_factor(example):
    health = example.liquidation_ltv / example.ltv
    assert round(90_000 / health, 2) == 66_617.06  # where all coins fall alike
    bitcoin = liquidation_prices(example).loc["BTC", "liquidation_price"]
    assert bitcoin < 52_000
    assert example.with_prices({"BTC": 90_000 / health}).ltv < example.liquidation_ltv


@pytest.mark.parametrize("level", COLUMNS)
@given(position=st.one_of(positions(), extreme_positions()))
def test_a_loan_revalued_at_the_price_is_at_the_threshold(level, position):
    for _, _, there in reached(position, COLUMNS[level]):
        assert there.ltv == pytest.approx(there.threshold(level), rel=1e-12)


@settings(max_examples=50)
@given(position=positions(), part=st.floats(0.001, 0.999))
def test_on_the_way_to_the_price_the_threshold_is_not_met(position, part):
    for ccy, price, _ in reached(position, "liquidation_price"):
        today = position.prices[ccy]
        between = position.with_prices({ccy: today + part * (price - today)})
        assert between.ltv < between.liquidation_ltv
        beyond = position.with_prices({ccy: max(price + 0.01 * (price - today), 0)})
        assert beyond.ltv > beyond.liquidation_ltv


@settings(max_examples=50)
@given(position=st.one_of(positions(), extreme_positions()))
def test_a_price_is_positive_and_on_the_side_that_is_said(position):
    frame = liquidation_prices(position)
    for column in COLUMNS.values():
        found = frame[column].dropna()
        assert (found > 0).all()
        assert np.isfinite(found).all()
    falls, rises = (frame[frame["direction"] == way] for way in ("fall", "rise"))
    assert (falls["liquidation_price"] < falls["price"]).all()
    assert (falls["distance"].between(-1, 0)).all()
    assert (rises["liquidation_price"] > rises["price"]).all()
    assert (rises["distance"] >= 0).all()


@settings(max_examples=50)
@given(position=st.one_of(positions(), extreme_positions()))
def test_there_is_either_a_price_or_a_reason(position):
    frame = liquidation_prices(position)
    without = frame["liquidation_price"].isna()
    assert (frame["reason"].notna() == without).all()
    assert ((frame["direction"] == "none") == without).all()
    assert (frame["distance"].isna() == without).all()


@settings(max_examples=50)
@given(position=positions(), factor=st.sampled_from([0, 0.01, 0.5, 2, 100, 1e6]))
def test_where_a_coin_has_no_price_none_does_it(position, factor):
    frame = liquidation_prices(position)
    for ccy in frame.index[frame["liquidation_price"].isna()]:
        there = position.with_prices({ccy: position.prices[ccy] * factor})
        assert there.ltv <= there.liquidation_ltv * (1 + 1e-12)


@settings(max_examples=50)
@given(position=positions())
def test_the_margin_call_comes_first(position):
    frame = liquidation_prices(position).dropna(subset="liquidation_price")
    called = position.ltv >= position.margin_call_ltv
    assert (frame["margin_call_price"].isna() == called).all()
    if not called:
        share = (frame["margin_call_price"] - frame["price"]) / (
            frame["liquidation_price"] - frame["price"]
        )
        assert share.between(0, 1 + 1e-9).all()


@settings(max_examples=50)
@given(position=positions(overlap=False), more=st.floats(1, 2))
def test_more_collateral_lowers_the_prices_of_what_is_pledged_and_more_debt_raises_them(
    position, more
):
    def of_pledged(changed):
        prices = liquidation_prices(changed)["liquidation_price"]
        return prices[list(position.collateral)].fillna(0)  # covered without it

    extra = {ccy: amount * (more - 1) for ccy, amount in position.collateral.items()}
    less = {ccy: amount / 2 for ccy, amount in position.debt.items()}
    before = of_pledged(position)
    assert (of_pledged(position.add_collateral(extra)) <= before * (1 + 1e-9)).all()
    assert (of_pledged(position.repay(less)) <= before * (1 + 1e-9)).all()


@settings(max_examples=50)
@given(position=positions(overlap=False, by_coin=False), level=st.floats(0.95, 1))
def test_a_higher_threshold_lowers_the_prices_of_what_is_pledged(position, level):
    later = liquidation_prices(position.with_thresholds(liquidation_ltv=level))
    before = liquidation_prices(position)["liquidation_price"]
    falls = before[list(position.collateral)].fillna(0)
    assert (later["liquidation_price"][falls.index].fillna(0) <= falls * (1 + 1e-9)).all()


@settings(max_examples=20)
@given(positions=books())
def test_a_book_has_the_prices_of_each_of_its_loans(positions):
    book = liquidation_prices(positions)
    assert book.index.names == ["ordId", "ccy"]
    assert len(book) == sum(len(position.coins) for position in positions.values())
    for order, position in positions.items():
        one = liquidation_prices(position)
        words, numbers = ["direction", "reason"], one.columns.drop(["direction", "reason"])
        assert book.loc[order][words].equals(one[words])
        np.testing.assert_allclose(book.loc[order][numbers], one[numbers], rtol=1e-9)


@settings(max_examples=50)
@given(position=st.one_of(positions(), extreme_positions()))
def test_splitting_coins_changes_no_share(position):
    one, many = liquidation_prices(position), liquidation_prices(split(position, 1024))
    assert one[["direction", "distance", "reason"]].equals(
        many[["direction", "distance", "reason"]]
    )
    assert many["liquidation_price"].equals(one["liquidation_price"] / 1024)


# The exchange's own rules


def in_decimals(position):
    """Return a loan's amounts, prices and tiers as the embedded exchange has them."""

    def tiers(of):
        uppers = [*map(Decimal, of.starts[1:]), None]
        return tuple(Tier(u, Decimal(r)) for u, r in zip(uppers, of.rates, strict=True))

    coin = Coin("", 1, 1, (), None, Decimal(0), Decimal(0), Decimal(0))
    coins = {ccy: replace(coin, tiers=tiers(of)) for ccy, of in position.discount_rates.items()}
    sides = position.collateral, position.debt, position.prices
    return *({ccy: Decimal(n) for ccy, n in side.items()} for side in sides), coins


@settings(max_examples=50)
@given(position=positions())
def test_the_exchanges_own_rules_find_the_loan_at_its_level(position):
    level = position.thresholds.liquidation
    by_coin = level if isinstance(level, Mapping) else dict.fromkeys(position.collateral, level)
    settings = rules.Settings(
        initial_ltv=Decimal("0.1"),
        margin_call_ltv=Decimal("0.2"),
        liquidation_ltv=Decimal("0.3"),
        liquidation_target_ltv=Decimal("0.2"),
        ltv_offsets={ccy: Decimal(of) - Decimal("0.3") for ccy, of in by_coin.items()},
    )
    with localcontext(rules.ARITHMETIC):
        for _, _, there in reached(position, "liquidation_price"):
            value = rules.valuation(*in_decimals(there))
            at = rules.thresholds(value, settings).liquidation
            assert abs(rules.ltv(value) / at - 1) < Decimal("1e-12")


def exchange_before_the_hour(collateral, debt):
    """Return an exchange with one loan, a moment before it looks at loans again."""
    exchange = SimulatedExchange(scenario=None)
    for ccy, amount in collateral.items():
        exchange.deposit(ccy, amount)
    (first, amount), *rest = debt.items()
    order = exchange.borrow(first, amount, collateral=collateral)
    for ccy, amount in rest:
        exchange.borrow(ccy, amount, ord_id=order)
    minutes = 60 - exchange.now().minute
    exchange.advance(seconds=60 * minutes - 0.001)
    return exchange


def as_position(exchange):
    (info,) = exchange.loan_info()
    amounts = {
        side: {row["ccy"]: row["amt"] for row in info[side]}
        for side in ("collateralData", "loanData")
    }
    coins = {**amounts["collateralData"], **amounts["loanData"]}
    return Position(
        amounts["collateralData"],
        amounts["loanData"],
        {ccy: exchange.price(ccy) for ccy in coins},
        discount_rates={
            ccy: Tiers(
                (0.0, *(float(tier.upper) for tier in exchange.coins[ccy].tiers[:-1])),
                tuple(float(tier.rate) for tier in exchange.coins[ccy].tiers),
            )
            for ccy in amounts["collateralData"]
        },
        margin_call_ltv=info["marginCallLTV"],
        liquidation_ltv=info["liqLTV"],
    )


@pytest.mark.parametrize("ccy", ["BTC", "ETH", "SOL"])
def test_the_exchange_sells_beyond_the_price_and_not_before(ccy):
    loans = {"BTC": 1, "ETH": 20}, {"USDT": 90_000, "SOL": 100}
    exchange = exchange_before_the_hour(*loans)
    row = liquidation_prices(as_position(exchange)).loc[ccy]
    assert row["direction"] == ("rise" if ccy == "SOL" else "fall")
    for side, sold in ((-0.005, False), (0.005, True)):
        exchange = exchange_before_the_hour(*loans)
        towards = 1 if ccy == "SOL" else -1
        exchange.set_price(ccy, row["liquidation_price"] * (1 + side * towards))
        exchange.advance(seconds=0.001)
        assert any(e["type"] == "sell_collateral" for e in exchange.loan_history()) is sold


def test_of_one_coin_against_one_it_is_the_price_that_the_exchange_prints():
    exchange = exchange_before_the_hour({"BTC": 1}, {"USDT": 50_000})
    (info,) = exchange.loan_info()
    printed = info["riskWarningData"]
    row = liquidation_prices(as_position(exchange)).loc["BTC"]
    assert printed["instId"] == "BTC-USDT"
    in_usdt = row["liquidation_price"] / float(exchange.price("USDT"))
    assert in_usdt == pytest.approx(float(printed["liqPx"]), rel=1e-9)


# Edges


def the_reason(position, ccy):
    row = liquidation_prices(position).loc[ccy]
    assert np.isnan(row["liquidation_price"])
    assert np.isnan(row["distance"])
    assert row["direction"] == "none"
    return row["reason"]


def test_without_a_debt_there_is_no_price():
    for debt in ({}, {"USDT": 0}):
        assert the_reason(loan({"BTC": 1, "ETH": 2}, debt), "ETH") == "nothing is owed"


def test_without_collateral_a_debt_is_past_liquidation():
    position = loan({}, {"USDT": 1})
    assert the_reason(position, "USDT") == "already past the liquidation LTV"


def test_a_loan_past_liquidation_has_no_price_and_says_so(example):
    late = example.with_prices({"BTC": 51_000})
    for ccy in late.coins:
        assert the_reason(late, ccy) == "already past the liquidation LTV"
    assert liquidation_prices(late)["margin_call_price"].isna().all()
    with_idle_coin = liquidation_prices(late.add_collateral({"USDC": 0}))
    assert with_idle_coin["liquidation_price"].isna().all()


def test_between_the_levels_only_the_margin_call_is_past(example):
    called = liquidation_prices(example.with_prices({"BTC": 60_000}))
    assert called["margin_call_price"].isna().all()
    assert called["liquidation_price"].round(3).tolist()[:2] == [51_505.632, 2_561.869]


def test_a_coin_whose_fall_the_rest_survives_has_no_price():
    position = loan({"BTC": 1, "ETH": 20}, {"USDT": 30_000})
    reason = "the rest covers the debt even at a price of zero"
    assert the_reason(position, "ETH") == reason
    assert the_reason(position, "BTC") == reason


def test_the_margin_call_may_be_within_reach_of_a_coin_that_cannot_liquidate():
    debt = 0.98 * 90_000 * 0.8  # between the two levels of the BTC alone
    row = liquidation_prices(loan({"BTC": 1, "ETH": 20}, {"USDT": debt})).loc["ETH"]
    assert np.isnan(row["liquidation_price"])
    assert row["margin_call_price"] == pytest.approx(
        (debt / 0.7374 - 0.98 * 90_000) / (0.95 * 20), rel=1e-12
    )


def test_a_coin_with_no_part_in_the_loan_has_no_price():
    position = loan({"BTC": 1, "ETH": 0}, {"USDT": 30_000})
    assert the_reason(position, "ETH") == "neither counts as collateral nor is owed"
    worthless = loan({"BTC": 1, "ETH": 5}, {"USDT": 30_000}, discount_rates={"ETH": 0})
    assert the_reason(worthless, "ETH") == "neither counts as collateral nor is owed"


def test_a_coin_that_is_alone_on_both_sides_moves_nothing():
    position = loan({"BTC": 1}, {"BTC": 0.5})
    assert the_reason(position, "BTC") == "moves debt and collateral alike"


def test_a_coin_on_both_sides_kills_by_its_fall_or_its_rise():
    pledged_more = loan({"BTC": 1, "ETH": 10}, {"BTC": 0.5, "USDT": 40_000})
    owed_more = loan({"BTC": 0.2, "ETH": 30}, {"BTC": 0.5})
    for position, way in ((pledged_more, "fall"), (owed_more, "rise")):
        row = liquidation_prices(position).loc["BTC"]
        net = 0.98 * 0.8374 * position.collateral["BTC"] - position.debt["BTC"]
        rest = position.debt.get("USDT", 0) - 0.95 * 0.8374 * 3_000 * position.collateral["ETH"]
        assert row["direction"] == way
        assert row["liquidation_price"] == pytest.approx(rest / net, rel=1e-12)


def test_tiers_count_as_the_amount_stands():
    tiers = {"BTC": [(0, 1, 0.98), (1, None, 0.5)]}
    position = loan({"BTC": 2}, {"USDT": 90_000}, discount_rates=tiers)
    row = liquidation_prices(position).loc["BTC"]
    assert row["liquidation_price"] == pytest.approx(90_000 / (0.8374 * 1.48), rel=1e-12)


def test_a_dust_of_debt_has_a_price_to_the_last_digits():
    position = loan({"BTC": 1, "ETH": 20}, {"USDT": 1e-12}, discount_rates=RATES | {"ETH": 0})
    row = liquidation_prices(position).loc["BTC"]
    assert row["liquidation_price"] == pytest.approx(1e-12 / (0.8374 * 0.98), rel=1e-12)


@pytest.mark.parametrize("amount", [1e-18, 1e15])
def test_the_smallest_and_the_largest_amounts_have_the_same_share(amount):
    position = loan({"BTC": amount}, {"USDT": 45_000 * amount})
    row = liquidation_prices(position).loc["BTC"]
    assert row["distance"] == pytest.approx(0.5 / (0.8374 * 0.98) - 1, rel=1e-12)


def test_thresholds_by_coin_follow_the_mix_that_the_price_makes():
    levels = {"BTC": 0.9, "ETH": 0.7}
    position = loan(
        {"BTC": 1, "ETH": 20}, {"USDT": 60_000}, liquidation_ltv=levels, margin_call_ltv=0.5
    )
    price = liquidation_prices(position).loc["BTC", "liquidation_price"]
    assert price == pytest.approx((60_000 - 0.7 * 0.95 * 60_000) / (0.9 * 0.98), rel=1e-12)
    there = position.with_prices({"BTC": price})
    assert there.liquidation_ltv < position.liquidation_ltv  # less of the better coin


def test_a_price_of_zero_has_a_way_up_without_a_share():
    position = loan({"BTC": 1}, {"ETH": 10, "USDT": 1}, PRICES | {"ETH": 0})
    row = liquidation_prices(position).loc["ETH"]
    assert row["direction"] == "rise"
    assert np.isnan(row["distance"])


def test_an_empty_book_has_an_empty_table_of_the_same_kind(example):
    empty = liquidation_prices({})
    assert empty.empty
    assert empty.index.names == ["ordId", "ccy"]
    pd.testing.assert_series_equal(empty.dtypes, liquidation_prices(example).dtypes)
