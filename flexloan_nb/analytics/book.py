"""Many positions as arrays, so that a book of loans is computed like one.

A function over positions takes one, or many by their order; it computes over a `Book`, whose
arrays have a row for each position and a column for each of its coins, and answers in kind.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.position import Position, Rows
from flexloan_nb.analytics.thresholds import Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["Book", "Positions", "book_of", "one_by_one"]

Positions: TypeAlias = Position | Mapping[str, Position]


class Book(NamedTuple):
    """Positions side by side.

    Attributes
    ----------
    orders : tuple of str, or None
        The positions' orders; None for a single position.
    coins : tuple of str
        The coins of all positions, one after another.
    held : ndarray of bool, (positions, widest)
        Where a position has a coin; the rest is filled up with zeros.
    rows : Rows
        Each of shape (positions, widest).
    """

    orders: tuple[str, ...] | None
    coins: tuple[str, ...]
    held: NDArray[np.bool_]
    rows: Rows

    def capacity(self, level: Level) -> NDArray[np.float64]:
        """Return by how many USD of debt a level is met for each USD of a coin's price.

        These are ``L_i k_i``, of shape (positions, widest): the level is met where the debt is
        the sum of capacity times price.
        """
        counted = self.rows.kept > 0
        return np.where(counted, getattr(self.rows, level) * self.rows.kept, 0.0)

    def per_order(self, values: NDArray[Any], name: str) -> Any:
        """Return a value for each position: a scalar, or a Series by ``ordId``."""
        if self.orders is None:
            return values[0].item()
        return pd.Series(values, index=_order_index(self.orders), name=name)

    def per_coin(self, columns: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
        """Return a row for each coin: index ``ccy``, or ``ordId`` and ``ccy`` for many.

        Columns of strings get the dtype ``string``.
        """
        cells = {name: values[self.held] for name, values in columns.items()}
        frame = pd.DataFrame(
            {
                name: pd.array(of, dtype="string") if of.dtype == object else of
                for name, of in cells.items()
            }
        )
        frame.index = self._index()
        return frame

    def _index(self) -> pd.Index:
        if self.orders is None:
            return pd.Index(self.coins, name="ccy", dtype="string")
        coin, distinct = pd.factorize(np.array(self.coins, dtype=object))
        levels: list[Any] = [_order_index(self.orders), pd.Index(distinct, dtype="string")]
        codes: list[Any] = [np.nonzero(self.held)[0], coin]
        return pd.MultiIndex(levels=levels, codes=codes, names=["ordId", "ccy"])


def book_of(positions: Positions) -> Book:
    """Return one position, or many by their order, as arrays.

    Raises
    ------
    InvalidArgumentError
        It is neither a `Position` nor a mapping of them, as `Position.from_snapshot` returns it.
    """
    if isinstance(positions, Position):
        return _stacked(None, [positions])
    if isinstance(positions, Mapping) and all(isinstance(p, Position) for p in positions.values()):
        return _stacked(tuple(map(str, positions)), list(positions.values()))
    raise InvalidArgumentError(
        f"This takes a Position or a dict of them by order, not {type(positions).__name__}."
    )


def one_by_one(positions: Positions) -> list[Position]:
    """Return one position, or many, as a list in their order."""
    return list(positions.values()) if isinstance(positions, Mapping) else [positions]


def _stacked(orders: tuple[str, ...] | None, positions: list[Position]) -> Book:
    coins = [position.coins for position in positions]
    widths = np.array([len(of) for of in coins], dtype=int)
    held = np.arange(widths.max(initial=0)) < widths[:, None]
    return Book(orders, tuple(chain.from_iterable(coins)), held, _side_by_side(held, positions))


def _side_by_side(held: NDArray[np.bool_], positions: list[Position]) -> Rows:
    """Return the rows of positions filled up to the same width."""
    table = np.zeros((len(Rows._fields), *held.shape))
    if positions:
        table[:, held] = np.concatenate([position.cells for position in positions], axis=1)
    return Rows(*table)


def _order_index(orders: tuple[str, ...]) -> pd.Index:
    return pd.Index(orders, name="ordId", dtype="string")
