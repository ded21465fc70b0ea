"""Stress of a loan is the loan at other prices or with other debts."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from positions import COINS, extreme_positions, positions

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.position import Position
from flexloan_nb.analytics.stress.episodes import EPISODES, STABLECOINS, Episode
from flexloan_nb.analytics.stress.scenarios import rate_stress, stablecoin_stress, stress_test

LEVELS = {"margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
USD = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "XRP": 2, "USDT": 1, "USDC": 1}
SAMPLE = Position({"BTC": 1}, {"USDT": 0.5742 * 90_000}, USD, **LEVELS)


def loan(collateral, debt):
    return Position(collateral, debt, USD, **LEVELS)


def status(position):
    if position.debt_usd == 0 or position.ltv < position.margin_call_ltv:
        return "safe"
    return "margin_call" if position.ltv < position.liquidation_ltv else "liquidation"


def assert_is(row, position):
    """Claim that an outcome is a position's."""
    assert row["ltv"] == pytest.approx(position.ltv, rel=1e-12)
    assert row["status"] == status(position)
    if position.debt_usd == 0:
        assert row["distance"] == 1
        return
    assert row["distance"] == pytest.approx(
        1 - position.ltv / position.liquidation_ltv, rel=1e-9, abs=1e-9
    )
    short = position.debt_usd - position.margin_call_ltv * position.collateral_usd
    assert row["shortfall_usd"] == pytest.approx(max(0, short), rel=1e-9, abs=1e-9 * short)


def changed(position, changes):
    return position.with_prices(
        {ccy: position.prices[ccy] * (1 + changes.get(ccy, 0)) for ccy in position.coins}
    )


# Past falls


def test_the_sample_loan_dies_where_bitcoin_fell_further_than_its_distance():
    # It is called after a fall by 22.1318 % and liquidated after one by 31.4306 %.
    after = stress_test(SAMPLE)
    assert after["status"].to_dict() == {
        "2018-11": "liquidation",  # -49.1 %
        "2020-03": "liquidation",  # -44.2 %
        "2021-05": "liquidation",  # -38.7 %
        "2022-05": "margin_call",  # -27.1 %
        "2022-06": "liquidation",  # -39.0 %
        "2022-11": "margin_call",  # -25.4 %
    }
    assert after.loc["2022-05", "ltv"] == pytest.approx(0.5742 / 0.729)
    assert after.loc["2022-05", "distance"] == pytest.approx(1 - 0.6856938 / 0.729, abs=1e-7)
    assert after.loc["2022-05", "shortfall_usd"] == pytest.approx(51_678 - 0.7374 * 65_610)
    assert stress_test(SAMPLE, basis="low").loc["2022-05", "status"] == "liquidation"  # -33.6 %


@given(position=positions(), basis=st.sampled_from(["close", "low"]))
def test_a_fall_is_the_position_at_lower_prices(position, basis):
    after = stress_test(position, basis=basis)
    for episode in EPISODES:
        bitcoin = getattr(episode.changes["BTC"], basis)
        changes = {
            ccy: getattr(episode.changes[ccy], basis) if ccy in episode.changes else 1.2 * bitcoin
            for ccy in position.coins
            if ccy not in STABLECOINS
        }
        assert_is(after.loc[episode.name], changed(position, changes))


@settings(max_examples=40)
@given(book=st.dictionaries(st.sampled_from(["7", "8", "9"]), extreme_positions(), min_size=1))
def test_a_book_is_its_loans_one_after_another(book):
    rates = dict.fromkeys(COINS, 0.1)
    for stress in (stress_test, lambda of: rate_stress(of, rates)):
        alone = pd.concat({order: stress(position) for order, position in book.items()})
        together = stress(book)
        assert together.index.tolist() == alone.index.tolist()
        assert together.index.names == ["ordId", "scenario"]
        pd.testing.assert_frame_equal(together, alone.set_axis(together.index), rtol=1e-12)


def test_a_coin_without_a_figure_falls_by_a_beta_and_is_named():
    position = loan({"BTC": 1, "SOL": 100, "XRP": 1_000}, {"USDT": 30_000})
    after = stress_test(position, betas={"XRP": 2})
    early, late = after.loc["2020-03"], after.loc["2022-06"]
    assert_is(early, changed(position, {"BTC": -0.442, "SOL": 1.2 * -0.442, "XRP": 2 * -0.442}))
    assert_is(late, changed(position, {"BTC": -0.39, "SOL": -0.285, "XRP": 2 * -0.39}))
    assert (early["from_table"], early["by_beta"]) == ("BTC", "SOL, XRP")
    assert (late["from_table"], late["by_beta"]) == ("BTC, SOL", "XRP")


def test_a_figure_goes_before_a_beta():
    position = loan({"ETH": 10}, {"USDT": 10_000})
    pd.testing.assert_frame_equal(stress_test(position, betas={"ETH": 5}), stress_test(position))


def test_a_coin_loses_everything_and_not_more():
    after = stress_test(loan({"XRP": 1_000}, {"USDT": 1}), betas={"XRP": 2.5}).loc["2018-11"]
    assert (after["ltv"], after["distance"]) == (float("inf"), -float("inf"))
    assert (after["status"], after["shortfall_usd"]) == ("liquidation", 1)


def test_a_debt_in_a_coin_that_falls_gets_lighter():
    after = stress_test(loan({"USDT": 180_000}, {"BTC": 1}))
    assert after.loc["2020-03", "ltv"] == pytest.approx(0.5 * (1 - 0.442))


def test_a_negative_beta_is_a_rise():
    after = stress_test(loan({"USDC": 4}, {"XRP": 1}), betas={"XRP": -1})
    assert after.loc["2020-03", "ltv"] == pytest.approx(0.5 * 1.442)


def test_stablecoins_stay_unless_they_are_not_named_or_have_a_figure():
    position = loan({"USDC": 100}, {"USDT": 50})
    assert stress_test(position)["ltv"].tolist() == [0.5] * len(EPISODES)
    fallen = stress_test(position, stable=["USDT"]).loc["2020-03"]
    assert (fallen["ltv"], fallen["by_beta"]) == (pytest.approx(0.5 / (1 - 1.2 * 0.442)), "USDC")
    depeg = stress_test(position, [Episode("depeg", {"USDC": (-0.1, -0.12)})]).loc["depeg"]
    assert (depeg["ltv"], depeg["from_table"]) == (pytest.approx(0.5 / 0.9), "USDC")


@pytest.mark.parametrize(
    ("level", "met", "before"),
    [(0.7374, "margin_call", "safe"), (0.8374, "liquidation", "margin_call")],
)
def test_a_fall_to_exactly_a_threshold_meets_it(level, met, before):
    for cents in range(100, 6_000, 150):
        position = loan({"BTC": 1}, {"USDT": 9 * cents})
        change = position.ltv / level - 1
        fall = Episode("just", {"BTC": (change, change)})
        less = Episode("not quite", {"BTC": (change + 1e-9, change + 1e-9)})
        assert stress_test(position, [fall, less])["status"].tolist() == [met, before]


@given(position=positions(owed=["USDT"], pledged=["BTC", "XRP"]))
def test_repaying_the_shortfall_ends_a_margin_call(position):
    lows = [Episode("fall", {"BTC": (-0.5, -0.6), "XRP": (-0.4, -0.5)})]
    after = stress_test(position, lows).loc["fall"]
    fallen = changed(position, {"BTC": -0.5, "XRP": -0.4})
    cured = fallen.repay({"USDT": after["shortfall_usd"] / fallen.prices["USDT"]})
    assert cured.ltv == pytest.approx(min(fallen.ltv, fallen.margin_call_ltv))


def test_without_bitcoin_nothing_can_follow_it():
    with pytest.raises(InvalidArgumentError, match="half has a figure neither for SOL nor for BTC"):
        stress_test(loan({"SOL": 1}, {"USDT": 1}), [Episode("half", {"ETH": (-0.5, -0.5)})])


def test_an_unknown_basis_is_refused():
    with pytest.raises(InvalidArgumentError, match="basis is 'high'; it is one of close, low"):
        stress_test(SAMPLE, basis="high")


# Rates


@given(
    position=positions(),
    rate=st.floats(0, 1),
    multiple=st.floats(0, 20),
    hours=st.integers(0, 1_000),
)
def test_a_spike_of_rates_is_the_position_with_its_interest(position, rate, multiple, hours):
    rates = {ccy: rate * (1 + i) for i, ccy in enumerate(position.debt)}
    (after,) = rate_stress(position, rates, multiples=[multiple], hours=[hours]).iloc
    higher = {ccy: multiple * rate for ccy, rate in rates.items()}
    assert_is(after, position.accrue(hours, higher))


def test_every_multiple_is_tried_for_every_time():
    after = rate_stress(SAMPLE, pd.Series({"USDT": 0.41}), multiples=[1, 2.5], hours=[24, 720])
    assert after.index.tolist() == [
        "rates x 1 for 24 h",
        "rates x 1 for 720 h",
        "rates x 2.5 for 24 h",
        "rates x 2.5 for 720 h",
    ]
    growth = (1 + 2.5 * 0.41 / 8760) ** 720
    assert after["ltv"].iloc[-1] == pytest.approx(0.5742 * growth, rel=1e-12)


def test_a_coin_that_is_owed_by_one_loan_grows_there_alone():
    book = {"1": loan({"BTC": 1}, {"USDT": 9}), "2": loan({"USDT": 9}, {"BTC": 1e-5})}
    after = rate_stress(book, {"USDT": 1, "BTC": 0}, multiples=[1], hours=[8760])
    assert after["ltv"].tolist() == pytest.approx([1e-4 * (1 + 1 / 8760) ** 8760, 0.1])


@pytest.mark.parametrize(
    ("given_rates", "options", "says"),
    [
        ({"BTC": 0.1}, {}, "rates lacks USDT"),
        ({"USDT": "much"}, {}, "rate of USDT is 'much'"),
        ({"USDT": 0.1}, {"multiples": [-1]}, "multiples is -1: it must not be negative"),
        ({"USDT": 0.1}, {"hours": [-1]}, "hours is -1: it must not be negative"),
    ],
)
def test_rates_that_cannot_be_are_refused(given_rates, options, says):
    with pytest.raises(InvalidArgumentError, match=says):
        rate_stress(SAMPLE, given_rates, **options)


# Stablecoins


def test_a_premium_hurts_a_debt_and_a_discount_hurts_collateral():
    after = stablecoin_stress(loan({"USDC": 100}, {"USDT": 50}))
    assert after["ltv"].to_dict() == {
        "USDC +2 %": pytest.approx(0.5 / 1.02),
        "USDC +5 %": pytest.approx(0.5 / 1.05),
        "USDC -5 %": pytest.approx(0.5 / 0.95),
        "USDC -12 %": pytest.approx(0.5 / 0.88),
        "USDT +2 %": pytest.approx(0.51),
        "USDT +5 %": pytest.approx(0.525),
        "USDT -5 %": pytest.approx(0.475),
        "USDT -12 %": pytest.approx(0.44),
    }


@given(position=positions(), change=st.floats(-0.9, 1))
def test_a_broken_peg_is_the_position_at_that_price(position, change):
    pegged = [ccy for ccy in position.coins if ccy in STABLECOINS]
    after = stablecoin_stress(position, changes=[change])
    assert len(after) == len(pegged)
    for ccy, (_, row) in zip(pegged, after.iterrows(), strict=True):
        assert_is(row, changed(position, {ccy: change}))


def test_only_stablecoins_of_the_loans_break_and_on_all_loans():
    book = {"1": SAMPLE, "2": loan({"USDC": 1}, {"BTC": 1e-6})}
    after = stablecoin_stress(book, changes=[0.005])
    assert after.index.tolist() == [
        ("1", "USDT +0.5 %"),
        ("1", "USDC +0.5 %"),
        ("2", "USDT +0.5 %"),
        ("2", "USDC +0.5 %"),
    ]
    assert stablecoin_stress(book, changes=[0.1], stable=["EUR"]).empty


def test_a_change_of_a_peg_in_per_cent_is_refused():
    with pytest.raises(InvalidArgumentError, match=r"A change is -12: .* give decimals"):
        stablecoin_stress(SAMPLE, changes=[-12])


# Frames


def stresses(positions):
    return [
        stress_test(positions),
        rate_stress(positions, {"USDT": 0.1}),
        stablecoin_stress(positions),
    ]


def test_all_stresses_are_rows_of_one_frame():
    together = pd.concat(stresses(SAMPLE))
    assert together["kind"].unique().tolist() == ["price", "rate", "stablecoin"]
    assert together.index.name == "scenario"
    assert together[["ltv", "distance", "status", "shortfall_usd"]].notna().all(axis=None)


@pytest.mark.parametrize("nothing", [{}, loan({}, {})], ids=["no loans", "no coins"])
def test_frames_without_rows_have_the_columns_and_types_of_full_ones(nothing):
    full = stresses({"1": SAMPLE} if nothing == {} else SAMPLE)
    for empty, other in zip(stresses(nothing), full, strict=True):
        assert empty.dtypes.to_dict() == other.dtypes.to_dict()
        assert empty.index.names == other.index.names
    assert stress_test(SAMPLE, []).empty


@pytest.mark.parametrize("collateral", [{"BTC": 1, "USDT": 1}, {"USDT": 0}], ids=["some", "none"])
def test_without_a_debt_everything_is_safe(collateral):
    nothing_owed = pd.concat(stresses(loan(collateral, {})))
    assert {*nothing_owed["status"]} == {"safe"}
    assert {*nothing_owed["ltv"]} == {0}
    assert {*nothing_owed["distance"]} == {1}


def test_without_collateral_nothing_is_safe():
    nothing_pledged = pd.concat(stresses(loan({}, {"USDT": 1})))
    assert {*nothing_pledged["status"]} == {"liquidation"}
    assert {*nothing_pledged["ltv"]} == {float("inf")}


def test_something_else_than_a_loan_is_refused():
    for stress in (stress_test, stablecoin_stress, lambda of: rate_stress(of, {})):
        with pytest.raises(InvalidArgumentError, match="takes a Position"):
            stress([SAMPLE])


def test_one_stable_coin_may_be_named_by_itself():
    assert stablecoin_stress(SAMPLE, stable="USDTBTC").empty
    pd.testing.assert_frame_equal(
        stablecoin_stress(SAMPLE, stable="USDT"), stablecoin_stress(SAMPLE, stable=["USDT"])
    )
    pd.testing.assert_frame_equal(
        stress_test(SAMPLE, stable="USDT"), stress_test(SAMPLE, stable=["USDT"])
    )


def test_rates_beyond_all_floats_are_refused():
    with pytest.raises(InvalidArgumentError, match="more than a float can be"):
        rate_stress(SAMPLE, {"USDT": 1e9}, hours=[1_000])


@pytest.mark.parametrize("wrong", [{"episodes": 1}, {"episodes": ["2020-03"]}, {"stable": 1}])
def test_options_of_another_kind_are_refused(wrong):
    with pytest.raises(InvalidArgumentError):
        stress_test(SAMPLE, **wrong)
