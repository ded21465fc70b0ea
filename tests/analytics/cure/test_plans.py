"""Plans that bring a loan to a target: they reach it, nothing less does, nothing is cheaper."""

from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from positions import extreme_positions, magnitudes, positions
from scipy.optimize import linprog
from units import in_units

from flexloan_nb import InvalidArgumentError, connect
from flexloan_nb.analytics.cure.plans import cure_plans
from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.sim.rules import ARITHMETIC, Valuation, liquidation_share

PRICES = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "USDT": 1}
LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
COLUMNS = {
    "action": "string",
    "ccy": "string",
    "amount": "float64",
    "usd": "float64",
    "ltv_after": "float64",
    "fall_after": "float64",
    "feasible": "bool",
    "reason": "string",
}


def loan(collateral=None, debt=None, rates=None):
    collateral = {"BTC": 1, "ETH": 20} if collateral is None else collateral
    debt = {"USDT": 90_000} if debt is None else debt
    rates = {"BTC": 0.98, "ETH": 0.95} if rates is None else rates
    return Position(collateral, debt, PRICES, discount_rates=rates, **LEVELS)


@st.composite
def cases(draw, loans=None):
    """Return a loan, a target below its LTV, and balances of its coins and of one more."""
    loans = positions(by_coin=False) if loans is None else loans
    position = draw(loans).with_prices({"TRX": 0.31})
    target = draw(st.floats(0.05, 0.98)) * min(position.ltv, 1)
    coins = draw(st.lists(st.sampled_from([*position.coins, "TRX"]), unique=True))
    reach = (0.01 * position.debt_usd, 2 * position.debt_usd)
    assume(reach[0] > 0)
    free = {
        ccy: draw(magnitudes(*reach)) / position.prices[ccy]
        for ccy in coins
        if position.prices[ccy]
    }
    return position, target, free


def carried_out(position, moves):
    for move in moves.itertuples():
        coins = {move.ccy: move.amount}
        if move.action == "top_up":
            position = position.add_collateral(coins)
        elif move.action == "repay":
            position = position.repay(coins)
        else:
            position = position.remove_collateral(coins)
    return position


@settings(max_examples=40)
@given(case=cases())
def test_every_feasible_plan_reaches_the_target_with_what_there_is(case):
    position, target, free = case
    plans = cure_plans(position, target, free, 0.001)
    reached = plans.table.loc[plans.table["feasible"], "ltv_after"]
    assert (reached <= target * (1 + 1e-9)).all()
    for plan, moves in plans.moves.groupby("plan"):
        row = plans.table.loc[plan]
        assert carried_out(position, moves).ltv == row["ltv_after"]
        if row["action"] != "sell":
            assert (moves["amount"] <= moves["ccy"].map(free)).all()
            assert moves["usd"].sum() == pytest.approx(row["usd"])
        else:
            repaid = moves.loc[moves["action"] == "repay", "usd"].sum()
            assert repaid == pytest.approx(0.999 * row["usd"])


@settings(max_examples=40)
@given(case=cases(extreme_positions(by_coin=False)))
def test_amounts_of_any_size_reach_the_target(case):
    position, target, free = case
    table = cure_plans(position, target, free).table
    assert (table["ltv_after"].dropna() <= target * (1 + 1e-9)).all()
    assert (table["amount"].dropna() > 0).all()
    assert table["feasible"].equals(table["ltv_after"].notna())
    assert table["feasible"].equals(table["reason"].isna().astype(bool))


@settings(max_examples=40)
@given(case=cases(), cost=st.floats(0, 0.2))
def test_a_hair_less_does_not_reach_the_target(case, cost):
    position, target, free = case
    for row in cure_plans(position, target, free, cost).table.itertuples():
        if not row.feasible or row.action == "mix":
            continue
        less = {row.ccy: row.amount * (1 - 1e-6) - 2e-8}
        assume(less[row.ccy] > 0)
        if row.action == "top_up":
            after = position.add_collateral(less)
        elif row.action == "repay":
            after = position.repay(less)
        else:
            after = position.remove_collateral(less)
            repaid = (1 - cost) * less[row.ccy] * position.prices[row.ccy] / position.debt_usd
            after = after.repay({ccy: repaid * owed for ccy, owed in position.debt.items()})
        assert after.ltv > target


@settings(max_examples=40)
@given(case=cases())
def test_where_a_plan_is_not_feasible_all_that_is_free_does_not_reach_the_target(case):
    position, target, free = case
    for row in cure_plans(position, target, free).table.itertuples():
        if row.feasible or row.action not in {"top_up", "repay"}:
            continue
        if row.action == "top_up":
            after = position.add_collateral({row.ccy: free.get(row.ccy, 0)})
        else:
            most = min(free.get(row.ccy, 0), position.debt[row.ccy])
            after = position.repay({row.ccy: most})
        assert after.ltv > target * (1 - 1e-9)


@settings(max_examples=40)
@given(case=cases(), scale=st.sampled_from([1e-3, 1e3]))
def test_the_unit_a_coin_is_counted_in_does_not_matter(case, scale):
    position, target, free = case
    ccy = next(iter(position.collateral))
    held = {coin: amount / (scale if coin == ccy else 1) for coin, amount in free.items()}
    rescaled = in_units(position, ccy, scale)
    pd.testing.assert_series_equal(
        cure_plans(rescaled, target, held).table["usd"],
        cure_plans(position, target, free).table["usd"],
        rtol=1e-9,
        atol=1e-7 * max(*position.prices.values(), *rescaled.prices.values()),
    )


def cheapest_by_linear_programme(position, target, free):
    """Return the least USD that reach the target, or None where nothing does."""
    gains, most = [], []
    for ccy, amount in free.items():
        price = position.prices[ccy]
        if ccy in position.debt:
            gains.append(1.0)
            most.append(min(amount, position.debt[ccy]) * price)
            continue
        tiers = position.discount_rates.get(ccy, Tiers())
        held = position.collateral.get(ccy, 0)
        bounds = np.clip([*tiers.starts, np.inf], held, held + amount)
        gains.extend(target * np.array(tiers.rates))
        most.extend(np.diff(bounds) * price)
    missing = position.debt_usd - target * position.collateral_usd
    if not gains:
        return None
    bounds = [(0, size / missing) for size in most]
    answer = linprog(np.ones(len(gains)), A_ub=[-np.array(gains)], b_ub=[-1.0], bounds=bounds)
    return answer.fun * missing if answer.success else None


@settings(max_examples=40)
@given(case=cases())
def test_the_mix_costs_what_a_linear_programme_finds_least(case):
    position, target, free = case
    mix = cure_plans(position, target, free).table.loc["mix"]
    least = cheapest_by_linear_programme(position, target, free)
    if least is None:
        assert not mix["feasible"]
    else:
        rounding = sum(1e-8 * position.prices[ccy] for ccy in free)
        assert mix["usd"] == pytest.approx(least, rel=1e-6, abs=rounding)


@settings(max_examples=40)
@given(case=cases())
def test_no_single_plan_from_the_funding_account_is_cheaper_than_the_mix(case):
    table = cure_plans(*case).table
    single = table[table["feasible"] & table["action"].isin(["top_up", "repay"])]
    assert table.loc["mix", "feasible"] or single.empty
    assert single.empty or table.loc["mix", "usd"] <= single["usd"].min() * (1 + 1e-9) + 1e-2


@settings(max_examples=40)
@given(case=cases())
def test_a_loan_that_was_cured_has_nothing_left_to_do(case):
    position, target, free = case
    for after in cure_plans(position, target, free).positions.values():
        assert cure_plans(after, target, free).table["action"].tolist() == ["none"]


@given(
    kept=st.decimals("0.3", 1, places=4),
    target=st.decimals("0.1", "0.5", places=4),
    cost=st.decimals(0, "0.1", places=4),
)
def test_a_sale_is_the_share_that_the_embedded_exchange_would_sell(kept, target, cost):
    with localcontext(ARITHMETIC):
        value = Valuation(
            debt={"USDT": Decimal(50_000)},
            market={"BTC": Decimal(90_000)},
            adjusted={"BTC": kept * 90_000},
        )
        share = liquidation_share(value, target, cost)
    row = cure_plans(
        loan({"BTC": 1}, {"USDT": 50_000}, {"BTC": kept}), target, selling_cost=cost
    ).table.loc["sell BTC"]
    assert row["feasible"] == (share < 1)
    if row["feasible"]:
        assert row["amount"] == pytest.approx(float(share), abs=1.01e-8)


def test_the_example_by_hand():
    table = cure_plans(loan(), 0.5).table
    assert table.loc["top up ETH", "amount"] == pytest.approx(12.2105263, abs=5e-8)
    assert table.loc["repay USDT", "amount"] == 17_400
    assert table.loc["sell ETH", "usd"] == pytest.approx(17_400 / (1 - 0.5 * 0.95), abs=1e-4)
    assert table.loc["mix", "usd"] == 17_400
    assert table.index.tolist() == [
        "top up BTC",
        "top up ETH",
        "repay USDT",
        "sell BTC",
        "sell ETH",
        "mix",
    ]


def test_what_is_not_there_is_named():
    plans = cure_plans(loan(), 0.5, {"ETH": 3, "USDT": 5_000})
    assert plans.table["reason"].dropna().to_dict() == {
        "top up BTC": "needs 0.39455782 BTC, 0 are free",
        "top up ETH": "needs 12.210526 ETH, 3 are free",
        "repay USDT": "needs 17,400 USDT, 5,000 are free",
        "mix": "all that is free together leaves an LTV of 0.5528",
    }
    assert plans.table["amount"]["top up ETH"] == pytest.approx(12.2105263)


def test_a_mix_repays_first_and_then_pledges_what_counts_most():
    plans = cure_plans(loan(), 0.5, {"ETH": 3, "BTC": 0.01, "USDT": 16_000})
    mix = plans.moves[plans.moves["plan"] == "mix"]
    assert list(zip(mix["action"], mix["ccy"], strict=True)) == [
        ("repay", "USDT"),
        ("top_up", "BTC"),
        ("top_up", "ETH"),
    ]
    left = 1_400 - 0.5 * 0.98 * 900
    assert mix["amount"].tolist() == pytest.approx([16_000, 0.01, left / 0.5 / 0.95 / 3_000])


def test_a_top_up_passes_the_knees_of_its_tiers():
    tiered = loan({"ETH": 20}, {"USDT": 30_000}, {"ETH": [(0, 22, 0.9), (22, None, 0.5)]})
    needed = 30_000 / 0.5 / 3_000 - 20 * 0.9
    row = cure_plans(tiered, 0.5).table.loc["top up ETH"]
    assert row["amount"] == pytest.approx(2 + (needed - 2 * 0.9) / 0.5)


def test_a_sale_takes_the_coins_that_count_least_first():
    tiered = loan({"ETH": 30}, {"USDT": 40_000}, {"ETH": [(0, 25, 0.9), (25, None, 0.5)]})
    missing = 40_000 - 0.5 * (25 * 0.9 + 5 * 0.5) * 3_000
    gains = [3_000 * (0.99 - 0.5 * 0.5), 3_000 * (0.99 - 0.5 * 0.9)]
    assert missing < 5 * gains[0]
    row = cure_plans(tiered, 0.5, selling_cost=0.01).table.loc["sell ETH"]
    assert row["amount"] == pytest.approx(missing / gains[0])
    deeper = cure_plans(tiered.borrow({"USDT": 10_000}), 0.5, selling_cost=0.01)
    assert deeper.table.loc["sell ETH", "amount"] == pytest.approx(
        5 + (missing + 10_000 - 5 * gains[0]) / gains[1]
    )


def test_tiers_that_rise_are_not_mixed_and_the_single_plans_stand():
    rising = loan({"ETH": 20}, {"USDT": 40_000}, {"ETH": [(0, 22, 0.5), (22, None, 0.9)]})
    table = cure_plans(rising, 0.6, {"ETH": 90}).table
    assert table.loc["mix", "reason"] == "the discount rates of ETH rise with the amount"
    needed = 40_000 / 0.6 / 3_000 - 10 - 1
    assert table.loc["top up ETH", "amount"] == pytest.approx(2 + needed / 0.9)
    gap = loan({"ETH": 20}, {"USDT": 40_000}, {"ETH": [(0, 21, 1), (21, 22, 0), (22, None, 0.9)]})
    assert not cure_plans(gap, 0.6, {"ETH": 90}).table.loc["mix", "feasible"]
    out_of_reach = cure_plans(rising, 0.6, {"ETH": 2, "USDT": 40_000})
    assert out_of_reach.table.loc["mix", "feasible"]


def test_selling_at_a_cost_beyond_what_a_coin_counts_for_clears_nothing():
    table = cure_plans(loan(), 0.61, selling_cost=0.41).table
    assert table.loc["sell BTC", "reason"] == "a sale of BTC costs more than it clears"
    assert table.loc["sell ETH", "reason"] == "all 20 ETH are not enough"


def test_where_all_of_a_coin_is_not_enough_the_plan_says_so():
    row = cure_plans(loan({"BTC": 1, "SOL": 5}), 0.5).table.loc["sell SOL"]
    assert row["reason"] == "all 5 SOL are not enough"
    assert np.isnan(row["amount"])
    assert np.isnan(row["usd"])


def test_a_debt_in_several_coins_is_repaid_by_a_sale_in_equal_shares():
    plans = cure_plans(loan(debt={"USDT": 60_000, "SOL": 200}), 0.5)
    moves = plans.moves[plans.moves["plan"] == "sell BTC"].set_index("ccy")
    assert moves["action"].tolist() == ["sell", "repay", "repay"]
    assert moves.loc["USDT", "amount"] / 60_000 == pytest.approx(moves.loc["SOL", "amount"] / 200)
    assert "needs 116 SOL" not in plans.table.loc["repay SOL"]


def test_a_repayment_ends_at_what_is_owed():
    row = cure_plans(loan(debt={"USDT": 84_000, "SOL": 40}), 0.5).table.loc["repay SOL"]
    assert row["reason"] == "needs 116 SOL, 40 are owed"


def test_a_loan_at_its_target_has_nothing_to_do():
    plans = cure_plans(loan(), 0.7)
    (row,) = plans.table.reset_index().itertuples(index=False)
    assert (row.plan, row.action, row.usd, row.feasible) == ("none", "none", 0, True)
    assert row.reason == "the LTV is 0.6198, at or below 0.7 already"
    assert plans.positions == {"none": loan()}
    assert plans.moves.empty
    assert cure_plans(loan(debt={}), 0).table.index.tolist() == ["none"]


def test_a_loan_without_collateral_is_pledged_for_or_repaid():
    table = cure_plans(loan({}), 0.5, {"BTC": 3, "USDT": 90_000}).table
    assert table["usd"].to_dict() == pytest.approx(
        {"top up BTC": 180_000 / 0.98, "repay USDT": 90_000, "mix": 90_000}
    )
    assert table.loc["repay USDT", "ltv_after"] == 0


def test_a_target_of_zero_is_to_repay_all():
    table = cure_plans(loan(), 0, {"ETH": 50, "USDT": 1e6}).table
    assert table.loc["repay USDT", "amount"] == 90_000
    assert table.loc["top up ETH", "reason"] == "no amount of ETH is enough"
    assert table.loc["mix", "usd"] == 90_000


def test_a_coin_on_both_sides_is_repaid_and_sold_but_not_topped_up():
    both = loan({"ETH": 20}, {"ETH": 12})
    table = cure_plans(both, 0.5, {"ETH": 5}).table
    assert table.index.tolist() == ["repay ETH", "sell ETH", "mix"]
    assert table.loc["repay ETH", "amount"] == pytest.approx(12 - 0.5 * 19)
    assert table.loc["sell ETH", "amount"] == pytest.approx(2.5 / (1 - 0.5 * 0.95))


def test_a_loan_past_liquidation_can_be_cured():
    lost = loan(debt={"USDT": 125_000})
    assert lost.ltv > lost.liquidation_ltv
    table = cure_plans(lost, 0.8, selling_cost=0.01).table
    assert table["feasible"].all()
    assert (table["fall_after"] > 0).all()


def test_coins_without_a_value_cure_nothing():
    worthless = loan({"BTC": 1, "SOL": 5}, {"USDT": 60_000}).with_prices({"SOL": 0})
    table = cure_plans(worthless, 0.5).table
    assert table.loc["top up SOL", "reason"] == "no amount of SOL is enough"
    assert not table.loc["sell SOL", "feasible"]
    assert table.loc["mix", "usd"] == pytest.approx(60_000 - 0.5 * 0.98 * 90_000)


def test_dust_is_not_rounded_up_into_coins_whose_sale_clears_nothing():
    tiers = {"ETH": [(0, 5e-9, 1.0), (5e-9, None, 0.1)]}
    dust = loan({"ETH": 6e-9}, {"USDT": 1.46e-5}, tiers)
    row = cure_plans(dust, 0.95, selling_cost=0.3).table.loc["sell ETH"]
    assert row["amount"] == pytest.approx(1e-9)
    assert row["ltv_after"] < 0.95


@pytest.mark.parametrize("owed", [1e15 + 0.125 * step for step in range(20)])
def test_a_debt_that_must_go_goes_to_the_last_unit_of_a_float(owed):
    bare = loan({}, {"SOL": owed}).with_prices({"SOL": 0.3})
    assert cure_plans(bare, 0.5).table.loc[["repay SOL", "mix"], "ltv_after"].tolist() == [0, 0]


@settings(max_examples=40)
@given(position=positions())
def test_the_present_ltv_as_a_target_asks_for_nothing(position):
    assume(position.ltv <= 1)
    assert cure_plans(position, position.ltv).table.index.tolist() == ["none"]


@settings(max_examples=40)
@given(position=positions(owed=["SOL"], overlap=False, by_coin=False), to=st.floats(0.1, 0.9))
def test_a_balance_that_just_suffices_is_all_that_a_mix_moves(position, to):
    target = to * min(position.ltv, 1)
    missing = position.debt_usd - target * position.collateral_usd
    free = {"SOL": missing / position.prices["SOL"], "TRX": 1e9}
    moves = cure_plans(position.with_prices({"TRX": 0.31}), target, free).moves
    assert moves.loc[moves["plan"] == "mix", "ccy"].tolist() == ["SOL"]


@pytest.mark.parametrize("worthless", [{"rates": {"SOL": 0}}, {"prices": {"SOL": 0}}])
def test_a_mix_leaves_out_what_counts_for_nothing(worthless):
    position = loan(rates=worthless.get("rates")).with_prices(worthless.get("prices", {}))
    ltv = position.ltv
    table = cure_plans(position, 0.5 * ltv, {"SOL": 5}).table
    assert table.loc["mix", "reason"] == f"all that is free together leaves an LTV of {ltv:.4f}"


def test_amounts_are_rounded_up_at_the_eighth_decimal_but_not_beyond_what_there_is():
    need = cure_plans(loan(), 0.5).table.loc["top up ETH", "amount"]
    assert need == 12.21052632
    exactly = (90_000 / 0.5 - 145_200) / (0.95 * 3_000)
    assert cure_plans(loan(), 0.5, {"ETH": exactly}).table.loc["top up ETH", "amount"] == exactly


def test_the_ladder_is_that_of_the_loans_after_the_plans():
    plans = cure_plans(loan(), 0.5, {"USDT": 20_000})
    repaid = loan(debt={"USDT": 72_600})
    assert plans.positions["repay USDT"] == repaid
    assert plans.ladder.index.names == ["plan", "ccy"]
    pd.testing.assert_frame_equal(plans.ladder.loc["repay USDT"], liquidation_prices(repaid))
    assert plans.table.loc["repay USDT", "fall_after"] == pytest.approx(uniform_fall(repaid))


@pytest.mark.parametrize("target", [0.5, 0.7])
def test_tables_have_the_same_columns_whatever_is_in_them(target):
    plans = cure_plans(loan(), target, {})
    assert plans.table.dtypes.astype(str).to_dict() == COLUMNS
    assert plans.table.index.name == "plan"
    types = plans.moves.dtypes.astype(str).to_dict()
    assert types == {
        c: COLUMNS.get(c, "string") for c in ("plan", "action", "ccy", "amount", "usd")
    }


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_balances_are_what_a_client_lists(numbers):
    client = connect("simulator", numbers=numbers)
    assets = client.collateral_assets()
    prices = client.market.index_prices([*assets["ccy"], "BTC", "USDT"])
    position = Position({"BTC": 1}, {"USDT": 60_000}, prices, **LEVELS)
    table = cure_plans(position, 0.3, assets).table
    for ccy, amount in zip(assets["ccy"], assets["amt"], strict=True):
        row = table.loc[f"top up {ccy}"]
        assert row["feasible"] == (row["amount"] <= float(amount))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((50,), "target is 50: give a decimal from 0 to 1"),
        ((0.5, {"TRX": 1}), "no price of TRX"),
        ((0.5, {"ETH": -1}), "balance of ETH is -1"),
        ((0.5, {}, 1.5), "selling_cost is 1.5"),
        ((0.5, pd.DataFrame({"coin": ["ETH"]})), "a frame of collateral_assets"),
        ((0.5, pd.Series([1, 2], ["ETH", "ETH"])), "balances has a coin twice"),
        ((0.5, "ETH"), "balances is 'ETH': give coins like"),
    ],
)
def test_what_is_wrong_is_said(arguments, message):
    with pytest.raises(InvalidArgumentError, match=message):
        cure_plans(loan(), *arguments)


def test_a_coin_that_is_not_there_needs_no_price():
    assert len(cure_plans(loan(), 0.5, {"TRX": 0}).table) == 6


def test_a_new_coin_needs_a_threshold_where_they_are_by_coin():
    by_coin = loan().with_thresholds(liquidation_ltv={"BTC": 0.85, "ETH": 0.83})
    plans = cure_plans(by_coin, 0.5, {"SOL": 900, "USDT": 90_000})
    assert plans.table.loc["top up SOL", "reason"] == "liquidation_ltv of SOL is not known"
    assert np.isnan(plans.table.loc["top up SOL", "amount"])
    assert not plans.table.loc["top up SOL", "feasible"]
    assert plans.moves[plans.moves["plan"] == "mix"]["ccy"].tolist() == ["USDT"]
