"""Why loan to value moved: prices, interest, what the borrower did, and what was done to it."""

from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.history.changes import NAMELESS
from flexloan_nb.analytics.history.columns import rows_by
from flexloan_nb.analytics.history.event_types import CAUSES, EVENT_TYPES
from flexloan_nb.analytics.history.reconstruction import LtvHistory
from flexloan_nb.analytics.times import epoch_ms
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["attribute_ltv"]

Floats: TypeAlias = NDArray[np.float64]

_PARTS: Final = ("price", *CAUSES)
_CAUSE_OF: Final = {name: CAUSES.index(kind.cause) for name, kind in EVENT_TYPES.items()} | {
    "interest": CAUSES.index("interest")
}
_CANCELLED: Final = 1e-9  # of what moved: less is left than rounding can tell from nothing


def attribute_ltv(history: LtvHistory, every: str | None = None) -> pd.DataFrame:
    """Explain each change of LTV by its causes.

    With debt ``D`` and adjusted collateral ``V`` in USD, from one time (0) to the next (1),

    ``change = dD (1/V0 + 1/V1) / 2 - dV (D0 + D1) / (2 V0 V1)``

    which is an identity. Each coin's part of dD and dV is ``da (p0 + p1) / 2 + dp (a0 + a1) / 2``
    for an amount ``a`` that counts at a price ``p``, and ``da`` is the sum of what its events
    added. So the parts add up exactly, and none is computed before another: the order of causes
    within a step does not matter. (It is the Shapley value of each product of two factors.) At a
    step from or to a loan without collateral, and so without debt, the other end's V counts.

    Parameters
    ----------
    history : LtvHistory
        As `reconstruct_ltv` returns it.
    every : str, optional
        Add the steps up over periods in UTC, e.g. ``"1D"`` or ``"6h"``; by default every step
        from one row of the path to the next.

    Returns
    -------
    DataFrame
        ``ordId``; ``since`` and ``ts``, the ends of the step; ``ltv_before``, ``ltv``, ``change``;
        in LTV points, so that they add up to the change: ``price, interest, borrowing,
        repayment, collateral_added, collateral_taken_out, liquidation, forced_repayment`` and
        ``unexplained``, which is rounding unless the history's amounts and changes disagree.
        ``headroom`` is what is left to the liquidation LTV at ``ts``; it moved by ``threshold``
        less ``change``, where ``threshold`` is how far the liquidation LTV itself moved.

    Raises
    ------
    InvalidArgumentError
        ``every`` is not a length of time, or ``history`` no `LtvHistory`.

    Examples
    --------
    A bitcoin against 50,000 USDT falls from 100,000 to 80,000. What did that do to the LTV?

    >>> from types import SimpleNamespace
    >>> from flexloan_nb.analytics.history.reconstruction import reconstruct_ltv
    >>> times = pd.to_datetime(["2026-01-01 00:30", "2026-01-01 00:45"], utc=True)
    >>> events = pd.DataFrame({
    ...     "ts": times[[0, 0]], "type": ["collateral_locked", "borrowed"],
    ...     "ccy": ["BTC", "USDT"], "amt": [-1.0, 50_000.0],
    ... })
    >>> accruals = pd.DataFrame({"ts": times[:0], "ccy": [], "loan": [], "interest": []})
    >>> now = SimpleNamespace(
    ...     info=pd.DataFrame({"marginCallLTV": [0.75], "liqLTV": [0.85]}),
    ...     legs=pd.DataFrame({
    ...         "side": ["collateral", "loan"], "ccy": ["BTC", "USDT"], "amt": [1.0, 50_000.0],
    ...     }),
    ...     fetched_at=times[1],
    ... )
    >>> prices = pd.DataFrame({"BTC": [100_000.0, 80_000.0], "USDT": 1.0}, index=times)
    >>> history = reconstruct_ltv(events, accruals, prices, now)
    >>> attribute_ltv(history)[["ltv_before", "ltv", "price"]].round(6).values.tolist()
    [[0.5, 0.625, 0.125]]
    """
    if not isinstance(history, LtvHistory):
        raise InvalidArgumentError(
            f"This takes what reconstruct_ltv returns, not {type(history).__name__}."
        )
    path, amounts, changes = (_named(frame) for frame in history[:3])
    holdings = rows_by(amounts, "ordId", "side", "ccy")
    changed = rows_by(changes, "ordId", "side", "ccy")
    parts = np.zeros((len(path), len(_PARTS)))
    for (order,), rows in rows_by(path, "ordId").items():
        weights = _weights(
            path["debt_usd"].to_numpy()[rows], path["collateral_usd"].to_numpy()[rows]
        )
        for key, held in holdings.items():
            if key[0] == order:
                moves = changes.iloc[changed.get(key, [])]
                parts[rows[1:]] += weights[key[1]][:, None] * _usd_moved(amounts.iloc[held], moves)
    steps = _steps(history.path, path["ordId"], parts)
    return steps if every is None else _added_up(steps, every)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(ordId=frame["ordId"].fillna(NAMELESS))


def _weights(debt: Floats, collateral: Floats) -> dict[str, Floats]:
    """Return the LTV points of a USD of debt and of a USD of collateral, by step."""
    before, after = collateral[:-1], collateral[1:]
    empty = (before == 0) | (after == 0)
    only = before + after
    before, after = np.where(empty, only, before), np.where(empty, only, after)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_debt = np.where(before == 0, 0.0, (1 / before + 1 / after) / 2)
        per_value = np.where(empty, 0.0, -(debt[:-1] + debt[1:]) / (2 * before * after))
    return {"loan": per_debt, "collateral": per_value}


def _usd_moved(held: pd.DataFrame, changes: pd.DataFrame) -> Floats:
    """Return by how much one coin's value moved in each step, by part, in USD."""
    counts, prices = held["adjusted_amt"].to_numpy(), held["price"].to_numpy()
    before, after = prices[:-1], prices[1:]  # a price that is not known is of a coin not held
    before, after = (
        np.where(np.isnan(before), after, before),
        np.where(np.isnan(after), before, after),
    )
    by_price = (counts[:-1] + counts[1:]) / 2 * (after - before)
    added = _added(held, changes) * ((before + after) / 2)[:, None]
    moved: Floats = np.nan_to_num(np.column_stack([by_price, added]))
    return moved


def _added(held: pd.DataFrame, changes: pd.DataFrame) -> Floats:
    """Return how many counting coins each cause added in each step.

    Where tiers make the last coins count less than the first, all coins that moved in a step
    count alike.
    """
    moments = epoch_ms(held["ts"], "the amounts")
    coins = np.zeros((len(held) - 1, len(CAUSES)))
    step = np.searchsorted(moments, epoch_ms(changes["ts"], "the changes")) - 1
    cause = changes["type"].map(_CAUSE_OF).to_numpy(dtype=np.intp)
    np.add.at(coins, (step, cause), changes["amt"].to_numpy(dtype=np.float64))
    return coins * _share_kept(held, np.abs(coins).sum(axis=1))[:, None]


def _share_kept(held: pd.DataFrame, moved: Floats) -> Floats:
    """Return the share that counts of the coins that moved in each step."""
    amounts, counts = held["amt"].to_numpy(dtype=np.float64), held["adjusted_amt"].to_numpy()
    change = np.diff(amounts)
    with np.errstate(divide="ignore", invalid="ignore"):
        marginal, average = np.diff(counts) / change, counts[1:] / amounts[1:]
    return np.where(np.abs(change) > _CANCELLED * moved, marginal, np.nan_to_num(average))


def _steps(path: pd.DataFrame, orders: pd.Series, parts: Floats) -> pd.DataFrame:
    before = path.groupby(orders, sort=False)[["ts", "ltv", "liquidation_ltv"]].shift()
    change = path["ltv"] - before["ltv"]
    columns = dict(zip(_PARTS, parts.T, strict=True))
    steps = pd.DataFrame(
        {
            "ordId": path["ordId"],
            "since": before["ts"],
            "ts": path["ts"],
            "ltv_before": before["ltv"],
            "ltv": path["ltv"],
            "change": change,
            **columns,
            "unexplained": change - parts.sum(axis=1),
            "threshold": path["liquidation_ltv"] - before["liquidation_ltv"],
            "headroom": path["liquidation_ltv"] - path["ltv"],
        }
    )
    return steps[steps["since"].notna()].reset_index(drop=True)


def _added_up(steps: pd.DataFrame, every: str) -> pd.DataFrame:
    """Return the steps of each period as one; a step belongs to the period in which it ends."""
    period = (epoch_ms(steps["ts"], "the path") - 1) // _milliseconds(every)
    groups = steps.groupby(["ordId", period], sort=False, dropna=False)
    ends = {"since": "first", "ts": "last", "ltv_before": "first", "ltv": "last"}
    sums = dict.fromkeys(("change", *_PARTS, "unexplained"), "sum")
    whole = groups.agg(ends | sums | {"headroom": "last"})
    whole.insert(len(whole.columns) - 1, "threshold", groups["threshold"].sum(min_count=1))
    return whole.reset_index("ordId").reset_index(drop=True)


def _milliseconds(every: str) -> int:
    try:
        length = int(pd.Timedelta(every).value) // 1_000_000
    except (ValueError, TypeError, OverflowError):
        length = 0
    if length <= 0:
        raise InvalidArgumentError(f"every is {every!r}: give a length of time like '1D' or '6h'.")
    return length
