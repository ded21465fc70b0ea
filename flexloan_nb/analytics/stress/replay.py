"""Replay: the loan of today, begun at every moment of a price history.

With ``C = sum L_i k_i p_i`` the debt at which a loan is liquidated, it is met where ``D >= C``. A
replay that starts at ``s`` scales the history so that prices at ``s`` are today's ``p_i``; then

    D(s, t) = sum d_i p_i g_i^(t - s) P_i(t) / P_i(s)
    C(s, t) = sum L_i k_i p_i         P_i(t) / P_i(s)

Each term is a factor of ``s`` times a factor of ``t``, so both are products of a narrow matrix by
starts and one by times. They are multiplied for a block of starts at a time, which together with
their horizons fits into a processor's cache, and nothing is approximated. ``C / D`` is what is
looked at: it starts at ``L / LTV`` and a liquidation comes when it falls to 1.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from flexloan_nb.analytics.arguments import coins, positive
from flexloan_nb.analytics.book import book_of
from flexloan_nb.analytics.position import Position, require_position
from flexloan_nb.analytics.rates import HOURS_PER_YEAR, debt_rates
from flexloan_nb.analytics.stress.outcomes import ROUNDING, debt_over
from flexloan_nb.analytics.thresholds import Level
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["replay"]

_LEVELS: tuple[Level, ...] = ("margin_call", "liquidation")
_HOUR = pd.Timedelta(hours=1)

# Starts computed at once. With a month of hours ahead, C of 64 takes 0.4 MB and D as much, which
# fits into the cache of one core; 32 and 128 were no faster.
_BLOCK = 64


class _Loan(NamedTuple):
    """A loan over a history: arrays over the coins that are worth something today.

    ``owed_usd`` and ``kept_usd`` at today's prices, ``limits`` the debt at which a level is met
    for each, ``growth`` of the debt with each bar, ``prices`` of shape (coins, bars).
    """

    owed_usd: NDArray[np.float64]
    kept_usd: NDArray[np.float64]
    limits: Mapping[Level, NDArray[np.float64]]
    growth: NDArray[np.float64]
    prices: NDArray[np.float64]


def replay(
    position: Position,
    prices: pd.DataFrame,
    horizon_hours: float = 720,
    *,
    constant: Collection[str] = (),
    rates: Mapping[str, float] | pd.Series | None = None,
) -> pd.DataFrame:
    """Return what would have become of a loan like today's from every start in a price history.

    At each start the loan has today's amounts, prices and LTV; from there on prices change as
    they then did. It is left alone: nothing is added, repaid or sold.

    Parameters
    ----------
    position : Position
        The loan now.
    prices : DataFrame
        USD prices: a column for each coin, an evenly spaced index of times with a zone, oldest
        first. Rows before a coin's first price are left out, so starts begin when all coins
        exist; a price missing later is refused. Only these prices are looked at: with closes, a
        threshold that was met between two of them is not seen.
    horizon_hours : float
        How far ahead to look; at least the time between two rows.
    constant : collection of str
        Coins whose price stays today's, e.g. a stablecoin without a history.
    rates : mapping or Series, optional
        Annual rate of each coin owed, with which its debt grows by ``1 + rate / 8760`` an hour.
        Without it there is no interest.

    Returns
    -------
    DataFrame
        Index ``ts``, the starts in UTC.

        ======================  ===============================================================
        ``margin_call_hours``   hours after the start until LTV is at the threshold or above it
        ``liquidation_hours``   for the first time; 0 at once, NaN never within the horizon
        ``lowest_distance``     least ``1 - LTV / L`` within the horizon: the share by which all
                                collateral could then still have fallen if the debt does not
                                move; 0 or less means liquidation
        ``final_ltv``           LTV at the end, of the loan left alone until then
        ``complete``            whether the whole horizon lies within the history; where it does
                                not, the row tells of what there is
        ======================  ===============================================================

        Starts that are less than a horizon apart share prices, so their rows are not
        independent: a year has 8,760 starts but only twelve separate months.

    Raises
    ------
    InvalidArgumentError
        Prices lack a coin, have a gap, are not above zero or not evenly spaced; the horizon is
        shorter than the time between two rows; a rate is missing; there is more than one loan.

    Examples
    --------
    A coin fell from 100 by 10 a day. From which days on would two days have liquidated a loan?

    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 54_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.7, liquidation_ltv=0.8,
    ... )
    >>> days = pd.date_range("2026-01-01", periods=6, freq="24h", tz="UTC")
    >>> prices = pd.DataFrame({"BTC": [100.0, 90, 80, 70, 60, 50]}, index=days)
    >>> after = replay(position, prices, horizon_hours=48, constant=["USDT"])
    >>> after["liquidation_hours"].tolist()
    [nan, nan, 48.0, 48.0, nan, nan]
    >>> after["complete"].tolist()
    [True, True, True, True, False, False]
    """
    require_position(position)
    staying = coins(constant, "constant")
    history = _history(prices, [ccy for ccy in _valued(position) if ccy not in staying])
    bar_hours = _bar_hours(pd.DatetimeIndex(history.index))
    steps = _steps(horizon_hours, bar_hours, len(history))
    with _in_range_of_floats():
        loan = _loan(position, history, bar_hours, rates)
        first, lowest = _first_and_lowest(loan, steps)
        final_ltv = _final_ltv(loan, steps)
    with np.errstate(divide="ignore"):
        lowest_distance = 1 - 1 / lowest
    return pd.DataFrame(
        {
            "margin_call_hours": first["margin_call"] * bar_hours,
            "liquidation_hours": first["liquidation"] * bar_hours,
            "lowest_distance": lowest_distance,
            "final_ltv": final_ltv,
            "complete": np.arange(len(history)) + steps < len(history),
        },
        index=history.index,
    )


# What was given


def _valued(position: Position) -> list[str]:
    """Return the coins of which something is owed or counts; the others cannot matter."""
    usd = (position.rows.kept + position.rows.owed) * position.rows.price
    return [ccy for ccy, value in zip(position.coins, usd, strict=True) if value > 0]


def _history(prices: pd.DataFrame, coins: list[str]) -> pd.DataFrame:
    _require_columns(prices, coins)
    index = prices.index
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None:
        raise InvalidArgumentError("prices must have an index of times with a zone, like UTC.")
    starts = index.tz_convert("UTC").as_unit("ms").rename("ts")
    _require_even(starts)
    try:
        history = prices[coins].astype(float).set_axis(starts)
    except (TypeError, ValueError, OverflowError):
        raise InvalidArgumentError("prices has something in it that is not a number.") from None
    history = history[history.notna().cummax().all(axis=1)]
    _require_prices(history)
    return history


def _require_columns(prices: pd.DataFrame, coins: list[str]) -> None:
    if not isinstance(prices, pd.DataFrame) or not prices.columns.is_unique:
        raise InvalidArgumentError("prices must be a frame with one column for each coin.")
    missing = [ccy for ccy in coins if ccy not in prices]
    if missing:
        raise InvalidArgumentError(
            f"prices lacks {', '.join(missing)}: add a column for each, or name in constant what "
            "keeps its price."
        )


def _require_even(index: pd.DatetimeIndex) -> None:
    steps = np.diff(index.asi8)
    if (steps <= 0).any():
        raise InvalidArgumentError("prices must be oldest first, with each time once.")
    uneven = np.flatnonzero(steps != steps[:1])
    if uneven.size:
        raise InvalidArgumentError(
            f"prices must be evenly spaced: the first two rows are {index[1] - index[0]} apart, "
            f"but after {index[uneven[0]]} comes {index[uneven[0] + 1]}."
        )


def _require_prices(history: pd.DataFrame) -> None:
    if not len(history):
        raise InvalidArgumentError("prices has no row in which every coin of the loan has one.")
    for ccy, column in history.items():
        wrong = column[~((column > 0) & (column < np.inf))]
        if len(wrong):
            raise InvalidArgumentError(
                f"{len(wrong)} prices of {ccy} are missing or not above zero, the first at "
                f"{wrong.index[0]}: fill the gap, or replay what comes after it."
            )


def _bar_hours(index: pd.DatetimeIndex) -> float:
    return float((index[1] - index[0]) / _HOUR) if len(index) > 1 else 1.0


def _steps(horizon_hours: float, bar_hours: float, bars: int) -> int:
    """Return how many bars to look ahead; as many as there are is as good as more."""
    steps = int(min(positive(horizon_hours, "horizon_hours") / bar_hours, bars) + ROUNDING)
    if steps == 0:
        raise InvalidArgumentError(
            f"horizon_hours is {horizon_hours:g}, but the prices are {bar_hours:g} hours apart."
        )
    return steps


def _loan(
    position: Position,
    history: pd.DataFrame,
    bar_hours: float,
    rates: Mapping[str, float] | pd.Series | None,
) -> _Loan:
    book, coins = book_of(position), _valued(position)
    worth = np.isin(position.coins, coins)
    usd = position.rows.price[worth]
    annual = {} if rates is None else debt_rates(position.debt, rates)
    hourly = np.array([1 + annual.get(ccy, 0.0) / HOURS_PER_YEAR for ccy in coins])
    return _Loan(
        owed_usd=position.rows.owed[worth] * usd,
        kept_usd=position.rows.kept[worth] * usd,
        limits={level: book.capacity(level)[0, worth] * usd for level in _LEVELS},
        growth=hourly**bar_hours,
        prices=history.reindex(columns=coins, fill_value=1.0).to_numpy().T,
    )


# What came of it


@contextmanager
def _in_range_of_floats() -> Iterator[None]:
    try:
        with np.errstate(over="raise"):
            yield
    except FloatingPointError:
        raise InvalidArgumentError(
            "What is owed and pledged grows beyond what a float can be: look for prices and rates "
            "that are far too large."
        ) from None


def _first_and_lowest(
    loan: _Loan, steps: int
) -> tuple[dict[Level, NDArray[np.float64]], NDArray[np.float64]]:
    """Return in how many bars each level is first met, and the lowest ``C / D``."""
    called_at, sold_at = loan.limits["margin_call"], loan.limits["liquidation"]
    counted = sold_at > 0
    covers = sold_at[counted] / called_at[counted]
    if covers.size and np.ptp(covers) > ROUNDING:
        called, _ = _passages(loan, {"margin_call": 1.0}, called_at, steps)
        sold, lowest = _passages(loan, {"liquidation": 1.0}, sold_at, steps)
        return called | sold, lowest
    # One margin-call level is met where C / D falls to the same L / M for every coin.
    levels: dict[Level, float] = {"margin_call": covers.max(initial=1.0), "liquidation": 1.0}
    return _passages(loan, levels, sold_at, steps)


def _passages(
    loan: _Loan, levels: Mapping[Level, float], limit_usd: NDArray[np.float64], steps: int
) -> tuple[dict[Level, NDArray[np.float64]], NDArray[np.float64]]:
    """Return in how many bars ``C / D`` first falls to some levels, and how low it gets.

    NaN is never; ``C`` is made of ``limit_usd``.
    """
    bars = loan.prices.shape[1]
    first, lowest = {level: np.full(bars, np.nan) for level in levels}, np.full(bars, np.inf)
    if not loan.owed_usd.any():
        return first, lowest
    if not limit_usd.any():
        return {level: np.zeros(bars) for level in levels}, np.zeros(bars)
    for start, window in _covers(loan, limit_usd, min(steps, bars - 1)):
        block = slice(start, min(start + _BLOCK, bars))
        lowest[block] = window.min(axis=1)[: bars - start]
        for level, cover in levels.items():
            met = np.flatnonzero(lowest[block] <= cover * (1 + ROUNDING))
            first[level][start + met] = (window[met] <= cover * (1 + ROUNDING)).argmax(axis=1)
    return first, lowest


def _covers(
    loan: _Loan, limit_usd: NDArray[np.float64], steps: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield for each block of starts ``C / D`` by start and bar from it on; inf after the end.

    The window is written over by the next one.
    """
    bars, width = loan.prices.shape[1], _BLOCK + steps
    # In units of the largest debt that debt is constant, and mostly it is the only one.
    unit = int(loan.owed_usd.argmax())
    prices, growth = loan.prices / loan.prices[unit], loan.growth / loan.growth[unit]
    unit_usd, shrinking = loan.owed_usd[unit], np.full(len(growth), 1 / loan.growth[unit])
    limits = _Sums(limit_usd / unit_usd, prices, shrinking, steps)
    debts = _Sums(loan.owed_usd / unit_usd, prices, growth, steps)
    cover, debt = np.empty((_BLOCK, width)), np.empty((_BLOCK, width))
    # Row b of a block begins at the bar b: a window is a shear of the block, without a copy.
    window = sliding_window_view(cover.reshape(-1), steps + 1)[:: width + 1]
    for start in range(0, bars, _BLOCK):
        limits.into(cover, start)
        if np.count_nonzero(loan.owed_usd) > 1:
            debts.into(debt, start)
            np.divide(cover, debt, out=cover)
        cover[:, bars - start :] = np.inf
        yield start, window


class _Sums:
    """``sum w_i g_i^(t - s) P_i(t) / P_i(s)`` by start ``s`` and time ``t``."""

    def __init__(
        self,
        weights: NDArray[np.float64],
        prices: NDArray[np.float64],
        growth: NDArray[np.float64],
        steps: int,
    ) -> None:
        used, after = weights > 0, -prices.shape[1] % _BLOCK + steps
        self._width = _BLOCK + steps
        self._by_time = np.pad(prices[used], ((0, 0), (0, after)), constant_values=1.0)
        self._by_start = (weights[used, None] / self._by_time).T
        # Powers count from the block's first bar, so that they stay small.
        self._grown = growth[used, None] ** np.arange(self._width)
        self._ungrown = growth[used] ** -np.arange(_BLOCK)[:, None]

    def into(self, out: NDArray[np.float64], start: int) -> None:
        """Write the sums of a block of starts and of the times that they look at."""
        starts = self._by_start[start : start + _BLOCK] * self._ungrown
        np.matmul(starts, self._by_time[:, start : start + self._width] * self._grown, out=out)


def _final_ltv(loan: _Loan, steps: int) -> NDArray[np.float64]:
    starts = np.arange(loan.prices.shape[1])
    ends = np.minimum(starts + steps, starts[-1])
    moves = loan.prices[:, ends] / loan.prices
    debt = loan.owed_usd @ (moves * loan.growth[:, None] ** (ends - starts))
    return debt_over(debt, loan.kept_usd @ moves)
