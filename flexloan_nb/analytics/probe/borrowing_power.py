"""What each coin would add to a loan's borrowing power, and the initial LTV that is not printed.

OKX lends up to ``maxLoan = max(0, I (V + sum h_i dq_i p_i) - D) / p``, at most the remaining
quota: ``I`` is the initial LTV, ``V`` the adjusted collateral value, ``D`` the debt, ``h_i`` the
share of value kept of the supplement ``dq_i`` of a coin at ``p_i`` USD. So the slope of
``notionalUsd`` over the value of a supplement is the coin's borrowing power ``I h_i``, and where
it bends a discount tier begins. A supplement counts on top of what is pledged.

Borrowing power alone does not part ``I`` from ``h_i``. Two things do, and are compared: OKX's
public discount table, by coin, and the loan itself, as ``I = (D + notionalUsd) / V`` without a
supplement. That flexible loans use the public table is inferred.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from flexloan_nb.analytics.arguments import coin, finite, positive
from flexloan_nb.analytics.discount import Tiers, discount_schedule
from flexloan_nb.analytics.position import Snapshot
from flexloan_nb.analytics.probe.initial_ltv import (
    Conclusion,
    conclude,
    loan_estimate,
    tier_estimates,
)
from flexloan_nb.analytics.probe.lender import Lender, LendingClient, MaxLoan
from flexloan_nb.analytics.probe.plan import ProbePlan, Progress, telling
from flexloan_nb.analytics.probe.soundings import Sounding, Unseen, sound
from flexloan_nb.analytics.probe.tiers import probed_tiers
from flexloan_nb.errors import InvalidArgumentError, LoanRuleError

__all__ = ["BorrowingPower", "plan_probe", "probe_borrowing_power"]

_FEWEST_CALLS = 12  # for a coin, where everything that can stand in the way does


class BorrowingPower(NamedTuple):
    """What a probe has found.

    Attributes
    ----------
    tiers : DataFrame
        A row for each coin and tier, see `probe_borrowing_power`.
    estimates : DataFrame
        The initial LTV by its ``source``: the ``"loan"``, or a coin in each of its tiers.
        ``initial_ltv`` lies between ``initial_ltv_low`` and ``initial_ltv_high``.
    initial_ltv, initial_ltv_low, initial_ltv_high : float
        What all estimates have in common. Where nothing is, the loan's own (or without one the
        coins' mean) and the lowest and highest of all; where there are no estimates, NaN, above
        the highest borrowing power and below 1.
    agreed : bool
        Whether the estimates, if there is more than one, have a value in common. If not, the
        initial LTV depends on the mix of collateral, or discount rates other than the public
        ones are used, or prices moved more than could be seen.
    calls : int
        Made to max-loan.
    unseen : dict of str to str
        Coins that could not be probed, and why.
    """

    tiers: pd.DataFrame
    estimates: pd.DataFrame
    initial_ltv: float
    initial_ltv_low: float
    initial_ltv_high: float
    agreed: bool
    calls: int
    unseen: dict[str, str]


def plan_probe(
    coins: Iterable[str] | Mapping[str, Any] | pd.Series, *, calls_per_coin: int = 20
) -> ProbePlan:
    """Return how many calls a probe of these coins makes, and how long that takes.

    Parameters
    ----------
    coins, calls_per_coin
        As for `probe_borrowing_power`.

    Raises
    ------
    InvalidArgumentError
        No coin is named, one twice, or the calls are fewer than 12 a coin.

    Examples
    --------
    How long does it take to probe three coins?

    >>> plan = plan_probe(["BTC", "ETH", "SOL"])
    >>> plan.least_calls, plan.least_seconds, plan.most_seconds
    (10, 4.0, 24.4)
    """
    if not isinstance(calls_per_coin, int) or calls_per_coin < _FEWEST_CALLS:
        raise InvalidArgumentError(
            f"calls_per_coin is {calls_per_coin}: give at least {_FEWEST_CALLS}."
        )
    limits = _limits(coins)
    return ProbePlan(tuple(limits), 1 + 3 * len(limits), 1 + calls_per_coin * len(limits))


def probe_borrowing_power(
    client: LendingClient,
    borrow_ccy: str,
    coins: Iterable[str] | Mapping[str, Any] | pd.Series,
    *,
    ord_id: str | None = None,
    calls_per_coin: int = 20,
    progress: Progress = None,
) -> BorrowingPower:
    """Find each coin's borrowing power, its discount tiers and the loan's initial LTV.

    Everything is asked of the exchange by read-only max-loan calls with supplementary
    collateral: three a coin whose line is straight as far as the quota lets it be seen, and
    about three more for each knee. Prices are read in the pauses between. What holds beyond
    the last reading is not known.

    Parameters
    ----------
    client : FlexibleLoanClient
        Anything that answers ``max_loan``, ``loan_snapshot``, ``collateral_assets`` and
        ``market`` like one. It sees to the pace; prices should not come from a cache.
    borrow_ccy : str
        What would be borrowed: the more of its quota is left, the further can be seen.
    coins : iterable of str, or mapping or Series of amounts by coin
        What to probe; amounts, in coins, say up to how much in addition to what is pledged.
    ord_id : str, optional
        The loan order; by default the earliest.
    calls_per_coin : int
        At most so many. A tier that this leaves unclear says so by its bounds.
    progress : bool or callable, optional
        A callable gets the calls made and the `ProbePlan`, first with no call made. By default
        a bar in a notebook or a terminal.

    Returns
    -------
    BorrowingPower
        Its ``tiers`` have a row for each coin and tier, in the order of ``coins``: ``ccy``;
        ``from_amt``, ``to_amt`` in coins pledged altogether, and ``to_amt_error``, by how much
        a knee may be off; ``ends``, why the tier does: ``"knee"``, or where nothing further was
        seen, ``"quota"``, ``"limit"`` (the amount given) or ``"balance"`` (the exchange refuses
        more than the funding account holds). ``borrowing_power`` is in USD of loan for each USD
        of market value, between ``borrowing_power_low`` and ``borrowing_power_high``.
        ``discountRate`` is the public table's, NaN where it has no single one within the tier;
        ``initial_ltv`` what follows from it. ``implied_discount_rate`` is what follows without
        the table, from the loan's own initial LTV.

        The bounds hold rounding, how far the coin's price ranged while it was read, and by how
        much what can be borrowed without it differed before and after. What moved in between
        two readings and came back is not seen.

    Raises
    ------
    InvalidArgumentError
        There is no such loan order, a coin is borrowed, or the quota leaves nothing to see.
    ApiError
        The exchange refuses the loan or cannot answer; what was found until then is lost. A
        coin that it refuses as collateral is listed in ``unseen`` instead.

    Examples
    --------
    What is the initial LTV that the exchange does not print, and what does a BTC add?

    >>> from flexloan_nb import connect
    >>> found = probe_borrowing_power(connect("simulator"), "USDT", ["BTC", "ETH"])
    >>> round(found.initial_ltv, 9), found.agreed
    (0.65, True)
    >>> found.tiers[["ccy", "to_amt", "ends", "borrowing_power", "discountRate"]].round(4)
       ccy     to_amt   ends  borrowing_power  discountRate
    0  BTC    20.0000   knee           0.6370          0.98
    1  BTC    85.4425  quota           0.6175          0.95
    2  ETH   500.0000   knee           0.6370          0.98
    3  ETH  1198.6681  quota           0.6175          0.95
    """
    plan = plan_probe(coins, calls_per_coin=calls_per_coin)
    coin(borrow_ccy, "borrow_ccy")
    order = _order(client.loan_snapshot(ord_id=ord_id), ord_id)
    order.require_free(borrow_ccy, plan.coins)
    public = _public_tiers(client.market.discount_rates(), plan.coins)
    with telling(progress, plan) as tell:
        lender = Lender(client, borrow_ccy, order.ord_id, order.debt_usd, tell)
        _require_room(lender.max_loan(), borrow_ccy)
        soundings, unseen = _soundings(lender, _limits(coins), calls_per_coin)
    own = _own_estimate(order, lender)
    tiers = probed_tiers(soundings, order.pledged, public, own["initial_ltv"].mean())
    return _found(tiers, own, lender.calls, unseen)


class _Order(NamedTuple):
    ord_id: str | None
    debt_usd: float
    collateral_usd: float
    pledged: dict[str, float]
    owed: set[str]

    def require_free(self, borrow_ccy: str, coins: Iterable[str]) -> None:
        """Refuse coins on both sides of the loan, as the exchange does."""
        for ccy in coins:
            if ccy == borrow_ccy or ccy in self.owed:
                state = "what would be borrowed" if ccy == borrow_ccy else "borrowed"
                raise InvalidArgumentError(
                    f"{ccy} is {state} and cannot be pledged for the same loan: leave it out."
                )
        if borrow_ccy in self.pledged:
            raise InvalidArgumentError(
                f"{borrow_ccy} is pledged and cannot be borrowed on the same loan: choose another."
            )


def _limits(coins: Any) -> dict[str, float]:
    if isinstance(coins, str):
        coins = [coins]
    try:
        names = list(coins.keys() if isinstance(coins, Mapping | pd.Series) else coins)
    except TypeError:
        raise InvalidArgumentError(f"coins is {coins!r}: name coins like ['BTC'].") from None
    if not names or len(set(names)) < len(names):
        raise InvalidArgumentError(f"coins is {names}: name at least one, and each once.")
    if isinstance(coins, Mapping | pd.Series):
        return {str(ccy): positive(amount, f"amount of {ccy}") for ccy, amount in coins.items()}
    return {str(ccy): float("inf") for ccy in names}


def _order(snapshot: Snapshot, ord_id: str | None) -> _Order:
    info = snapshot.info
    if info.empty:
        which = "no loan order" if ord_id is None else f"no loan order {ord_id}"
        raise InvalidArgumentError(f"There is {which} to probe: max_loan needs one.")
    ids = info["ordId"].map(str)
    row = info.loc[min(info.index, key=lambda k: (len(ids[k]), ids[k]))]  # the earliest
    legs = snapshot.legs
    if pd.notna(row["ordId"]):
        legs = legs[legs["ordId"] == row["ordId"]]
    pledged = legs[legs["side"] == "collateral"]
    return _Order(
        None if pd.isna(row["ordId"]) else str(row["ordId"]),
        finite(row["loanNotionalUsd"], "loanNotionalUsd"),
        finite(row["collateralNotionalUsd"], "collateralNotionalUsd"),
        dict(zip(pledged["ccy"], pledged["amt"].astype(float), strict=True)),
        set(legs.loc[legs["side"] == "loan", "ccy"]),
    )


def _public_tiers(rates: pd.DataFrame, coins: Iterable[str]) -> dict[str, Tiers]:
    return discount_schedule(rates[rates["ccy"].isin(list(coins))])


def _require_room(base: MaxLoan, borrow_ccy: str) -> None:
    if base.room <= 0:
        raise InvalidArgumentError(
            f"The quota of {borrow_ccy} is all that can be borrowed, with or without more "
            "collateral: choose another coin to borrow."
        )


def _soundings(
    lender: Lender, limits: Mapping[str, float], most_calls: int
) -> tuple[dict[str, Sounding], dict[str, str]]:
    soundings, unseen = {}, {}
    for ccy, limit in limits.items():
        try:
            soundings[ccy] = sound(lender, ccy, limit, most_calls)
        except (LoanRuleError, Unseen) as reason:
            unseen[ccy] = str(reason)
    return soundings, unseen


def _own_estimate(order: _Order, lender: Lender) -> pd.DataFrame:
    """Return the initial LTV of the loan as it is, empty where max-loan is zero and hides it."""
    usd = [base.usd for base in lender.base]
    moved = max(usd) - min(usd) + lender.base[0].step
    estimate = loan_estimate(order.debt_usd, order.collateral_usd, usd[0], moved)
    return estimate if usd[0] > 0 and order.collateral_usd > 0 else estimate.iloc[:0]


def _found(
    tiers: pd.DataFrame, own: pd.DataFrame, calls: int, unseen: dict[str, str]
) -> BorrowingPower:
    estimates = pd.concat([of for of in (own, tier_estimates(tiers)) if len(of)] or [own])
    estimates = estimates.reset_index(drop=True)
    if len(estimates):
        conclusion = conclude(estimates)
    else:
        lowest = float(tiers["borrowing_power_low"].max()) if len(tiers) else 0.0
        conclusion = Conclusion(float("nan"), lowest, 1.0, False)
    return BorrowingPower(tiers, estimates, *conclusion, calls, unseen)
