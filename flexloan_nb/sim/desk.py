"""The lending desk: holds accounts and orders to the rules at one moment of the market.

What is wrong with a deal is looked for in this order: what may be lent and pledged at all (51754,
51751, 51752, 51750, 51753), coin by coin the smallest amount and the balance (51757, 51764), the
smallest loan (51757), and last what depends on prices (51759, 51756, 51758).
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from itertools import chain
from types import MappingProxyType
from typing import Final

from flexloan_nb.sim import liquidation, rows, rules
from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.ledger import Account, Accrual, Balances, Event, Ids, Order
from flexloan_nb.sim.market import MS_PER_HOUR, Market
from flexloan_nb.sim.rows import LiquidationQuote
from flexloan_nb.sim.rules import Coins, Settings, Thresholds, Valuation
from flexloan_nb.sim.violations import LoanRuleViolation

MS_PER_SECOND: Final = 1_000
RETENTION_MS: Final = 30 * 24 * MS_PER_HOUR  # of interest records
NOTHING: Final[Coins] = MappingProxyType({})


class Desk:
    """Accounts, orders and what may be done with them; the exchange moves `now`.

    Attributes
    ----------
    now : int
        The time, in milliseconds since the epoch.
    ids : Ids
        Where identifiers come from.
    accounts : dict of str to Account
        By user.
    utilisation : Balances
        How much of everybody's deposits of a coin is lent out.
    """

    def __init__(
        self, coins: Mapping[str, Coin], settings: Settings, market: Market, ids: Ids, now: int
    ) -> None:
        self.now = now
        self._coins = coins
        self._settings = settings
        self._market = market
        self.ids = ids
        self.accounts: dict[str, Account] = {}
        self.utilisation = Balances()

    def account(self, user: str) -> Account:
        """Return a user's account, opened at its first mention."""
        return self.accounts.setdefault(user, Account())

    def new_order(self) -> Order:
        """Return an order nobody has used yet."""
        return Order(self.ids.order(self.now))

    # Valuing

    def prices(self, *ccys: Iterable[str]) -> dict[str, Decimal]:
        """Return the present price of every currency mentioned."""
        return {ccy: self._market.price(ccy, self.now) for ccy in set(chain(*ccys))}

    def value(self, order: Order, supplement: Coins = NOTHING) -> Valuation:
        """Value an order, as if `supplement` were pledged as well."""
        collateral = Balances(order.collateral)
        for ccy, amt in supplement.items():
            collateral.add(ccy, amt)
        prices = self.prices(collateral, order.debt)
        return rules.valuation(collateral, order.debt, prices, self._coins)

    def thresholds(self, value: Valuation) -> Thresholds:
        """Return the loan-to-value levels of an order so valued."""
        return rules.thresholds(value, self._settings)

    def liquidation_quote(self, order: Order, value: Valuation) -> LiquidationQuote:
        """Name the price that liquidates an order, for one coin against one coin only.

        It is quoted in the stable coin of the two, else in the borrowed one.
        """
        if len(order.collateral) != 1 or len(order.debt) != 1:
            return LiquidationQuote()
        (base,), (quote,) = order.collateral, order.debt
        prices, level = self.prices(order.collateral, order.debt), self.thresholds(value)
        price = rules.liquidation_price(value, prices[base] / prices[quote], level.liquidation)
        if self._coins[base].stable and not self._coins[quote].stable:
            base, quote, price = quote, base, 1 / price
        return LiquidationQuote(f"{base}-{quote}", rows.text(rules.round_down(price)))

    def quota(self, account: Account, ccy: str) -> Decimal:
        """Return how much more of a coin this user may borrow, whatever the collateral."""
        if self._is_lent_out(ccy):
            return rules.ZERO
        return max(rules.ZERO, self._coins[ccy].quota - account.owed(ccy))

    def max_loan(
        self, account: Account, order: Order, ccy: str, supplement: Coins = NOTHING
    ) -> Decimal:
        """Return how much of a coin the order may still borrow."""
        self._check_mix([ccy, *order.debt], [*order.collateral, *supplement])
        value, price = self.value(order, supplement), self._market.price(ccy, self.now)
        return rules.max_loan(value, price, self.quota(account, ccy), self._settings)

    def max_redeem(self, order: Order, ccy: str) -> Decimal:
        """Return how much of a pledged coin may be taken out."""
        if ccy not in order.collateral:
            raise LoanRuleViolation("51753", ccy=ccy)
        pledged, price = order.collateral[ccy], self._market.price(ccy, self.now)
        return rules.max_redeem(
            ccy, pledged, price, self._coins[ccy], self.value(order), self._settings
        )

    # Dealing

    def borrow(self, account: Account, order: Order, ccy: str, amt: Decimal, pledge: Coins) -> None:
        """Lock `pledge` and lend `amt` against the whole collateral."""
        most = self.max_loan(account, order, ccy, pledge)
        self._check_pledge(account, pledge)
        _check_minimum(ccy, amt, self._coins[ccy].min_loan)
        if amt > most:
            raise LoanRuleViolation("51759", ccy=ccy, max=rows.text(most))
        account.orders[order.ord_id] = order
        for pledged, coins in pledge.items():
            self._post(account, order, "collateral_locked", pledged, -coins)
        self._post(account, order, "borrowed", ccy, amt)

    def repay(self, account: Account, order: Order, ccy: str, amt: Decimal) -> None:
        """Take back `amt`, or the whole debt where `amt` is more."""
        if ccy not in order.debt:
            raise LoanRuleViolation("51754")
        due = min(amt, order.debt[ccy])
        _check_balance(account, ccy, due)
        self._post(account, order, "repaid", ccy, -due)

    def add_collateral(self, account: Account, order: Order, ccy: str, amt: Decimal) -> None:
        """Lock more collateral."""
        if not order.debt:
            raise LoanRuleViolation("51754")
        self._check_mix(order.debt, [ccy])
        self._check_pledge(account, {ccy: amt})
        self._post(account, order, "collateral_locked", ccy, -amt)

    def reduce_collateral(self, account: Account, order: Order, ccy: str, amt: Decimal) -> None:
        """Release collateral the debt does not need."""
        most = self.max_redeem(order, ccy)
        if amt > order.collateral[ccy]:
            raise LoanRuleViolation("51756", ccy=ccy)
        if amt > most:
            raise LoanRuleViolation("51758", ccy=ccy, max=rows.text(most))
        self._post(account, order, "collateral_released", ccy, amt)

    # Time passing

    def close_hour(self) -> None:
        """Charge the full hour that `now` is, sell what has become too weak, call back coins."""
        for account in self.accounts.values():
            account.forget_accruals(before=self.now - RETENTION_MS + 1)
            for order in tuple(account.orders.values()):
                self._accrue(account, order)
                self._liquidate_if_due(account, order)
                self._call_back(account, order)

    def _accrue(self, account: Account, order: Order) -> None:
        for ccy, debt in tuple(order.debt.items()):
            rate = self._market.rate(ccy, self.now)
            interest = rules.hourly_interest(debt, rate)
            last = account.accruals[-1].ref if account.accruals else 0
            ref = self.ids.accrual(self.now, last)
            account.accrue(Accrual(ref, self.now, order.ord_id, ccy, debt, interest, rate), order)

    def _liquidate_if_due(self, account: Account, order: Order) -> None:
        value = self.value(order)
        if rules.ltv(value) < self.thresholds(value).liquidation:
            return
        prices = self.prices(order.collateral, order.debt, [self._settings.transition_ccy])
        for leg in liquidation.legs(order, value, prices, self._settings):
            self._post(account, order, *leg)

    def _call_back(self, account: Account, order: Order) -> None:
        """Repay by force what the order owes of coins that are lent out to the last one."""
        for ccy in filter(self._is_lent_out, tuple(order.debt)):
            if ccy in order.debt:
                value, prices = self.value(order), self.prices(order.collateral, order.debt)
                for leg in liquidation.repayment_legs(order, ccy, value, prices):
                    self._post(account, order, *leg)

    def _is_lent_out(self, ccy: str) -> bool:
        return self.utilisation[ccy] >= rules.ONE

    def _post(self, account: Account, order: Order, type: str, ccy: str, amt: Decimal) -> None:
        last = account.events[-1].ref if account.events else 0
        second = self.now // MS_PER_SECOND * MS_PER_SECOND
        ref = self.ids.event(self.now, last)
        account.post(Event(ref, second, order.ord_id, type, ccy, amt), order)

    # Checking

    def _check_mix(self, loans: Collection[str], collateral: Collection[str]) -> None:
        for ccy in loans:
            if not self._coins[ccy].borrowable:
                raise LoanRuleViolation("51751", ccy=ccy)
        for ccy in collateral:
            if not self._coins[ccy].pledgeable:
                raise LoanRuleViolation("51752", ccy=ccy)
            if ccy in loans:
                raise LoanRuleViolation("51750", ccy=ccy)

    def _check_pledge(self, account: Account, pledge: Coins) -> None:
        for ccy, amt in pledge.items():
            _check_minimum(ccy, amt, self._coins[ccy].min_collateral)
            _check_balance(account, ccy, amt)


def _check_minimum(ccy: str, amt: Decimal, minimum: Decimal) -> None:
    if amt < minimum:
        raise LoanRuleViolation("51757", ccy=ccy, minAmt=rows.text(minimum))


def _check_balance(account: Account, ccy: str, amt: Decimal) -> None:
    if amt > account.funding[ccy]:
        raise LoanRuleViolation("51764", ccy=ccy)
