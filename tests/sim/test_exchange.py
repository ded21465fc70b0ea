"""The desk's dealings, its clock and its rows."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal, getcontext, localcontext

import pandas as pd
import pytest

from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.ledger import EFFECTS
from flexloan_nb.sim.rules import DEFAULTS, Settings
from flexloan_nb.sim.violations import LOAN_RULES, LoanRuleViolation

OPENING = datetime(2025, 10, 17, 12, 7, tzinfo=UTC)


def ltv(exchange, order=0):
    return Decimal(exchange.loan_info()[order]["curLTV"])


def fall_to(exchange, wanted):
    """Let all coins fall until the first order's loan to value is what is wanted."""
    exchange.shock(ltv(exchange) / Decimal(wanted) - 1)


def free(exchange):
    assets = exchange.collateral_assets()[0]["assets"]
    return {asset["ccy"]: Decimal(asset["amt"]) for asset in assets}


def types(exchange):
    return [event["type"] for event in reversed(exchange.loan_history())]


# Clock


def test_the_clock_stands_until_it_is_advanced(exchange):
    assert exchange.now() == OPENING
    exchange.advance(hours=1.5, seconds=1)
    assert exchange.now() == OPENING + timedelta(hours=1.5, seconds=1)
    with pytest.raises(ValueError, match="forward"):
        exchange.advance(seconds=-1)


def test_the_size_of_a_step_changes_nothing(exchange):
    other = SimulatedExchange(scenario=None)
    for one in (exchange, other):
        one.deposit("OKB", 1000)
        one.borrow("USDT", 5_000, collateral={"OKB": 1000})
    exchange.advance(hours=1_500)
    for _ in range(3_000):
        other.advance(hours=0.5)
    assert exchange.interest_accrued() == other.interest_accrued()
    assert exchange.loan_info() == other.loan_info()
    assert exchange.index_tickers() == other.index_tickers()


def test_the_users_prices_open_and_end_the_exchange():
    index = pd.date_range("2020-03-11", periods=49, freq="h", tz="UTC")
    crash = pd.DataFrame({"BTC": [7_900.0] * 24 + [4_800.0] * 25}, index=index)
    exchange = SimulatedExchange(scenario=None, prices=crash)
    assert exchange.now() == index[0]
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 4_500, collateral={"BTC": 1})
    exchange.advance(hours=23)
    assert types(exchange) == ["collateral_locked", "borrowed"]
    exchange.advance(hours=1)
    assert "forced_liquidation" in types(exchange)
    with pytest.raises(ValueError, match="ends before"):
        exchange.advance(hours=25)


# Dealing


def test_a_loan_moves_collateral_in_and_coins_out(borrowed):
    assert types(borrowed) == ["collateral_locked", "collateral_locked", "borrowed"]
    assert free(borrowed) == {"BTC": 2, "ETH": 10, "SOL": 200, "USDC": 5_000}
    (loan,) = borrowed.loan_info()
    assert loan["loanData"] == [{"amt": "90000", "ccy": "USDT"}]
    assert loan["collateralData"] == [{"amt": "1", "ccy": "BTC"}, {"amt": "20", "ccy": "ETH"}]
    value = Decimal("0.98") * (borrowed.price("BTC") + 20 * borrowed.price("ETH"))
    assert Decimal(loan["collateralNotionalUsd"]) == value
    assert Decimal(loan["loanNotionalUsd"]) == 90_000 * borrowed.price("USDT")
    assert len(loan["ordId"]) == 18


def test_the_maximum_loan_can_be_borrowed_and_not_a_coin_more(borrowed):
    order = borrowed.loan_info()[0]["ordId"]
    most = Decimal(borrowed.max_loan("USDC")[0]["maxLoan"])
    with pytest.raises(LoanRuleViolation, match="51759"):
        borrowed.borrow("USDC", most + Decimal("0.00000001"), ord_id=order)
    borrowed.borrow("USDC", most, ord_id=order)
    assert ltv(borrowed) in (DEFAULTS.initial_ltv, DEFAULTS.initial_ltv - Decimal("0.0001"))
    assert Decimal(borrowed.max_loan("USDC")[0]["maxLoan"]) < Decimal("0.001")


def test_a_supplement_first_restores_the_cover(borrowed):
    fall_to(borrowed, "0.70")
    assert borrowed.max_loan("USDT")[0]["maxLoan"] == "0"
    assert borrowed.max_loan("USDT", sup_collateral={"BTC": "0.01"})[0]["maxLoan"] == "0"
    added = {"BTC": "1", "SOL": "100"}
    (row,) = borrowed.max_loan("USDT", sup_collateral=added)
    borrowed.adjust_collateral("add", "BTC", added["BTC"])
    borrowed.adjust_collateral("add", "SOL", added["SOL"])
    assert borrowed.max_loan("USDT") == [row]


def test_a_supplement_may_be_more_than_one_has(borrowed):
    assert Decimal(borrowed.max_loan("USDT", sup_collateral={"BTC": 50})[0]["maxLoan"]) > 10**6


def test_the_quota_caps_the_loan_and_shrinks_with_it(exchange):
    exchange.deposit("BTC", 100)
    exchange.borrow("USDT", 10, collateral={"BTC": 90})
    (row,) = exchange.max_loan("USDT")
    assert row["maxLoan"] == row["remainingQuota"] == "3399990"


def test_the_redeemable_amount_can_leave_and_not_a_coin_more(borrowed):
    most = Decimal(borrowed.max_collateral_redeem_amount("BTC")[0]["maxRedeemAmt"])
    with pytest.raises(LoanRuleViolation, match="51758"):
        borrowed.adjust_collateral("reduce", "BTC", most + Decimal("0.00000001"))
    borrowed.adjust_collateral("reduce", "BTC", most)
    assert free(borrowed)["BTC"] == 2 + most
    assert ltv(borrowed) <= DEFAULTS.initial_ltv


def test_repaying_more_than_is_owed_repays_what_is_owed(borrowed):
    borrowed.advance(hours=3)
    borrowed.deposit("USDT", 10_000)
    borrowed.repay("USDT", 99_000)
    (loan,) = borrowed.loan_info()
    assert (loan["loanData"], loan["curLTV"], loan["loanNotionalUsd"]) == ([], "0", "0")


def test_an_order_ends_when_its_last_collateral_is_redeemed(borrowed):
    borrowed.repay("USDT", 90_000)
    for ccy in ("BTC", "ETH"):
        borrowed.adjust_collateral("reduce", ccy, borrowed.max_collateral_redeem_amount(ccy)[0][
            "maxRedeemAmt"])  # fmt: skip
    assert borrowed.loan_info() == borrowed.collateral_assets() == []
    assert len(borrowed.loan_history()) == 6


@pytest.mark.parametrize(
    ("code", "deal"),
    [
        ("51016", lambda e: [e.repay("USDT", 1, cl_ord_id="same") for _ in range(2)]),
        ("51063", lambda e: e.adjust_collateral("add", "BTC", 1, user="nobody")),
        ("51063", lambda e: e.repay("USDT", 1, ord_id="123456789012345678")),
        ("51063", lambda e: e.max_loan("USDT", ord_id="123456789012345678")),
        ("51750", lambda e: e.borrow("ETH", 1, ord_id=e.loan_info()[0]["ordId"])),
        ("51750", lambda e: e.borrow("SOL", 1, collateral={"SOL": 100})),
        ("51750", lambda e: e.max_loan("USDC", sup_collateral={"USDT": 1})),
        ("51751", lambda e: e.max_loan("OKB")),
        ("51752", lambda e: e.adjust_collateral("add", "TRX", 1)),
        ("51753", lambda e: e.max_collateral_redeem_amount("SOL")),
        ("51753", lambda e: e.adjust_collateral("reduce", "SOL", 1)),
        ("51754", lambda e: (e.repay("USDT", 90_000), e.adjust_collateral("add", "BTC", 1))),
        ("51754", lambda e: e.repay("USDC", 1)),
        ("51756", lambda e: e.adjust_collateral("reduce", "BTC", 2)),
        ("51757", lambda e: e.adjust_collateral("add", "BTC", "0.000001")),
        ("51757", lambda e: e.borrow("USDT", "0.01", collateral={"BTC": 1})),
        ("51758", lambda e: e.adjust_collateral("reduce", "BTC", 1)),
        ("51759", lambda e: e.borrow("USDT", 10**6, collateral={"BTC": 1})),
        ("51764", lambda e: e.adjust_collateral("add", "BTC", 3)),
        ("51764", lambda e: e.borrow("USDT", 10, collateral={"OKB": 10})),
    ],
)
def test_each_rule_is_kept_by_its_code_and_changes_nothing(borrowed, code, deal):
    history = borrowed.loan_history() if code not in ("51016", "51754") else None
    with pytest.raises(LoanRuleViolation) as caught:
        deal(borrowed)
    assert caught.value.code == code
    assert str(caught.value).startswith(code)
    assert history in (None, borrowed.loan_history())


def test_every_loan_rule_is_reachable():
    (mark,) = test_each_rule_is_kept_by_its_code_and_changes_nothing.pytestmark
    only_over_http = {"51785"}
    assert {code for code, _ in mark.args[1]} | only_over_http == set(LOAN_RULES)


def test_currencies_that_are_not_listed_are_errors_of_the_caller(exchange):
    for call in (exchange.price, exchange.max_loan, lambda ccy: exchange.deposit(ccy, 1)):
        with pytest.raises(ValueError, match="GOLD"):
            call("GOLD")


def test_users_do_not_see_each_other(borrowed):
    borrowed.deposit("BTC", 1, user="other")
    assert borrowed.loan_info(user="other") == borrowed.collateral_assets(user="other") == []
    borrowed.borrow("USDT", 100, collateral={"BTC": 1}, user="other")
    assert len(borrowed.loan_history(user="other")) == 2
    assert len(borrowed.loan_history()) == 3


# Orders


def test_without_an_order_id_the_earliest_is_meant_or_all_are_listed(borrowed):
    first = borrowed.loan_info()[0]["ordId"]
    second = borrowed.borrow("USDC", 1_000, collateral={"SOL": 50})
    borrowed.advance(hours=2)
    assert [row["ordId"] for row in borrowed.loan_info()] == [first, second]
    assert borrowed.max_loan("USDC") == borrowed.max_loan("USDC", ord_id=first)
    assert borrowed.max_loan("USDC") != borrowed.max_loan("USDC", ord_id=second)
    assert {row["ordId"] for row in borrowed.interest_accrued()} == {first, second}
    assert {row["ordId"] for row in borrowed.loan_history(ord_id=second)} == {second}
    assert "USDC" not in str(borrowed.collateral_assets(ord_id=second))
    assert "USDC" in str(borrowed.collateral_assets())
    assert borrowed.loan_info(ord_id="1") == []


def test_only_one_coin_against_one_has_a_liquidation_price(borrowed):
    assert borrowed.loan_info()[0]["riskWarningData"] == {"instId": "", "liqPx": ""}
    borrowed.borrow("USDT", 10_000, collateral={"SOL": 120})
    borrowed.borrow("SOL", 10, collateral={"USDC": 4_000})
    fall, rise = (row["riskWarningData"] for row in borrowed.loan_info()[1:])
    assert (fall["instId"], rise["instId"]) == ("SOL-USDT", "SOL-USDC")
    for warning, order, loan in ((fall, 1, "USDT"), (rise, 2, "USDC")):
        borrowed.set_price("SOL", Decimal(warning["liqPx"]) * borrowed.price(loan))
        assert abs(ltv(borrowed, order) - DEFAULTS.liquidation_ltv) < Decimal("0.0002")


# Interest


def test_interest_is_charged_on_interest_every_full_hour(borrowed):
    borrowed.advance(hours=3)
    rows = borrowed.interest_accrued()[::-1]
    debts = [Decimal(row["loan"]) for row in rows]
    charged = [Decimal(row["interest"]) for row in rows]
    assert debts == [90_000, 90_000 + charged[0], 90_000 + charged[0] + charged[1]]
    assert Decimal(borrowed.loan_info()[0]["loanData"][0]["amt"]) == debts[2] + charged[2]
    hours = [datetime.fromtimestamp(int(row["ts"]) / 1000, UTC) for row in rows]
    assert hours == [OPENING.replace(minute=0) + timedelta(hours=h) for h in (1, 2, 3)]


def test_an_accrual_is_on_record_about_100_seconds_after_its_hour(borrowed):
    borrowed.advance(seconds=53 * 60 + 94)
    assert Decimal(borrowed.loan_info()[0]["loanData"][0]["amt"]) > 90_000
    assert borrowed.interest_accrued() == []
    borrowed.advance(seconds=17)
    (row,) = borrowed.interest_accrued()
    assert 95_000 <= int(row["refId"][:13]) - int(row["ts"]) <= 110_000


def test_accruals_are_kept_for_thirty_days(borrowed):
    borrowed.advance(hours=24 * 30 + 50)
    rows = borrowed.interest_accrued(limit=10_000)
    assert len(rows) == 720
    assert datetime.fromtimestamp(int(rows[-1]["ts"]) / 1000, UTC) > (
        borrowed.now() - timedelta(days=30)
    )


def test_ids_are_17_digits_unique_rising_and_odd_as_often_as_even(borrowed):
    borrowed.advance(hours=700)
    for rows in (borrowed.interest_accrued(limit=10_000), borrowed.loan_history()):
        ids = [int(row["refId"]) for row in rows]
        assert ids == sorted(set(ids), reverse=True)
        assert {len(str(ref)) for ref in ids} == {17}
    odd = sum(int(row["refId"]) % 2 for row in borrowed.interest_accrued(limit=10_000))
    assert 250 < odd < 450


def test_pages_are_newest_first_and_their_ends_are_excluded(borrowed):
    borrowed.advance(hours=20)
    everything = borrowed.interest_accrued()
    ids = [int(row["refId"]) for row in everything]
    assert borrowed.interest_accrued(after=ids[4], limit=3) == everything[5:8]
    assert borrowed.interest_accrued(before=ids[4]) == everything[:4]
    assert borrowed.interest_accrued(before=ids[6], limit=2) == everything[:2]
    assert borrowed.interest_accrued(after=ids[2], before=ids[6]) == everything[3:6]
    assert borrowed.interest_accrued(ccy="USDC") == []
    assert len(borrowed.loan_history(type="collateral_locked")) == 2


def test_amounts_are_exact_whatever_the_callers_arithmetic(borrowed):
    other = SimulatedExchange(scenario=None)
    with localcontext() as context:
        context.prec = 5
        for ccy, amt in {"BTC": 3, "ETH": 30}.items():
            other.deposit(ccy, amt)
        other.borrow("USDT", 90_000, collateral={"BTC": 1, "ETH": 20})
        other.advance(hours=30)
        assert getcontext().prec == 5
    borrowed.advance(hours=30)
    assert other.interest_accrued() == borrowed.interest_accrued()
    assert other.loan_info() == borrowed.loan_info()


# Liquidation


def test_a_margin_call_alone_sells_nothing(borrowed):
    fall_to(borrowed, "0.80")
    borrowed.advance(seconds=60 * 53)
    assert "partial_liquidation" not in types(borrowed)


def test_a_partial_liquidation_reaches_the_target_and_leaves_an_order(borrowed):
    fall_to(borrowed, "0.87")
    borrowed.advance(seconds=60 * 53)
    assert "partial_liquidation" in types(borrowed)
    assert "forced_liquidation" not in types(borrowed)
    assert abs(ltv(borrowed) - DEFAULTS.liquidation_target_ltv) < Decimal("0.001")


def test_a_flash_crash_is_a_margin_call_then_a_part_then_the_rest(borrowed):
    seen = []
    for level in ("0.80", "0.87", "0.97"):
        fall_to(borrowed, level)
        borrowed.advance(hours=1)
        seen.append("forced_liquidation" in types(borrowed))
    assert seen == [False, False, True]
    assert borrowed.loan_info() == []
    assert types(borrowed).index("partial_liquidation") < types(borrowed).index(
        "forced_liquidation"
    )


def test_a_liquidation_converts_at_index_prices_less_the_penalty(borrowed):
    fall_to(borrowed, "0.87")
    borrowed.advance(seconds=60 * 53)
    legs = [row for row in borrowed.loan_history() if row["type"] not in
            ("collateral_locked", "borrowed")]  # fmt: skip
    total = {kind: Decimal(0) for kind in EFFECTS}
    for leg in legs:
        total[leg["type"]] += Decimal(leg["amt"]) * borrowed.price(leg["ccy"])
    kept = 1 - DEFAULTS.liquidation_penalty
    assert total["buy_transition_coin"] == -total["sell_transition_coin"]
    assert float(-total["sell_collateral"] * kept) == pytest.approx(
        float(total["buy_borrowed_coin"])
    )
    assert total["partial_liquidation"] == -total["buy_borrowed_coin"]
    assert {leg["ts"] for leg in legs} == {str(int(borrowed.now().timestamp() * 1000))}


def test_a_loan_beyond_rescue_is_cancelled_and_leaves_no_debt(borrowed):
    fall_to(borrowed, "1.5")
    borrowed.advance(hours=1)
    assert borrowed.loan_info() == []
    assert types(borrowed)[-1] == "forced_liquidation"
    assert "collateral_released" not in types(borrowed)


def test_what_a_full_liquidation_need_not_sell_comes_back():
    settings = Settings(full_liquidation_ltv=Decimal("0.85"))
    exchange = SimulatedExchange(scenario=None, settings=settings)
    exchange.deposit("STX", 10_000)
    exchange.borrow("USDT", 2_000, collateral={"STX": 10_000})
    exchange.set_price("STX", "0.30")
    exchange.advance(hours=1)
    assert types(exchange)[-1] == "collateral_released"
    assert exchange.loan_info() == []
    released = Decimal(exchange.loan_history()[0]["amt"])
    assert 2_500 < released < 3_600


@pytest.mark.parametrize("price", ["1e400", "1e-400", "1e16", "0", "-1", "nan"])
def test_a_price_that_no_market_can_hold_is_refused(price):
    exchange = SimulatedExchange(scenario=None)
    before = exchange.price("BTC")
    with pytest.raises(ValueError, match=r"price|positive|number"):
        exchange.set_price("BTC", price)
    assert exchange.price("BTC") == before
