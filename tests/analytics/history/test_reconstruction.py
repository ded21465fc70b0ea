from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from lives import random_life
from records import accruals, at, events, prices, snapshot

from flexloan_nb import InvalidArgumentError, connect
from flexloan_nb.analytics.history.reconstruction import reconstruct_ltv
from flexloan_nb.sim import SimulatedExchange

SEEDS = range(20)
AMOUNTS = ["amt", "loan", "owed", "residual"]

# Two bitcoins against 1000 USDT at 10:30; by hand, all of it.
EVENTS = (
    ("10:30", "collateral_locked", "BTC", "-2"),
    ("10:30", "borrowed", "USDT", "1000"),
    ("11:30", "repaid", "USDT", "-100"),
)
ACCRUALS = (("11:00", "USDT", "1000", "0.1"), ("12:00", "USDT", "900.1", "0.2"))
NOW = ("12:15", ("collateral", "BTC", "2"), ("loan", "USDT", "900.3"))
PRICES = prices(["10:00", "11:00", "12:00"], BTC=[2000, 1600, 1000], USDT=[1, 1, 0.5])
TIERS = {"BTC": [(0, 1, 0.9), (1, None, 0.6)]}  # of 2 BTC 1.5 count


def by_hand(history=EVENTS, interest=ACCRUALS, now=NOW, quoted=PRICES, numbers="decimal"):
    return reconstruct_ltv(
        events(*history, numbers=numbers),
        accruals(*interest, numbers=numbers),
        quoted,
        snapshot(*now, numbers=numbers),
        TIERS,
    )


def of_life(life, **changes):
    frames = {
        "events": life.client.loan_history(),
        "accruals": life.client.interest_accrued(),
        "prices": life.prices,
        "now": life.now,
        "discount_rates": life.client.market.discount_rates(),
    }
    return reconstruct_ltv(**frames | changes)


def times(frame):
    return frame["ts"].dt.strftime("%H:%M").tolist()


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_a_path_worked_by_hand(numbers):
    path = by_hand(numbers=numbers).path
    assert times(path) == ["10:30", "11:00", "11:30", "12:00", "12:15"]
    assert path["debt_usd"].tolist() == pytest.approx([1000, 1000.1, 900.1, 450.15, 450.15])
    assert path["collateral_usd"].tolist() == [3000, 2400, 2400, 1500, 1500]
    assert path["ltv"].tolist() == pytest.approx([1 / 3, 0.4167083, 0.3750417, 0.3001, 0.3001])
    assert path["ordId"].tolist() == ["1"] * 5
    assert path["margin_call_ltv"].tolist() == [0.75] * 5
    assert path["liquidation_ltv"].tolist() == [0.85] * 5


def test_amounts_worked_by_hand():
    amounts = by_hand().amounts
    owed = amounts[amounts["side"] == "loan"]
    assert owed["amt"].tolist() == list(map(Decimal, ["1000", "1000.1", "900.1", "900.3", "900.3"]))
    assert owed["price"].tolist() == [1, 1, 1, 0.5, 0.5]
    pledged = amounts[amounts["side"] == "collateral"]
    assert pledged["amt"].tolist() == [2] * 5
    assert pledged["adjusted_amt"].tolist() == [1.5] * 5


def test_changes_are_those_after_the_path_begins_signed_by_their_effect():
    changes = by_hand().changes
    assert times(changes) == ["11:00", "11:30", "12:00"]
    assert changes["type"].tolist() == ["interest", "repaid", "interest"]
    assert changes["amt"].tolist() == list(map(Decimal, ["0.1", "-100", "0.2"]))


@pytest.mark.parametrize("seed", SEEDS)
def test_amounts_are_exactly_what_the_exchange_said_all_life_long(seed):
    life = random_life(seed)
    amounts = of_life(life).amounts
    for moment, snapshot_then in life.seen.items():
        until = amounts[amounts["ts"] <= moment]
        last = until.groupby(["ordId", "side", "ccy"])["amt"].last()
        said = snapshot_then.legs.set_index(["ordId", "side", "ccy"])["amt"]
        assert last[last != 0].to_dict() == said.to_dict()


def test_ltv_is_what_the_exchange_said_before_it_cut_it_to_four_decimals():
    compared = 0
    for life in map(random_life, SEEDS):
        ours = of_life(life).path.set_index(["ts", "ordId"])["ltv"]
        for moment, snapshot_then in life.seen.items():
            for order, said in snapshot_then.info.set_index("ordId")["curLTV"].items():
                if (moment, order) in ours.index:
                    assert -1e-9 <= ours[moment, order] - float(said) < 1e-4
                    compared += 1
    assert compared > 200


@pytest.mark.parametrize("seed", range(5))
def test_floats_give_the_same_path(seed):
    exact, floats = of_life(random_life(seed)), of_life(random_life(seed, "float"))
    pd.testing.assert_frame_equal(exact.path, floats.path)
    same = floats.amounts["amt"] - exact.amounts["amt"].astype(float)
    assert same.abs().max() < 1e-8


def test_paths_run_from_each_orders_beginning_to_its_end_over_every_hour():
    life = random_life(1)
    path, history = of_life(life).path, life.client.loan_history()
    present = set(life.now.info["ordId"])
    assert present < set(path["ordId"])
    for order, rows in path.groupby("ordId"):
        own = history[history["ordId"] == order]
        end = life.now.fetched_at if order in present else own["ts"].max()
        assert (rows["ts"].iloc[0], rows["ts"].iloc[-1]) == (own["ts"].min(), end)
        hours = pd.date_range(own["ts"].min().ceil("h"), end, freq="h", unit="ms")
        assert hours.isin(rows["ts"]).all()
        assert own["ts"].isin(rows["ts"]).all()
        assert rows["ts"].is_monotonic_increasing
        assert rows["ts"].is_unique


def test_an_order_that_is_closed_ends_at_nothing_without_thresholds():
    closed = (*EVENTS, ("12:10", "repaid", "USDT", "-900.3"),
              ("12:10", "collateral_released", "BTC", "2"))  # fmt: skip
    path = by_hand(history=closed, now=("12:15",)).path
    assert times(path)[-2:] == ["12:00", "12:10"]
    assert path[["debt_usd", "collateral_usd", "ltv"]].iloc[-1].tolist() == [0, 0, 0]
    assert path["liquidation_ltv"].isna().all()


def test_what_came_after_the_snapshot_is_left_out():
    later = (*EVENTS, ("12:20", "borrowed", "USDT", "500"))
    pd.testing.assert_frame_equal(by_hand(history=later).path, by_hand().path)


def test_it_ends_where_interest_is_not_on_record_any_more():
    path = by_hand(interest=ACCRUALS[1:]).path
    assert times(path) == ["11:00", "11:30", "12:00", "12:15"]
    assert path["debt_usd"].iloc[0] == pytest.approx(1000.1)


def test_it_does_not_reach_across_a_gap_in_the_interest():
    history = (EVENTS[0], ("08:30", "borrowed", "USDT", "1000"), EVENTS[2])
    history = (("08:30", "collateral_locked", "BTC", "-2"), *history[1:])
    interest = (("09:00", "USDT", "999.9", "0.1"), *ACCRUALS)
    quoted = prices(["08:00", "12:00"], BTC=[2000, 1000], USDT=[1, 1])
    path = by_hand(history=history, interest=interest, quoted=quoted).path
    assert times(path)[0] == "10:00"


def test_interest_is_kept_for_thirty_days_and_so_is_the_path():
    client = connect("simulator")
    now, market = client.loan_snapshot(), client.market
    history = client.loan_history()
    quoted = pd.DataFrame(
        {ccy: market.index_prices([ccy])["idxPx"].to_numpy() for ccy in set(history["ccy"])},
        index=[history["ts"].min()],
    )
    result = reconstruct_ltv(history, client.interest_accrued(), quoted, now)
    first = result.path["ts"].min()
    assert timedelta(days=30) <= now.fetched_at - first < timedelta(days=30, hours=1)
    assert len(result.checks) == len(client.interest_accrued())
    assert result.checks["residual"].abs().max() < 1e-8


def test_nothing_is_known_before_the_first_event_of_a_history_that_is_cut():
    path = by_hand(history=EVENTS[2:]).path
    assert times(path) == ["11:30", "12:00", "12:15"]


def test_without_events_only_the_present_is_known():
    history = by_hand(history=(), interest=())
    assert times(history.path) == ["12:15"]
    assert history.path["ltv"].iloc[0] == pytest.approx(0.3001)
    assert history.changes.empty


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_without_loans_and_history_frames_are_empty_but_typed(numbers):
    full = by_hand(numbers=numbers)
    empty = by_hand(history=(), interest=(), now=("12:15",), numbers=numbers)
    for one, other in zip(full, empty, strict=True):
        assert len(other) == 0
        assert list(one.columns) == list(other.columns)
        assert other.drop(columns=AMOUNTS, errors="ignore").dtypes.equals(
            one.drop(columns=AMOUNTS, errors="ignore").dtypes
        )


def test_a_path_begins_with_the_first_price_of_what_was_held():
    quoted = PRICES.copy()
    quoted.loc[at("10:00"), "BTC"] = np.nan
    assert times(by_hand(quoted=quoted).path)[0] == "11:00"


def test_the_price_of_a_coin_not_yet_held_is_not_needed():
    late = (*EVENTS, ("12:10", "borrowed", "ETH", "1"))
    quoted = PRICES.assign(ETH=[np.nan, np.nan, 300.0])
    now = ("12:15", *NOW[1:], ("loan", "ETH", "1"))
    path = by_hand(history=late, now=now, quoted=quoted).path
    assert times(path)[0] == "10:30"
    assert path["debt_usd"].iloc[-1] == pytest.approx(450.15 + 300)


def test_an_amount_that_would_have_been_negative_is_not_known():
    without_lock = (EVENTS[1], ("11:45", "collateral_locked", "BTC", "-3"), EVENTS[2])
    assert times(by_hand(history=without_lock).path)[0] == "11:45"


# Interest on record late


def exchange_at_a_full_hour(seconds):
    exchange = SimulatedExchange(scenario=None)
    exchange.deposit("BTC", 2)
    exchange.borrow("USDT", 50_000, collateral={"BTC": 1})
    exchange.borrow("USDC", 5_000, collateral={"BTC": "0.5"})
    exchange.advance(hours=9, seconds=(60 - exchange.now().minute) * 60 + seconds)
    return exchange


@pytest.mark.parametrize("numbers", ["decimal", "float"])
def test_an_hours_interest_that_is_not_on_record_yet_is_found(numbers):
    exchange = exchange_at_a_full_hour(seconds=30)
    client = connect(exchange, numbers=numbers)
    early = client.interest_accrued(), client.loan_snapshot()
    exchange.advance(seconds=100)
    late = client.interest_accrued(), client.loan_snapshot()
    assert len(late[0]) == len(early[0]) + 2
    quoted = pd.DataFrame({"BTC": 1e5, "USDT": 1, "USDC": 1}, [pd.Timestamp(0, tz="UTC")])
    before, after = (
        reconstruct_ltv(client.loan_history(), accrued, quoted, now)
        for accrued, now in (early, late)
    )
    same = before.path.merge(after.path, on=["ts", "ordId"])
    assert len(same) == len(before.path) - 2
    assert same["ltv_x"].to_numpy() == pytest.approx(same["ltv_y"].to_numpy(), abs=1e-15)
    found = before.changes[before.changes["ts"] == before.changes["ts"].max()]["amt"]
    said = late[0]["interest"].tail(2)
    assert found.astype(float).tolist() == pytest.approx(said.astype(float).tolist(), abs=1e-9)


def test_records_that_appear_one_after_another_make_no_difference():
    exchange = exchange_at_a_full_hour(seconds=130)
    client = connect(exchange)
    now, interest = client.loan_snapshot(), client.interest_accrued()
    quoted = pd.DataFrame({"BTC": 1e5, "USDT": 1, "USDC": 1}, [pd.Timestamp(0, tz="UTC")])
    whole, but_one = (
        reconstruct_ltv(client.loan_history(), accrued, quoted, now).path
        for accrued in (interest, interest.iloc[:-1])
    )
    pd.testing.assert_frame_equal(whole, but_one)


def test_an_hours_interest_is_found_though_all_is_repaid_since():
    repaid = (*EVENTS, ("12:01", "repaid", "USDT", "-900.3"))
    history = by_hand(repaid, ACCRUALS[:1], now=("12:02", ("collateral", "BTC", "2")))
    assert history.changes["amt"].tolist() == list(map(Decimal, ["0.1", "-100", "0.2", "-900.3"]))


def test_an_hour_that_stays_without_a_record_is_not_guessed():
    path = by_hand(interest=ACCRUALS[:1]).path
    assert times(path) == ["12:00", "12:15"]


# Checks


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_owed_is_what_every_hours_interest_was_computed_on(seed):
    life = random_life(seed)
    checks = of_life(life).checks
    assert len(checks) == len(life.client.interest_accrued()) > 0
    assert (checks["residual"] == 0).all()


def test_a_missing_record_shows_in_the_checks_before_it():
    checks = by_hand(history=EVENTS[:2]).checks
    assert checks["residual"].tolist() == [Decimal("100.0"), Decimal("0.0")]
    assert checks["owed"].tolist() == [Decimal("900.0"), Decimal("900.1")]


# Orders


def without(frame, *columns):
    return frame.drop(columns=list(columns))


@pytest.mark.parametrize("unnamed", ["NA", "absent"])
def test_a_history_that_names_no_orders_is_that_of_the_only_one(unnamed):
    named = by_hand()
    if unnamed == "NA":
        parts = events(*EVENTS, order=""), accruals(*ACCRUALS, order="")
    else:
        parts = without(events(*EVENTS), "ordId"), without(accruals(*ACCRUALS), "ordId")
    for one, other in zip(
        reconstruct_ltv(*parts, PRICES, snapshot(*NOW), TIERS), named, strict=True
    ):
        pd.testing.assert_frame_equal(one, other)


def test_an_exchange_that_names_no_orders_has_one():
    parts = events(*EVENTS, order=""), accruals(*ACCRUALS, order="")
    history = reconstruct_ltv(*parts, PRICES, snapshot(*NOW, order=""), TIERS)
    assert history.path["ordId"].isna().all()
    assert history.path["ltv"].equals(by_hand().path["ltv"])
    assert history.path["liquidation_ltv"].tolist() == [0.85] * 5
    assert history.checks["residual"].tolist() == [0, 0]


def test_rows_that_could_be_of_either_order_are_refused():
    two = snapshot("12:15", ("loan", "USDT", "1", "1"), ("loan", "USDT", "1", "2"))
    with pytest.raises(InvalidArgumentError, match=r"orders 1, 2.*ord_id="):
        reconstruct_ltv(events(*EVENTS, order=""), accruals(), PRICES, two)
    some = events((*EVENTS[0], "1"), (*EVENTS[1], ""))
    with pytest.raises(InvalidArgumentError, match="do not say"):
        reconstruct_ltv(some, accruals(), PRICES, snapshot(*NOW))


# What cannot be meant


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"history": [("10:30", "airdropped", "BTC", "1")]}, "'airdropped'"),
        ({"history": [("10:30", "borrowed", "USDT", "")]}, "amount of the loan history is missing"),
        ({"interest": [("11:00", "USDT", "1", "")]}, "amount of the accrued interest is missing"),
        ({"quoted": PRICES[["USDT"]]}, "none of BTC"),
    ],
)
def test_frames_that_cannot_be_meant_are_refused(changes, problem):
    with pytest.raises(InvalidArgumentError, match=problem):
        by_hand(**changes)


def test_exact_and_float_frames_are_not_mixed():
    with pytest.raises(InvalidArgumentError, match="others are Decimal"):
        reconstruct_ltv(
            events(*EVENTS, numbers="float"), accruals(*ACCRUALS), PRICES, snapshot(*NOW)
        )


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(InvalidArgumentError, match="not a loan history"):
        reconstruct_ltv(accruals(), accruals(), PRICES, snapshot(*NOW))


def test_times_without_a_zone_are_refused():
    history = events(*EVENTS)
    history["ts"] = history["ts"].dt.tz_localize(None)
    with pytest.raises(InvalidArgumentError, match="must be UTC"):
        reconstruct_ltv(history, accruals(), PRICES, snapshot(*NOW))
    moment = snapshot(*NOW)._replace(fetched_at=at("12:15").tz_localize(None).to_pydatetime())
    with pytest.raises(InvalidArgumentError, match="no time zone"):
        reconstruct_ltv(events(*EVENTS), accruals(), PRICES, moment)
