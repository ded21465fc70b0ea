"""What a forced sale sells, buys and cancels, leg by leg, at index prices.

In a liquidation collateral is sold for the transition coin, the penalty is kept, and the
transition coin buys the borrowed coins in proportion to the debts; also where one of them is the
transition coin itself. The transition legs cancel out exactly. In a forced repayment collateral
is sold straight for the one coin that is called back, and nothing is kept. Fractions are rounded
against the borrower.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from flexloan_nb.sim import rules
from flexloan_nb.sim.ledger import Order
from flexloan_nb.sim.rules import ONE, ZERO, Coins, Settings, Valuation


class Leg(NamedTuple):
    """One event to post: a signed amount of one currency."""

    type: str
    ccy: str
    amt: Decimal


def legs(order: Order, value: Valuation, prices: Coins, settings: Settings) -> list[Leg]:
    """Return the legs that bring an order below its liquidation level: a part, or everything.

    A full liquidation sells what debt and penalty need, cancels the debt even where that was not
    enough, and releases the collateral that is left.
    """
    levels = rules.thresholds(value, settings)
    share = _share(value, levels.liquidation_target, settings)
    full = share == ONE or rules.ltv(value) >= levels.full_liquidation
    if full:
        share = _share(value, ZERO, settings)
    sold = _part(order, share)
    full = full or sold == order.collateral
    sales = _sales(sold, prices, settings)
    pool = sum((leg.amt for leg in sales if leg.type == "buy_transition_coin"), ZERO)
    purchases = _purchases(order, value, prices, pool, settings)
    return [*sales, *purchases, *(_closing(order, sold) if full else _reduction(purchases))]


def repayment_legs(order: Order, ccy: str, value: Valuation, prices: Coins) -> list[Leg]:
    """Return the legs that repay all of one currency, whatever the order's loan to value.

    Debt that is left when no collateral is left is cancelled.
    """
    sold = _part(order, rules.repayment_share(value, ccy))
    pool = sum((amt * prices[pledged] for pledged, amt in sold.items()), ZERO)
    bought = min(order.debt[ccy], rules.round_down(pool / prices[ccy]))
    legs = [Leg("forced_repayment_sell", pledged, -amt) for pledged, amt in sold.items()]
    legs.append(Leg("forced_repayment_buy", ccy, bought))
    if sold == order.collateral:
        left = order.debt | {ccy: order.debt[ccy] - bought}
        legs.extend(Leg("forced_liquidation", owed, -amt) for owed, amt in left.items() if amt)
    return legs


def _part(order: Order, share: Decimal) -> dict[str, Decimal]:
    return {ccy: min(amt, rules.round_up(amt * share)) for ccy, amt in order.collateral.items()}


def _share(value: Valuation, target_ltv: Decimal, settings: Settings) -> Decimal:
    return rules.liquidation_share(value, target_ltv, settings.liquidation_penalty)


def _sales(sold: Coins, prices: Coins, settings: Settings) -> list[Leg]:
    legs = []
    transition = settings.transition_ccy
    for ccy, amt in sold.items():
        proceeds = amt * prices[ccy] * (ONE - settings.liquidation_penalty)
        legs.append(Leg("sell_collateral", ccy, -amt))
        legs.append(
            Leg("buy_transition_coin", transition, rules.round_down(proceeds / prices[transition]))
        )
    return legs


def _purchases(
    order: Order, value: Valuation, prices: Coins, pool: Decimal, settings: Settings
) -> list[Leg]:
    legs = []
    transition, left, owed = settings.transition_ccy, pool, value.debt_usd
    for ccy, debt in order.debt.items():
        spent = rules.round_down(left * value.debt[ccy] / owed)
        left, owed = left - spent, owed - value.debt[ccy]
        bought = min(debt, rules.round_down(spent * prices[transition] / prices[ccy]))
        legs.append(Leg("sell_transition_coin", transition, -spent))
        legs.append(Leg("buy_borrowed_coin", ccy, bought))
    return legs


def _reduction(purchases: list[Leg]) -> Iterator[Leg]:
    for leg in purchases:
        if leg.type == "buy_borrowed_coin":
            yield Leg("partial_liquidation", leg.ccy, -leg.amt)


def _closing(order: Order, sold: Coins) -> Iterator[Leg]:
    for ccy, debt in order.debt.items():
        yield Leg("forced_liquidation", ccy, -debt)
    for ccy, amt in order.collateral.items():
        if amt > sold[ccy]:
            yield Leg("collateral_released", ccy, amt - sold[ccy])
