"""One order, walked back in time as far as everything about it is known."""

from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.history.balances import Balance
from flexloan_nb.analytics.history.changes import Books, Numbers
from flexloan_nb.analytics.history.columns import rows_by
from flexloan_nb.analytics.quotes import Quotes

__all__ = ["HOUR_MS", "Held", "Holding", "Walk", "walk_back"]

HOUR_MS: Final = 3_600_000
_COUNTS_IN_FULL: Final = Tiers()

Moments: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Held: TypeAlias = tuple[str, str]  # side and coin


class Holding(NamedTuple):
    """One coin along a walk, an entry for each moment."""

    side: str
    ccy: str
    amt: Numbers
    adjusted_amt: Floats
    price: Floats

    @property
    def usd(self) -> Floats:
        """What counts of it, in USD; nothing is worth nothing at an unknown price."""
        return np.where(self.adjusted_amt == 0, 0.0, self.adjusted_amt * self.price)


class Walk(NamedTuple):
    """One order along its moments, in rising order."""

    ord_id: str
    moments: Moments
    holdings: tuple[Holding, ...]

    def usd(self, side: str) -> Floats:
        """Return the value of one side at each moment."""
        zero = np.zeros(len(self.moments))
        return sum((held.usd for held in self.holdings if held.side == side), zero)


def walk_back(
    ord_id: str,
    balances: Mapping[Held, Balance],
    books: Books,
    quotes: Quotes,
    tiers: Mapping[str, Tiers],
) -> Walk:
    """Return an order at every full hour and change, from the first moment that is known."""
    is_open = bool((books.legs["ordId"] == ord_id).any())
    changed = np.unique(np.concatenate([balance.times for balance in balances.values()]))
    end = books.at if is_open else int(changed[-1])
    begin = _begin(changed, balances, books.first_event, end)
    charged = _charged_hours(books, ord_id)
    for held, balance in balances.items():
        if held[0] == "loan":
            begin = max(begin, _last_uncharged(balance, begin, end, charged.get(held)))
    moments = _moments(begin, end, changed)
    holdings = tuple(
        _holding(*held, balance.after(moments), quotes.at(held[1], moments), tiers)
        for held, balance in balances.items()
    )
    return _from_first_known(Walk(ord_id, moments, holdings))


def _begin(
    changed: Moments, balances: Mapping[Held, Balance], first_event: int | None, end: int
) -> int:
    """Return where the order began, or from when on events are known."""
    if first_event is None:
        return end
    first = changed[:1]
    born = len(first) and all(not balance.before(first)[0] for balance in balances.values())
    return int(first[0]) if born else min(first_event, end)


def _charged_hours(books: Books, ord_id: str) -> dict[Held, Moments]:
    charges = books.changes[
        (books.changes["type"] == "interest") & (books.changes["ordId"] == ord_id)
    ]
    times = charges["ts"].to_numpy()
    return {held: times[rows] for held, rows in rows_by(charges, "side", "ccy").items()}


def _last_uncharged(balance: Balance, begin: int, end: int, charged: Moments | None) -> int:
    """Return the last full hour in which the coin was owed but no interest is on record."""
    hours = _full_hours(begin, end)
    owed = balance.before(hours) > 0
    missing = hours[owed if charged is None else owed & ~np.isin(hours, charged)]
    return int(missing[-1]) if len(missing) else begin


def _full_hours(begin: int, end: int) -> Moments:
    return np.arange(-(-begin // HOUR_MS) * HOUR_MS, end + 1, HOUR_MS, dtype=np.int64)


def _moments(begin: int, end: int, changed: Moments) -> Moments:
    between = changed[(begin <= changed) & (changed <= end)]
    return np.unique(np.concatenate([[begin, end], _full_hours(begin, end), between]))


def _holding(
    side: str, ccy: str, amt: Numbers, price: Floats, tiers: Mapping[str, Tiers]
) -> Holding:
    coins = amt.astype(np.float64)
    if side == "collateral":
        coins = tiers.get(ccy, _COUNTS_IN_FULL).kept(coins)
    return Holding(side, ccy, amt, coins, price)


def _from_first_known(walk: Walk) -> Walk:
    """Cut off what comes before the last moment with an amount or a value that cannot be."""
    wrong = np.zeros(len(walk.moments), dtype=bool)
    for held in walk.holdings:
        wrong |= (held.adjusted_amt < 0) | np.isnan(held.usd)
    start = int(np.flatnonzero(wrong)[-1]) + 1 if wrong.any() else 0
    return Walk(
        walk.ord_id,
        walk.moments[start:],
        tuple(
            Holding(h.side, h.ccy, h.amt[start:], h.adjusted_amt[start:], h.price[start:])
            for h in walk.holdings
        ),
    )
