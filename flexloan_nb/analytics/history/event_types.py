"""What each type of event of a loan does to what is pledged and owed.

A type says by its name which way it goes, so its effect is taken on the amount's magnitude: the
documentation shows a sign for ``collateral_locked`` alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

import pandas as pd

from flexloan_nb.errors import InvalidArgumentError

__all__ = ["CAUSES", "EVENT_TYPES", "Cause", "EventType", "Side", "require_known_types"]

Side: TypeAlias = Literal["collateral", "loan"]  # as in the `side` of a loan's legs
Cause: TypeAlias = Literal[
    "interest",
    "borrowing",
    "repayment",
    "collateral_added",
    "collateral_taken_out",
    "liquidation",
    "forced_repayment",
]
Confidence: TypeAlias = Literal["documented", "inferred", "assumed"]

CAUSES: Final[tuple[Cause, ...]] = (
    "interest",
    "borrowing",
    "repayment",
    "collateral_added",
    "collateral_taken_out",
    "liquidation",
    "forced_repayment",
)


class EventType(NamedTuple):
    """What one type of event does.

    Attributes
    ----------
    side : {"collateral", "loan"} or None
        Which amount it changes; None where it is a step of a sale that changes neither.
    direction : int
        1 where the amount grows by it, -1 where it shrinks.
    cause : str
        What it counts as where a change is explained.
    confidence : {"documented", "inferred", "assumed"}
        How sure the effect is: in OKX's words, by the type's name, or a choice made here.
    meaning : str
        What happens.
    """

    side: Side | None
    direction: int
    cause: Cause
    confidence: Confidence
    meaning: str


# The types are those of OKX's page "GET / Loan history".
EVENT_TYPES: Final[Mapping[str, EventType]] = MappingProxyType(
    {
        "borrowed": EventType("loan", 1, "borrowing", "documented", "coins are borrowed"),
        "repaid": EventType("loan", -1, "repayment", "documented", "coins are repaid"),
        "collateral_locked": EventType(
            "collateral", 1, "collateral_added", "documented", "coins are pledged"
        ),
        "collateral_released": EventType(
            "collateral", -1, "collateral_taken_out", "documented", "coins are given back"
        ),
        "forced_repayment_buy": EventType(
            "loan", -1, "forced_repayment", "inferred", "OKX buys the owed coin and repays it"
        ),
        "forced_repayment_sell": EventType(
            "collateral", -1, "forced_repayment", "inferred", "OKX sells collateral for that"
        ),
        "forced_liquidation": EventType(
            "loan", -1, "liquidation", "assumed", "debt is settled by selling all that it takes"
        ),
        "partial_liquidation": EventType(
            "loan", -1, "liquidation", "assumed", "debt is settled by selling a part"
        ),
        "sell_collateral": EventType(
            "collateral", -1, "liquidation", "inferred", "collateral is sold"
        ),
        "buy_transition_coin": EventType(
            None, 0, "liquidation", "assumed", "its proceeds, in an intermediary coin"
        ),
        "sell_transition_coin": EventType(
            None, 0, "liquidation", "assumed", "the intermediary coin is spent"
        ),
        "buy_borrowed_coin": EventType(
            None, 0, "liquidation", "assumed", "the owed coin is bought; another row settles debt"
        ),
    }
)


def require_known_types(types: pd.Series) -> None:
    """Raise `InvalidArgumentError` where a type's effect is not known, by its name.

    Examples
    --------
    >>> require_known_types(pd.Series(["borrowed", "airdropped"]))
    Traceback (most recent call last):
    ...
    flexloan_nb.errors.InvalidArgumentError: What events of type 'airdropped' do to a loan is \
not known. Leave them out (events[~events["type"].isin(['airdropped'])]) and see whether \
reconcile() finds anything missing.
    """
    unknown = sorted(str(name) for name in types.unique() if name not in EVENT_TYPES)
    if unknown:
        raise InvalidArgumentError(
            f"What events of type {', '.join(map(repr, unknown))} do to a loan is not known. "
            f'Leave them out (events[~events["type"].isin({unknown})]) and see whether '
            "reconcile() finds anything missing."
        )
