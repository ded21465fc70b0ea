"""Whether the books balance: what there was, all that was booked, and what there is."""

from decimal import Decimal, localcontext
from typing import Any, Final

import pandas as pd

from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.history.balances import rounding_noise
from flexloan_nb.analytics.history.changes import Books, DatedSnapshot, Key, books_of
from flexloan_nb.analytics.history.columns import rows_by, texts
from flexloan_nb.analytics.history.event_types import EVENT_TYPES
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["reconcile"]

_KEY: Final = ("ordId", "side", "ccy")
_FLOWS: Final = (*(name for name, kind in EVENT_TYPES.items() if kind.side), "interest")
_AMOUNTS: Final = ("opening", *_FLOWS, "closing", "residual")


def reconcile(
    events: pd.DataFrame,
    accruals: pd.DataFrame,
    closing: DatedSnapshot,
    opening: DatedSnapshot | None = None,
) -> pd.DataFrame:
    """Check that all that was booked leads from the opening amounts to the closing ones.

    ``residual = closing - (opening + sum of flows)``, for each order, side and coin. It is zero
    where the records are complete and right. Without an opening the orders must have begun
    within the records: OKX forgets interest after 30 days, and the residual of an older debt is
    the interest that is not on record any more.

    Parameters
    ----------
    events : DataFrame
        As `FlexibleLoanClient.loan_history` returns it.
    accruals : DataFrame
        As `FlexibleLoanClient.interest_accrued` returns it. An hour's interest is on record
        about 100 s after it was booked: until then it is the residual.
    closing : LoanSnapshot
        As `FlexibleLoanClient.loan_snapshot` returns it. What happened later is left out.
    opening : LoanSnapshot, optional
        An earlier one. What happened up to then is left out. By default nothing is pledged or
        owed at first.

    Returns
    -------
    DataFrame
        ``ordId, side, ccy, opening``; a column for each kind of flow, signed by what it did to
        the amount; ``interest, closing, residual, balanced``. All in coins; exact, where the
        frames have Decimal numbers. ``balanced`` allows floats what rounding can do to them.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column or an amount, an event's type is unknown, it cannot be told which
        order a row is of, or the opening is after the closing.

    Examples
    --------
    Do the books of a loan balance, from its first coin on?

    >>> from flexloan_nb import connect
    >>> from flexloan_nb.sim import SimulatedExchange
    >>> exchange = SimulatedExchange(scenario=None)
    >>> exchange.deposit("BTC", 1)
    >>> order = exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    >>> exchange.advance(hours=100)
    >>> client = connect(exchange, numbers="decimal")
    >>> books = reconcile(
    ...     client.loan_history(), client.interest_accrued(), client.loan_snapshot()
    ... )
    >>> books[["side", "ccy", "residual", "balanced"]].values.tolist()
    [['collateral', 'BTC', Decimal('0'), True], ['loan', 'USDT', Decimal('0E-8'), True]]
    """
    with localcontext(ARITHMETIC):
        books = books_of(events, accruals, closing, opening)
        if opening is None:
            return _statement({}, books.changes, books)
        earlier = books_of(events, accruals, opening, closing)
        if earlier.at > books.at:
            raise InvalidArgumentError(
                f"The opening ({opening.fetched_at}) is later than the closing "
                f"({closing.fetched_at}): exchange them."
            )
        later = books.changes[books.changes["ts"] > earlier.at]
        return _statement(_held(earlier), later, books)


def _held(books: Books) -> dict[Key, Any]:
    return {
        (order, side, ccy): amt
        for order, side, ccy, amt in books.legs[[*_KEY, "amt"]].itertuples(index=False)
    }


def _statement(opening: dict[Key, Any], changes: pd.DataFrame, books: Books) -> pd.DataFrame:
    closing, flows = _held(books), rows_by(changes, *_KEY)
    keys = list(dict.fromkeys([*opening, *flows, *closing]))
    nothing = Decimal(0) if books.exact else 0.0
    lines = [
        _line(
            opening.get(key, nothing),
            changes.iloc[flows.get(key, [])],
            closing.get(key, nothing),
        )
        for key in keys
    ]
    orders, sides, ccys = zip(*keys, strict=True) if keys else ((), (), ())
    table = pd.DataFrame({"ordId": texts(orders), "side": texts(sides), "ccy": texts(ccys)})
    amounts = object if books.exact else float
    for name in _AMOUNTS:
        table[name] = pd.Series([line[name] for line in lines], dtype=amounts)
    return table.assign(balanced=pd.Series([line["balanced"] for line in lines], dtype=bool))


def _line(opening: Any, changes: pd.DataFrame, closing: Any) -> dict[str, Any]:
    """Return one coin's opening, flows, closing and what is missing between them."""
    amounts = changes["amt"].to_numpy()
    types = changes["type"].to_numpy()
    nothing = type(closing)(0)
    flows = {name: sum(amounts[types == name], nothing) for name in _FLOWS}
    residual = closing - (opening + sum(flows.values(), nothing))
    noise = 0 if amounts.dtype == object else rounding_noise(opening, amounts)
    return {
        "opening": opening,
        **flows,
        "closing": closing,
        "residual": residual,
        "balanced": abs(residual) <= noise,
    }
