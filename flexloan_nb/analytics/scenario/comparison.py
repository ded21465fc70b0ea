"""Whether our model of the maximum loan agrees with the exchange's own answer, and if not, why."""

import math
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, Protocol

import pandas as pd

from flexloan_nb.analytics.arguments import finite, require_columns
from flexloan_nb.analytics.cure.capacity import max_loan
from flexloan_nb.analytics.position import Coins, Position, require_position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["MaxLoanClient", "compare_with_exchange"]

_STEP: Final = 1e-8  # of a coin or USD: the exchange rounds its answers down to it
_NOISE: Final = 1e-10  # relative: of sums of floats, and of what they were printed from


class MaxLoanClient(Protocol):
    """What answers by how much a loan may grow, such as a `FlexibleLoanClient`."""

    def max_loan(  # noqa: D102
        self, borrow_ccy: str, sup_collateral: Any = None, *, ord_id: str | None = None
    ) -> pd.DataFrame: ...


class _Answer(NamedTuple):
    """What the exchange said: coins, their value in USD, and the quota in coins."""

    loan: float
    notional_usd: float
    quota: float


class _Part(NamedTuple):
    """A row of the answer."""

    part: str
    amount: float
    finding: str
    assumed: float = math.nan
    implied: float = math.nan


def compare_with_exchange(
    client: MaxLoanClient,
    position: Position,
    sup_collateral: Coins | None,
    borrow_ccy: str,
    *,
    ord_id: str | None = None,
) -> pd.DataFrame:
    """Ask the exchange for the maximum loan, and explain how far our model is off.

    Parameters
    ----------
    client : FlexibleLoanClient
        Asked once; nothing is borrowed by asking. Its errors pass through.
    position : Position
        The loan as we see it, with an ``initial_ltv``.
    sup_collateral : mapping, Series or None
        Coins that would be pledged as well; none of them for the loan as it is.
    borrow_ccy : str
        Coin to borrow.
    ord_id : str, optional
        The loan order; by default the earliest.

    Returns
    -------
    DataFrame
        By ``part``: ``model``, our answer without a quota; then what each cause changes,
        ``quota``, ``price`` of the coin to borrow, ``initial_ltv`` and the ``rest``; what they
        add up to, ``exchange``; and ``residual``, the exchange's answer less the model's with
        that quota. ``amount`` is in coins, ``usd`` at our price, ``share`` of the exchange's
        answer (NaN where that is 0). ``assumed`` is our price or initial LTV, ``implied`` the
        exchange's quota, and its price and initial LTV as they follow from its answer;
        ``finding`` says it in words.

    Raises
    ------
    InvalidArgumentError
        The initial LTV or a price is not known, a coin would be both pledged and owed, or the
        exchange has no such loan.

    Notes
    -----
    The exchange's price is ``notionalUsd / maxLoan``. Its initial LTV is ``(D + notionalUsd) /
    V``: at most that where it lends nothing, at least that where the quota ends the loan. One
    answer cannot tell an initial LTV from discount rates that differ; several can. An implied
    one at the margin call or above is none, and the difference is left in the rest.

    Examples
    --------
    Does the model agree if I pledge 0.1 BTC more?

    >>> from flexloan_nb import connect
    >>> client = connect("simulator")
    >>> snapshot = client.loan_snapshot()
    >>> prices = client.market.index_prices(snapshot.legs["ccy"])
    >>> rates = pd.concat(map(client.market.discount_rates, snapshot.legs["ccy"].unique()))
    >>> order, position = next(
    ...     iter(Position.from_snapshot(snapshot, prices, rates, initial_ltv=0.65).items())
    ... )
    >>> found = compare_with_exchange(client, position, {"BTC": 0.1}, "USDT", ord_id=order)
    >>> found["finding"]["residual"]
    'the model agrees with the exchange'
    """
    require_position(position)
    supplement = {} if sup_collateral is None else sup_collateral
    model = max_loan(position, borrow_ccy, supplement)
    asked = supplement if len(supplement) else None
    answer = _answer(client.max_loan(borrow_ccy, sup_collateral=asked, ord_id=ord_id))
    pledged = position.add_collateral(supplement)
    parts = [
        _Part("model", model, "our answer without a quota"),
        *_causes(pledged, borrow_ccy, model, answer),
        _Part("exchange", answer.loan, "its answer"),
        _residual(min(model, answer.quota), answer, borrow_ccy),
    ]
    return _table(parts, pledged.prices[borrow_ccy], answer.loan)


def _answer(frame: pd.DataFrame) -> _Answer:
    names = ("maxLoan", "notionalUsd", "remainingQuota")
    require_columns(frame, *names, of="an answer of max_loan")
    if frame.empty:
        raise InvalidArgumentError("The exchange has no such loan order, so nothing to compare.")
    return _Answer(*(finite(frame[name].iloc[0], name) for name in names))


def _causes(pledged: Position, ccy: str, model: float, answer: _Answer) -> Iterator[_Part]:
    capped = min(model, answer.quota)
    ends = "ends the loan" if capped < model else "is not reached"
    words = f"the quota of {answer.quota:,.8g} {ccy} {ends}"
    yield _Part("quota", capped - model, words, implied=answer.quota)
    price = _price_part(pledged, ccy, capped, answer)
    yield price
    if price.amount:
        pledged = pledged.with_prices({ccy: price.implied})
    initial = _initial_part(pledged, capped + price.amount, answer)
    yield initial
    rest = answer.loan - capped - price.amount - initial.amount
    words = "look at the collateral and the debt, and at the discount rates"
    yield _Part("rest", rest, "nothing is left" if _is_rounding(rest, answer.loan) else words)


def _price_part(pledged: Position, ccy: str, capped: float, answer: _Answer) -> _Part:
    ours = pledged.prices[ccy]
    if not answer.loan or not answer.notional_usd:
        return _Part("price", 0.0, "a loan of nothing does not tell the exchange's price", ours)
    theirs = answer.notional_usd / answer.loan
    if math.isclose(theirs, ours, rel_tol=_NOISE + _STEP / answer.notional_usd):
        return _Part("price", 0.0, f"the exchange has the same price of {ccy}", ours, theirs)
    amount = max_loan(pledged.with_prices({ccy: theirs}), ccy, remaining_quota=answer.quota)
    words = f"the exchange values {ccy} at {theirs:,.8g} USD in place of {ours:,.8g}"
    return _Part("price", amount - capped, words, ours, theirs)


def _initial_part(pledged: Position, reached: float, answer: _Answer) -> _Part:
    assumed, value = pledged.threshold("initial"), pledged.collateral_usd
    if _is_rounding(answer.loan - reached, answer.loan):
        return _Part("initial_ltv", 0.0, f"{assumed:.6g} explains the answer", assumed)
    implied = (pledged.debt_usd + answer.notional_usd) / value if value else math.inf
    if not implied < pledged.margin_call_ltv:
        words = f"it would have to be {implied:.6g}, which no initial LTV is"
        return _Part("initial_ltv", 0.0, words, assumed, implied)
    bound = "at most " if answer.loan == 0 else "at least " * (answer.loan >= answer.quota)
    words = (
        f"{bound}{implied:.6g} in place of {assumed:.6g} would explain the answer, or other "
        "discount rates or prices of the collateral"
    )
    return _Part("initial_ltv", answer.loan - reached, words, assumed, implied)


def _residual(model: float, answer: _Answer, ccy: str) -> _Part:
    residual = answer.loan - model
    if _is_rounding(residual, answer.loan):
        return _Part("residual", residual, "the model agrees with the exchange")
    way = "more" if residual > 0 else "less"
    words = f"the exchange lends {abs(residual):,.8g} {ccy} {way} than the model"
    return _Part("residual", residual, words)


def _table(parts: list[_Part], price: float, loan: float) -> pd.DataFrame:
    frame = pd.DataFrame(parts).astype({"part": "string", "finding": "string"}).set_index("part")
    return pd.DataFrame(
        {
            "amount": frame["amount"],
            "usd": frame["amount"] * price,
            "share": frame["amount"] / loan if loan else math.nan,
            "assumed": frame["assumed"],
            "implied": frame["implied"],
            "finding": frame["finding"],
        }
    )


def _is_rounding(difference: float, loan: float) -> bool:
    """Return whether a difference is no more than the exchange's rounding down."""
    return abs(difference) <= _STEP + _NOISE * loan
