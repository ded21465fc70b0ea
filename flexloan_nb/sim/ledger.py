"""Accounts, loan orders and their history: who holds and owes what, and how it came about.

Every change of a balance except interest is an event of the loan history, and an event is what
changes the balance: `EFFECTS` says what one signed amount does, so history and balances cannot
disagree. Interest has rows of its own.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter
from random import Random
from types import MappingProxyType
from typing import Final, NamedTuple

from flexloan_nb.sim.rules import ZERO
from flexloan_nb.sim.violations import LoanRuleViolation

REFS_PER_MS: Final = 10_000  # an id is the record's milliseconds and four more digits
DEAL_MS: Final = 60_000  # for which a deal's client id cannot be used again


class Effect(NamedTuple):
    """What an event's signed amount is multiplied with before it is added to each balance."""

    funding: int
    collateral: int
    debt: int


# Amounts are signed as the funding account sees them, or as the pool of a forced sale does.
EFFECTS: Final[Mapping[str, Effect]] = MappingProxyType(
    {
        "borrowed": Effect(1, 0, 1),
        "repaid": Effect(1, 0, 1),
        "collateral_locked": Effect(1, -1, 0),
        "collateral_released": Effect(1, -1, 0),
        "forced_repayment_buy": Effect(0, 0, -1),
        "forced_repayment_sell": Effect(0, 1, 0),
        "forced_liquidation": Effect(0, 0, 1),
        "partial_liquidation": Effect(0, 0, 1),
        "sell_collateral": Effect(0, 1, 0),
        "buy_transition_coin": Effect(0, 0, 0),
        "sell_transition_coin": Effect(0, 0, 0),
        "buy_borrowed_coin": Effect(0, 0, 0),
    }
)


class Event(NamedTuple):
    """One row of the loan history; `ref` is its id, `ts` its second in milliseconds."""

    ref: int
    ts: int
    ord_id: str
    type: str
    ccy: str
    amt: Decimal


class Accrual(NamedTuple):
    """One hour's interest on one currency of one order; `ts` is the full hour."""

    ref: int
    ts: int
    ord_id: str
    ccy: str
    loan: Decimal
    interest: Decimal
    rate: Decimal

    @property
    def recorded(self) -> int:
        """When the row appears, in milliseconds: the leading digits of its id."""
        return self.ref // REFS_PER_MS


class Balances(dict[str, Decimal]):
    """Amounts by currency; what is not there is zero, and what reaches zero is not there."""

    def __missing__(self, ccy: str) -> Decimal:
        return ZERO

    def add(self, ccy: str, change: Decimal) -> None:
        """Change one balance."""
        self[ccy] += change
        if not self[ccy]:
            del self[ccy]


@dataclass(slots=True)
class Order:
    """A loan order: pledged coins against borrowed ones, accrued interest included."""

    ord_id: str
    collateral: Balances = field(default_factory=Balances)
    debt: Balances = field(default_factory=Balances)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is pledged and nothing owed."""
        return not (self.collateral or self.debt)


@dataclass(slots=True)
class Account:
    """One user's funding balances, loan orders in order of creation, and records.

    `deals` are the client ids of the last minute's deals and their times, earliest first.
    """

    funding: Balances = field(default_factory=Balances)
    orders: dict[str, Order] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    accruals: list[Accrual] = field(default_factory=list)
    deals: dict[str, int] = field(default_factory=dict)

    def selected(self, ord_id: str | None) -> list[Order]:
        """Return every order, or only the one named."""
        return [order for order in self.orders.values() if ord_id in (None, order.ord_id)]

    def first(self, ord_id: str | None) -> list[Order]:
        """Return the order named, or the earliest, or none where there is none to be named."""
        if ord_id is not None and ord_id not in self.orders:
            raise LoanRuleViolation("51063")
        return self.selected(ord_id)[:1]

    def order(self, ord_id: str | None) -> Order:
        """Return the order named, or the earliest, which there must be."""
        for order in self.first(ord_id):
            return order
        raise LoanRuleViolation("51063")

    def owed(self, ccy: str) -> Decimal:
        """Debt in one currency over all orders."""
        return sum((order.debt[ccy] for order in self.orders.values()), ZERO)

    @contextmanager
    def once(self, cl_ord_id: str | None, now: int) -> Iterator[None]:
        """Make a deal at most once under a client's own id; one that fails does not spend it."""
        while self.deals and now - next(iter(self.deals.values())) >= DEAL_MS:
            del self.deals[next(iter(self.deals))]
        if cl_ord_id in self.deals:
            raise LoanRuleViolation("51016", clOrdId=cl_ord_id)
        yield
        if cl_ord_id is not None:
            self.deals[cl_ord_id] = now

    def post(self, event: Event, order: Order) -> None:
        """Write an event into the history and carry out its effects."""
        effect = EFFECTS[event.type]
        self.funding.add(event.ccy, effect.funding * event.amt)
        order.collateral.add(event.ccy, effect.collateral * event.amt)
        order.debt.add(event.ccy, effect.debt * event.amt)
        self.events.append(event)
        if order.is_empty:
            del self.orders[order.ord_id]

    def accrue(self, accrual: Accrual, order: Order) -> None:
        """Add an hour's interest to the debt and to the records."""
        order.debt.add(accrual.ccy, accrual.interest)
        self.accruals.append(accrual)

    def forget_accruals(self, before: int) -> None:
        """Drop the records of hours earlier than `before`."""
        del self.accruals[: bisect_left(self.accruals, before, key=attrgetter("ts"))]


class Ids:
    """Identifiers in the exchange's form, drawn from one seeded generator, `random`."""

    # A record is written a moment after what it records: an event's sample id is 104 ms past
    # its time, an accrual's 103.5 s.
    EVENT_DELAY_MS: Final = (20, 400)
    ACCRUAL_DELAY_MS: Final = (95_000, 110_000)

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def order(self, now: int) -> str:
        """Eighteen digits: the moment in milliseconds and five more."""
        return f"{now}{self.random.randrange(10**5):05d}"

    def event(self, now: int, last: int) -> int:
        """Return the id of an event that happened at `now`, above the id `last`."""
        return self._ref(now + self.random.randint(*self.EVENT_DELAY_MS), last)

    def accrual(self, hour: int, last: int) -> int:
        """Return the id of an accrual for the full hour `hour`, above the id `last`."""
        return self._ref(hour + self.random.randint(*self.ACCRUAL_DELAY_MS), last)

    def _ref(self, recorded: int, last: int) -> int:
        """Seventeen digits: the record's milliseconds and four more, even and odd alike."""
        return max(recorded * REFS_PER_MS + self.random.randrange(REFS_PER_MS), last + 1)
