"""The default story: ninety days of a loan worth looking at.

A borrower pledges three coins for dollars, borrows a second currency, opens another order, tops
up in time in one crash and is too late in the next. The script reads the loan and sizes every
move by what it sees, as a borrower would, so that the story is the same in every seeded market.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from flexloan_nb.sim.rows import Row

if TYPE_CHECKING:
    from flexloan_nb.sim.exchange import SimulatedExchange

Chapter: TypeAlias = Callable[["SimulatedExchange"], None]

DAYS: Final = 90
BETWEEN_LOOKS: Final = timedelta(hours=3)
UNEASY_LTV: Final = Decimal("0.70")
CALM_LTV: Final = Decimal("0.60")
LEAST_MOVE_USD: Final = 100
SMALLEST_PART: Final = Decimal("0.01")
DEPOSITS: Final = {
    "BTC": "3.2", "ETH": "42", "SOL": "600", "OKB": "120", "LTC": "420",
    "ADA": "18000", "DOGE": "60000", "USDT": "6500",
}  # fmt: skip


def ninety_days(exchange: "SimulatedExchange") -> None:
    """Live the whole story on an empty exchange."""
    opened = exchange.now()
    for day, chapter in CHAPTERS:
        _live_until(exchange, opened + timedelta(days=day))
        chapter(exchange)
    _live_until(exchange, opened + timedelta(days=DAYS))


# Chapters


def _first_loan(exchange: "SimulatedExchange") -> None:
    for ccy, amt in DEPOSITS.items():
        exchange.deposit(ccy, amt)
    exchange.borrow("USDT", 60_000, collateral={"BTC": "1.5", "ETH": "20", "SOL": "250"})
    exchange.advance(hours=2)
    _borrow_up_to(exchange, "0.45", "USDT")


def _second_currency(exchange: "SimulatedExchange") -> None:
    exchange.adjust_collateral("add", "ETH", 5)
    _borrow_up_to(exchange, "0.53", "USDC")


def _repay_a_part(exchange: "SimulatedExchange") -> None:
    exchange.repay("USDT", _share_of_debt(exchange, "USDT", "0.12"))


def _second_order(exchange: "SimulatedExchange") -> None:
    worth = 200 * exchange.price("LTC")
    exchange.borrow("USDT", _cut(worth * Decimal("0.38")), collateral={"LTC": 200})


def _grow(exchange: "SimulatedExchange") -> None:
    _borrow_up_to(exchange, CALM_LTV, "USDT")


def _crash_survived(exchange: "SimulatedExchange") -> None:
    _crash_to(exchange, "0.70")
    exchange.advance(hours=5)
    _crash_to(exchange, "0.775")
    exchange.advance(hours=1)
    _top_up_with_bitcoin(exchange, "0.64")


def _rebound(exchange: "SimulatedExchange") -> None:
    exchange.shock("0.18")


def _take_out(exchange: "SimulatedExchange") -> None:
    _repay_down_to(exchange, CALM_LTV, exchange.loan_info()[0])
    row = exchange.max_collateral_redeem_amount("SOL")[0]
    exchange.adjust_collateral("reduce", "SOL", _cut(Decimal(row["maxRedeemAmt"]) / 4))


def _borrow_again(exchange: "SimulatedExchange") -> None:
    _borrow_up_to(exchange, "0.62", "USDC")


def _look_after_the_second(exchange: "SimulatedExchange") -> None:
    _repay_down_to(exchange, Decimal("0.45"), exchange.loan_info()[1])


def _crash_liquidated(exchange: "SimulatedExchange") -> None:
    _borrow_up_to(exchange, CALM_LTV, "USDT")
    _crash_to(exchange, "0.74")
    exchange.advance(hours=1)
    while not exchange.loan_history(type="partial_liquidation"):
        _crash_to(exchange, "0.862")
        exchange.advance(hours=1)


def _recover(exchange: "SimulatedExchange") -> None:
    exchange.adjust_collateral("add", "SOL", 60)
    exchange.repay("USDC", _share_of_debt(exchange, "USDC", "0.2"))


def _settle(exchange: "SimulatedExchange") -> None:
    _borrow_up_to(exchange, "0.57", "USDT")


CHAPTERS: Final[tuple[tuple[int, Chapter], ...]] = (
    (0, _first_loan),
    (9, _second_currency),
    (20, _repay_a_part),
    (27, _second_order),
    (34, _grow),
    (36, _crash_survived),
    (38, _rebound),
    (45, _take_out),
    (58, _borrow_again),
    (66, _look_after_the_second),
    (67, _crash_liquidated),
    (69, _rebound),
    (74, _recover),
    (83, _settle),
)


# What the borrower sees and does


def _live_until(exchange: "SimulatedExchange", moment: datetime) -> None:
    """Let time pass, looking at the loans every few hours."""
    while (left := moment - exchange.now()) > timedelta(0):
        exchange.advance(seconds=min(BETWEEN_LOOKS, left).total_seconds())
        for loan in exchange.loan_info():
            if Decimal(loan["curLTV"]) > UNEASY_LTV:
                _repay_down_to(exchange, CALM_LTV, loan)


def _borrow_up_to(exchange: "SimulatedExchange", ltv: str | Decimal, ccy: str) -> None:
    loan = exchange.loan_info()[0]
    room = _debt_at(Decimal(ltv), loan) - Decimal(loan["loanNotionalUsd"])
    if room > LEAST_MOVE_USD:
        exchange.borrow(ccy, _cut(room / exchange.price(ccy)), ord_id=loan["ordId"])


def _repay_down_to(exchange: "SimulatedExchange", ltv: Decimal, loan: Row) -> None:
    excess = Decimal(loan["loanNotionalUsd"]) - _debt_at(ltv, loan)
    for debt in loan["loanData"]:
        price = exchange.price(debt["ccy"])
        part = min(Decimal(debt["amt"]), excess / price)
        if part > SMALLEST_PART:
            exchange.repay(debt["ccy"], _cut(part), ord_id=loan["ordId"])
            excess -= part * price


def _top_up_with_bitcoin(exchange: "SimulatedExchange", ltv: str) -> None:
    loan = exchange.loan_info()[0]
    wanted = Decimal(loan["loanNotionalUsd"]) / Decimal(ltv)
    missing = wanted - Decimal(loan["collateralNotionalUsd"])
    exchange.adjust_collateral("add", "BTC", _cut(missing / exchange.price("BTC")))


def _crash_to(exchange: "SimulatedExchange", ltv: str) -> None:
    """Let all coins fall together until the first order's loan to value is `ltv`."""
    present = Decimal(exchange.loan_info()[0]["curLTV"])
    exchange.shock(present / Decimal(ltv) - 1)


def _share_of_debt(exchange: "SimulatedExchange", ccy: str, share: str) -> Decimal:
    debts = exchange.loan_info()[0]["loanData"]
    owed = next(Decimal(debt["amt"]) for debt in debts if debt["ccy"] == ccy)
    return _cut(owed * Decimal(share))


def _debt_at(ltv: Decimal, loan: Row) -> Decimal:
    return ltv * Decimal(loan["collateralNotionalUsd"])


def _cut(amount: Decimal) -> Decimal:
    """Cut an amount to the two decimals a person would type."""
    return amount.quantize(SMALLEST_PART, ROUND_DOWN)
