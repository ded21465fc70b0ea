"""Falls of the past, as data: how far coins fell, and by which rule the others follow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from flexloan_nb.analytics.arguments import finite
from flexloan_nb.analytics.frozen import FrozenMapping
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["BASES", "DEFAULT_BETA", "EPISODES", "STABLECOINS", "Basis", "Change", "Episode"]

Basis: TypeAlias = Literal["close", "low"]
BASES: tuple[Basis, ...] = get_args(Basis)


class Change(NamedTuple):
    """How a coin's price changed, as decimals: -0.491 is a fall by 49.1 %.

    Attributes
    ----------
    close, low : float
        From the close on the first day to the lowest close, and to the lowest price.
    """

    close: float
    low: float


@dataclass(frozen=True)
class Episode:
    """How far coins fell in some days, each to its own lowest price.

    The coins need not have been lowest on the same day, so all of them together are at least as
    bad as any day of the episode was for a loan whose debt did not move.

    Parameters
    ----------
    name : str
        What the scenario is called.
    changes : mapping
        By coin a `Change`, or any pair of changes to the lowest close and to the lowest price.
    start, end : date, optional
        The day at whose close the changes start, and the last day they look at.

    Raises
    ------
    InvalidArgumentError
        A change is no pair of numbers from -1 up.

    Examples
    --------
    What if BTC halves, and touches 55 % on the way?

    >>> Episode("half", {"BTC": (-0.5, -0.55)}).changes["BTC"].low
    -0.55
    """

    name: str
    changes: Mapping[str, Change]
    start: date | None = None
    end: date | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.changes, Mapping):
            raise InvalidArgumentError(
                f"The changes of {self.name} are {self.changes!r}: give pairs by coin like "
                "{'BTC': (-0.5, -0.55)}."
            )
        checked = {str(ccy): _change(pair, str(ccy)) for ccy, pair in self.changes.items()}
        object.__setattr__(self, "changes", FrozenMapping(checked))


def _change(pair: Any, ccy: str) -> Change:
    try:
        close, low = pair
    except (TypeError, ValueError):
        raise InvalidArgumentError(
            f"The change of {ccy} is {pair!r}: give a pair, to the lowest close and to the low."
        ) from None
    change = Change(finite(close, f"change of {ccy}"), finite(low, f"change of {ccy}"))
    if min(change) < -1:
        raise InvalidArgumentError(
            f"The change of {ccy} is {min(change):g}: a price cannot fall by more than -1; give "
            "decimals, -0.5 for a fall by half."
        )
    return change


# Computed from daily USD candles of a public price aggregator.
EPISODES = (
    Episode(
        "2018-11",
        {
            "BTC": Change(-0.491, -0.498),
            "ETH": Change(-0.592, -0.600),
            "LTC": Change(-0.528, -0.541),
            "DOGE": Change(-0.299, -0.319),
            "ADA": Change(-0.616, -0.628),
        },
        date(2018, 11, 13),
        date(2018, 12, 15),
    ),
    Episode(
        "2020-03",
        {
            "BTC": Change(-0.442, -0.539),
            "ETH": Change(-0.535, -0.600),
            "LTC": Change(-0.489, -0.578),
            "DOGE": Change(-0.361, -0.481),
            "ADA": Change(-0.510, -0.609),
        },
        date(2020, 3, 7),
        date(2020, 3, 16),
    ),
    Episode(
        "2021-05",
        {
            "BTC": Change(-0.387, -0.459),
            "ETH": Change(-0.494, -0.583),
            "SOL": Change(-0.446, -0.571),
            "LTC": Change(-0.620, -0.686),
            "DOGE": Change(-0.378, -0.559),
            "ADA": Change(-0.249, -0.417),
        },
        date(2021, 5, 11),
        date(2021, 5, 23),
    ),
    Episode(
        "2022-05",
        {
            "BTC": Change(-0.271, -0.336),
            "ETH": Change(-0.333, -0.405),
            "SOL": Change(-0.518, -0.590),
            "LTC": Change(-0.394, -0.479),
            "DOGE": Change(-0.391, -0.484),
            "ADA": Change(-0.472, -0.547),
        },
        date(2022, 5, 4),
        date(2022, 5, 12),
    ),
    Episode(
        "2022-06",
        {
            "BTC": Change(-0.390, -0.432),
            "ETH": Change(-0.452, -0.506),
            "SOL": Change(-0.285, -0.339),
            "LTC": Change(-0.322, -0.363),
            "DOGE": Change(-0.342, -0.382),
            "ADA": Change(-0.259, -0.312),
        },
        date(2022, 6, 7),
        date(2022, 6, 18),
    ),
    Episode(
        "2022-11",
        {
            "BTC": Change(-0.254, -0.263),
            "ETH": Change(-0.324, -0.335),
            "SOL": Change(-0.621, -0.660),
            "LTC": Change(-0.273, -0.292),
            "DOGE": Change(-0.403, -0.420),
            "ADA": Change(-0.255, -0.268),
        },
        date(2022, 11, 5),
        date(2022, 11, 9),
    ),
)

# A coin without a figure falls by so many times BTC's. In EPISODES the other coins' figures are
# on average 1.20 times BTC's to the lowest close and 1.21 times to the low, with a wide spread:
# from 0.6 to 2.5 times.
DEFAULT_BETA = 1.2

# Coins that are meant to be worth one USD, and USD itself.
STABLECOINS = ("USD", "USDT", "USDC", "DAI", "FDUSD", "PYUSD", "RLUSD", "TUSD", "USDG", "USDS")
