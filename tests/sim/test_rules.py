"""The rule book against numbers worked out elsewhere, and its identities."""

from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb.sim import rules
from flexloan_nb.sim.coins import COINS, Tier
from flexloan_nb.sim.rules import ARITHMETIC, DEFAULTS, Settings, Valuation

LISTED = {coin.ccy: coin for coin in COINS}
SATOSHI = Decimal("0.00000001")
TIERS = (Tier(Decimal(20), Decimal("0.98")), Tier(Decimal(100), Decimal("0.95")),
         Tier(None, Decimal("0.9")))  # fmt: skip

amounts = st.decimals("0.00000001", 10**9, places=8)
prices = st.decimals("0.0001", 200_000, places=4)
rates = st.decimals(0, 10, places=4)


@pytest.fixture(autouse=True)
def _arithmetic():
    with localcontext(ARITHMETIC):
        yield


def valued(debt, **collateral):
    """Return a valuation: USD of debt, and of collateral before and after its discount."""
    market = {ccy: Decimal(usd) for ccy, (usd, _) in collateral.items()}
    adjusted = {ccy: usd * Decimal(collateral[ccy][1]) for ccy, usd in market.items()}
    return Valuation({"USDT": Decimal(debt)}, market, adjusted)


EXAMPLE = valued(90_000, BTC=(90_000, "0.98"), ETH=(60_000, "0.95"))


# Amounts


@pytest.mark.parametrize("value", ["1", 1, 1.5, Decimal("0.1"), "0.000000000000000001", "9" * 15])
def test_an_amount_may_come_as_any_kind_of_number(value):
    assert rules.amount(value) == Decimal(str(value))


@pytest.mark.parametrize(
    "value", ["", "a", "NaN", "inf", "-1", 0, -0.5, "1e15", "1e-19", "1e999999", None]
)
def test_what_the_books_cannot_hold_exactly_is_no_amount(value):
    with pytest.raises(ValueError, match=r"positive|number|digits"):
        rules.amount(value)


# Interest


def test_the_documented_accrual_comes_out_to_the_last_digit():
    assert str(rules.hourly_interest(Decimal("0.86599309"), Decimal("0.41"))) == "0.00004054"


@given(amounts, rates)
def test_interest_is_the_exact_quotient_rounded_up(debt, rate):
    exact = Fraction(debt) * Fraction(rate) / 8760
    assert Fraction(rules.hourly_interest(debt, rate)) == Fraction(ceil(exact * 10**8), 10**8)


def test_without_a_rate_there_is_no_interest():
    assert rules.hourly_interest(Decimal(1000), Decimal(0)) == 0


# Collateral


@pytest.mark.parametrize(
    ("coins", "counted"), [("0", "0"), ("20", "19.6"), ("30", "29.1"), ("200", "185.6")]
)
def test_each_tier_discounts_only_the_coins_within_it(coins, counted):
    assert rules.counted(Decimal(coins), TIERS) == Decimal(counted)


@given(amounts)
def test_the_fewest_coins_that_count_undo_the_discount(coins):
    back = rules.coins_counting(rules.counted(coins, TIERS), TIERS)
    assert abs(back - coins) < Decimal("1e-60")


@pytest.mark.parametrize("coin", [coin for coin in COINS if coin.pledgeable], ids=lambda c: c.ccy)
def test_tiers_rise_in_bounds_fall_in_rates_and_never_end(coin):
    bounds = [tier.upper for tier in coin.tiers]
    shares = [tier.rate for tier in coin.tiers]
    assert bounds[-1] is None
    assert bounds[:-1] == sorted(set(bounds[:-1]))
    assert shares == sorted(shares, reverse=True)
    assert all(0 < share <= 1 for share in shares)


def test_an_order_is_valued_coin_by_coin():
    held = {"BTC": Decimal(30), "USDC": Decimal(10)}
    value = rules.valuation(
        held, {"USDT": Decimal(5)}, {"BTC": Decimal(100), "USDC": 1, "USDT": 2}, LISTED
    )
    assert value.market == {"BTC": 3000, "USDC": 10}
    assert value.adjusted == {"BTC": Decimal("2910"), "USDC": Decimal("9.8")}
    assert (value.debt_usd, value.market_usd) == (10, 3010)


# Loan to value


def test_loan_to_value_is_debt_over_adjusted_collateral():
    assert EXAMPLE.adjusted_usd == 145_200
    assert round(rules.ltv(EXAMPLE), 7) == Decimal("0.6198347")


def test_without_debt_loan_to_value_is_zero():
    assert rules.ltv(valued(0, BTC=(90_000, "0.98"))) == 0
    assert rules.ltv(valued(0)) == 0


def test_thresholds_are_the_settings_unless_the_mix_shifts_them():
    assert rules.thresholds(EXAMPLE, DEFAULTS) == (
        DEFAULTS.initial_ltv,
        DEFAULTS.margin_call_ltv,
        DEFAULTS.liquidation_ltv,
        DEFAULTS.full_liquidation_ltv,
        DEFAULTS.liquidation_target_ltv,
    )
    shifting = Settings(ltv_offsets={"ETH": Decimal("-0.1")})
    shifted = rules.thresholds(EXAMPLE, shifting)
    assert shifted.liquidation == DEFAULTS.liquidation_ltv - Decimal("0.1") * 57_000 / 145_200
    assert shifted.liquidation - shifted.margin_call == Decimal("0.1")


def test_thresholds_out_of_order_are_refused():
    for level in ("margin_call_ltv", "initial_ltv", "liquidation_target_ltv"):
        with pytest.raises(ValueError, match="rise"):
            Settings(**{level: Decimal("0.9")})


def test_at_the_liquidation_price_loan_to_value_is_the_level():
    order = valued(50, BTC=(100, "0.98"))
    level = Decimal("0.85")
    price = rules.liquidation_price(order, Decimal(100), level)
    assert rules.ltv(valued(50, BTC=(price, "0.98"))) == pytest.approx(level)


# Borrowing and redeeming


def test_the_maximum_loan_brings_the_order_to_its_initial_ltv():
    quota = Decimal(10**9)
    assert rules.max_loan(EXAMPLE, Decimal(2), quota, DEFAULTS) == (145_200 * Decimal("0.65")
                                                                    - 90_000) / 2  # fmt: skip
    assert rules.max_loan(EXAMPLE, Decimal(2), Decimal(7), DEFAULTS) == 7
    assert rules.max_loan(valued(99, BTC=(100, "0.98")), Decimal(2), quota, DEFAULTS) == 0


@given(pledged=amounts, price=prices, debt=st.decimals(0, 10**12, places=2))
def test_exactly_the_redeemable_part_may_leave(pledged, price, debt):
    def order(amt):
        return rules.valuation(
            {"BTC": amt}, {"USDT": debt}, {"BTC": price, "USDT": Decimal(1)}, LISTED
        )

    def covered(amt):
        return order(amt).debt_usd <= rules.borrowing_power(order(amt), DEFAULTS)

    most = rules.max_redeem("BTC", pledged, price, LISTED["BTC"], order(pledged), DEFAULTS)
    assert 0 <= most <= pledged
    assert covered(pledged - most) or most == 0
    assert most + SATOSHI > pledged or not covered(pledged - most - SATOSHI)


def test_all_collateral_may_leave_when_nothing_is_owed():
    value = valued(0, BTC=(100, "0.98"))
    coins = Decimal("1.123456789012345678")
    assert rules.max_redeem("BTC", coins, Decimal(100), LISTED["BTC"], value, DEFAULTS) == coins


def test_offsets_of_a_coin_weigh_on_what_it_lets_borrow():
    shifting = Settings(ltv_offsets={"ETH": Decimal("-0.1")})
    power = Decimal("0.65") * 88_200 + Decimal("0.55") * 57_000
    assert rules.borrowing_power(EXAMPLE, shifting) == power
    assert power == rules.thresholds(EXAMPLE, shifting).initial * EXAMPLE.adjusted_usd


# Liquidation


@given(
    debt=st.decimals(1, 1_000, places=2),
    market=st.decimals(1, 2_000, places=2),
    discount=st.decimals("0.5", 1, places=2),
)
def test_selling_the_liquidation_share_reaches_the_target(debt, market, discount):
    target, penalty = Decimal("0.7"), Decimal("0.02")
    order = valued(debt, BTC=(market, discount))
    share = rules.liquidation_share(order, target, penalty)
    left = debt - share * market * (1 - penalty)
    assert 0 <= share <= 1
    if 0 < share < 1:
        assert left / ((1 - share) * order.adjusted_usd) == pytest.approx(target)
    assert (share == 0) == (rules.ltv(order) <= target)
