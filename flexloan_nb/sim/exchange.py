"""The embedded exchange: a lending desk with its own clock and market; it never sees HTTP.

The control plane (`deposit`, `borrow`, `repay`, `adjust_collateral`, `advance`, `set_price`,
`shock`) moves it; the reading methods answer rows of strings as the real interface writes them.
Same seed and same calls, same rows.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import wraps
from threading import RLock
from typing import TYPE_CHECKING, Concatenate, Final, Literal, ParamSpec, TypeVar

from flexloan_nb.sim import rows, rules
from flexloan_nb.sim.coins import COINS, Coin
from flexloan_nb.sim.desk import NOTHING, Desk
from flexloan_nb.sim.ledger import Ids, Order
from flexloan_nb.sim.market import MS_PER_HOUR, Market, opening_of
from flexloan_nb.sim.rows import PAGE_ROWS, Row
from flexloan_nb.sim.rules import Amount, Coins, Settings
from flexloan_nb.sim.scenario import ninety_days

if TYPE_CHECKING:
    import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")

OPENING: Final = datetime(2025, 10, 17, 12, 7, tzinfo=UTC)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MS: Final = timedelta(milliseconds=1)


def _atomic(
    method: "Callable[Concatenate[SimulatedExchange, P], R]",
) -> "Callable[Concatenate[SimulatedExchange, P], R]":
    """Run a method alone, and in the rules' own arithmetic whatever the caller's is."""

    @wraps(method)
    def alone(self: "SimulatedExchange", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock, localcontext(rules.ARITHMETIC):
            return method(self, *args, **kwargs)

    return alone


class SimulatedExchange:
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
        self.coins = {coin.ccy: coin for coin in coins}
        now = (opening - EPOCH) // MS if prices is None else opening_of(prices)
        self._market = Market(coins, seed, now, prices)
        self._desk = Desk(self.coins, settings, self._market, Ids(seed), now)
        if scenario is not None:
            with localcontext(rules.ARITHMETIC):
                scenario(self)

    # Clock and market

    def now(self) -> datetime:
        """Return the exchange's time, in UTC."""
        return EPOCH + self._desk.now * MS

    @_atomic
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

    @_atomic
    def price(self, ccy: str) -> Decimal:
        """Return a coin's present index price in USD."""
        return self._market.price(self._listed(ccy), self._desk.now)

    @_atomic
    def set_price(self, ccy: str, price: Amount) -> None:
        """Move a coin's price, to seven digits; its path continues from there.

        Loans are looked at again at the next full hour.
        """
        self._market.set_price(self._listed(ccy), rules.positive(price), self._desk.now)

    @_atomic
    def shock(self, change: Amount, ccys: Iterable[str] | None = None) -> None:
        """Multiply prices by ``1 + change``; of all coins but the stable, if none is named."""
        if ccys is None:
            ccys = [ccy for ccy, coin in self.coins.items() if not coin.stable]
        for ccy in ccys:
            self.set_price(ccy, self.price(ccy) * (1 + Decimal(str(change))))

    # Borrower

    @_atomic
    def deposit(self, ccy: str, amt: Amount, *, user: str = "main") -> None:
        """Put coins into the funding account."""
        self._desk.account(user).funding.add(self._listed(ccy), rules.amount(amt))

    @_atomic
    def funding(self, *, user: str = "main") -> dict[str, Decimal]:
        """Return the coins in the funding account."""
        return dict(self._desk.account(user).funding)

    @_atomic
    def borrow(
        self,
        ccy: str,
        amt: Amount,
        *,
        collateral: Mapping[str, Amount] = NOTHING,
        ord_id: str | None = None,
        user: str = "main",
    ) -> str:
        """Borrow from the order named, else from a new one, and return the order's id.

        `collateral` moves from the funding account into the order first.
        """
        account = self._desk.account(user)
        order = account.order(ord_id) if ord_id else self._desk.new_order()
        loan, pledge = rules.amount(amt), self._amounts(collateral)
        self._desk.borrow(account, order, self._listed(ccy), loan, pledge)
        return order.ord_id

    @_atomic
    def repay(
        self, ccy: str, amt: Amount, *, ord_id: str | None = None, user: str = "main"
    ) -> None:
        """Repay from the funding account: `amt`, or the whole debt where that is less."""
        account = self._desk.account(user)
        order = account.order(ord_id)
        self._desk.repay(account, order, self._listed(ccy), rules.amount(amt))

    @_atomic
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

    def server_time(self) -> list[Row]:
        """Answer the exchange's time."""
        return [{"ts": str(self._desk.now)}]

    def borrow_currencies(self) -> list[Row]:
        """List what can be borrowed."""
        return [{"borrowCcy": ccy} for ccy, coin in self.coins.items() if coin.borrowable]

    @_atomic
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

    @_atomic
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

    @_atomic
    def max_collateral_redeem_amount(
        self, ccy: str, *, ord_id: str | None = None, user: str = "main"
    ) -> list[Row]:
        """Answer how much of a pledged coin could be taken out of an order."""
        orders = self._desk.account(user).first(ord_id)
        return [
            {"ccy": ccy, "maxRedeemAmt": rows.text(self._desk.max_redeem(order, self._listed(ccy)))}
            for order in orders
        ]

    @_atomic
    def loan_info(self, *, ord_id: str | None = None, user: str = "main") -> list[Row]:
        """Describe every order, or the one named."""
        return [self._loan_info(order) for order in self._desk.account(user).selected(ord_id)]

    @_atomic
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

    @_atomic
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

    @_atomic
    def index_tickers(self, ccys: Iterable[str] | None = None) -> list[Row]:
        """List index prices in USD, of all coins if none is named."""
        now = self._desk.now
        return [
            rows.index_ticker(ccy, self.price(ccy), self._market.day_range(ccy, now), now)
            for ccy in (self.coins if ccys is None else ccys)
        ]

    # Inside

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
