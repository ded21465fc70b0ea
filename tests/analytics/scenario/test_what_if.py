"""A what-if is what a position itself says, before and after, with its assumption stated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from positions import extreme_positions, positions
from units import in_units

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.cure.capacity import max_loan_usd
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.scenario.what_if import what_if

PRICES = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "USDT": 1}
LEVELS = {"initial_ltv": 0.65, "margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
BY_COIN = {
    "BTC": {"margin_call_ltv": 0.78, "liquidation_ltv": 0.88},
    "ETH": {"margin_call_ltv": 0.7, "liquidation_ltv": 0.8},
    "SOL": {"margin_call_ltv": 0.66, "liquidation_ltv": 0.7},
}
TWICE = pd.DataFrame([BY_COIN["BTC"], BY_COIN["ETH"]], index=["BTC", "BTC"])
LADDER = [
    f"{name}_{when}"
    for name in ("price", "margin_call_price", "liquidation_price", "distance")
    for when in ("before", "after")
]


def loan(collateral=None, debt=None, **changes):
    collateral = {"BTC": 1, "ETH": 20} if collateral is None else collateral
    debt = {"USDT": 90_000} if debt is None else debt
    rates = {"BTC": 0.98, "ETH": 0.95}
    return Position(collateral, debt, PRICES, **{"discount_rates": rates} | LEVELS | changes)


@st.composite
def changes(draw, position):
    """Return changes of a loan: some of its own coins each way, and some prices."""

    def part(coins, most):
        chosen = draw(st.lists(st.sampled_from(sorted(coins)), unique=True))
        return {ccy: draw(st.floats(0, most)) * coins[ccy] for ccy in chosen}

    return {
        "add": part(position.collateral, 3),
        "remove": part(position.collateral, 0.9),
        "borrow": part(position.debt, 3),
        "repay": part(position.debt, 0.9),
        "shock": part(dict.fromkeys(position.coins, 1), 2),
    }


def said_by(position):
    known = position.thresholds.initial is not None
    return {
        "market_value_usd": position.market_value_usd,
        "collateral_usd": position.collateral_usd,
        "debt_usd": position.debt_usd,
        "headroom_usd": position.liquidation_ltv * position.collateral_usd - position.debt_usd,
        "max_loan_usd": max_loan_usd(position) if known else np.nan,
        "ltv": position.ltv,
        "initial_ltv": position.initial_ltv if known else np.nan,
        "margin_call_ltv": position.margin_call_ltv,
        "liquidation_ltv": position.liquidation_ltv,
        "margin_call_fall": uniform_fall(position, "margin_call"),
        "liquidation_fall": uniform_fall(position),
    }


@settings(max_examples=40)
@given(position=st.one_of(positions(), extreme_positions()), data=st.data())
def test_a_what_if_is_what_the_position_says_before_and_after(position, data):
    wanted = data.draw(changes(position))
    answer = what_if(position, **wanted)
    after = position.with_prices(
        {ccy: position.prices[ccy] * (1 + change) for ccy, change in wanted["shock"].items()}
    )
    after = after.borrow(wanted["borrow"]).add_collateral(wanted["add"])
    after = after.repay(wanted["repay"]).remove_collateral(wanted["remove"])
    assert (answer.before, answer.after) == (position, after)
    assert answer.table["before"].to_dict() == pytest.approx(said_by(position), nan_ok=True)
    assert answer.table["after"].to_dict() == pytest.approx(said_by(after), nan_ok=True)
    for when, of in (("before", position), ("after", after)):
        ladder = liquidation_prices(of)
        for name in ("price", "margin_call_price", "liquidation_price", "distance"):
            pd.testing.assert_series_equal(
                answer.ladder[f"{name}_{when}"], ladder[name], check_names=False
            )


@settings(max_examples=40)
@given(position=positions(), data=st.data())
def test_what_is_added_and_taken_out_again_changes_nothing(position, data):
    ccy = data.draw(st.sampled_from(sorted(position.collateral)))
    coins = {ccy: position.collateral[ccy] * data.draw(st.floats(0, 3))}
    assume((position.collateral[ccy] + coins[ccy]) - coins[ccy] == position.collateral[ccy])
    table = what_if(position, add=coins, remove=coins).table
    assert (table["change"].dropna() == 0).all()


@settings(max_examples=40)
@given(position=positions(), more=st.floats(0, 2), scale=st.sampled_from([1e-9, 1e9]))
def test_the_unit_a_coin_is_counted_in_does_not_matter(position, more, scale):
    ccy = next(iter(position.collateral))
    coins = more * position.collateral[ccy]
    table = what_if(position, add={ccy: coins}, shock={ccy: -0.1}).table
    rescaled = in_units(position, ccy, scale)
    same = what_if(rescaled, add={ccy: coins / scale}, shock={ccy: -0.1}).table
    in_usd = table.index.str.endswith("_usd")
    size = position.market_value_usd
    pd.testing.assert_frame_equal(same[in_usd] / size, table[in_usd] / size, atol=1e-12)
    pd.testing.assert_frame_equal(same[~in_usd], table[~in_usd], rtol=1e-9, atol=1e-12)


def test_the_change_is_after_less_before():
    table = what_if(loan(), repay={"USDT": 17_400}).table
    assert table.loc["ltv"].tolist()[:3] == pytest.approx([90_000 / 145_200, 0.5, 0.5 - 90 / 145.2])
    assert table.loc["max_loan_usd", "change"] == pytest.approx(17_400)
    assert table.loc["headroom_usd", "before"] == pytest.approx(0.8374 * 145_200 - 90_000)
    assert table.loc["liquidation_fall", "before"] == pytest.approx(0.2598105, abs=5e-8)
    assert table.loc["collateral_usd", "change"] == 0


def test_a_shock_moves_prices_of_both_sides_by_a_share():
    after = what_if(loan(debt={"SOL": 500}), shock={"ETH": -0.3, "SOL": 0.1}).after
    assert after.prices == pytest.approx({**PRICES, "ETH": 2_100, "SOL": 165})
    assert after.debt_usd == pytest.approx(82_500)


def test_a_coin_may_lose_all_its_price():
    table = what_if(loan(), shock=pd.Series({"ETH": -1})).table
    assert table.loc["collateral_usd", "after"] == pytest.approx(88_200)


def test_a_new_coin_joins_the_ladder_with_nothing_before():
    ladder = what_if(loan(), add=pd.Series({"SOL": 100})).ladder
    assert ladder.index.tolist() == ["BTC", "ETH", "SOL", "USDT"]
    assert ladder.columns.tolist() == LADDER
    assert np.isnan(ladder.loc["SOL", "liquidation_price_before"])
    assert np.isnan(ladder.loc["SOL", "price_before"])
    assert ladder.loc["SOL", "price_after"] == 150


def test_constant_thresholds_stay_and_their_band_is_a_point():
    answer = what_if(loan(), add={"SOL": 400})
    assert answer.assumption == (
        "the thresholds stay at a margin call of 0.7374 and a liquidation of 0.8374"
    )
    assert answer.table.loc["liquidation_ltv"].tolist() == [0.8374, 0.8374, 0, 0.8374, 0.8374]
    assert answer.table[["lowest", "highest"]].dropna().index.tolist() == [
        "initial_ltv",
        "margin_call_ltv",
        "liquidation_ltv",
    ]


def test_thresholds_by_coin_of_the_loan_itself_follow_the_mix():
    own = loan(
        initial_ltv=None,
        margin_call_ltv={"BTC": 0.78, "ETH": 0.7},
        liquidation_ltv={"BTC": 0.88, "ETH": 0.8},
    )
    answer = what_if(own, shock={"ETH": -1})
    assert answer.assumption == (
        "each coin keeps its thresholds, and those of the loan follow the mix"
    )
    weighted = (0.88 * 88_200 + 0.8 * 57_000) / 145_200
    assert answer.table.loc["liquidation_ltv"].tolist() == pytest.approx(
        [weighted, 0.88, 0.88 - weighted, 0.8, 0.88]
    )


@pytest.mark.parametrize(
    "table",
    [
        BY_COIN,
        pd.DataFrame.from_dict(BY_COIN, orient="index"),
        pd.DataFrame.from_dict(BY_COIN, orient="index").rename_axis("ccy").reset_index(),
    ],
    ids=["mapping", "frame", "frame with a column ccy"],
)
def test_a_table_of_thresholds_is_weighted_by_the_mix_after_the_changes(table):
    answer = what_if(loan(), add={"SOL": 400}, thresholds=table)
    value = {"BTC": 88_200, "ETH": 57_000, "SOL": 60_000}
    mean = sum(BY_COIN[ccy]["liquidation_ltv"] * usd for ccy, usd in value.items()) / 205_200
    assert answer.table.loc["liquidation_ltv"].tolist() == pytest.approx(
        [0.8374, mean, mean - 0.8374, 0.7, 0.88]
    )
    assert answer.table.loc["initial_ltv", "after"] == 0.65
    present = (0.88 * 88_200 + 0.8 * 57_000) / 145_200
    assert answer.assumption == (
        "the thresholds follow the mix by the table, which gives a liquidation of "
        f"{present:.4f} before the changes, where the loan has 0.8374"
    )


def test_a_table_may_know_the_initial_ltv():
    table = {ccy: {**levels, "initial_ltv": 0.6} for ccy, levels in BY_COIN.items()}
    answer = what_if(loan(initial_ltv=None), thresholds=table)
    assert np.isnan(answer.table.loc["max_loan_usd", "before"])
    assert answer.table.loc["max_loan_usd", "after"] == 0
    assert answer.table.loc["initial_ltv", ["lowest", "highest"]].tolist() == [0.6, 0.6]


def test_without_changes_nothing_changes_and_what_is_unknown_stays_so():
    answer = what_if(loan(initial_ltv=None))
    assert answer.before == answer.after
    assert (answer.table["change"].dropna() == 0).all()
    assert answer.table.loc[["max_loan_usd", "initial_ltv"]].isna().all(axis=None)
    assert answer.table.dtypes.astype(str).unique().tolist() == ["float64"]
    assert (answer.table.index.name, answer.table.index.dtype) == ("quantity", "string")
    assert (answer.ladder.index.name, answer.ladder.index.dtype) == ("ccy", "string")


def test_a_loan_may_begin_and_end():
    empty = Position({}, {}, PRICES, **LEVELS)
    opened = what_if(empty, add={"BTC": 1}, borrow={"USDT": 45_000})
    assert opened.table.loc["ltv", ["before", "after"]].tolist() == [0, 0.5]
    closed = what_if(opened.after, repay={"USDT": 45_000}, remove={"BTC": 1})
    assert closed.table.loc["ltv", "after"] == 0
    assert closed.ladder["liquidation_price_after"].isna().all()
    bare = what_if(loan(), remove={"BTC": 1, "ETH": 20})
    assert bare.table.loc["ltv", "after"] == np.inf


def test_a_coin_on_both_sides_is_changed_on_the_side_that_is_named():
    after = what_if(loan({"ETH": 20}, {"ETH": 5}), add={"ETH": 1}, repay={"ETH": 2}).after
    assert (after.collateral, after.debt) == ({"ETH": 21}, {"ETH": 3})


@pytest.mark.parametrize("amount", [1e-18, 1e15])
def test_amounts_of_any_size_are_answered(amount):
    table = what_if(loan({"ETH": amount}, {"USDT": amount}), add={"ETH": amount}).table
    assert table.loc["ltv", "before"] == pytest.approx(2 * table.loc["ltv", "after"])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"add": {"TRX": 1}}, "prices lacks TRX"),
        ({"borrow": {"TRX": 1}}, "prices lacks TRX"),
        ({"remove": {"BTC": 2}}, "remove BTC is 2, but 1 is pledged"),
        ({"repay": {"USDT": 1e6}}, r"repay USDT is 1e\+06, but 90000 is owed"),
        ({"add": {"BTC": float("nan")}}, "add BTC is nan"),
        ({"shock": {"BTC": -1.01}}, "shock BTC is -1.01: a price falls by -1"),
        ({"shock": {"TRX": 0.1}}, "shock has TRX, of which the position has no price"),
        ({"shock": {"BTC": "much"}}, "shock BTC is 'much', which is not a number"),
        ({"shock": -0.2}, "shock is -0.2: give coins like"),
        ({"thresholds": "same"}, "thresholds is 'same': it is 'constant' or a table by coin"),
        ({"thresholds": 0.8}, "thresholds is 0.8: it is 'constant' or a table like"),
        ({"thresholds": {"BTC": 0.8}}, "thresholds is .* a table like"),
        ({"thresholds": {"BTC": {"liquidation_ltv": 0.8}}}, "it lacks margin_call_ltv"),
        ({"thresholds": {"BTC": BY_COIN["BTC"]}}, "margin_call_ltv lacks ETH"),
        ({"thresholds": TWICE}, "thresholds has a coin twice"),
    ],
)
def test_what_is_wrong_is_said(wanted, message):
    with pytest.raises(InvalidArgumentError, match=message):
        what_if(loan(), **wanted)
