"""Rows of strings, exactly as the exchange's interface writes them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from flexloan_nb.sim import rules
from flexloan_nb.sim.candles import Candle
from flexloan_nb.sim.coins import Tier
from flexloan_nb.sim.ledger import Accrual, Event, Order
from flexloan_nb.sim.market import DayRange

Row: TypeAlias = dict[str, Any]
CandleRow: TypeAlias = list[str]
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


def index_ticker(inst_id: str, price: Decimal, day: DayRange, now: int) -> Row:
    """One index at present and over the last day."""
    return {
        "instId": inst_id,
        "idxPx": text(price),
        "high24h": text(day.high),
        "sodUtc0": text(day.utc_open),
        "open24h": text(day.open),
        "low24h": text(day.low),
        "sodUtc8": text(day.utc8_open),
        "ts": str(now),
    }


def candle(row: Candle) -> CandleRow:
    """One candle of an index: its opening, four prices, and whether it has ended."""
    prices = row.open, row.high, row.low, row.close
    return [str(row.ts), *map(text, prices), "1" if row.complete else "0"]


def discount(ccy: str, tiers: Sequence[Tier], penalty: Decimal) -> Row:
    """Describe what share of a coin's value counts, tier by tier."""
    return {
        "ccy": ccy,
        "amt": "0",
        "colRes": "0",
        "minDiscountRate": text(tiers[-1].rate) if tiers else "0",
        "details": [
            {
                "tier": str(number),
                "minAmt": "0" if number == 1 else _bound(tiers[number - 2].upper),
                "maxAmt": _bound(tier.upper),
                "discountRate": text(tier.rate),
                "liqPenaltyRate": text(penalty),
                "disCcyEq": "" if tier.upper is None else text(rules.counted(tier.upper, tiers)),
            }
            for number, tier in enumerate(tiers, 1)
        ],
    }


def lending_rate(ccy: str, borrowers_rate: Decimal, lenders_rate: Decimal, ts: int) -> Row:
    """One hour's rates of a coin: what borrowers pay, and what lenders get."""
    return {
        "ccy": ccy,
        "amt": "",
        "rate": text(borrowers_rate),
        "lendingRate": text(lenders_rate),
        "ts": str(ts),
    }


def _bound(upper: Decimal | None) -> str:
    return "" if upper is None else text(upper)


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
