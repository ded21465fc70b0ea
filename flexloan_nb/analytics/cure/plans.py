"""What brings a loan's LTV down to a target, from what is really held."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import pandas as pd

from flexloan_nb.analytics.arguments import by_coin, not_negative, require_columns, share
from flexloan_nb.analytics.cure.mixes import cheapest_mix
from flexloan_nb.analytics.cure.remedies import Remedy, is_cured, repayment, sale, top_up
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Coins, Position, require_position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["CurePlans", "cure_plans"]


class CurePlans(NamedTuple):
    """Ways to bring a loan to a target, and what is left after each.

    Attributes
    ----------
    table : DataFrame
        A row for each plan, see `cure_plans`.
    moves : DataFrame
        The steps of the plans that can be carried out: ``plan``, ``action``, ``ccy``,
        ``amount`` in coins and ``usd``.
    positions : dict of str to Position
        The loan after each plan that can be carried out.
    """

    table: pd.DataFrame
    moves: pd.DataFrame
    positions: dict[str, Position]

    @property
    def ladder(self) -> pd.DataFrame:
        """`liquidation_prices` after each plan that can be carried out, by plan and coin."""
        return liquidation_prices(self.positions).rename_axis(index=["plan", "ccy"])


def cure_plans(
    position: Position,
    target: float,
    balances: Coins | pd.DataFrame | None = None,
    selling_cost: float = 0.0,
) -> CurePlans:
    """Return the least that each way takes to bring an LTV down to a target.

    The ways are to top up each coin that is free or pledged, to repay each coin owed, to sell
    each coin pledged and repay with the proceeds, and the cheapest mix of top-ups and
    repayments: the one of the least market value in USD that leaves the funding account.

    Parameters
    ----------
    position : Position
        With the prices of all coins in `balances`. A coin without discount rates counts in full.
    target : float
        LTV to reach, a decimal.
    balances : mapping, Series or DataFrame, optional
        Coins that are free in the funding account; or the frame of
        `FlexibleLoanClient.collateral_assets`, which does not list coins that are owed. A coin
        that is left out is not there. Without it, as much as is needed of the coins of the loan.
    selling_cost : float
        Share of the market value that a sale costs: 0.001 for fee and slippage of 0.1 %.

    Returns
    -------
    CurePlans
        In its ``table``, by ``plan``: ``action``, ``ccy``, the ``amount`` in coins and ``usd``
        of market value that are moved or sold; ``ltv_after``, and ``fall_after``, the uniform
        fall of collateral from there to liquidation; whether it is ``feasible``, and a
        ``reason`` where it is not. Such a plan has the amount it would need, NaN where no
        amount is enough or a threshold of the coin is not known. A loan at its target or below
        has one plan, to do nothing.

    Raises
    ------
    InvalidArgumentError
        An argument is out of range, or a price of a coin is missing.

    Notes
    -----
    The equations are in `flexloan_nb.analytics.cure.remedies` and
    `flexloan_nb.analytics.cure.mixes`.
    Amounts of top-ups, repayments and sales are rounded up at the eighth decimal, but not beyond
    what there is, so that a plan that is carried out as written reaches the target. The target
    is an LTV, whatever the thresholds. A coin that is owed is never topped up: the exchange
    refuses it (51750).

    Examples
    --------
    What brings this loan down to 50 %, with 3 ETH and 20,000 USDT in hand?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> plans = cure_plans(position, 0.5, {"ETH": 3, "USDT": 20_000})
    >>> plans.table.loc[plans.table["feasible"], "usd"].round()
    plan
    repay USDT    17400.0
    sell BTC      34118.0
    sell ETH      33143.0
    mix           17400.0
    Name: usd, dtype: float64
    >>> plans.table["reason"]["top up ETH"]
    'needs 12.210526 ETH, 3 are free'
    """
    require_position(position)
    aim, cost = share(target, "target"), share(selling_cost, "selling_cost")
    free = _free(balances, position)
    if is_cured(position, aim):
        done = f"the LTV is {position.ltv:.4f}, at or below {aim:g} already"
        remedies = [Remedy("none", None, 0.0, reason=done)]
    else:
        remedies = list(_remedies(position, aim, free, cost))
    after = {
        _name(remedy): remedy.carried_out(position)
        for remedy in remedies
        if remedy.moves or remedy.action == "none"
    }
    return CurePlans(_table(remedies, position, after), _moves(remedies, position), after)


def _remedies(
    position: Position, target: float, free: Mapping[str, float], selling_cost: float
) -> Iterable[Remedy]:
    owed = [ccy for ccy, amount in position.debt.items() if amount]
    pledged = [ccy for ccy, amount in position.collateral.items() if amount]
    for ccy in dict.fromkeys([*pledged, *free]):
        if ccy not in owed:
            yield top_up(position, target, ccy, free.get(ccy, 0.0))
    for ccy in owed:
        yield repayment(position, target, ccy, free.get(ccy, 0.0))
    for ccy in pledged:
        yield sale(position, target, ccy, selling_cost)
    yield cheapest_mix(position, target, free)


def _free(balances: Coins | pd.DataFrame | None, position: Position) -> dict[str, float]:
    if balances is None:
        return dict.fromkeys(position.coins, math.inf)
    if isinstance(balances, pd.DataFrame):
        require_columns(balances, "ccy", "amt", of="a frame of collateral_assets")
        balances = balances.set_index("ccy")["amt"]
    free = by_coin(balances, "balances", "balance of", not_negative)
    held = {ccy: amount for ccy, amount in free.items() if amount}
    unpriced = [ccy for ccy in held if ccy not in position.prices]
    if unpriced:
        raise InvalidArgumentError(
            f"The position has no price of {', '.join(unpriced)}: give it by "
            "position.with_prices, or leave it out of balances."
        )
    return held


def _table(
    remedies: list[Remedy], position: Position, after: Mapping[str, Position]
) -> pd.DataFrame:
    names = [_name(remedy) for remedy in remedies]
    ltvs = pd.Series({name: position.ltv for name, position in after.items()}, dtype="float64")
    falls = pd.Series(uniform_fall(after))
    columns: dict[str, Any] = {
        "action": pd.array([remedy.action for remedy in remedies], dtype="string"),
        "ccy": pd.array([remedy.ccy for remedy in remedies], dtype="string"),
        "amount": [
            remedy.amount if math.isfinite(remedy.amount) else math.nan for remedy in remedies
        ],
        "usd": [_usd(remedy, position) for remedy in remedies],
        "ltv_after": ltvs.reindex(names).to_numpy(),
        "fall_after": falls.reindex(names).to_numpy(),
        "feasible": [name in after for name in names],
        "reason": pd.array([remedy.reason for remedy in remedies], dtype="string"),
    }
    return pd.DataFrame(columns, index=pd.Index(names, name="plan", dtype="string"))


def _moves(remedies: list[Remedy], position: Position) -> pd.DataFrame:
    rows = [
        (_name(remedy), *move, move.amount * position.prices[move.ccy])
        for remedy in remedies
        for move in remedy.moves
    ]
    frame = pd.DataFrame(rows, columns=["plan", "action", "ccy", "amount", "usd"])
    text = dict.fromkeys(["plan", "action", "ccy"], "string")
    return frame.astype({**text, "amount": "float64", "usd": "float64"})


def _name(remedy: Remedy) -> str:
    verb = remedy.action.replace("_", " ")
    return verb if remedy.ccy is None else f"{verb} {remedy.ccy}"


def _usd(remedy: Remedy, position: Position) -> float:
    if remedy.action == "none":
        return 0.0
    if remedy.ccy is None:
        moved = [move.amount * position.prices[move.ccy] for move in remedy.moves]
        return sum(moved) if moved else math.nan
    return remedy.amount * position.prices[remedy.ccy] if math.isfinite(remedy.amount) else math.nan
