"""The same client, in process and over HTTP, on the same exchange."""

from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest

from flexloan_nb import SimulatedExchange, connect
from flexloan_nb.api.endpoints import TABLES


def legs_of(client, side):
    legs = client.loan_legs()
    return legs[legs["side"] == side].set_index(["ordId", "ccy"])["amt"]


def test_every_frame_has_rows_of_documented_columns_only(client):
    frames = {
        "borrow_currencies": client.borrow_currencies(),
        "collateral_assets": client.collateral_assets(),
        "max_loan": client.max_loan("USDT"),
        "max_collateral_redeem_amount": client.max_collateral_redeem_amount("BTC"),
        "loan_info": client.loan_info(),
        "loan_legs": client.loan_legs(),
        "loan_history": client.loan_history(),
        "interest_accrued": client.interest_accrued(),
    }
    for name, frame in frames.items():
        assert len(frame), name
        assert list(frame.columns) == [column.name for column in TABLES[name].columns], name


def test_the_loans_value_is_that_of_their_coins(client):
    info = client.loan_info().set_index("ordId")
    debts = legs_of(client, "loan").reset_index()
    prices = client.market.index_prices(debts["ccy"].unique()).set_index("ccy")["idxPx"]
    owed = (debts["amt"] * debts["ccy"].map(prices)).groupby(debts["ordId"]).sum()
    for order, value in owed.items():
        assert abs(value - info.loc[order, "loanNotionalUsd"]) < Decimal("0.01")


def test_histories_come_whole_unique_and_oldest_first(client):
    accruals = client.interest_accrued()
    assert len(accruals) > 1000
    for history in (accruals, client.loan_history()):
        assert history["refId"].is_unique
        assert history["refId"].map(int).is_monotonic_increasing
        assert history["ts"].is_monotonic_increasing
        assert (history["refId"].str.len() == 17).all()
        assert history["refId"].str[-1].isin(list("13579")).any()


def test_a_limited_history_is_the_newest_part_of_the_whole(client):
    whole = client.interest_accrued()
    part = client.interest_accrued(limit=150)
    pd.testing.assert_frame_equal(part, whole.tail(150).reset_index(drop=True))


def test_histories_can_be_cut_at_both_ends_and_filtered(client):
    whole = client.interest_accrued(ccy="USDT")
    assert set(whole["ccy"]) == {"USDT"}
    ids = whole["refId"].tolist()
    part = client.interest_accrued(ccy="USDT", after=ids[500], before=ids[100])
    assert part["refId"].tolist() == ids[101:500]


def test_an_order_can_be_asked_for_alone(client):
    orders = client.loan_info()["ordId"].tolist()
    assert len(orders) == 2
    for order in orders:
        assert client.loan_info(ord_id=order)["ordId"].tolist() == [order]
        assert set(client.interest_accrued(ord_id=order, limit=5)["ordId"]) == {order}


def test_interest_is_the_debts_hour_at_the_printed_rate_rounded_up(client):
    accruals = client.interest_accrued(limit=300)
    exact = accruals["loan"] * accruals["interestRate"] / 8760
    excess = accruals["interest"] - exact
    assert (excess >= 0).all()
    assert (excess < Decimal("1e-8")).all()


def test_adding_collateral_moves_it_from_the_funding_account_into_the_loan(client):
    pledged, free = legs_of(client, "collateral"), client.collateral_assets().set_index("ccy")
    order = client.loan_info()["ordId"].iloc[0]
    client.adjust_collateral(type="add", collateral_ccy="BTC", collateral_amt="0.01")
    cent = Decimal("0.01")
    assert legs_of(client, "collateral")[order, "BTC"] == pledged[order, "BTC"] + cent
    now_free = client.collateral_assets("BTC").set_index("ccy")
    assert now_free.loc["BTC", "amt"] == free.loc["BTC", "amt"] - cent
    last = client.loan_history(limit=1).iloc[0]
    assert (last["type"], last["ccy"], last["amt"]) == ("collateral_locked", "BTC", -cent)


def test_what_can_be_redeemed_can_be_taken_out_to_the_last_digit(client):
    order = client.loan_info()["ordId"].iloc[1]
    coin = legs_of(client, "collateral")[order].index[0]
    most = client.max_collateral_redeem_amount(coin, ord_id=order)["maxRedeemAmt"].item()
    assert most > 0
    client.adjust_collateral(type="reduce", collateral_ccy=coin, collateral_amt=most, ord_id=order)
    left = client.max_collateral_redeem_amount(coin, ord_id=order)["maxRedeemAmt"].item()
    assert left == 0


def test_supplementary_collateral_raises_the_maximum_loan(client):
    amounts = [None, {"BTC": "0.1"}, {"BTC": "0.2"}, {"BTC": "0.2", "ETH": "1"}]
    loans = [client.max_loan("USDT", amount)["maxLoan"].item() for amount in amounts]
    assert loans == sorted(set(loans))


def test_time_and_prices_are_those_of_the_exchange(client, exchange):
    assert client.market.server_time() == pd.Timestamp(exchange.now())
    prices = client.market.index_prices(["ETH", "BTC"])
    assert prices["ccy"].tolist() == ["ETH", "BTC"]
    assert prices["idxPx"].tolist() == [exchange.price("ETH"), exchange.price("BTC")]
    assert client.loan_snapshot().fetched_at == exchange.now()


def test_time_that_passes_is_seen(client, exchange):
    before = client.interest_accrued(limit=1)["ts"].item()
    exchange.advance(hours=24)
    assert client.interest_accrued(limit=1)["ts"].item() == before + timedelta(hours=24)


def test_an_account_without_loans_gives_empty_frames(reach, gateway):
    client = reach(gateway.issue_key("nobody"))
    for name in ("collateral_assets", "loan_info", "loan_legs", "loan_history"):
        frame = getattr(client, name)()
        assert frame.empty
        assert list(frame.columns) == [column.name for column in TABLES[name].columns]
    assert client.max_loan("USDT").empty
    assert client.interest_accrued().empty


@pytest.mark.parametrize("seed", [7, 8])
def test_the_same_seed_gives_the_same_frames(seed):
    one, other = (connect(SimulatedExchange(seed=seed)) for _ in range(2))
    pd.testing.assert_frame_equal(one.interest_accrued(), other.interest_accrued())
    pd.testing.assert_frame_equal(one.loan_history(), other.loan_history())
    pd.testing.assert_frame_equal(one.loan_info(), other.loan_info())


def test_candles_of_any_range_meet_the_present_price(client, exchange):
    candles = client.market.index_candles("BTC-USD", start="2026-01-01")
    hours = candles["ts"].diff().dropna().unique()
    assert hours.tolist() == [pd.Timedelta(hours=1)]
    assert candles["ts"].iloc[0] == pd.Timestamp("2026-01-01", tz="UTC")
    assert candles["c"].iloc[-1] == exchange.price("BTC")
    assert candles["confirm"].tolist() == ["1"] * (len(candles) - 1) + ["0"]


def test_the_public_rate_is_that_of_the_loan(client):
    rates = client.market.lending_rates("USDT", start="2026-01-10").set_index("ts")["rate"]
    charged = client.interest_accrued("USDT", limit=48).groupby("ts")["interestRate"].first()
    assert (rates.reindex(charged.index) == charged).all()


def test_the_public_discount_tiers_value_the_collateral(client):
    tiers = client.market.discount_rates("LTC").iloc[0]
    (order,) = client.loan_info(ord_id=client.loan_info()["ordId"].iloc[1]).itertuples()
    price = client.market.index_prices("LTC")["idxPx"].item()
    pledged = legs_of(client, "collateral")[order.ordId, "LTC"]
    assert pledged * price * tiers["discountRate"] == order.collateralNotionalUsd
