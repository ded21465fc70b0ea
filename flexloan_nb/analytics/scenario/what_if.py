"""What a loan would be after changes: its collateral, its debt, the market, its thresholds."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeAlias

import pandas as pd

from flexloan_nb.analytics.arguments import by_coin, require_columns
from flexloan_nb.analytics.cure.capacity import max_loan_usd
from flexloan_nb.analytics.liquidation.falls import uniform_fall
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Coins, Position, require_position
from flexloan_nb.analytics.thresholds import LEVELS, Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["ThresholdTable", "WhatIf", "what_if"]

ThresholdTable: TypeAlias = pd.DataFrame | Mapping[str, Mapping[str, float]]

_CONSTANT = "constant"
_REQUIRED = ("margin_call_ltv", "liquidation_ltv")


class WhatIf(NamedTuple):
    """A loan before and after changes.

    Attributes
    ----------
    before, after : Position
        The loan.
    table : DataFrame
        What is computed of it side by side, see `what_if`.
    ladder : DataFrame
        `liquidation_prices` side by side, see `what_if`.
    assumption : str
        What was assumed about the thresholds after the changes, as a sentence.
    """

    before: Position
    after: Position
    table: pd.DataFrame
    ladder: pd.DataFrame
    assumption: str


def what_if(
    position: Position,
    add: Coins | None = None,
    remove: Coins | None = None,
    borrow: Coins | None = None,
    repay: Coins | None = None,
    shock: Coins | None = None,
    thresholds: str | ThresholdTable = _CONSTANT,
) -> WhatIf:
    """Return a loan before and after changes, side by side.

    Coins are added, removed, borrowed and repaid in this order, so that what is added may be
    removed again; prices move for all of them, and none of it depends on when. Nothing asks
    whether the exchange would allow it: see `max_loan` and `max_redeem`.

    Parameters
    ----------
    position : Position
        The loan, with the prices of all coins that are added or borrowed.
    add, remove : mapping or Series, optional
        Coins pledged on top, and taken out of the collateral.
    borrow, repay : mapping or Series, optional
        Coins.
    shock : mapping or Series, optional
        Relative change of prices: ``{"BTC": -0.2}`` for a fall by 20 %. Other coins stay.
    thresholds : "constant", DataFrame or mapping
        What becomes of the thresholds. ``"constant"`` keeps the loan's own: its numbers, or its
        thresholds by coin. A table sets them by coin for the loan after the changes: a frame
        with ``ccy`` as index or column, and ``margin_call_ltv``, ``liquidation_ltv`` and if
        known ``initial_ltv`` as columns; or a mapping like ``{"BTC": {"margin_call_ltv": 0.75,
        "liquidation_ltv": 0.85}}``.

    Returns
    -------
    WhatIf
        The ``table`` has by ``quantity`` the columns ``before``, ``after`` and ``change``, and
        for the thresholds ``lowest`` and ``highest``: between which they lie after the changes
        for any mix of the coins pledged. Quantities are values in USD, LTVs, ``headroom_usd``
        (how much more debt would liquidate the loan), the uniform falls to a margin call and to
        liquidation, and ``max_loan_usd``; NaN where the initial LTV is not known or nothing
        falls so far. The ``ladder`` has by ``ccy`` the columns of `liquidation_prices` that are
        numbers, with ``_before`` and ``_after``.

    Raises
    ------
    InvalidArgumentError
        More is taken out than is pledged, or repaid than is owed; a price falls by more than
        all of it; a price or a threshold of a coin is missing.

    Examples
    --------
    What if I pledge 10 ETH more, and ETH falls by 30 %?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> answer = what_if(position, add={"ETH": 10}, shock={"ETH": -0.3})
    >>> answer.table.loc["ltv"].round(4).to_dict()
    {'before': 0.6198, 'after': 0.6079, 'change': -0.0119, 'lowest': nan, 'highest': nan}
    >>> answer.assumption
    'the thresholds stay at a margin call of 0.7374 and a liquidation of 0.8374'
    """
    require_position(position)
    moved = position.add_collateral(_coins(add)).remove_collateral(_coins(remove))
    moved = moved.borrow(_coins(borrow)).repay(_coins(repay))
    moved = moved.with_prices(_shocked(position, _coins(shock)))
    after, assumption = _with_thresholds(position, moved, thresholds)
    return WhatIf(position, after, _table(position, after), _ladder(position, after), assumption)


def _coins(given: Coins | None) -> Coins:
    return {} if given is None else given


def _shocked(position: Position, shock: Coins) -> dict[str, float]:
    prices = {}
    for ccy, change in by_coin(shock, "shock", "shock").items():
        if ccy not in position.prices:
            raise InvalidArgumentError(
                f"shock has {ccy}, of which the position has no price: give it by "
                "position.with_prices."
            )
        if change < -1:
            raise InvalidArgumentError(
                f"shock {ccy} is {change:g}: a price falls by -1, all of it, at most."
            )
        prices[ccy] = position.prices[ccy] * (1 + change)
    return prices


def _with_thresholds(
    before: Position, moved: Position, thresholds: str | ThresholdTable
) -> tuple[Position, str]:
    if isinstance(thresholds, str):
        if thresholds != _CONSTANT:
            raise InvalidArgumentError(
                f"thresholds is {thresholds!r}: it is 'constant' or a table by coin."
            )
        return moved, _kept(before)
    levels = _by_coin(thresholds)
    after = moved.with_thresholds(**levels)
    present = before.with_thresholds(**levels).liquidation_ltv
    return after, (
        "the thresholds follow the mix by the table, which gives a liquidation of "
        f"{present:.4f} before the changes, where the loan has {before.liquidation_ltv:.4f}"
    )


def _kept(position: Position) -> str:
    levels = position.thresholds
    if isinstance(levels.margin_call, float) and isinstance(levels.liquidation, float):
        return (
            f"the thresholds stay at a margin call of {levels.margin_call:.4f} and a "
            f"liquidation of {levels.liquidation:.4f}"
        )
    return "each coin keeps its thresholds, and those of the loan follow the mix"


def _by_coin(table: ThresholdTable) -> dict[str, Any]:
    frame = table if isinstance(table, pd.DataFrame) else _frame(table)
    frame = frame.set_index("ccy") if "ccy" in frame else frame
    require_columns(frame, *_REQUIRED, of="a table of thresholds by coin")
    if frame.index.has_duplicates:
        raise InvalidArgumentError("thresholds has a coin twice.")
    known = [f"{level}_ltv" for level in LEVELS if f"{level}_ltv" in frame]
    return {name: frame[name].to_dict() for name in known}


def _frame(table: Any) -> pd.DataFrame:
    rows = table if isinstance(table, Mapping) else {"": table}
    if not all(isinstance(levels, Mapping | pd.Series) for levels in rows.values()):
        raise InvalidArgumentError(
            f"thresholds is {table!r}: it is 'constant' or a table like "
            "{'BTC': {'margin_call_ltv': 0.75, 'liquidation_ltv': 0.85}}."
        )
    return pd.DataFrame.from_dict({ccy: dict(of) for ccy, of in rows.items()}, orient="index")


def _table(before: Position, after: Position) -> pd.DataFrame:
    sides = {"before": before, "after": after}
    frame = pd.DataFrame({when: _quantities(position) for when, position in sides.items()})
    frame.loc["margin_call_fall"] = uniform_fall(sides, "margin_call")
    frame.loc["liquidation_fall"] = uniform_fall(sides, "liquidation")
    bands = {f"{level}_ltv": _band(after, level) for level in LEVELS}
    band = pd.DataFrame.from_dict(bands, orient="index", columns=["lowest", "highest"])
    frame = frame.assign(change=frame["after"] - frame["before"]).join(band)
    frame.index = pd.Index(frame.index, name="quantity", dtype="string")
    return frame


def _quantities(position: Position) -> dict[str, float]:
    known = position.thresholds.initial is not None
    return {
        "market_value_usd": position.market_value_usd,
        "collateral_usd": position.collateral_usd,
        "debt_usd": position.debt_usd,
        "headroom_usd": position.liquidation_ltv * position.collateral_usd - position.debt_usd,
        "max_loan_usd": max_loan_usd(position) if known else float("nan"),
        "ltv": position.ltv,
        "initial_ltv": position.threshold("initial") if known else float("nan"),
        "margin_call_ltv": position.margin_call_ltv,
        "liquidation_ltv": position.liquidation_ltv,
    }


def _band(position: Position, level: Level) -> tuple[float, float]:
    if getattr(position.thresholds, level) is None:
        return float("nan"), float("nan")
    return position.threshold_band(level)


def _ladder(before: Position, after: Position) -> pd.DataFrame:
    numbers = ["price", "margin_call_price", "liquidation_price", "distance"]
    both = [liquidation_prices(position)[numbers] for position in (before, after)]
    coins = pd.Index(after.coins, name="ccy", dtype="string")
    sides = [ladder.reindex(coins) for ladder in both]
    return pd.DataFrame(
        {
            f"{name}_{when}": ladder[name]
            for name in numbers
            for when, ladder in zip(("before", "after"), sides, strict=True)
        }
    )
