"""Lives of loans on the embedded exchange, with what was seen along the way."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from random import Random

import pandas as pd

from flexloan_nb import FlexibleLoanClient, connect
from flexloan_nb.api.client import LoanSnapshot
from flexloan_nb.sim import SimulatedExchange
from flexloan_nb.sim.violations import LoanRuleViolation

COINS = ("BTC", "ETH", "SOL", "USDT", "USDC")
RECORDED = 110  # seconds after the hour, by when its interest is on record


@dataclass
class Life:
    """A loan as its borrower saw it; what was seen last at a moment counts."""

    client: FlexibleLoanClient
    seen: dict[pd.Timestamp, LoanSnapshot] = field(default_factory=dict)
    quoted: dict[pd.Timestamp, dict[str, float]] = field(default_factory=dict)

    @property
    def now(self) -> LoanSnapshot:
        return next(reversed(self.seen.values()))

    @property
    def prices(self) -> pd.DataFrame:
        return pd.DataFrame.from_dict(self.quoted, orient="index")

    def look(self, exchange: SimulatedExchange) -> None:
        snapshot = self.client.loan_snapshot()
        moment = pd.Timestamp(snapshot.fetched_at)
        self.seen[moment] = snapshot
        self.quoted[moment] = {ccy: float(exchange.price(ccy)) for ccy in COINS}


@cache
def random_life(seed: int, numbers: str = "decimal", moves: int = 40) -> Life:
    """Live at random, for less than the thirty days that interest is kept."""
    chance = Random(seed)
    exchange = SimulatedExchange(seed, scenario=None)
    for ccy, amt in {"BTC": 5, "ETH": 50, "SOL": 900, "USDC": 9_000, "USDT": 900}.items():
        exchange.deposit(ccy, amt)
    life = Life(connect(exchange, numbers=numbers))
    exchange.borrow("USDT", 80_000, collateral={"BTC": 1, "ETH": 10})
    life.look(exchange)
    for _ in range(moves):
        with suppress(LoanRuleViolation, ValueError, IndexError):  # not every move can be made
            chance.choice(MOVES)(exchange, chance)
        life.look(exchange)
    for _ in let_records_appear(exchange):
        life.look(exchange)
    return life


def let_records_appear(exchange: SimulatedExchange) -> Iterator[None]:
    """Wait until the last hour's interest is on record, where it is not yet."""
    seconds = exchange.now().minute * 60 + exchange.now().second
    if seconds < RECORDED:
        exchange.advance(seconds=RECORDED - seconds)
        yield


def _open_an_order(exchange: SimulatedExchange, chance: Random) -> None:
    exchange.borrow("USDC", chance.randint(50, 400), collateral={"SOL": chance.randint(5, 60)})


def _borrow(exchange: SimulatedExchange, chance: Random) -> None:
    loan, ccy = chance.choice(exchange.loan_info()), chance.choice(COINS)
    (row,) = exchange.max_loan(ccy, ord_id=loan["ordId"])
    part = Decimal(row["maxLoan"]) * chance.randint(1, 9) / 10
    exchange.borrow(ccy, round(part, 8), ord_id=loan["ordId"])


def _repay(exchange: SimulatedExchange, chance: Random) -> None:
    loan = chance.choice(exchange.loan_info())
    debt = chance.choice(loan["loanData"])
    part = Decimal(debt["amt"]) * chance.choice([1, 3, 10]) / 10
    exchange.repay(debt["ccy"], round(part, 8), ord_id=loan["ordId"])


def _add(exchange: SimulatedExchange, chance: Random) -> None:
    loan, ccy = chance.choice(exchange.loan_info()), chance.choice(COINS)
    part = exchange.funding().get(ccy, Decimal(0)) * chance.randint(1, 5) / 10
    exchange.adjust_collateral("add", ccy, round(part, 8), ord_id=loan["ordId"])


def _take_out(exchange: SimulatedExchange, chance: Random) -> None:
    loan = chance.choice(exchange.loan_info())
    ccy = chance.choice(loan["collateralData"])["ccy"]
    (row,) = exchange.max_collateral_redeem_amount(ccy, ord_id=loan["ordId"])
    part = Decimal(row["maxRedeemAmt"]) * chance.choice([2, 5, 10]) / 10
    exchange.adjust_collateral("reduce", ccy, round(part, 8), ord_id=loan["ordId"])


def _wait(exchange: SimulatedExchange, chance: Random) -> None:
    exchange.advance(seconds=chance.randint(1, 24 * 3_600))


def _wait_for_the_hour(exchange: SimulatedExchange, chance: Random) -> None:
    exchange.advance(seconds=3_600 - exchange.now().minute * 60 - exchange.now().second)


def _fall(exchange: SimulatedExchange, chance: Random) -> None:
    loan = chance.choice(exchange.loan_info())
    target = Decimal(chance.choice(["0.87", "0.9", "0.97", "1.2"]))
    fallen = [coin["ccy"] for coin in loan["collateralData"]]
    exchange.shock(Decimal(loan["curLTV"]) / target - 1, fallen)
    _wait_for_the_hour(exchange, chance)


def _call_back(exchange: SimulatedExchange, chance: Random) -> None:
    ccy = chance.choice(COINS)
    exchange.set_utilisation(ccy, 1)
    _wait_for_the_hour(exchange, chance)
    exchange.set_utilisation(ccy, "0.5")


MOVES = (
    _open_an_order, _borrow, _borrow, _repay, _repay, _add, _add, _take_out, _take_out,
    _wait, _wait, _wait, _wait_for_the_hour, _fall, _call_back,
)  # fmt: skip
