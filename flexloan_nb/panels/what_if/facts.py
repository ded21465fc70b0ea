"""What is read of an account once, for all that is sketched on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import pandas as pd

from flexloan_nb.analytics.arguments import finite, positive
from flexloan_nb.analytics.position import Position
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.panels.amounts import not_above

__all__ = [
    "Account",
    "InitialLtv",
    "Loan",
    "LoanClient",
    "read_account",
    "sent_order",
    "with_initial_ltv",
]

_DECIMALS = 6  # of an initial LTV that is inferred: beyond them are the errors of floats
_NOISE = 1e-9


class _Market(Protocol):
    """What tells prices and discount rates, such as a `MarketClient`."""

    def index_prices(self, ccys: str | Iterable[str]) -> pd.DataFrame: ...
    def discount_rates(self) -> pd.DataFrame: ...


class LoanClient(Protocol):
    """What is asked of a client, such as a `FlexibleLoanClient`."""

    @property
    def market(self) -> Any: ...  # noqa: D102
    def loan_snapshot(self) -> Any: ...  # noqa: D102
    def borrow_currencies(self) -> pd.DataFrame: ...  # noqa: D102
    def collateral_assets(  # noqa: D102
        self, ccy: str | None = None, *, ord_id: str | None = None
    ) -> pd.DataFrame: ...
    def max_loan(  # noqa: D102
        self, borrow_ccy: str, sup_collateral: Any = None, *, ord_id: str | None = None
    ) -> pd.DataFrame: ...


class InitialLtv(NamedTuple):
    """The LTV up to which the exchange lends, and how it is known.

    ``inferred`` from the exchange's maximum loan; ``at_least`` that, where a quota ended the
    loan; ``at_most`` that, where nothing is lent; ``given`` by the user.
    """

    value: float
    source: Literal["inferred", "at_least", "at_most", "given"]


@dataclass(frozen=True)
class Loan:
    """One order, and what can be done with it.

    Attributes
    ----------
    ord_id : str
        The order.
    position : Position
        As it is, with the prices of every coin that can be pledged or borrowed.
    printed_ltv : float
        The exchange's own LTV, of four decimals.
    free : mapping of str to float
        What the funding account holds of each coin that can be pledged.
    borrowable : tuple of str
        Coins that can be borrowed; none of those that are pledged.
    initial_ltv : InitialLtv
        Also in ``position``.
    quotas : mapping of str to float
        The exchange's ``remainingQuota`` in coins, where it has been told.
    """

    ord_id: str
    position: Position
    printed_ltv: float
    free: Mapping[str, float]
    borrowable: tuple[str, ...]
    initial_ltv: InitialLtv
    quotas: Mapping[str, float]


@dataclass(frozen=True)
class Account:
    """All loans at one moment, by their orders.

    Attributes
    ----------
    loans : dict of str to Loan
        Empty without a loan.
    read_at : datetime
        When, by the exchange's clock.
    """

    loans: Mapping[str, Loan]
    read_at: datetime


def read_account(client: LoanClient) -> Account:
    """Read what sketches are made on.

    The exchange does not print its initial LTV. It follows from the maximum loan: ``I = (D +
    maxLoan p) / V``, as long as neither a quota nor a lack of collateral ends the loan. Where
    nothing is lent, the question is asked again with all that is free as a supplement.

    Raises
    ------
    FlexLoanError
        Something could not be read.
    """
    snapshot = client.loan_snapshot()
    borrowable = client.borrow_currencies()["borrowCcy"].astype(str).tolist()
    free = {order: _free(client, order) for order in _orders(snapshot)}
    coins = {*snapshot.legs["ccy"], *borrowable, *(ccy for of in free.values() for ccy in of)}
    prices = _prices(client.market, sorted(map(str, coins)), {*snapshot.legs["ccy"]})
    positions = Position.from_snapshot(snapshot, prices, client.market.discount_rates())
    loans = {
        order: _loan(client, order, position, free.get(order, {}), borrowable)
        for order, position in positions.items()
    }
    return Account(loans, snapshot.fetched_at)


def with_initial_ltv(loan: Loan, value: float) -> Loan:
    """Return the loan with an initial LTV of the user's own.

    Raises
    ------
    InvalidArgumentError
        It is not above zero and below the margin call.
    """
    number = positive(value, "The initial LTV")
    if number >= loan.position.margin_call_ltv:
        raise InvalidArgumentError(
            f"The initial LTV is {number:g}: it lies below the margin call at "
            f"{loan.position.margin_call_ltv:g}."
        )
    position = loan.position.with_thresholds(initial_ltv=number)
    return replace(loan, position=position, initial_ltv=InitialLtv(number, "given"))


def _orders(snapshot: Any) -> list[str]:
    return [str(order) for order in snapshot.info["ordId"].dropna()] or (
        ["loan"] if len(snapshot.info) else []
    )


def _free(client: LoanClient, order: str) -> dict[str, float]:
    assets = client.collateral_assets(ord_id=sent_order(order))
    amounts = {str(row.ccy): not_above(row.amt) for row in assets.itertuples()}
    return {ccy: amount for ccy, amount in amounts.items() if amount > 0}


def sent_order(order: str) -> str | None:
    """Return an order as the exchange is asked for it; one that it does not name is the only."""
    return order if order.isdigit() else None


def _prices(market: _Market, coins: list[str], needed: set[str]) -> dict[str, float]:
    """Return the price of each coin; one that has no index is left out unless it is needed."""
    try:
        return _by_coin(market.index_prices(coins))
    except InvalidArgumentError:
        prices = _by_coin(market.index_prices(sorted(needed)))
    for ccy in coins:
        try:
            prices |= _by_coin(market.index_prices([ccy]))
        except InvalidArgumentError:
            continue
    return prices


def _by_coin(frame: pd.DataFrame) -> dict[str, float]:
    return {str(ccy): float(of) for ccy, of in zip(frame["ccy"], frame["idxPx"], strict=True)}


def _loan(
    client: LoanClient,
    order: str,
    position: Position,
    free: Mapping[str, float],
    borrowable: list[str],
) -> Loan:
    pledged = {ccy for ccy, amount in position.collateral.items() if amount}
    owed = {ccy for ccy, amount in position.debt.items() if amount}
    lent = [ccy for ccy in borrowable if ccy in position.prices and ccy not in pledged]
    ours = {ccy: of for ccy, of in free.items() if ccy in position.prices and ccy not in owed}
    first = tuple(sorted(lent, key=lambda ccy: ccy not in owed))
    asked = {ccy: of for ccy, of in ours.items() if ccy not in first[:1]}
    initial, quotas = _initial(client, order, position, asked, next(iter(first), None))
    printed = float("nan") if position.exchange_ltv is None else position.exchange_ltv
    known = position.with_thresholds(initial_ltv=initial.value)
    return Loan(order, known, printed, ours, first, initial, quotas)


def _initial(
    client: LoanClient,
    order: str,
    position: Position,
    free: Mapping[str, float],
    borrow_ccy: str | None,
) -> tuple[InitialLtv, dict[str, float]]:
    """Return the initial LTV, and the quota that was told on the way."""
    quotas: dict[str, float] = {}
    supplements = [{}, dict(free)] if free else [{}]
    for supplement in supplements if borrow_ccy else []:
        answer = client.max_loan(str(borrow_ccy), supplement or None, ord_id=sent_order(order))
        if answer.empty:
            break
        lent = finite(answer["maxLoan"].iloc[0], "maxLoan")
        quotas[str(borrow_ccy)] = finite(answer["remainingQuota"].iloc[0], "remainingQuota")
        if lent > 0:
            after = position.add_collateral(supplement)
            return _implied(after, str(borrow_ccy), lent, quotas[str(borrow_ccy)]), quotas
    return InitialLtv(_below_margin_call(position.ltv, position), "at_most"), quotas


def _implied(position: Position, ccy: str, lent: float, quota: float) -> InitialLtv:
    value = (position.debt_usd + lent * position.prices[ccy]) / position.collateral_usd
    simple = round(value, _DECIMALS)
    value = simple if abs(simple - value) < _NOISE else value
    if not value < position.margin_call_ltv:
        return InitialLtv(_below_margin_call(value, position), "at_most")
    return InitialLtv(value, "at_least" if lent >= quota else "inferred")


def _below_margin_call(value: float, position: Position) -> float:
    """Return a level at which a loan may stand, however high its LTV is."""
    highest = position.margin_call_ltv * (1 - 1e-6)
    return min(value, highest) if value > 0 else highest
