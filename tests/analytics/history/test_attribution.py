from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lives import random_life
from records import accruals, events, prices, snapshot

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.attribution import attribute_ltv
from flexloan_nb.analytics.history.event_types import CAUSES
from flexloan_nb.analytics.history.reconstruction import reconstruct_ltv

PARTS = ["price", *CAUSES]
SEEDS = range(15)


@cache
def of_life(seed):
    life = random_life(seed)
    return reconstruct_ltv(
        life.client.loan_history(),
        life.client.interest_accrued(),
        life.prices,
        life.now,
        life.client.market.discount_rates(),
    )


def loan(later=(), now=(("BTC", "2"), ("USDT", "1000")), quoted=(2000, 2000), tiers=None, **rest):
    """Return the history of 2 BTC against 1000 USDT at 10:30, priced then and at 10:45."""
    pledged, owed = now
    return reconstruct_ltv(
        events(
            ("10:30", "collateral_locked", "BTC", "-2"),
            ("10:30", "borrowed", "USDT", "1000"),
            *later,
        ),
        accruals(*rest.get("interest", ())),
        prices(["10:30", "10:45"], BTC=quoted, USDT=[1, 1]),
        snapshot(rest.get("at", "10:45"), ("collateral", *pledged), ("loan", *owed)),
        tiers,
    )


def shapley(debts, values):
    """Return each factor's mean part over all orders of changing them one after another.

    ``debts`` and ``values`` are (amount before, after, price before, after) of one coin each.
    """
    factors = [(*debts[:2],), (*debts[2:],), (*values[:2],), (*values[2:],)]

    def ltv(changed):
        d, p, q, s = (pair[n in changed] for n, pair in enumerate(factors))
        return d * p / (q * s)

    parts = np.zeros(4)
    orders = list(permutations(range(4)))
    for order in orders:
        for n, factor in enumerate(order):
            parts[factor] += ltv(order[: n + 1]) - ltv(order[:n])
    return parts / len(orders)


def test_a_fall_in_price_is_explained_by_price_alone():
    (row,) = attribute_ltv(loan(quoted=(2000, 1000))).to_dict("records")
    assert (row["ltv_before"], row["ltv"], row["change"]) == (0.25, 0.5, 0.25)
    assert row["price"] == pytest.approx(0.25, abs=1e-15)
    assert all(row[cause] == 0 for cause in CAUSES)
    assert row["headroom"] == pytest.approx(0.35)
    assert row["threshold"] == 0


@pytest.mark.parametrize(
    ("later", "now", "cause"),
    [
        (("10:45", "borrowed", "USDT", "500"), (("BTC", "2"), ("USDT", "1500")), "borrowing"),
        (("10:45", "repaid", "USDT", "-500"), (("BTC", "2"), ("USDT", "500")), "repayment"),
        (
            ("10:45", "collateral_locked", "BTC", "-1"),
            (("BTC", "3"), ("USDT", "1000")),
            "collateral_added",
        ),
        (
            ("10:45", "collateral_released", "BTC", "1"),
            (("BTC", "1"), ("USDT", "1000")),
            "collateral_taken_out",
        ),
        (
            ("10:45", "partial_liquidation", "USDT", "-500"),
            (("BTC", "2"), ("USDT", "500")),
            "liquidation",
        ),
        (
            ("10:45", "forced_repayment_sell", "BTC", "-1"),
            (("BTC", "1"), ("USDT", "1000")),
            "forced_repayment",
        ),
    ],
)
def test_what_is_done_at_unchanged_prices_is_explained_by_that_alone(later, now, cause):
    (row,) = attribute_ltv(loan([later], now)).to_dict("records")
    assert row["change"] != 0
    assert row[cause] == pytest.approx(row["change"], abs=1e-15)
    assert all(row[part] == 0 for part in PARTS if part != cause)


def test_interest_is_explained_as_interest():
    history = loan(
        now=(("BTC", "2"), ("USDT", "1001")), interest=[("11:00", "USDT", "1000", "1")], at="11:00"
    )
    row = attribute_ltv(history).iloc[-1]
    assert row["interest"] == pytest.approx(1 / 4000, abs=1e-15)


def test_a_top_up_in_a_crash_worked_by_hand():
    """BTC falls from 2000 to 1000 while one is added to two: V goes from 4000 to 3000.

    Of dV = -1000 the addition is 1 x 1500, the price 2.5 x -1000 = -2500; a USD of V counts
    -(1000 + 1000) / (2 x 4000 x 3000) = -1/12000.
    """
    topped_up = loan(
        [("10:45", "collateral_locked", "BTC", "-1")],
        (("BTC", "3"), ("USDT", "1000")),
        quoted=(2000, 1000),
    )
    (row,) = attribute_ltv(topped_up).to_dict("records")
    assert row["change"] == pytest.approx(1 / 3 - 1 / 4)
    assert row["collateral_added"] == pytest.approx(-1500 / 12_000)
    assert row["price"] == pytest.approx(2500 / 12_000)


def test_a_top_up_across_a_tier_counts_what_it_really_adds():
    topped_up = loan(
        [("10:45", "collateral_locked", "BTC", "-2")],
        (("BTC", "4"), ("USDT", "1000")),
        tiers={"BTC": [(0, 3, 1.0), (3, None, 0.5)]},  # so that 1.5 of the 2 count
    )
    (row,) = attribute_ltv(topped_up).to_dict("records")
    assert row["change"] == pytest.approx(1000 / 7000 - 1000 / 4000)
    assert row["collateral_added"] == pytest.approx(row["change"], abs=1e-15)


def test_what_cancels_out_within_a_step_is_explained_to_both_sides():
    there_and_back = loan(
        [
            ("10:45", "collateral_locked", "BTC", "-1"),
            ("10:45", "collateral_released", "BTC", "1"),
        ]
    )
    (row,) = attribute_ltv(there_and_back).to_dict("records")
    assert row["change"] == 0
    assert row["collateral_added"] == pytest.approx(-2000 * 2000 / (2 * 4000**2))
    assert row["collateral_taken_out"] == -row["collateral_added"]


amounts = st.floats(0.5, 2)


@settings(max_examples=40)
@given(d0=amounts, d1=amounts, p0=amounts, p1=amounts)
def test_the_order_of_debt_and_value_makes_no_difference(d0, d1, p0, p1):
    """With D and V as wholes the rule is Shapley's, of which every order is one sample."""
    rises = loan(
        [
            ("10:45", "borrowed", "USDT", str(abs(d1 - d0))) if d1 >= d0
            else ("10:45", "repaid", "USDT", str(abs(d1 - d0)))
        ],
        (("BTC", "2"), ("USDT", str(1000 + (d1 - d0)))),
        quoted=(2000 * p0, 2000 * p1),
    )  # fmt: skip
    (row,) = attribute_ltv(rises).to_dict("records")
    debts = (1000, 1000 + (d1 - d0), 1, 1)
    by_debt, _, _, by_price = shapley(debts, (2, 2, 2000 * p0, 2000 * p1))
    assert row["borrowing"] + row["repayment"] == pytest.approx(by_debt, abs=1e-12)
    assert row["price"] == pytest.approx(by_price, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_parts_add_up_to_every_change_of_every_life(seed):
    history = of_life(seed)
    steps = attribute_ltv(history)
    assert len(steps) == len(history.path) - history.path["ordId"].nunique()
    added = steps[PARTS].sum(axis=1)
    scale = 1 + steps[PARTS].abs().sum(axis=1)
    assert ((added - steps["change"]).abs() / scale).max() < 1e-13
    assert (steps["unexplained"].abs() / scale).max() < 1e-13
    ends = history.path.groupby("ordId")["ltv"].agg(["first", "last"])
    totals = steps.groupby("ordId")["change"].sum().reindex(ends.index, fill_value=0)
    assert totals.to_numpy() == pytest.approx((ends["last"] - ends["first"]).to_numpy(), abs=1e-12)


def test_each_cause_appears_only_where_something_of_it_happened():
    met = set()
    for seed in SEEDS:
        history = of_life(seed)
        steps = attribute_ltv(history).set_index(["ordId", "ts"])
        happened = history.changes.set_index(["ordId", "ts"])["type"]
        for cause, kinds in {
            "interest": ["interest"],
            "borrowing": ["borrowed"],
            "repayment": ["repaid"],
            "collateral_added": ["collateral_locked"],
            "collateral_taken_out": ["collateral_released"],
            "liquidation": ["sell_collateral", "partial_liquidation", "forced_liquidation"],
            "forced_repayment": ["forced_repayment_buy", "forced_repayment_sell"],
        }.items():
            moved = steps.index[steps[cause] != 0]
            assert moved.isin(happened.index[happened.isin(kinds)]).all()
            met |= {cause} if len(moved) else set()
    assert met == set(CAUSES)


@pytest.mark.parametrize("every", ["6h", "1D"])
def test_periods_are_the_sums_of_their_steps(every):
    history = of_life(1)
    steps, whole = attribute_ltv(history), attribute_ltv(history, every)
    assert list(whole.columns) == list(steps.columns)
    assert whole.dtypes.equals(steps.dtypes)
    assert whole["headroom"].isna().any()  # of an order that is closed
    assert (whole["threshold"].isna() == whole["headroom"].isna()).all()
    for order, rows in whole.groupby("ordId"):
        own = steps[steps["ordId"] == order]
        assert rows["since"].iloc[0] == own["since"].iloc[0]
        assert (rows["since"].iloc[1:].to_numpy() == rows["ts"].iloc[:-1].to_numpy()).all()
        for row in rows.itertuples():
            within = own[(own["ts"] > row.since) & (own["ts"] <= row.ts)]
            assert row.change == pytest.approx(within["change"].sum(), abs=1e-12)
            assert row.change == pytest.approx(row.ltv - row.ltv_before, abs=1e-12)
            assert row.price == pytest.approx(within["price"].sum(), abs=1e-12)
            assert row.headroom == within["headroom"].iloc[-1] or np.isnan(row.headroom)
        assert rows["ts"].dt.ceil(every).is_unique


def test_midnight_belongs_to_the_day_it_ends():
    history = of_life(1)
    days = attribute_ltv(history, "1D")
    inner = days["since"].iloc[1:-1][days["ordId"].iloc[1:-1] == days["ordId"].shift().iloc[1:-1]]
    assert len(inner) > 1
    assert (inner == inner.dt.floor("D")).all()


def test_a_threshold_that_moved_moves_the_headroom():
    history = loan(quoted=(2000, 1000))
    path = history.path.assign(liquidation_ltv=[0.85, 0.80])
    (row,) = attribute_ltv(history._replace(path=path)).to_dict("records")
    assert row["threshold"] == pytest.approx(-0.05)
    assert row["headroom"] == pytest.approx(0.6 + row["threshold"] - row["change"])


def test_what_amounts_and_changes_do_not_agree_on_is_unexplained():
    history = loan([("10:45", "borrowed", "USDT", "500")], (("BTC", "2"), ("USDT", "1500")))
    (row,) = attribute_ltv(history._replace(changes=history.changes.iloc[:0])).to_dict("records")
    assert row["unexplained"] == pytest.approx(row["change"])


def test_a_closed_order_ends_by_what_closed_it():
    closed = [
        ("10:45", "repaid", "USDT", "-1000"),
        ("10:45", "collateral_released", "BTC", "2"),
    ]
    history = reconstruct_ltv(
        events(
            ("10:30", "collateral_locked", "BTC", "-2"), ("10:30", "borrowed", "USDT", "1000"),
            *closed,
        ),
        accruals(),
        prices(["10:30"], BTC=[2000], USDT=[1]),
        snapshot("10:50"),
    )  # fmt: skip
    (row,) = attribute_ltv(history).to_dict("records")
    assert row["change"] == row["repayment"] == -0.25
    assert row["unexplained"] == 0
    assert np.isnan(row["headroom"])


def test_orders_without_names_are_explained_as_well():
    named = loan(quoted=(2000, 1000))
    unnamed = named._replace(
        **{
            name: getattr(named, name).assign(
                ordId=pd.array([None] * len(getattr(named, name)), dtype="string")
            )
            for name in named._fields
        }
    )
    for every in (None, "1D"):
        (row,) = attribute_ltv(unnamed, every).to_dict("records")
        assert pd.isna(row["ordId"])
        assert row["price"] == pytest.approx(0.25)


def test_a_history_without_a_step_gives_an_empty_frame_like_any_other():
    history = loan(quoted=(2000, 1000))
    empty = history._replace(**{name: getattr(history, name).iloc[:0] for name in history._fields})
    for every in (None, "1D"):
        steps = attribute_ltv(empty, every)
        assert len(steps) == 0
        pd.testing.assert_series_equal(steps.dtypes, attribute_ltv(history, every).dtypes)


@pytest.mark.parametrize("every", ["fortnight", "", "1Y", "0h", "-1D", "1ns", "NaT"])
def test_a_period_that_is_no_length_of_time_is_refused(every):
    with pytest.raises(InvalidArgumentError, match="like '1D'"):
        attribute_ltv(loan(), every)
