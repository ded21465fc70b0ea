"""The LTVs at which something happens, constant or by the mix of collateral.

The exchange prints a loan's margin-call and liquidation LTV, and they differ from loan to loan;
how they follow from the collateral is not published. Two assumptions can be made: they stay
what they are (a number), or each coin has its own and a loan's is their mean, weighted by the
adjusted collateral value (a mapping by coin). Both leave a threshold linear in value: it is met
where the debt is ``sum L_i k_i p_i``.
"""

from collections.abc import Collection, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import by_coin, positive
from flexloan_nb.analytics.frozen import FrozenMapping
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["LEVELS", "Level", "Threshold", "Thresholds", "require_level"]

Level: TypeAlias = Literal["initial", "margin_call", "liquidation"]
LEVELS: tuple[Level, ...] = get_args(Level)
Threshold: TypeAlias = float | Mapping[str, float] | pd.Series


class Thresholds(NamedTuple):
    """The three levels of a loan, each a number or one for each coin pledged.

    Attributes
    ----------
    initial : float, FrozenMapping or None
        Up to which the exchange lends; None where it is not known.
    margin_call, liquidation : float or FrozenMapping
        From which it warns, from which it sells.
    """

    initial: float | FrozenMapping[float] | None
    margin_call: float | FrozenMapping[float]
    liquidation: float | FrozenMapping[float]

    @classmethod
    def of(
        cls,
        initial: Threshold | None,
        margin_call: Threshold,
        liquidation: Threshold,
        pledged: Collection[str],
    ) -> "Thresholds":
        """Return the levels, checked for every coin pledged.

        Raises
        ------
        InvalidArgumentError
            One is not above zero, lacks a coin, or they do not rise.
        """
        levels = cls(
            None if initial is None else _checked(initial, "initial_ltv", pledged),
            _checked(margin_call, "margin_call_ltv", pledged),
            _checked(liquidation, "liquidation_ltv", pledged),
        )
        for ccy in pledged or [""]:
            rising = [_of_coin(level, ccy) for level in levels if level is not None]
            if rising != sorted(rising):
                raise InvalidArgumentError(
                    "The thresholds must rise from initial_ltv over margin_call_ltv to "
                    f"liquidation_ltv; {f'of {ccy} ' if ccy else ''}they are {rising}."
                )
        return levels

    def lacking(self, ccy: str) -> list[str]:
        """Return the names of the levels that are by coin and lack one for a coin."""
        return [
            f"{name}_ltv"
            for name, level in self._asdict().items()
            if isinstance(level, FrozenMapping) and ccy not in level
        ]

    def by_coin(self, level: Level, coins: Collection[str]) -> NDArray[np.float64]:
        """Return a level for each coin: NaN where it is not known or the coin is not pledged."""
        require_level(level)
        value = getattr(self, level)
        return np.array([np.nan if value is None else _of_coin(value, ccy) for ccy in coins])

    def weighted(self, level: Level, coins: Collection[str], weights: NDArray[np.float64]) -> float:
        """Return the level of a mix; the lowest one of its coins where nothing has value."""
        require_level(level)
        value = getattr(self, level)
        if value is None:
            raise InvalidArgumentError(f"{level}_ltv is not known: give it to the position.")
        if not isinstance(value, FrozenMapping):
            return float(value)
        total = weights.sum()
        if total == 0:
            return min(value.values(), default=float("nan"))
        return float(np.nansum(self.by_coin(level, coins) * weights) / total)

    def band(self, level: Level, pledged: Collection[str]) -> tuple[float, float]:
        """Return the lowest and the highest that a level can be for any mix of the coins."""
        by_coin = self.by_coin(level, pledged or [""])
        return float(by_coin.min()), float(by_coin.max())


def require_level(level: Any) -> None:
    """Raise `InvalidArgumentError` where there is no such level."""
    if not isinstance(level, str) or level not in LEVELS:
        raise InvalidArgumentError(f"threshold is {level!r}: it is one of {', '.join(LEVELS)}.")


def _checked(value: Any, name: str, pledged: Collection[str]) -> float | FrozenMapping[float]:
    if not isinstance(value, Mapping | pd.Series):
        return positive(value, name)
    levels = by_coin(value, name, f"{name} of", positive)
    missing = [ccy for ccy in pledged if ccy not in levels]
    if missing:
        raise InvalidArgumentError(f"{name} lacks {', '.join(missing)}: give one for each coin.")
    return FrozenMapping(levels)


def _of_coin(value: float | FrozenMapping[float], ccy: str) -> float:
    return value.get(ccy, float("nan")) if isinstance(value, FrozenMapping) else value
