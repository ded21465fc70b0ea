"""What may be borrowed and taken out: by the embedded exchange's rules, and by identities."""

from decimal import Decimal
from uuid import uuid4

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from positions import extreme_positions, magnitudes, positions
from units import in_units

from flexloan_nb import InvalidArgumentError, connect
from flexloan_nb.analytics.cure.capacity import max_loan, max_loan_usd, max_redeem
from flexloan_nb.analytics.position import Position
from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.rules import Settings

LEVELS = {"initial_ltv": 0.65, "margin_call_ltv": 0.7374, "liquidation_ltv": 0.8374}
PRICES = {"BTC": 90_000, "ETH": 3_000, "SOL": 150, "USDT": 1}
KEPT = {"BTC": 0.98, "ETH": 0.95}
PLEDGED = ("BTC", "ETH", "SOL", "USDC")
OWED = ("USDT", "DOGE")
OFFSETS = {"BTC": Decimal("0.03"), "ETH": Decimal("-0.02"), "USDC": Decimal("0.04")}


def loan(collateral=None, debt=None, **changes):
    collateral = {"BTC": 1, "ETH": 20} if collateral is None else collateral
    debt = {"USDT": 90_000} if debt is None else debt
    return Position(collateral, debt, PRICES, **{"discount_rates": KEPT} | LEVELS | changes)


@pytest.fixture(scope="module")
def exchange():
    return SimulatedExchange(scenario=None, settings=Settings(ltv_offsets=OFFSETS))


@st.composite
def deals(draw):
    """Return coins to pledge, what to borrow as a share of the most, and a supplement."""

    def coins(most):
        pledged = draw(st.lists(st.sampled_from(PLEDGED), min_size=1, max_size=most, unique=True))
        return {ccy: Decimal(repr(draw(magnitudes(10, 5_000)))) for ccy in pledged}

    return coins(3), draw(st.sampled_from(OWED)), draw(st.floats(0, 1)), coins(2)


def opened(exchange, deal):
    """Return a loan of a new user on the exchange, and the position that it is."""
    collateral, ccy, share, _ = deal
    user = str(uuid4())
    for pledged, amount in collateral.items():
        exchange.deposit(pledged, amount, user=user)
    order = exchange.borrow(ccy, exchange.coins[ccy].min_loan, collateral=collateral, user=user)
    (most,) = exchange.max_loan(ccy, user=user)
    more = (Decimal(most["maxLoan"]) * Decimal(share)).quantize(Decimal("1e-8"))
    if more >= exchange.coins[ccy].min_loan:
        exchange.borrow(ccy, min(more, Decimal(most["maxLoan"])), ord_id=order, user=user)
    return user, position_of(exchange, user)


def position_of(exchange, user):
    (info,) = exchange.loan_info(user=user)
    coins = exchange.coins
    return Position(
        {leg["ccy"]: leg["amt"] for leg in info["collateralData"]},
        {leg["ccy"]: leg["amt"] for leg in info["loanData"]},
        {ccy: exchange.price(ccy) for ccy in coins},
        discount_rates={
            ccy: tiers_of(coin) for ccy, coin in exchange.coins.items() if coin.pledgeable
        },
        initial_ltv={ccy: Decimal("0.65") + OFFSETS.get(ccy, 0) for ccy in coins},
        margin_call_ltv={ccy: Decimal("0.75") + OFFSETS.get(ccy, 0) for ccy in coins},
        liquidation_ltv={ccy: Decimal("0.85") + OFFSETS.get(ccy, 0) for ccy in coins},
    )


def tiers_of(coin):
    starts = [0, *(tier.upper for tier in coin.tiers)]
    return [(start, tier.upper, tier.rate) for start, tier in zip(starts, coin.tiers, strict=False)]


def rounded_down(exact, printed):
    """Return whether the exchange's answer is ours, cut off at the eighth decimal."""
    noise = 1e-12 * max(abs(exact), 1)
    return -noise <= exact - float(printed) < 1e-8 + noise


@settings(max_examples=40)
@given(deal=deals())
def test_the_embedded_exchange_lends_as_much(exchange, deal):
    user, position = opened(exchange, deal)
    for ccy in ("USDT", "XRP"):
        for supplement in ({}, deal[-1]):
            (row,) = exchange.max_loan(ccy, sup_collateral=supplement, user=user)
            most = max_loan(position, ccy, supplement, row["remainingQuota"])
            assert rounded_down(most, row["maxLoan"])


@settings(max_examples=40)
@given(deal=deals())
def test_the_embedded_exchange_lets_as_much_out(exchange, deal):
    user, position = opened(exchange, deal)
    for ccy in position.collateral:
        (row,) = exchange.max_collateral_redeem_amount(ccy, user=user)
        assert rounded_down(max_redeem(position, ccy), row["maxRedeemAmt"])


def test_a_snapshot_of_a_client_is_enough_to_know_both():
    client = connect("simulator")
    snapshot = client.loan_snapshot()
    coins = client.borrow_currencies()["borrowCcy"]
    tiers = pd.concat(client.market.discount_rates(ccy) for ccy in set(snapshot.legs["ccy"]))
    book = Position.from_snapshot(
        snapshot, client.market.index_prices(coins), tiers, initial_ltv=Settings().initial_ltv
    )
    for order, position in book.items():
        pledged = next(iter(position.collateral))
        answer = client.max_loan("TRX", ord_id=order)
        most = max_loan(position, "TRX", remaining_quota=answer["remainingQuota"].item())
        assert rounded_down(most, answer["maxLoan"].item())
        answer = client.max_collateral_redeem_amount(pledged, ord_id=order)
        assert rounded_down(max_redeem(position, pledged), answer["maxRedeemAmt"].item())


@given(position=positions(initial=True, overlap=False), ccy=st.sampled_from(["TRX", "XRP"]))
def test_borrowing_the_most_leads_to_the_initial_ltv(position, ccy):
    position = position.with_prices({ccy: 0.31})
    most = max_loan(position, ccy)
    assume(most > 0)
    assert position.borrow({ccy: most}).ltv == pytest.approx(position.initial_ltv, rel=1e-12)
    assert max_loan_usd(position) == pytest.approx(most * 0.31, rel=1e-12)


@given(position=positions(initial=True), data=st.data())
def test_taking_out_the_most_leads_to_the_initial_ltv_or_leaves_none_of_the_coin(position, data):
    ccy = data.draw(st.sampled_from(sorted(position.collateral)))
    most = max_redeem(position, ccy)
    assert 0 <= most <= position.collateral[ccy]
    after = position.remove_collateral({ccy: most})
    if position.ltv > position.initial_ltv:
        assert most == 0
    elif after.collateral[ccy] > 0:
        assert after.ltv == pytest.approx(after.initial_ltv, rel=1e-12)
    else:
        assert after.debt_usd <= after.threshold("initial") * after.collateral_usd * (1 + 1e-12)


@given(book=st.dictionaries(st.sampled_from("abcd"), positions(initial=True, overlap=False)))
def test_a_book_is_answered_position_by_position(book):
    priced = {order: position.with_prices({"TRX": 0.31}) for order, position in book.items()}
    most = max_loan(priced, "TRX")
    assert most.to_dict() == {order: max_loan(p, "TRX") for order, p in priced.items()}
    assert most.index.name == "ordId"
    assert most.index.dtype == "string"


@given(position=extreme_positions(initial=True, overlap=False), scale=st.sampled_from([1e-9, 1e9]))
def test_the_unit_a_coin_is_counted_in_does_not_matter(position, scale):
    ccy = next(iter(position.collateral))
    position = position.with_prices({"TRX": 0.31})
    rescaled = in_units(position, ccy, scale)
    assert max_redeem(rescaled, ccy) == pytest.approx(
        max_redeem(position, ccy) / scale, rel=1e-6, abs=1e-9 * rescaled.collateral[ccy]
    )
    assert max_loan(rescaled, "TRX") == pytest.approx(
        max_loan(position, "TRX"), rel=1e-6, abs=1e-9 * position.collateral_usd
    )


def test_a_supplement_first_restores_the_cover_of_the_old_debt():
    deep = loan(debt={"USDT": 100_000})
    short = 100_000 - 0.65 * 145_200
    assert max_loan(deep, "USDT") == 0
    assert max_loan(deep, "USDT", {"SOL": short / (0.65 * 150)}) == pytest.approx(0, abs=1e-9)
    assert max_loan(deep, "USDT", {"SOL": 100}) == pytest.approx(0.65 * 15_000 - short)


def test_a_supplement_goes_on_in_the_tiers_where_the_pledge_ends():
    tiered = loan({"ETH": 20}, {}, discount_rates={"ETH": [(0, 25, 0.9), (25, None, 0.5)]})
    counted = 25 * 0.9 + 5 * 0.5
    assert max_loan(tiered, "USDT", {"ETH": 10}) == pytest.approx(0.65 * counted * 3_000)


def test_a_knee_within_the_answer_is_passed():
    tiered = loan({"ETH": 30}, discount_rates={"ETH": [(0, 25, 0.9), (25, None, 0.5)]})
    carrying = tiered.repay({"USDT": 90_000 - 0.65 * 20 * 0.9 * 3_000})
    assert max_redeem(carrying, "ETH") == pytest.approx(10)


def test_the_quota_caps_the_loan():
    assert max_loan(loan(debt={}), "USDT", remaining_quota=1.5) == 1.5
    assert max_loan(loan(debt={}), "USDT", remaining_quota=0) == 0


def test_without_a_debt_all_may_go():
    assert max_redeem(loan(debt={}), "ETH") == 20
    assert max_redeem(loan(debt={"USDT": 0}), "BTC") == 1


def test_of_a_book_only_loans_that_have_a_coin_let_it_out():
    book = {"1": loan(debt={}), "2": loan({"BTC": 1}, {}), "3": loan({"ETH": 0})}
    assert max_redeem(book, "ETH").to_dict() == {"1": 20, "2": 0, "3": 0}


def test_without_collateral_nothing_is_lent():
    bare = loan({}, {})
    assert max_loan(bare, "USDT") == 0
    assert max_loan(bare, "USDT", {"SOL": 1}) == pytest.approx(0.65 * 150)


def test_beyond_liquidation_nothing_is_lent_or_let_out():
    lost = loan(debt={"USDT": 140_000})
    assert lost.ltv > lost.liquidation_ltv
    assert max_loan(lost, "USDT") == max_redeem(lost, "BTC") == 0


def test_a_coin_that_counts_for_nothing_may_go_where_the_others_carry_the_debt():
    worthless = loan({"BTC": 1, "SOL": 5}, {"USDT": 1_000}, discount_rates={"SOL": 0})
    assert max_redeem(worthless, "SOL") == 5
    assert max_redeem(worthless.with_prices({"SOL": 0}), "SOL") == 5
    deep = worthless.borrow({"USDT": 80_000})
    assert max_redeem(deep, "SOL") == max_redeem(deep.with_prices({"SOL": 0}), "SOL") == 0


@pytest.mark.parametrize("amount", [1e-18, 1e15])
def test_amounts_of_any_size_are_answered(amount):
    position = loan({"ETH": amount}, {"USDT": amount})
    assert max_loan(position, "USDT") == pytest.approx((0.65 * 0.95 * 3_000 - 1) * amount)
    assert max_redeem(position, "ETH") == pytest.approx(
        amount * (1 - 1 / (0.65 * 0.95 * 3_000)), rel=1e-12
    )


def test_thresholds_by_coin_weigh_each_coin():
    by_coin = {"initial_ltv": {"BTC": 0.7, "ETH": 0.5}}
    position = loan(debt={"USDT": 70_000}, **by_coin)
    power = 0.7 * 0.98 * 90_000 + 0.5 * 0.95 * 60_000
    assert max_loan_usd(position) == pytest.approx(power - 70_000)
    assert max_redeem(position, "ETH") == pytest.approx((power - 70_000) / (0.5 * 0.95 * 3_000))


@pytest.mark.parametrize(
    ("collateral", "debt", "borrowed", "supplement"),
    [
        ({"ETH": 1}, {}, "ETH", {}),
        ({"ETH": 1}, {}, "BTC", {"BTC": 1}),
        ({"ETH": 1}, {"SOL": 1}, "USDT", {"SOL": 1}),
    ],
)
def test_a_coin_is_not_both_pledged_and_borrowed(collateral, debt, borrowed, supplement):
    with pytest.raises(InvalidArgumentError, match="both pledged and owed, which the exchange"):
        max_loan(loan(collateral, debt), borrowed, supplement)


def test_a_coin_that_is_on_both_sides_already_hinders_no_loan_of_another():
    both = loan({"ETH": 2}, {"ETH": 1})
    assert max_loan(both, "USDT") == pytest.approx(0.65 * 0.95 * 6_000 - 3_000)
    assert max_redeem(both, "ETH") == pytest.approx(2 - 1 / (0.65 * 0.95))


def test_a_pledge_of_nothing_is_no_pledge():
    assert max_loan(loan({"ETH": 1, "SOL": 0}, {}), "SOL") > 0


@pytest.mark.parametrize(
    "ask",
    [lambda p: max_loan(p, "USDT"), max_loan_usd, lambda p: max_redeem(p, "BTC")],
)
def test_without_the_initial_ltv_the_error_asks_for_it(ask):
    with pytest.raises(InvalidArgumentError, match="initial_ltv is not known"):
        ask(loan(initial_ltv=None))


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: max_loan(loan(), "TRX"), "no price of TRX"),
        (lambda: max_loan(loan().with_prices({"TRX": 0}), "TRX"), "no price of TRX"),
        (lambda: max_loan(loan(), "USDT", {"TRX": 1}), "prices lacks TRX"),
        (lambda: max_loan(loan(), "USDT", {"SOL": -1}), "add SOL is -1"),
        (lambda: max_loan(loan(), "USDT", remaining_quota=-1), "remaining_quota is -1"),
        (lambda: max_redeem(loan(), "SOL"), "SOL is not pledged"),
        (lambda: max_redeem([loan()], "SOL"), "a Position or a dict of them"),
    ],
)
def test_what_is_wrong_is_said(ask, message):
    with pytest.raises(InvalidArgumentError, match=message):
        ask()
