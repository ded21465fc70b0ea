"""The embedded exchange: a lending desk with its own clock and market; it never sees HTTP.

The control plane (`deposit`, `borrow`, `repay`, `adjust_collateral`, `advance`, `set_price`,
`shock`, `set_utilisation`) moves it; the reading methods, here and on the `Board`, answer rows of
strings as the real interface writes them. Same seed and same calls, same rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from os import PathLike
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from flexloan_nb.sim import rows, rules, state
from flexloan_nb.sim.atomic import atomic
from flexloan_nb.sim.board import Board
from flexloan_nb.sim.coins import COINS, Coin
from flexloan_nb.sim.desk import NOTHING, Desk
from flexloan_nb.sim.ledger import Ids, Order
from flexloan_nb.sim.market import MS_PER_HOUR, Market, indices, opening_of
from flexloan_nb.sim.rows import PAGE_ROWS, Row
from flexloan_nb.sim.rules import Amount, Coins, Settings
from flexloan_nb.sim.scenario import ninety_days
from flexloan_nb.sim.state import Opening, Prices, State

if TYPE_CHECKING:
    import pandas as pd

OPENING: Final = datetime(2025, 10, 17, 12, 7, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MS: Final = timedelta(milliseconds=1)


class SimulatedExchange(Board):
    """A lending desk with its own clock, market and books.

    Parameters
    ----------
    seed : int
        Decides prices, rates and ids.
    scenario : callable, optional
        Called with the exchange once it stands; ``None`` leaves it empty at its opening time.
    settings : Settings
        The desk's numbers.
    coins : sequence of Coin
        What it lists.
    prices : DataFrame, optional
        Your own USD prices in place of the seeded ones: a column a coin, over a UTC
        DatetimeIndex. The exchange opens at the first row and cannot be advanced beyond the
        last; coins without a column keep their seeded prices.
    opening : datetime
        When the exchange opens, where `prices` does not say.

    Attributes
    ----------
    coins : dict of str to Coin
        What it lists, by currency.
    lock : threading.RLock
        Held during every call; hold it to see several answers of one moment.

    Examples
    --------
    How much more could I borrow against one bitcoin?

    >>> exchange = SimulatedExchange(scenario=None)
    >>> exchange.deposit("BTC", 1)
    >>> order = exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    >>> exchange.max_loan("USDT")[0]["remainingQuota"]
    '3380000'
    """

    def __init__(
        self,
        seed: int = 7,
        *,
        scenario: "Callable[[SimulatedExchange], None] | None" = ninety_days,
        settings: Settings = rules.DEFAULTS,
        coins: Sequence[Coin] = COINS,
        prices: "pd.DataFrame | None" = None,
        opening: datetime = OPENING,
    ) -> None:
        self.lock = RLock()
        start = (opening - EPOCH) // MS if prices is None else opening_of(prices)
        frame = None if prices is None else Prices.of(prices)
        self._open(Opening(seed, start, settings, tuple(coins), frame))
        if scenario is not None:
            with localcontext(rules.ARITHMETIC):
                scenario(self)

    # Clock and market

    def now(self) -> datetime:
        """Return the exchange's time, in UTC."""
        return EPOCH + self._desk.now * MS

    @atomic
    def advance(self, *, hours: float = 0, seconds: float = 0) -> None:
        """Let time pass: interest every full hour, and liquidation where it is due."""
        desk, target = self._desk, self._desk.now + timedelta(hours=hours, seconds=seconds) // MS
        if target < desk.now:
            raise ValueError("time only moves forward")
        self._market.require(target)
        for hour in range(desk.now // MS_PER_HOUR + 1, target // MS_PER_HOUR + 1):
            desk.now = hour * MS_PER_HOUR
            desk.close_hour()
        desk.now = target

    @atomic
    def price(self, ccy: str) -> Decimal:
        """Return a coin's present index price in USD."""
        return self._market.price(self._listed(ccy), self._desk.now)

    @atomic
    def set_price(self, ccy: str, price: Amount) -> None:
        """Move a coin's price, to seven digits; its path continues from there.

        Loans are looked at again at the next full hour.
        """
        self._market.set_price(self._listed(ccy), rules.price(price), self._desk.now)

    @atomic
    def shock(self, change: Amount, ccys: Iterable[str] | None = None) -> None:
        """Multiply prices by ``1 + change``; of all coins but the stable, if none is named."""
        if ccys is None:
            ccys = [ccy for ccy, coin in self.coins.items() if not coin.stable]
        for ccy in ccys:
            self.set_price(ccy, self.price(ccy) * (1 + Decimal(str(change))))

    @atomic
    def set_utilisation(self, ccy: str, share: Amount) -> None:
        """Say how much of everybody's deposits of a coin is lent out, from 0 to 1.

        At 1 nobody can borrow it, and loans of it are repaid by force from the next full hour on.
        """
        self._desk.utilisation[self._listed(ccy)] = rules.share(share)

    # Borrower

    @atomic
    def deposit(self, ccy: str, amt: Amount, *, user: str = "main") -> None:
        """Put coins into the funding account."""
        self._desk.account(user).funding.add(self._listed(ccy), rules.amount(amt))

    @atomic
    def funding(self, *, user: str = "main") -> dict[str, Decimal]:
        """Return the coins in the funding account."""
        return dict(self._desk.account(user).funding)

    @atomic
    def borrow(
        self,
        ccy: str,
        amt: Amount,
        *,
        collateral: Mapping[str, Amount] = NOTHING,
        ord_id: str | None = None,
        cl_ord_id: str | None = None,
        user: str = "main",
    ) -> str:
        """Borrow from the order named, else from a new one, and return the order's id.

        `collateral` moves from the funding account into the order first. A deal with the
        `cl_ord_id` of another one of the last minute is refused.
        """
        account = self._desk.account(user)
        loan, pledge = rules.amount(amt), self._amounts(collateral)
        with account.once(cl_ord_id, self._desk.now):
            order = account.order(ord_id) if ord_id else self._desk.new_order()
            self._desk.borrow(account, order, self._listed(ccy), loan, pledge)
        return order.ord_id

    @atomic
    def repay(
        self,
        ccy: str,
        amt: Amount,
        *,
        ord_id: str | None = None,
        cl_ord_id: str | None = None,
        user: str = "main",
    ) -> None:
        """Repay from the funding account: `amt`, or the whole debt where that is less."""
        account, part = self._desk.account(user), rules.amount(amt)
        with account.once(cl_ord_id, self._desk.now):
            self._desk.repay(account, account.order(ord_id), self._listed(ccy), part)

    @atomic
    def adjust_collateral(
        self,
        type: Literal["add", "reduce"],
        ccy: str,
        amt: Amount,
        *,
        ord_id: str | None = None,
        user: str = "main",
    ) -> list[Row]:
        """Move collateral between the funding account and an order, by default the earliest."""
        account = self._desk.account(user)
        moves = {"add": self._desk.add_collateral, "reduce": self._desk.reduce_collateral}
        moves[type](account, account.order(ord_id), self._listed(ccy), rules.amount(amt))
        return []

    # Reading

    def borrow_currencies(self) -> list[Row]:
        """List what can be borrowed."""
        return [{"borrowCcy": ccy} for ccy, coin in self.coins.items() if coin.borrowable]

    @atomic
    def collateral_assets(
        self, *, ccy: str | None = None, ord_id: str | None = None, user: str = "main"
    ) -> list[Row]:
        """List what the funding account could add to an order, by default the earliest."""
        account = self._desk.account(user)
        free = {c: amt for c, amt in account.funding.items() if self.coins[c].pledgeable}
        return [
            {
                "assets": [
                    rows.asset(name, amt, self.price(name))
                    for name, amt in free.items()
                    if name not in order.debt and ccy in (None, name)
                ]
            }
            for order in account.first(ord_id)
        ]

    @atomic
    def max_loan(
        self,
        borrow_ccy: str,
        *,
        sup_collateral: Mapping[str, Amount] = NOTHING,
        ord_id: str | None = None,
        user: str = "main",
    ) -> list[Row]:
        """Answer how much an order, by default the earliest, could still borrow."""
        account, ccy = self._desk.account(user), self._listed(borrow_ccy)
        supplement = self._amounts(sup_collateral)
        return [
            rows.max_loan(
                ccy,
                self._desk.max_loan(account, order, ccy, supplement),
                self.price(ccy),
                self._desk.quota(account, ccy),
            )
            for order in account.first(ord_id)
        ]

    @atomic
    def max_collateral_redeem_amount(
        self, ccy: str, *, ord_id: str | None = None, user: str = "main"
    ) -> list[Row]:
        """Answer how much of a pledged coin could be taken out of an order."""
        orders = self._desk.account(user).first(ord_id)
        return [
            {"ccy": ccy, "maxRedeemAmt": rows.text(self._desk.max_redeem(order, self._listed(ccy)))}
            for order in orders
        ]

    @atomic
    def loan_info(self, *, ord_id: str | None = None, user: str = "main") -> list[Row]:
        """Describe every order, or the one named."""
        return [self._loan_info(order) for order in self._desk.account(user).selected(ord_id)]

    @atomic
    def loan_history(
        self,
        *,
        type: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = PAGE_ROWS,
        ord_id: str | None = None,
        user: str = "main",
    ) -> list[Row]:
        """List events, newest first."""
        newest_first = reversed(self._desk.account(user).events)
        wanted = (
            event
            for event in newest_first
            if type in (None, event.type) and ord_id in (None, event.ord_id)
        )
        return [rows.event(event) for event in rows.page(wanted, after, before, limit)]

    @atomic
    def interest_accrued(
        self,
        *,
        ccy: str | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = PAGE_ROWS,
        ord_id: str | None = None,
        user: str = "main",
    ) -> list[Row]:
        """List the accruals of the last 30 days that are on record, newest first."""
        newest_first = reversed(self._desk.account(user).accruals)
        wanted = (
            accrual
            for accrual in newest_first
            if accrual.recorded <= self._desk.now
            and ccy in (None, accrual.ccy)
            and ord_id in (None, accrual.ord_id)
        )
        return [rows.accrual(accrual) for accrual in rows.page(wanted, after, before, limit)]

    # Saving

    def save(self, path: str | PathLike[str]) -> None:
        """Write the whole state to a file that only its owner may read.

        An exchange that is loaded from it answers like this one from now on. Keys, pace and
        faults belong to the gateway and are not saved.
        """
        state.write(Path(path), self.snapshot())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Return the exchange that was saved in a file."""
        exchange = cls(scenario=None)
        exchange._become(state.read(Path(path)))
        return exchange

    @atomic
    def snapshot(self) -> dict[str, Any]:
        """Return the whole state as the JSON object that `save` writes."""
        return state.pack(
            State(
                self._opening,
                self._desk.now,
                self._desk.ids.random.getstate(),
                self._market.factors,
                self._desk.utilisation,
                self._desk.accounts,
            )
        )

    @atomic
    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Become what an exchange was when `snapshot` was taken of it."""
        self._become(state.unpack(snapshot))

    # Inside

    def _become(self, saved: State) -> None:
        self._open(saved.opening)
        self._market.factors = saved.factors
        self._desk.now = saved.now
        self._desk.ids.random.setstate(saved.ids)
        self._desk.utilisation = saved.utilisation
        self._desk.accounts = saved.accounts

    def _open(self, opening: Opening) -> None:
        self._opening = opening
        self.coins = {coin.ccy: coin for coin in opening.coins}
        self._indices = indices(self.coins)
        prices = opening.prices and opening.prices.frame()
        self._market = Market(opening.coins, opening.seed, opening.start, prices)
        ids = Ids(opening.seed)
        self._desk = Desk(self.coins, opening.settings, self._market, ids, opening.start)

    def _loan_info(self, order: Order) -> Row:
        value = self._desk.value(order)
        quote = self._desk.liquidation_quote(order, value)
        return rows.loan_info(order, value, self._desk.thresholds(value), quote)

    def _listed(self, ccy: str) -> str:
        if ccy not in self.coins:
            raise ValueError(f"the exchange does not list {ccy!r}")
        return ccy

    def _amounts(self, amounts: Mapping[str, Amount]) -> Coins:
        return {self._listed(ccy): rules.amount(amt) for ccy, amt in amounts.items()}
