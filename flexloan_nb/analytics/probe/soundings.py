"""The line of one coin: how much could be borrowed, by how much of it were pledged in addition.

It begins at the loan as it is, is concave and rises by at most a dollar for each dollar pledged.
Above, the quota cuts it off; below, a loan beyond its initial LTV cuts it off at zero. It is read
through max-loan, which rounds, while prices move; what that may do is each reading's error.
"""

import math
import sys
from typing import NamedTuple

from flexloan_nb.analytics.probe.knees import Piece, Reading, dent, straight_pieces, where_to_read
from flexloan_nb.analytics.probe.lender import LAST_DECIMAL, Lender, MaxLoan
from flexloan_nb.errors import LoanRuleError

__all__ = ["Sounding", "Unseen", "sound"]

_FLOAT_ERRORS = 8 * sys.float_info.epsilon
_BELOW_QUOTA = 0.999  # so that a small move of prices does not lift a reading to the quota
_BELOW_BALANCE = 1 - 1e-9  # a float can be a little more than is held
_TRIES = 3
_BEYOND_BALANCE = "51764"


class Unseen(Exception):  # noqa: N818  (not an error: the probe goes on with the next coin)
    """A coin's line cannot be read; says why."""


class Sounding(NamedTuple):
    """A coin's line, as far as it could be read.

    Attributes
    ----------
    pieces : list of Piece
        USD that can be borrowed by coins pledged in addition.
    price_low, price_high : float
        USD for a coin, the lowest and the highest while it was read.
    ends : str
        Why it ends: ``"quota"``, ``"limit"`` or ``"balance"``.
    """

    pieces: list[Piece]
    price_low: float
    price_high: float
    ends: str


def sound(lender: Lender, ccy: str, limit: float, most_calls: int) -> Sounding:
    """Read a coin's line up to a limit in coins, with at most so many calls.

    Raises
    ------
    Unseen
        There is nothing to be read.
    LoanRuleError
        The exchange does not take the coin.
    """
    line, last_call = _Line(lender, ccy, limit), lender.calls + most_calls
    line.reach()
    line.settle()
    settled_at = lender.calls
    while lender.calls < last_call - 1:
        amount = where_to_read(line.readings(), line.steepest)
        if amount is None or not line.read(amount):
            break
    if lender.calls > settled_at:
        line.settle()
    return line.sounding()


class _Line:
    """A coin's line while it is being read.

    Attributes
    ----------
    values : dict of float to float
        USD that can be borrowed, by coins in addition.
    start : float
        The least amount with which something can be borrowed.
    starts, prices : list of float
        The value there, and the coin's price: each time that they were read.
    """

    def __init__(self, lender: Lender, ccy: str, limit: float) -> None:
        self._lender = lender
        self._ccy = ccy
        self._limit = limit if math.isinf(limit) else _rounded_down(limit)
        self._ends = "quota"
        self.start = 0.0
        self.values: dict[float, float] = {}
        self.starts: list[float] = []
        self.prices = [lender.price(ccy)]

    @property
    def steepest(self) -> float:
        """USD that a coin can add at most: its price."""
        return max(self.prices)

    def reach(self) -> None:
        """Read where the line begins, and as far out as quota and limit let it be seen."""
        base = self._lender.base[-1]
        stride = min(base.room / self.steepest, self._limit / 2)
        if base.usd > 0:
            self.values[0.0] = base.usd
            near, answer = self._first(stride, stride)
        else:
            near, answer = self._first(min(stride, self._lender.debt_usd / self.steepest), stride)
            self._descend(near)
        if len(self.values) < 2:
            raise Unseen(f"answers with {near:g} {self._ccy} and with less contradict each other")
        self.start = min(self.values)
        self.starts.append(self.values[self.start])
        slope = (answer.usd - self.starts[0]) / (near - self.start)
        if slope > 0:
            self._extend(near, _BELOW_QUOTA * answer.room / slope)

    def read(self, amount: float) -> bool:
        """Read the line at an amount; return whether it told something."""
        if amount <= 0:
            return False
        amount, answer = self._ask(amount)
        told = answer.room > 0 and answer.usd > 0 and amount not in self.values
        if told:
            self.values[amount] = answer.usd
        return told

    def settle(self) -> None:
        """Read price and beginning again, to see by how much they have moved."""
        self.starts.append(self._lender.max_loan(self._ccy, self.start).usd)
        self.prices.append(self._lender.price(self._ccy))

    def readings(self) -> list[Reading]:
        """Return what was read in rising order, with its errors.

        A reading may be off by the last decimal of what is answered and of what is asked, by how
        far the beginning has moved, and by how far the price has; and by how far the readings
        contradict one another.
        """
        moved = max(self.starts) - min(self.starts)
        price_moved = max(self.prices) / min(self.prices) - 1
        fixed = self._lender.base[-1].step + LAST_DECIMAL * self.steepest + moved
        readings = [
            Reading(
                amount,
                usd,
                fixed + _FLOAT_ERRORS * usd + price_moved * abs(usd - self.starts[0]),
            )
            for amount, usd in sorted(self.values.items())
        ]
        contradiction = max(dent(readings), 0.0)
        return [of._replace(error=of.error + contradiction) for of in readings]

    def sounding(self) -> Sounding:
        """Return the line's pieces."""
        pieces = straight_pieces(self.readings(), self.steepest)
        ends = self._ends
        if ends == "quota" and max(self.values) >= self._limit:
            ends = "limit"
        return Sounding(pieces, min(self.prices), max(self.prices), ends)

    def _first(self, amount: float, stride: float) -> tuple[float, MaxLoan]:
        """Return a first amount with which something, but not the whole quota, can be lent.

        A dollar pledged adds at most a dollar, so one stride does not reach the quota. As much as
        is owed restores any loan that is not liquidated yet.
        """
        for _ in range(_TRIES):
            asked, answer = self._ask(amount)
            if answer.usd > 0 and answer.room > 0:
                self.values[asked] = answer.usd
                return asked, answer
            if asked >= self._limit:
                break
            amount = asked + stride if answer.usd == 0 else asked / 2
        raise Unseen(f"nothing can be borrowed with {asked:g} {self._ccy} more")

    def _descend(self, near: float) -> None:
        """Read close above the amount with which a loan beyond its initial LTV is restored.

        A dollar less takes away at most a dollar, so that a first reading leaves something. The
        line through both meets zero where the loan is restored, unless it bends before.
        """
        low = near - 0.9 * self.values[near] / self.steepest
        if not self.read(low):
            return
        low = min(self.values)
        slope = (self.values[near] - self.values[low]) / (near - low)
        if not (slope > 0 and self.read(low - 0.98 * self.values[low] / slope)):
            self.read(low - 0.9 * self.values[low] / self.steepest)

    def _extend(self, near: float, further: float) -> None:
        for _ in range(_TRIES):
            if near >= self._limit or further < near / 100 or self.read(near + further):
                return
            further /= 2

    def _ask(self, amount: float) -> tuple[float, MaxLoan]:
        """Ask for an amount, or for the most there may be, and return which and the answer."""
        asked = min(_rounded_down(amount), self._limit)
        if asked <= 0:
            raise Unseen(f"the {self._ends} leaves no room for {self._ccy}")
        self.prices.append(self._lender.price(self._ccy))
        try:
            return asked, self._lender.max_loan(self._ccy, asked)
        except LoanRuleError as refused:
            if refused.code != _BEYOND_BALANCE or self._ends == "balance":
                raise
        self._ends = "balance"
        self._limit = _rounded_down(self._lender.balance(self._ccy) * _BELOW_BALANCE)
        return self._ask(amount)


def _rounded_down(amount: float) -> float:
    steps = 1 / LAST_DECIMAL  # exact where LAST_DECIMAL is not
    return math.floor(amount * steps) / steps
