from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from lives import random_life
from records import accruals, at, events, prices

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.forced import forced_events

SEEDS = range(20)
FORCED = {
    "sell_collateral", "buy_transition_coin", "sell_transition_coin", "buy_borrowed_coin",
    "partial_liquidation", "forced_liquidation", "forced_repayment_buy", "forced_repayment_sell",
}  # fmt: skip
PRICES = prices(["12:00"], BTC=[1000], ETH=[100], USDT=[1], USDC=[2])

# One of two bitcoins and five ether are sold with 5 % kept; 1425 USDT pay for two debts.
SALE = (
    ("12:00", "sell_collateral", "BTC", "-1"),
    ("12:00", "buy_transition_coin", "USDT", "950"),
    ("12:00", "sell_collateral", "ETH", "-5"),
    ("12:00", "buy_transition_coin", "USDT", "475"),
    ("12:00", "sell_transition_coin", "USDT", "-1000"),
    ("12:00", "buy_borrowed_coin", "USDT", "1000"),
    ("12:00", "sell_transition_coin", "USDT", "-425"),
    ("12:00", "buy_borrowed_coin", "USDC", "200"),
    ("12:00", "partial_liquidation", "USDT", "-1000"),
    ("12:00", "partial_liquidation", "USDC", "-200"),
)


def only(rows, quoted=PRICES):
    episodes, legs = forced_events(events(*rows), quoted)
    (episode,) = episodes.to_dict("records")
    return episode, legs


def with_type(rows, **types):
    return [(row[0], types.get(row[1], row[1]), *row[2:]) for row in rows]


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_a_partial_liquidation_worked_by_hand(numbers):
    rows = (("11:00", "borrowed", "USDT", "9"), *SALE, ("12:00", "collateral_locked", "BTC", "-1"))
    episodes, legs = forced_events(events(*rows, numbers=numbers), PRICES)
    (episode,) = episodes.to_dict("records")
    assert (episode["ts"], episode["ordId"]) == (at("12:00"), "1")
    assert (episode["kind"], episode["route"]) == ("partial_liquidation", "via USDT")
    assert (episode["sold"], episode["settled"]) == ("1 BTC, 5 ETH", "1,000 USDT, 200 USDC")
    assert (episode["sold_usd"], episode["bought_usd"]) == (1500, 1400)
    assert (episode["settled_usd"], episode["returned_usd"]) == (1400, 0)
    assert episode["cost_usd"] == episode["loss_usd"] == 100
    assert episode["cost_share"] == episode["loss_share"] == pytest.approx(1 / 15)
    assert episode["penalty_share"] == pytest.approx(0.05)
    assert len(legs) == len(SALE)


def test_implied_prices_are_what_was_given_for_a_coin():
    _, legs = only(SALE)
    told = legs.dropna(subset="implied_price")
    assert told[["type", "ccy", "implied_price"]].to_numpy().tolist() == [
        ["sell_collateral", "BTC", 950],
        ["sell_collateral", "ETH", 95],
        ["buy_borrowed_coin", "USDT", 1],
        ["buy_borrowed_coin", "USDC", 2.125],
    ]
    assert told["against_index"].tolist() == pytest.approx([-0.05, -0.05, 0, 0.0625])


def test_amounts_have_no_sign_and_keep_their_digits():
    _, legs = only([("12:00", "forced_repayment_sell", "BTC", "-0.123456789012345678")])
    assert legs["amt"].tolist() == [Decimal("0.123456789012345678")]


def test_a_full_liquidation_returns_what_is_left():
    rows = with_type(SALE, partial_liquidation="forced_liquidation")
    episode, legs = only([*rows, ("12:00", "collateral_released", "ETH", "3")])
    assert episode["kind"] == "forced_liquidation"
    assert episode["returned_usd"] == 300
    assert episode["loss_usd"] == 100
    assert legs["role"].iloc[-1] == "returned"


def test_collateral_taken_out_by_the_borrower_is_not_part_of_a_partial_sale():
    episode, legs = only([*SALE, ("12:00", "collateral_released", "ETH", "3")])
    assert episode["returned_usd"] == 0
    assert len(legs) == len(SALE)


def test_debt_that_no_collateral_covered_is_no_loss_of_the_borrowers():
    rows = [row for row in SALE if row[1] != "partial_liquidation"]
    episode, _ = only(
        [
            *rows,
            ("12:00", "forced_liquidation", "USDT", "-1500"),
            ("12:00", "forced_liquidation", "USDC", "-200"),
        ]
    )
    assert episode["cost_usd"] == 100
    assert episode["loss_usd"] == -400


def test_a_forced_repayment_is_direct():
    episode, legs = only(
        [
            ("12:00", "forced_repayment_sell", "BTC", "-1"),
            ("12:00", "forced_repayment_buy", "USDT", "990"),
        ]
    )
    assert (episode["kind"], episode["route"]) == ("forced_repayment", "direct")
    assert (episode["sold"], episode["settled"]) == ("1 BTC", "990 USDT")
    assert (episode["sold_usd"], episode["bought_usd"], episode["loss_usd"]) == (1000, 990, 10)
    assert np.isnan(episode["penalty_share"])
    assert legs["implied_price"].tolist()[0] == 990


def test_a_single_coin_sold_for_a_single_debt_has_the_price_of_its_own_step():
    rows = [row for row in SALE if row[2] != "ETH" and row[3] not in ("475", "-425", "200", "-200")]
    _, legs = only(rows)
    assert legs["implied_price"].dropna().tolist() == [950, 1]


def test_a_coin_sold_for_the_owed_one_itself_has_that_price():
    _, legs = only(
        [
            ("12:00", "sell_collateral", "BTC", "-1"),
            ("12:00", "buy_borrowed_coin", "USDC", "475"),
            ("12:00", "partial_liquidation", "USDC", "-475"),
        ]
    )
    assert legs["implied_price"].dropna().tolist() == [950]


@pytest.mark.parametrize("bought", [["USDT"], ["USDT", "USDC"]])
def test_which_coin_fetched_what_is_not_told_where_several_are_sold_directly(bought):
    _, legs = only(
        [
            ("12:00", "forced_repayment_sell", "BTC", "-1"),
            ("12:00", "forced_repayment_sell", "ETH", "-1"),
            *[("12:00", "forced_repayment_buy", ccy, "300") for ccy in bought],
        ]
    )
    assert legs["implied_price"].isna().all()


def test_a_sale_without_its_purchase_has_no_cost_but_a_loss():
    episode, _ = only(
        [
            ("12:00", "sell_collateral", "BTC", "-1"),
            ("12:00", "partial_liquidation", "USDT", "-900"),
        ]
    )
    assert np.isnan(episode["cost_usd"])
    assert episode["loss_usd"] == 100


def test_orders_and_moments_are_episodes_of_their_own():
    rows = [(*row, order) for order in ("1", "2") for row in SALE]
    rows += [("12:30", *row[1:], "1") for row in SALE]
    episodes, legs = forced_events(events(*rows), PRICES)
    assert episodes[["ts", "ordId"]].to_numpy().tolist() == [
        [at("12:00"), "1"], [at("12:00"), "2"], [at("12:30"), "1"],
    ]  # fmt: skip
    assert len(legs) == 3 * len(SALE)
    assert episodes["loss_usd"].tolist() == [100] * 3


def test_what_happens_to_an_order_at_one_moment_is_one_episode():
    episode, _ = only(
        [
            *SALE,
            ("12:00", "forced_repayment_sell", "BTC", "-1"),
            ("12:00", "forced_repayment_buy", "USDT", "1000"),
        ]
    )
    assert episode["kind"] == "partial_liquidation, forced_repayment"
    assert episode["settled"] == "2,000 USDT, 200 USDC"
    assert episode["loss_usd"] == 100


def test_before_the_first_price_values_are_unknown_and_words_are_not():
    quoted = prices(["12:30"], BTC=[1000], ETH=[100], USDT=[1], USDC=[2])
    episode, _ = only(SALE, quoted)
    assert episode["sold"] == "1 BTC, 5 ETH"
    assert np.isnan(episode["sold_usd"])
    assert np.isnan(episode["loss_usd"])


def test_one_unknown_price_does_not_make_a_part_of_the_sum():
    episode, _ = only(SALE, PRICES.assign(ETH=np.nan).pipe(_later, ETH=100.0))
    assert np.isnan(episode["sold_usd"])
    assert episode["bought_usd"] == 1400


def _later(quoted, **more):
    return pd.concat([quoted, prices(["13:00"], **{ccy: [usd] for ccy, usd in more.items()})])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_forced_leg_of_a_life_is_in_one_episode(seed):
    life = random_life(seed)
    history = life.client.loan_history()
    episodes, legs = forced_events(history, life.prices)
    forced = history[history["type"].isin(FORCED)]
    own = legs[legs["role"] != "returned"].reset_index(drop=True)
    assert own[["ts", "ordId", "type", "ccy"]].equals(
        forced[["ts", "ordId", "type", "ccy"]].reset_index(drop=True)
    )
    assert len(episodes) == len(forced[["ts", "ordId"]].drop_duplicates())


def test_the_embedded_exchanges_penalty_is_found():
    """It keeps 2 % of what is sold at the index, and rounds at the eighth decimal."""
    found, direct = 0, 0
    for seed in SEEDS:
        life = random_life(seed)
        episodes = forced_events(life.client.loan_history(), life.prices).episodes
        seen = episodes["ts"].isin(pd.DatetimeIndex(life.seen).as_unit("ms"))
        for row in episodes[seen].itertuples():
            if row.route == "direct" and row.sold_usd > 1:
                assert row.cost_usd == pytest.approx(0, abs=0.01)
                direct += 1
            elif row.kind == "partial_liquidation" and row.sold_usd > 1:
                assert row.penalty_share == pytest.approx(0.02, abs=1e-6)
                assert row.loss_usd == pytest.approx(0.02 * row.sold_usd, rel=1e-6)
                found += 1
    assert found > 3
    assert direct > 3


def test_orders_without_names_have_forced_sales_too():
    named = events(*SALE)
    for unnamed in (events(*SALE, order=""), named.drop(columns="ordId")):
        episodes, legs = forced_events(unnamed, PRICES)
        assert episodes["ordId"].isna().tolist() == [True]
        assert episodes["loss_usd"].tolist() == [100]
        assert legs["implied_price"].notna().sum() == 4


@pytest.mark.parametrize("rows", [(), [("11:00", "borrowed", "USDT", "9")]])
def test_without_forced_sales_frames_are_empty_but_typed(rows):
    full, none = forced_events(events(*SALE), PRICES), forced_events(events(*rows), PRICES)
    for one, other in zip(full, none, strict=True):
        assert len(other) == 0
        pd.testing.assert_series_equal(one.dtypes, other.dtypes)


def test_dust_that_fetches_nothing_breaks_nothing():
    episode, legs = only(
        [
            ("12:00", "sell_transition_coin", "USDT", "-0.00000001"),
            ("12:00", "buy_borrowed_coin", "USDC", "0"),
            ("12:00", "sell_collateral", "BTC", "0"),
            ("12:00", "buy_transition_coin", "USDT", "0"),
        ]
    )
    assert np.isnan(episode["loss_share"])
    assert legs["implied_price"].tolist()[1] == np.inf


@pytest.mark.parametrize(
    ("frame", "quoted", "problem"),
    [
        (events(*SALE), PRICES.drop(columns="ETH"), "none of ETH"),
        (events(("12:00", "airdropped", "BTC", "1")), PRICES, "'airdropped'"),
        (accruals(), PRICES, "not a loan history"),
    ],
)
def test_frames_that_cannot_be_meant_are_refused(frame, quoted, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        forced_events(frame, quoted)
