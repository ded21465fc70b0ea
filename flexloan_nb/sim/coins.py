"""The coins the embedded exchange lists, as data.

Prices, volatilities, tiers and quotas are of a plausible size for late 2025 and are invented:
nothing here is a quotation, and no analysis of a real loan may lean on it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final


@dataclass(frozen=True, slots=True)
class Tier:
    """The share of value kept for coins up to `upper`; the last tier is unbounded."""

    upper: Decimal | None
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Coin:
    """What the market and the lending desk know about one coin.

    Attributes
    ----------
    ccy : str
        Its name, e.g. ``BTC``.
    price, volatility : float
        USD price when the exchange opens, and annual volatility as a decimal.
    tiers : tuple of Tier
        Marginal discount rates, bounds in coins. Empty: not accepted as collateral.
    borrow_rate : float or None
        The annual rate the floating one returns to. ``None``: cannot be borrowed.
    quota, min_loan, min_collateral : Decimal
        In coins: the most one user may borrow, and the smallest loan and collateral move.
    stable : bool
        Whether the price returns to one dollar instead of wandering.
    """

    ccy: str
    price: float
    volatility: float
    tiers: tuple[Tier, ...]
    borrow_rate: float | None
    quota: Decimal
    min_loan: Decimal
    min_collateral: Decimal
    stable: bool = False

    @property
    def pledgeable(self) -> bool:
        """Whether the coin is accepted as collateral."""
        return bool(self.tiers)

    @property
    def borrowable(self) -> bool:
        """Whether the coin can be borrowed."""
        return self.borrow_rate is not None


def _tiers(*steps: tuple[int | None, str]) -> tuple[Tier, ...]:
    return tuple(
        Tier(None if upper is None else Decimal(upper), Decimal(rate)) for upper, rate in steps
    )


def _coin(
    ccy: str,
    price: float,
    volatility: float,
    rate: float | None,
    limits: tuple[str, str, str],
    *tiers: tuple[int | None, str],
    stable: bool = False,
) -> Coin:
    quota, min_loan, min_collateral = map(Decimal, limits)
    return Coin(
        ccy, price, volatility, _tiers(*tiers), rate, quota, min_loan, min_collateral, stable
    )


# ccy, USD price, annual volatility, base borrow rate, (quota, smallest loan, smallest move), tiers
COINS: Final[tuple[Coin, ...]] = (
    _coin("BTC", 108_000, 0.42, 0.012, ("60", "0.0001", "0.00001"),
          (20, "0.98"), (100, "0.95"), (None, "0.90")),
    _coin("ETH", 3_900, 0.62, 0.025, ("1500", "0.001", "0.0001"),
          (500, "0.98"), (2_000, "0.95"), (None, "0.90")),
    _coin("SOL", 185, 0.75, 0.045, ("20000", "0.05", "0.001"),
          (5_000, "0.95"), (20_000, "0.90"), (None, "0.80")),
    _coin("OKB", 165, 0.70, None, ("0", "0", "0.01"),
          (1_000, "0.90"), (5_000, "0.80"), (None, "0.60")),
    _coin("XRP", 2.35, 0.72, 0.022, ("800000", "2", "0.1"),
          (200_000, "0.92"), (1_000_000, "0.85"), (None, "0.75")),
    _coin("LTC", 93, 0.68, 0.018, ("8000", "0.05", "0.001"),
          (2_000, "0.92"), (10_000, "0.85"), (None, "0.75")),
    _coin("DOGE", 0.185, 0.85, 0.03, ("4000000", "20", "1"),
          (500_000, "0.90"), (2_000_000, "0.80"), (None, "0.65")),
    _coin("ADA", 0.63, 0.80, 0.024, ("1500000", "5", "0.5"),
          (100_000, "0.90"), (500_000, "0.80"), (None, "0.65")),
    _coin("DOT", 2.95, 0.78, 0.05, ("100000", "1", "0.001"),
          (20_000, "0.85"), (100_000, "0.75"), (None, "0.60")),
    _coin("COMP", 37, 0.85, None, ("0", "0", "0.000001"),
          (500, "0.80"), (2_000, "0.70"), (None, "0.50")),
    _coin("STX", 0.43, 0.95, None, ("0", "0", "0.01"),
          (50_000, "0.75"), (200_000, "0.65"), (None, "0.45")),
    _coin("LUNA", 0.10, 1.10, None, ("0", "0", "0.01"),
          (50_000, "0.60"), (None, "0.40")),
    _coin("TRX", 0.31, 0.48, 0.06, ("900000", "10", "0")),
    _coin("USDT", 1, 0.012, 0.085, ("3400000", "0.5", "0.1"),
          (1_000_000, "0.98"), (None, "0.95"), stable=True),
    _coin("USDC", 1, 0.010, 0.062, ("2500000", "0.5", "0.1"),
          (1_000_000, "0.98"), (None, "0.95"), stable=True),
)  # fmt: skip
