"""A loan as numbers: what is pledged, what is owed, at which prices, and how close it is.

The value of collateral is the adjusted one, ``V = sum k_i p_i``: ``k_i`` coins count of the
amount pledged of coin i (see `flexloan_nb.analytics.discount`) at the price ``p_i`` in USD. With
the debt ``D = sum d_i p_i`` the loan to value is ``LTV = D / V``, as OKX defines it since
2025-12-22; with no discount rates it is the older definition, on the plain market value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import (
    by_coin,
    finite,
    is_missing,
    not_negative,
    require_columns,
)
from flexloan_nb.analytics.discount import DiscountRates, Tiers, discount_schedule
from flexloan_nb.analytics.frozen import FrozenMapping
from flexloan_nb.analytics.rates import debt_rates, grown
from flexloan_nb.analytics.thresholds import LEVELS, Level, Threshold, Thresholds
from flexloan_nb.errors import InvalidArgumentError

__all__ = [
    "Coins",
    "Position",
    "Prices",
    "Rows",
    "Snapshot",
    "require_position",
    "require_snapshot",
]

Coins: TypeAlias = Mapping[str, Any] | pd.Series
Prices: TypeAlias = Coins | pd.DataFrame

_ONLY_ORDER = "loan"  # the loan of an exchange that does not name its orders


class Snapshot(Protocol):
    """What `FlexibleLoanClient.loan_snapshot` returns: the loans, and their amounts."""

    @property
    def info(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def legs(self) -> pd.DataFrame: ...  # noqa: D102


class Rows(NamedTuple):
    """A position as arrays over its `Position.coins`, for computing.

    ``pledged``, ``kept`` (what counts of it) and ``owed`` in coins, ``price`` in USD; the
    thresholds of each coin, NaN where there is none.
    """

    pledged: NDArray[np.float64]
    kept: NDArray[np.float64]
    owed: NDArray[np.float64]
    price: NDArray[np.float64]
    initial: NDArray[np.float64]
    margin_call: NDArray[np.float64]
    liquidation: NDArray[np.float64]


@dataclass(frozen=True, init=False, repr=False)
class Position:
    """A loan at given prices; changes return a new one.

    Parameters
    ----------
    collateral, debt : mapping or Series
        Coins pledged, and coins owed with the interest booked so far. A coin may be in both.
    prices : mapping, Series or DataFrame
        USD for one coin, at least of the coins pledged and owed; or the frame of
        `MarketClient.index_prices`.
    discount_rates : mapping, Series or DataFrame, optional
        By coin, the share kept of its value, or tiers ``(min_amt, max_amt or None, rate)`` in
        coins; or the frame of `MarketClient.discount_rates`. A coin without one counts in full.
    margin_call_ltv, liquidation_ltv, initial_ltv : float or mapping
        Decimals. OKX prints the first two of a loan; the last, up to which it lends, it does not.
        A mapping by coin makes a threshold depend on the mix: it is the mean of the coins'
        thresholds, weighted by their part of the adjusted collateral value.
    exchange_ltv : float, optional
        The LTV that the exchange printed.

    Attributes
    ----------
    collateral, debt, prices : Mapping
        As given, as floats.
    discount_rates : Mapping
        `Tiers` of every coin pledged or named.
    thresholds : Thresholds
        The three levels as given.
    exchange_ltv : float or None
        As given; None once something has been changed.
    cells : ndarray, (7, coins)
        The same as numbers over `coins`, for computing; `rows` has them by name.

    Raises
    ------
    InvalidArgumentError
        An amount or price is negative or no number, a price is missing, thresholds do not rise
        from initial over margin call to liquidation.

    Examples
    --------
    How close is a loan of 90,000 USDT against a BTC and 20 ETH?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> position.collateral_usd, round(position.ltv, 7)
    (145200.0, 0.6198347)
    """

    collateral: Mapping[str, float]
    debt: Mapping[str, float]
    prices: Mapping[str, float]
    discount_rates: Mapping[str, Tiers]
    thresholds: Thresholds
    exchange_ltv: float | None
    cells: NDArray[np.float64] = field(init=False, compare=False)

    def __init__(
        self,
        collateral: Coins,
        debt: Coins,
        prices: Prices,
        *,
        discount_rates: DiscountRates | None = None,
        margin_call_ltv: Threshold,
        liquidation_ltv: Threshold,
        initial_ltv: Threshold | None = None,
        exchange_ltv: float | None = None,
    ) -> None:
        pledged = _amounts(collateral, "collateral")
        fields = {
            "collateral": pledged,
            "debt": _amounts(debt, "debt"),
            "prices": _prices(prices),
            "discount_rates": FrozenMapping(
                dict.fromkeys(pledged, Tiers()) | discount_schedule(discount_rates)
            ),
            "thresholds": Thresholds.of(
                initial_ltv, margin_call_ltv, liquidation_ltv, _present(pledged)
            ),
            "exchange_ltv": None if exchange_ltv is None else finite(exchange_ltv, "exchange_ltv"),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        unpriced = [ccy for ccy in self.coins if ccy not in self.prices]
        if unpriced:
            raise InvalidArgumentError(f"prices lacks {', '.join(unpriced)}: give USD for each.")
        object.__setattr__(self, "cells", self._as_cells())

    @classmethod
    def from_snapshot(
        cls,
        snapshot: Snapshot,
        prices: Prices,
        discount_rates: DiscountRates | None = None,
        initial_ltv: Threshold | None = None,
    ) -> dict[str, "Position"]:
        """Return the loans of a snapshot, a position for each order by its ``ordId``.

        Parameters
        ----------
        snapshot : LoanSnapshot
            From `FlexibleLoanClient.loan_snapshot`.
        prices, discount_rates, initial_ltv
            As for a position.

        Returns
        -------
        dict of str to Position
            ``exchange_ltv`` is the exchange's ``curLTV``. Where the exchange names no order,
            the key is ``"loan"``. Empty without a loan.

        Raises
        ------
        InvalidArgumentError
            It is no snapshot, or lacks a column or a price.

        Examples
        --------
        How many loans do I have?

        >>> from flexloan_nb import connect
        >>> client = connect("simulator")
        >>> snapshot = client.loan_snapshot()
        >>> prices = client.market.index_prices(snapshot.legs["ccy"])
        >>> len(Position.from_snapshot(snapshot, prices))
        2
        """
        require_snapshot(snapshot)
        require_columns(
            snapshot.info, "ordId", "curLTV", "marginCallLTV", "liqLTV", of="a frame of loan_info"
        )
        require_columns(snapshot.legs, "ordId", "side", "ccy", "amt", of="a frame of loan_legs")
        orders = snapshot.info.assign(ordId=snapshot.info["ordId"].fillna(_ONLY_ORDER))
        legs = snapshot.legs.assign(ordId=snapshot.legs["ordId"].fillna(_ONLY_ORDER))
        return {
            str(order.ordId): cls(
                _side(legs, order.ordId, "collateral"),
                _side(legs, order.ordId, "loan"),
                prices,
                discount_rates=discount_rates,
                margin_call_ltv=finite(order.marginCallLTV, "marginCallLTV"),
                liquidation_ltv=finite(order.liqLTV, "liqLTV"),
                initial_ltv=initial_ltv,
                exchange_ltv=finite(order.curLTV, "curLTV"),
            )
            for order in orders.itertuples(index=False)
        }

    # What it is worth

    @cached_property
    def coins(self) -> tuple[str, ...]:
        """Coins pledged, then coins that are only owed."""
        return tuple(dict.fromkeys([*self.collateral, *self.debt]))

    @cached_property
    def rows(self) -> Rows:
        """The rows of ``cells`` by name."""
        return Rows(*self.cells)

    @property
    def collateral_usd(self) -> float:
        """Adjusted collateral value in USD, after discount rates."""
        return float(self.rows.kept @ self.rows.price)

    @property
    def market_value_usd(self) -> float:
        """Plain market value of the collateral in USD, before discount rates."""
        return float(self.rows.pledged @ self.rows.price)

    @property
    def debt_usd(self) -> float:
        """Value of the debt in USD, with the interest booked."""
        return float(self.rows.owed @ self.rows.price)

    @property
    def ltv(self) -> float:
        """Loan to value: 0 without a debt, infinite where nothing of value is pledged for it."""
        debt, value = self.debt_usd, self.collateral_usd
        if debt == 0:
            return 0.0
        return debt / value if value else float("inf")

    @property
    def drift(self) -> float:
        """Computed LTV less the exchange's; NaN where that is not known.

        The exchange prints four decimals, and prices move between its reading and ours: a few
        units of 1e-4 are expected, more says that the model or its discount rates are not the
        exchange's.
        """
        return float("nan") if self.exchange_ltv is None else self.ltv - self.exchange_ltv

    @property
    def margin_call_ltv(self) -> float:
        """LTV at which the exchange warns, for the present mix of collateral."""
        return self.threshold("margin_call")

    @property
    def liquidation_ltv(self) -> float:
        """LTV at which the exchange sells, for the present mix of collateral."""
        return self.threshold("liquidation")

    @property
    def initial_ltv(self) -> float | None:
        """LTV up to which the exchange lends, for the present mix of collateral, if known."""
        return None if self.thresholds.initial is None else self.threshold("initial")

    def threshold(self, level: Level) -> float:
        """Return the LTV of a level: ``"initial"``, ``"margin_call"`` or ``"liquidation"``."""
        weights = self.rows.kept * self.rows.price
        return self.thresholds.weighted(level, self.coins, weights)

    def threshold_band(self, level: Level) -> tuple[float, float]:
        """Return between which LTVs a level can lie for any mix of the coins pledged.

        Both are the level itself where thresholds are constant.
        """
        return self.thresholds.band(level, _present(self.collateral))

    def to_frame(self) -> pd.DataFrame:
        """Return a row for each coin.

        Returns
        -------
        DataFrame
            Index ``ccy``; ``collateral`` and ``debt`` in coins, ``price`` in USD, ``kept_share``
            of the collateral's value (NaN where none is pledged), ``collateral_usd`` after
            discount rates and ``debt_usd``.
        """
        rows = self.rows
        with np.errstate(invalid="ignore"):
            kept_share = rows.kept / rows.pledged
        return pd.DataFrame(
            {
                "collateral": rows.pledged,
                "debt": rows.owed,
                "price": rows.price,
                "kept_share": kept_share,
                "collateral_usd": rows.kept * rows.price,
                "debt_usd": rows.owed * rows.price,
            },
            index=pd.Index(self.coins, name="ccy", dtype="string"),
        )

    # What it would be

    def with_prices(self, prices: Prices) -> "Position":
        """Return the position at other prices; coins that are left out keep theirs."""
        return self._but(prices={**self.prices, **_prices(prices)})

    def with_thresholds(self, **levels: Threshold | None) -> "Position":
        """Return the position with other thresholds, by the names of the parameters."""
        return self._but(**levels)

    def add_collateral(self, amounts: Coins) -> "Position":
        """Return the position with more pledged, in coins."""
        return self._but(collateral=_sum(self.collateral, _amounts(amounts, "add")))

    def remove_collateral(self, amounts: Coins) -> "Position":
        """Return the position with less pledged, in coins; more than is pledged is refused."""
        less = _difference(self.collateral, _amounts(amounts, "remove"), "remove", "pledged")
        return self._but(collateral=less)

    def borrow(self, amounts: Coins) -> "Position":
        """Return the position with more debt, in coins."""
        return self._but(debt=_sum(self.debt, _amounts(amounts, "borrow")))

    def repay(self, amounts: Coins) -> "Position":
        """Return the position with less debt, in coins; more than is owed is refused."""
        return self._but(debt=_difference(self.debt, _amounts(amounts, "repay"), "repay", "owed"))

    def accrue(self, hours: float, rates: Coins) -> "Position":
        """Return the position with interest booked for some hours, compounded by the hour.

        Parameters
        ----------
        hours : float
            Not negative.
        rates : mapping or Series
            Annual rate of each coin owed, as the exchange prints it: ``debt (1 + rate /
            8760)^hours``. The rounding of each hour at the eighth decimal is left out.
        """
        passed = not_negative(hours, "hours")
        annual = debt_rates(self.debt, rates)
        return self._but(
            debt={
                ccy: owed * grown(annual[ccy], passed) if owed else 0.0
                for ccy, owed in self.debt.items()
            }
        )

    def __repr__(self) -> str:
        return (
            f"Position(LTV {self.ltv:.2%}: {self.debt_usd:,.2f} USD owed on "
            f"{self.collateral_usd:,.2f} USD of adjusted collateral; margin call at "
            f"{self.margin_call_ltv:.2%}, liquidation at {self.liquidation_ltv:.2%})"
        )

    def _but(self, **changes: Any) -> "Position":
        fields: dict[str, Any] = {
            "collateral": self.collateral,
            "debt": self.debt,
            "prices": self.prices,
            "discount_rates": self.discount_rates,
        }
        levels = {f"{level}_ltv": getattr(self.thresholds, level) for level in LEVELS}
        return Position(**{**fields, **levels, **changes})

    def _as_cells(self) -> NDArray[np.float64]:
        coins = self.coins
        kept = [self.discount_rates[ccy].kept(amount) for ccy, amount in self.collateral.items()]
        rows: dict[str, Any] = {
            "pledged": [self.collateral.get(ccy, 0.0) for ccy in coins],
            "kept": kept + [0.0] * (len(coins) - len(kept)),
            "owed": [self.debt.get(ccy, 0.0) for ccy in coins],
            "price": [self.prices[ccy] for ccy in coins],
            **{level: self.thresholds.by_coin(level, coins) for level in LEVELS},
        }
        return np.array([rows[name] for name in Rows._fields], dtype=float)


def require_position(position: Any) -> None:
    """Raise `InvalidArgumentError` where something is not one position."""
    if not isinstance(position, Position):
        raise InvalidArgumentError(
            f"This takes a Position, not {type(position).__name__}; give many one by one."
        )


def require_snapshot(snapshot: Any) -> None:
    """Raise `InvalidArgumentError` where something is not a snapshot of loans."""
    if not hasattr(snapshot, "info") or not hasattr(snapshot, "legs"):
        raise InvalidArgumentError(
            f"This takes what client.loan_snapshot() returns, not {type(snapshot).__name__}."
        )


def _amounts(coins: Coins, name: str) -> FrozenMapping[float]:
    return FrozenMapping(by_coin(coins, name, name, not_negative))


def _prices(prices: Prices) -> FrozenMapping[float]:
    if isinstance(prices, pd.DataFrame):
        require_columns(prices, "ccy", "idxPx", of="a frame of index_prices")
        prices = prices.set_index("ccy")["idxPx"]
    if isinstance(prices, pd.Series):
        prices = prices.dropna()
    elif isinstance(prices, Mapping):
        prices = {ccy: of for ccy, of in prices.items() if not is_missing(of)}
    return FrozenMapping(by_coin(prices, "prices", "price of", not_negative))


def _present(amounts: Mapping[str, float]) -> list[str]:
    """Return the coins of which there is something: of others no threshold is asked."""
    return [ccy for ccy, amount in amounts.items() if amount]


def _side(legs: pd.DataFrame, order: object, side: str) -> Coins:
    rows = legs[(legs["ordId"] == order) & (legs["side"] == side)]
    return rows.groupby("ccy", sort=False)["amt"].sum()


def _sum(amounts: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    return {**amounts, **{ccy: amounts.get(ccy, 0.0) + of for ccy, of in more.items()}}


def _difference(
    amounts: Mapping[str, float], less: Mapping[str, float], verb: str, state: str
) -> dict[str, float]:
    for ccy, amount in less.items():
        if amount > amounts.get(ccy, 0.0):
            raise InvalidArgumentError(
                f"{verb} {ccy} is {amount:g}, but {amounts.get(ccy, 0.0):g} is {state}."
            )
    return {**amounts, **{ccy: amounts[ccy] - of for ccy, of in less.items()}}
