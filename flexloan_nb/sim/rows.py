"""Rows of strings, exactly as the exchange's interface writes them."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from flexloan_nb.sim import rules
from flexloan_nb.sim.ledger import Accrual, Event, Order
from flexloan_nb.sim.market import DayRange

Row: TypeAlias = dict[str, Any]
Record = TypeVar("Record", Event, Accrual)

PAGE_ROWS: Final = 100


class LiquidationQuote(NamedTuple):
    """The instrument whose price liquidates an order, and that price; empty if none alone does."""

    instrument: str = ""
    price: str = ""


def text(number: Decimal) -> str:
    """Write a number in plain decimal notation, without idle zeros."""
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def amounts(balances: rules.Coins) -> list[dict[str, str]]:
    """List amounts by currency."""
    return [{"amt": text(amt), "ccy": ccy} for ccy, amt in balances.items()]


def asset(ccy: str, amt: Decimal, price: Decimal) -> dict[str, str]:
    """One coin of the funding account."""
    return {"amt": text(amt), "ccy": ccy, "notionalUsd": text(amt * price)}


def max_loan(ccy: str, loan: Decimal, price: Decimal, quota: Decimal) -> Row:
    """Answer what can be borrowed."""
    return {
        "borrowCcy": ccy,
        "maxLoan": text(loan),
        "notionalUsd": text(loan * price),
        "remainingQuota": text(quota),
    }


def loan_info(
    order: Order, value: rules.Valuation, levels: rules.Thresholds, quote: LiquidationQuote
) -> Row:
    """Describe one order at present prices."""
    return {
        "collateralData": amounts(order.collateral),
        "collateralNotionalUsd": text(value.adjusted_usd),
        "curLTV": ratio(rules.ltv(value)),
        "liqLTV": ratio(levels.liquidation),
        "loanData": amounts(order.debt),
        "loanNotionalUsd": text(value.debt_usd),
        "marginCallLTV": ratio(levels.margin_call),
        "ordId": order.ord_id,
        "riskWarningData": {"instId": quote.instrument, "liqPx": quote.price},
    }


def event(row: Event) -> Row:
    """One row of the loan history."""
    return {
        "amt": text(row.amt),
        "ccy": row.ccy,
        "ordId": row.ord_id,
        "refId": str(row.ref),
        "ts": str(row.ts),
        "type": row.type,
    }


def accrual(row: Accrual) -> Row:
    """One row of accrued interest."""
    return {
        "ccy": row.ccy,
        "interest": text(row.interest),
        "interestRate": text(row.rate),
        "loan": text(row.loan),
        "ordId": row.ord_id,
        "refId": str(row.ref),
        "ts": str(row.ts),
    }


def index_ticker(ccy: str, price: Decimal, day: DayRange, now: int) -> Row:
    """One coin's index against the dollar."""
    return {
        "instId": f"{ccy}-USD",
        "idxPx": text(price),
        "high24h": text(day.high),
        "sodUtc0": text(day.utc_open),
        "open24h": text(day.open),
        "low24h": text(day.low),
        "sodUtc8": text(day.utc8_open),
        "ts": str(now),
    }


def ratio(value: Decimal) -> str:
    """Write a ratio cut to four decimals."""
    return text(rules.round_down(value, rules.RATIO_STEP))


def page(
    newest_first: Iterable[Record], after: int | None, before: int | None, limit: int
) -> list[Record]:
    """Take the newest rows older than `after` and newer than `before`, both exclusive."""
    inside = (
        row
        for row in newest_first
        if (after is None or row.ref < after) and (before is None or row.ref > before)
    )
    return list(islice(inside, limit))
