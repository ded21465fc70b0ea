"""What becomes of loans in scenarios: a row for each loan and scenario."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.book import Book

__all__ = ["ROUNDING", "debt_over", "outcomes"]

# A threshold counts as met where only rounding could say that it is not: a loan that is priced
# anew at its own liquidation price has LTV = L to some 1e-15.
ROUNDING = 1e-12


def outcomes(
    book: Book,
    kind: str,
    scenarios: Sequence[str],
    *,
    price_factors: pd.DataFrame | None = None,
    debt_factors: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what loans are worth with their prices or debts multiplied.

    Parameters
    ----------
    book : Book
        The positions.
    kind : str
        What these scenarios change.
    scenarios : sequence of str
        Their names.
    price_factors, debt_factors : DataFrame, optional
        What prices and debts are multiplied with: a row for each scenario, a column for each of
        the book's coins.

    Returns
    -------
    DataFrame
        Index ``scenario``, or ``ordId`` and ``scenario`` for many positions; ``kind``, ``ltv``,
        ``status``, ``distance`` and ``shortfall_usd``, which
        `flexloan_nb.analytics.stress.scenarios.stress_test` explains.
    """
    price = book.rows.price * _cells(book, len(scenarios), price_factors)
    owed = book.rows.owed * _cells(book, len(scenarios), debt_factors)
    debt = (owed * price).sum(axis=-1)
    called_at = (book.capacity("margin_call") * price).sum(axis=-1)
    distance = 1 - debt_over(debt, (book.capacity("liquidation") * price).sum(axis=-1))
    called = 1 - debt_over(debt, called_at) <= ROUNDING
    status = np.select([distance <= ROUNDING, called], ["liquidation", "margin_call"], "safe")
    columns = {
        "ltv": debt_over(debt, (book.rows.kept * price).sum(axis=-1)),
        "status": status,
        "distance": distance,
        "shortfall_usd": np.maximum(debt - called_at, 0.0),
    }
    by_order = {name: values.T.ravel() for name, values in columns.items()}
    frame = pd.DataFrame({"kind": kind, **by_order}, index=_index(book, scenarios))
    return frame.astype({"kind": "string", "status": "string"})


def _cells(book: Book, scenarios: int, factors: pd.DataFrame | None) -> NDArray[np.float64]:
    """Return factors by scenario, position and its coins; 1 where a position has no coin."""
    cells = np.ones((scenarios, *book.held.shape))
    if factors is not None:
        cells[:, book.held] = factors[list(book.coins)].to_numpy()
    return cells


def debt_over(debt: NDArray[np.float64], value: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a debt as a share of a value: 0 without a debt, infinite of nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(debt == 0, 0.0, debt / value)


def _index(book: Book, scenarios: Sequence[str]) -> pd.Index:
    names = pd.Index(list(scenarios), name="scenario", dtype="string")
    if book.orders is None:
        return names
    orders = pd.Index(book.orders, name="ordId", dtype="string")
    return pd.MultiIndex.from_product([orders, names])
