"""The lending rules of the embedded exchange, as pure functions over `Decimal`.

Read from top to bottom it is the rule book: amounts, interest, the value of collateral, loan to
value, what may be borrowed, what may be taken out, and how much is sold by force. Amounts are
in coins, values in USD, rates and ratios are decimals. Numbers the exchange does not publish are
fields of `Settings`; why each was chosen is listed in `flexloan_nb.sim.assumptions`.

Every function expects to run under `ARITHMETIC`, in which sums and products of amounts are exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Final, NamedTuple, TypeAlias

from flexloan_nb.sim.coins import Coin, Tier

ARITHMETIC: Final = Context(
    prec=80, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow]
)
HOURS_PER_YEAR: Final = 365 * 24
COIN_STEP: Final = Decimal("0.00000001")
RATIO_STEP: Final = Decimal("0.0001")
FINEST_EXPONENT: Final = -18  # decimals an amount may have
LARGEST_MAGNITUDE: Final = 15  # digits before the point
ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)

Amount: TypeAlias = str | int | float | Decimal
Coins: TypeAlias = Mapping[str, Decimal]  # amounts, prices or values by currency


@dataclass(frozen=True, slots=True)
class Settings:
    """The numbers of the lending desk that the exchange does not publish or may change.

    Attributes
    ----------
    initial_ltv, margin_call_ltv, liquidation_ltv : Decimal
        Where new loans and redemptions end, where the borrower is warned, where selling begins.
    full_liquidation_ltv : Decimal
        From here on everything is sold at once instead of a part.
    liquidation_target_ltv : Decimal
        What a partial liquidation brings the loan to value down to.
    ltv_offsets : mapping of str to Decimal
        By currency, added to all levels, weighted by the currency's share of the adjusted
        collateral value. Empty: the levels do not depend on the collateral mix.
    liquidation_penalty : Decimal
        Share of the proceeds of sold collateral that the exchange keeps.
    transition_ccy : str
        The currency through which collateral is converted into the borrowed one.
    """

    initial_ltv: Decimal = Decimal("0.65")
    margin_call_ltv: Decimal = Decimal("0.75")
    liquidation_ltv: Decimal = Decimal("0.85")
    full_liquidation_ltv: Decimal = Decimal("0.95")
    liquidation_target_ltv: Decimal = Decimal("0.70")
    ltv_offsets: Coins = field(default_factory=dict)
    liquidation_penalty: Decimal = Decimal("0.02")
    transition_ccy: str = "USDT"

    def __post_init__(self) -> None:
        if not (
            ZERO < self.initial_ltv < self.margin_call_ltv < self.liquidation_ltv
            and self.liquidation_target_ltv < self.liquidation_ltv <= self.full_liquidation_ltv
        ):
            raise ValueError("the levels must rise from initial to full liquidation")


DEFAULTS: Final = Settings()


# Amounts


def positive(value: Amount) -> Decimal:
    """Return `value` as a positive, finite number, or raise `ValueError`."""
    number = _finite(value)
    if number <= 0:
        raise ValueError(f"not a positive number: {value!r}")
    return number


def price(value: Amount) -> Decimal:
    """Return `value` as a price in USD that a market's floats can hold, or raise `ValueError`."""
    number = positive(value)
    if abs(number.adjusted()) > LARGEST_MAGNITUDE:
        raise ValueError(f"a price lies between 1e-15 and 1e15: {value!r}")
    return number


def share(value: Amount) -> Decimal:
    """Return `value` as a part of a whole, or raise `ValueError`."""
    number = _finite(value)
    if not ZERO <= number <= ONE:
        raise ValueError(f"not a number from 0 to 1: {value!r}")
    return number


def amount(value: Amount) -> Decimal:
    """Return `value` as a number of coins the books can hold exactly, or raise `ValueError`."""
    number = positive(value)
    exponent = number.as_tuple().exponent
    if int(exponent) < FINEST_EXPONENT or number.adjusted() >= LARGEST_MAGNITUDE:
        raise ValueError(f"an amount has at most 15 digits and 18 decimals: {value!r}")
    return number


def _finite(value: Amount) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not a number: {value!r}") from None
    if not number.is_finite():
        raise ValueError(f"not a finite number: {value!r}")
    return number


def round_up(value: Decimal, step: Decimal = COIN_STEP) -> Decimal:
    """Round towards more of it: what is owed, what must be sold."""
    return value.quantize(step, ROUND_CEILING)


def round_down(value: Decimal, step: Decimal = COIN_STEP) -> Decimal:
    """Round towards less of it: what may be borrowed, what is paid out, ratios shown."""
    return value.quantize(step, ROUND_DOWN)


# Interest


def hourly_interest(debt: Decimal, annual_rate: Decimal) -> Decimal:
    """One hour's interest, ``debt x rate / 8760`` rounded up at the eighth decimal.

    >>> hourly_interest(Decimal("0.86599309"), Decimal("0.41"))
    Decimal('0.00004054')
    """
    units, rest = divmod(debt * annual_rate / COIN_STEP, HOURS_PER_YEAR)
    return (units + (rest > 0)) * COIN_STEP


# Collateral after discount rates


def counted(coins: Decimal, tiers: Iterable[Tier]) -> Decimal:
    """How many of `coins` count, each tier keeping its share of the coins within its bounds."""
    total, lower = ZERO, ZERO
    for tier in tiers:
        upper = coins if tier.upper is None else min(coins, tier.upper)
        total += tier.rate * (upper - lower)
        if upper == coins:
            break
        lower = upper
    return total


def coins_counting(target: Decimal, tiers: tuple[Tier, ...]) -> Decimal:
    """Return the fewest coins of which `target` count: the inverse of `counted`."""
    lower = ZERO
    for tier in tiers:
        coins = lower + target / tier.rate
        if tier.upper is None or coins <= tier.upper:
            return coins
        target -= tier.rate * (tier.upper - lower)
        lower = tier.upper
    raise ValueError("the last tier must be unbounded")


class Valuation(NamedTuple):
    """An order at the prices of one moment, in USD.

    `market` and `adjusted` are the collateral by currency before and after discount rates.
    """

    debt: Coins
    market: Coins
    adjusted: Coins

    @property
    def debt_usd(self) -> Decimal:
        """Principal and accrued interest, all currencies."""
        return sum(self.debt.values(), ZERO)

    @property
    def market_usd(self) -> Decimal:
        """What the collateral would fetch at index prices."""
        return sum(self.market.values(), ZERO)

    @property
    def adjusted_usd(self) -> Decimal:
        """What the collateral counts for."""
        return sum(self.adjusted.values(), ZERO)


def valuation(
    collateral: Coins, debt: Coins, prices: Coins, coins: Mapping[str, Coin]
) -> Valuation:
    """Value an order: amounts by currency at `prices`, discounted by the tiers of `coins`."""
    return Valuation(
        debt={ccy: amt * prices[ccy] for ccy, amt in debt.items()},
        market={ccy: amt * prices[ccy] for ccy, amt in collateral.items()},
        adjusted={
            ccy: counted(amt, coins[ccy].tiers) * prices[ccy] for ccy, amt in collateral.items()
        },
    )


# Loan to value and its thresholds


def ltv(order: Valuation) -> Decimal:
    """Debt over adjusted collateral value, in full precision; zero without debt."""
    return order.debt_usd / order.adjusted_usd if order.debt_usd else ZERO


class Thresholds(NamedTuple):
    """The loan-to-value levels of one order."""

    initial: Decimal
    margin_call: Decimal
    liquidation: Decimal
    full_liquidation: Decimal
    liquidation_target: Decimal


def thresholds(order: Valuation, settings: Settings) -> Thresholds:
    """Return the levels for this collateral mix: the settings, shifted by weighted offsets."""
    offset = ZERO
    if settings.ltv_offsets and order.adjusted_usd:
        weighted = (settings.ltv_offsets.get(c, ZERO) * v for c, v in order.adjusted.items())
        offset = sum(weighted, ZERO) / order.adjusted_usd
    return Thresholds(
        settings.initial_ltv + offset,
        settings.margin_call_ltv + offset,
        settings.liquidation_ltv + offset,
        settings.full_liquidation_ltv + offset,
        settings.liquidation_target_ltv + offset,
    )


# Borrowing and redeeming


def borrowing_power(order: Valuation, settings: Settings) -> Decimal:
    """USD of debt the collateral supports: initial LTV times adjusted value, coin by coin."""
    return sum((_power(ccy, usd, settings) for ccy, usd in order.adjusted.items()), ZERO)


def _power(ccy: str, adjusted_usd: Decimal, settings: Settings) -> Decimal:
    return (settings.initial_ltv + settings.ltv_offsets.get(ccy, ZERO)) * adjusted_usd


def max_loan(order: Valuation, price: Decimal, quota: Decimal, settings: Settings) -> Decimal:
    """Coins at `price` that may still be borrowed, at most `quota`.

    A supplement is valued as part of the order, so that it restores the old debt's cover first.
    """
    room = borrowing_power(order, settings) - order.debt_usd
    return round_down(max(ZERO, min(quota, room / price)))


def max_redeem(
    ccy: str, pledged: Decimal, price: Decimal, coin: Coin, order: Valuation, settings: Settings
) -> Decimal:
    """Coins of `ccy` that may leave the collateral before the debt exceeds its cover."""
    others = borrowing_power(order, settings) - _power(ccy, order.adjusted[ccy], settings)
    uncovered = max(ZERO, order.debt_usd - others)
    needed = coins_counting(uncovered / _power(ccy, price, settings), coin.tiers)
    if needed == 0:
        return pledged
    return round_down(max(ZERO, pledged - needed))


# Forced sales


def liquidation_share(order: Valuation, target_ltv: Decimal, penalty: Decimal) -> Decimal:
    """Share of every pledged coin to sell so that loan to value is at most `target_ltv`.

    Selling the share f of the market value G brings in (1 - penalty) f G and leaves at least
    (1 - f) V of the adjusted value V, so f = (D - T V) / ((1 - penalty) G - T V). One, when no
    part of the collateral is enough.
    """
    covered = target_ltv * order.adjusted_usd
    missing = order.debt_usd - covered
    gain = (ONE - penalty) * order.market_usd - covered
    if missing <= 0:
        return ZERO
    return missing / gain if missing < gain else ONE


def repayment_share(order: Valuation, ccy: str) -> Decimal:
    """Share of every pledged coin that repays all of one currency; one where all is not enough."""
    return min(ONE, order.debt[ccy] / order.market_usd)


def liquidation_price(order: Valuation, price: Decimal, level: Decimal) -> Decimal:
    """Price at which an order of one coin against one reaches `level`.

    `price` and the result are the collateral's, in units of the borrowed coin.
    """
    return price * ltv(order) / level
