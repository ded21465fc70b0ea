"""Discount rates: the share of a pledged amount's value that counts as collateral.

OKX counts an amount by tiers whose bounds are in coins, so what is kept of an amount depends on
the amount alone and never on the price. Tiers are marginal, like those of an income tax.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from flexloan_nb.analytics.arguments import finite, is_missing, require_columns, share
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["DiscountRates", "Tiers", "discount_schedule"]

Tier: TypeAlias = tuple[Any, Any, Any]
DiscountRates: TypeAlias = Mapping[str, "float | Iterable[Tier] | Tiers"] | pd.Series | pd.DataFrame


@dataclass(frozen=True, slots=True)
class Tiers:
    """What is kept of an amount of one coin.

    Attributes
    ----------
    starts : tuple of float
        Where each tier begins, in coins; the first at zero.
    rates : tuple of float
        Share kept of each coin within the tier. A last tier that ends is followed by a rate
        of zero: beyond it nothing counts.

    Examples
    --------
    Of 30 BTC, 20 count with 98 % and 10 with 95 %:

    >>> tiers = Tiers.of([(0, 20, 0.98), (20, None, 0.95)], "BTC")
    >>> float(tiers.kept(30))
    29.1
    >>> float(tiers.marginal(30))
    0.95
    """

    starts: tuple[float, ...] = (0.0,)
    rates: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, rates: "float | Iterable[Tier] | Tiers", ccy: str) -> "Tiers":
        """Return the tiers of a coin, from one rate or from ``(min_amt, max_amt, rate)`` each.

        Raises
        ------
        InvalidArgumentError
            A rate is not within 0 and 1, or the tiers do not follow one another from zero.
        """
        if isinstance(rates, Tiers):
            return rates
        if isinstance(rates, str) or not isinstance(rates, Iterable):
            return cls(rates=(share(rates, f"discount rate of {ccy}"),))
        return _from_tiers(sorted(map(_tier, rates)), ccy)

    def kept(self, amount: ArrayLike) -> Any:
        """Return how many coins of an amount count, for a scalar or an array of amounts."""
        amounts = np.asarray(amount, dtype=float)
        tier = self._tier(amounts)
        counted = self._counted[tier] + self._rates[tier] * (amounts - self._starts[tier])
        return counted[()]

    def marginal(self, amount: ArrayLike) -> Any:
        """Return the share kept of the next coin, for a scalar or an array of amounts."""
        return self._rates[self._tier(np.asarray(amount, dtype=float))][()]

    def amount_for(self, kept: ArrayLike) -> Any:
        """Return the least amount of which so many coins count; infinite where none does."""
        wanted = np.asarray(kept, dtype=float)
        tier = np.maximum(np.searchsorted(self._counted, wanted, side="left") - 1, 0)
        missing = wanted - self._counted[tier]
        with np.errstate(divide="ignore", invalid="ignore"):
            more = np.where(missing > 0, missing / self._rates[tier], 0.0)
        return (self._starts[tier] + more)[()]

    @property
    def _starts(self) -> NDArray[np.float64]:
        return np.asarray(self.starts)

    @property
    def _rates(self) -> NDArray[np.float64]:
        return np.asarray(self.rates)

    @property
    def _counted(self) -> NDArray[np.float64]:
        """Coins that count of everything below each tier."""
        below = np.cumsum(np.diff(self._starts) * self._rates[:-1])
        return np.concatenate([[0.0], below])

    def _tier(self, amounts: NDArray[np.float64]) -> NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._starts, amounts, side="right") - 1, 0)


def discount_schedule(rates: DiscountRates | None) -> dict[str, Tiers]:
    """Return the tiers of each coin.

    Parameters
    ----------
    rates : mapping, Series or DataFrame, optional
        By coin, one share kept or tiers ``(min_amt, max_amt or None, rate)`` in coins; or rows
        as `MarketClient.discount_rates` returns them, of one coin or several.

    Raises
    ------
    InvalidArgumentError
        A rate or tier is wrong, see `Tiers.of`.

    Examples
    --------
    >>> discount_schedule({"BTC": 0.98})
    {'BTC': Tiers(starts=(0.0,), rates=(0.98,))}
    """
    if rates is None:
        return {}
    if not isinstance(rates, Mapping | pd.Series | pd.DataFrame):
        raise InvalidArgumentError(
            f"discount_rates is {rates!r}: give a share kept for each coin like {{'BTC': 0.98}}."
        )
    if isinstance(rates, pd.DataFrame):
        require_columns(rates, "ccy", "minAmt", "maxAmt", "discountRate", of="a discount table")
        rates = {
            str(ccy): list(rows[["minAmt", "maxAmt", "discountRate"]].itertuples(index=False))
            for ccy, rows in rates.groupby("ccy")
        }
    return {str(ccy): Tiers.of(of_coin, str(ccy)) for ccy, of_coin in rates.items()}


def _tier(tier: Tier) -> tuple[float, float, float]:
    try:
        start, end, rate = tier
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"{tier!r} is not a tier like (min_amt, max_amt or None, rate)."
        ) from None
    last = float("inf") if is_missing(end) else finite(end, "max_amt")
    return finite(start, "min_amt"), last, share(rate, "discount rate")


def _from_tiers(tiers: list[tuple[float, float, float]], ccy: str) -> Tiers:
    if not tiers:
        raise InvalidArgumentError(f"{ccy} has no discount tiers: give at least (0, None, rate).")
    starts, ends, rates = zip(*tiers, strict=True)
    if starts[0] != 0 or starts[1:] != ends[:-1] or not starts[-1] < ends[-1]:
        raise InvalidArgumentError(
            f"The discount tiers of {ccy} must follow one another from zero; they are "
            + ", ".join(f"{start:g} to {end:g}" for start, end, _ in tiers)
            + "."
        )
    if ends[-1] < float("inf"):
        return Tiers((*starts, ends[-1]), (*rates, 0.0))
    return Tiers(starts, rates)
