"""Stress: what past falls, a spike of interest and a broken peg would do to a loan."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import pandas as pd

from flexloan_nb.analytics.arguments import by_coin, coins, finite, not_negative
from flexloan_nb.analytics.book import Positions, book_of, one_by_one
from flexloan_nb.analytics.rates import debt_rates, grown
from flexloan_nb.analytics.stress.episodes import (
    BASES,
    DEFAULT_BETA,
    EPISODES,
    STABLECOINS,
    Basis,
    Episode,
)
from flexloan_nb.analytics.stress.outcomes import outcomes
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["rate_stress", "stablecoin_stress", "stress_test"]

_LEADER = "BTC"  # whose figure a coin without one follows


def stress_test(
    positions: Positions,
    episodes: Iterable[Episode] = EPISODES,
    *,
    basis: Basis = "close",
    betas: Mapping[str, float] | None = None,
    stable: Collection[str] = STABLECOINS,
) -> pd.DataFrame:
    """Return what would be left of loans after falls like those of the past.

    A coin changes by the episode's figure. One without a figure stays if it is a stablecoin, or
    else changes by its beta times BTC's figure, and at most loses everything. Pledged and owed
    coins change alike, so a debt in a coin that falls gets lighter. Changes start at the
    positions' own prices. Amounts stay; so do thresholds, or they follow the mix where they are
    given by coin.

    Parameters
    ----------
    positions : Position, or mapping of them by order
        The loans now.
    episodes : iterable of Episode
        By default six falls from 2018 to 2022.
    basis : {"close", "low"}
        Whether a coin changes to its lowest close or to its lowest price. A loan can be
        liquidated at any moment, so the lows are the harder and the truer test of it.
    betas : mapping, optional
        Change for each change of BTC, for coins of which an episode has no figure; 1.2 for those
        left out, the mean of the coins that have one. Where there is a figure, it goes before.
    stable : collection of str
        Coins that neither fall nor rise unless an episode has a figure for them.

    Returns
    -------
    DataFrame
        Index ``scenario``, the episode's name, or ``ordId`` and ``scenario`` for many loans.

        =================  ====================================================================
        ``kind``           "price"
        ``ltv``            LTV after; 0 without a debt, inf with nothing left for it
        ``status``         "safe", "margin_call" or "liquidation"
        ``distance``       ``1 - LTV / L``: by which share all collateral may fall further
                           until it is liquidated, if the debt does not move; negative beyond,
                           1 without a debt
        ``shortfall_usd``  ``D - sum M_i k_i p_i`` at these prices: the debt above the level of
                           a margin call, which ends when it is repaid; 0 where there is none
        ``from_table``     the loan's coins that changed by their own figure, "BTC, ETH"
        ``by_beta``        those that changed by a beta times BTC's figure
        =================  ====================================================================

    Raises
    ------
    InvalidArgumentError
        An argument is wrong, or an episode has a figure neither for a coin nor for BTC.

    Examples
    --------
    Would a loan at 41 % have survived March 2020? At the daily closes, not at the lows:

    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 36_900}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.7374, liquidation_ltv=0.8374,
    ... )
    >>> stress_test(position).loc["2020-03", "status"]
    'safe'
    >>> stress_test(position, basis="low").loc["2020-03", "status"]
    'liquidation'
    """
    if not isinstance(basis, str) or basis not in BASES:
        raise InvalidArgumentError(f"basis is {basis!r}; it is one of {', '.join(BASES)}.")
    tried, beta = _listed(episodes, "episodes"), _betas(betas)
    moving = set(_coins(positions)) - set(coins(stable, "stable"))
    by_beta = [moving - set(_checked(of).changes) for of in tried]
    changes = [
        {ccy: getattr(change, basis) for ccy, change in of.changes.items()}
        | {ccy: _followed(of, ccy, basis, beta.get(ccy, DEFAULT_BETA)) for ccy in following}
        for of, following in zip(tried, by_beta, strict=True)
    ]
    frame = _at_changed_prices(positions, "price", [of.name for of in tried], changes)
    frame["from_table"] = _named(positions, [of.changes for of in tried])
    frame["by_beta"] = _named(positions, by_beta)
    return frame


def rate_stress(
    positions: Positions,
    rates: Mapping[str, float] | pd.Series,
    *,
    multiples: Iterable[float] = (1, 2, 5, 10),
    hours: Iterable[float] = (168, 720),
) -> pd.DataFrame:
    """Return what would be left of loans after some time at higher rates and today's prices.

    The debt in a coin becomes ``d (1 + m r / 8760)^h``, compounded by the hour as OKX books it.

    Parameters
    ----------
    positions : Position, or mapping of them by order
        The loans now.
    rates : mapping or Series
        Annual rate ``r`` of each coin owed, as the exchange prints it.
    multiples : iterable of float
        ``m``, how many times as high the rates are; 1 is today's.
    hours : iterable of float
        ``h``, how long they are.

    Returns
    -------
    DataFrame
        The columns of `stress_test` up to ``shortfall_usd``, with the ``kind`` "rate". A scenario
        is called "rates x 5 for 720 h".

    Raises
    ------
    InvalidArgumentError
        A rate is missing or no number, a multiple or a time is negative.

    Examples
    --------
    Would a month at ten times a rate of 41 % get a loan called?

    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 51_678}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.7374, liquidation_ltv=0.8374,
    ... )
    >>> after = rate_stress(position, {"USDT": 0.41}, multiples=[1, 10], hours=[720])
    >>> after["ltv"].round(4).tolist(), after["status"].tolist()
    ([0.5939, 0.8042], ['safe', 'margin_call'])
    """
    book = book_of(positions)
    annual = debt_rates(_owed(positions), rates)
    scenarios = [
        (not_negative(multiple, "multiples"), not_negative(passed, "hours"))
        for multiple, passed in product(_listed(multiples, "multiples"), _listed(hours, "hours"))
    ]
    growth = [
        {ccy: grown(multiple * rate, passed) for ccy, rate in annual.items()}
        for multiple, passed in scenarios
    ]
    return outcomes(
        book,
        "rate",
        [f"rates x {multiple:g} for {passed:g} h" for multiple, passed in scenarios],
        debt_factors=pd.DataFrame(growth, columns=_coins(positions), dtype=float).fillna(1.0),
    )


def stablecoin_stress(
    positions: Positions,
    *,
    changes: Iterable[float] = (0.02, 0.05, -0.05, -0.12),
    stable: Collection[str] = STABLECOINS,
) -> pd.DataFrame:
    """Return what would be left of loans if one stablecoin left its peg and all else stayed.

    A stablecoin above its peg makes a debt in it heavier, one below makes it worth less as
    collateral.

    Parameters
    ----------
    positions : Position, or mapping of them by order
        The loans now. Each stablecoin of any of them is tried on all of them.
    changes : iterable of float
        Of the coin's price, as decimals. The default goes down to -12 %: USDC traded at about
        0.88 USD on 2023-03-11, when a bank that held part of its reserves had failed.
    stable : collection of str
        Which coins are taken for stable.

    Returns
    -------
    DataFrame
        The columns of `stress_test` up to ``shortfall_usd``, with the ``kind`` "stablecoin". A
        scenario is called "USDT +5 %".

    Raises
    ------
    InvalidArgumentError
        A change is no number from -1 up.

    Examples
    --------
    What does a premium of 5 % on USDT do to an LTV of 50 %?

    >>> from flexloan_nb.analytics.position import Position
    >>> position = Position(
    ...     {"BTC": 1}, {"USDT": 45_000}, {"BTC": 90_000, "USDT": 1},
    ...     margin_call_ltv=0.7374, liquidation_ltv=0.8374,
    ... )
    >>> float(stablecoin_stress(position).loc["USDT +5 %", "ltv"])
    0.525
    """
    named = coins(stable, "stable")
    pegged = [ccy for ccy in _coins(positions) if ccy in named]
    changed = [_peg_change(change) for change in _listed(changes, "changes")]
    scenarios = list(product(pegged, changed))
    names = [f"{ccy} {100 * change:+g} %" for ccy, change in scenarios]
    return _at_changed_prices(
        positions, "stablecoin", names, [{ccy: change} for ccy, change in scenarios]
    )


def _listed(values: Iterable[Any], name: str) -> list[Any]:
    try:
        return list(values)
    except TypeError:
        raise InvalidArgumentError(f"{name} is {values!r}: give a list.") from None


def _betas(betas: Mapping[str, float] | pd.Series | None) -> dict[str, float]:
    return by_coin({} if betas is None else betas, "betas", "beta of")


def _checked(episode: Any) -> Episode:
    if not isinstance(episode, Episode):
        raise InvalidArgumentError(f"{episode!r} in episodes is no Episode: make one of it.")
    return episode


def _followed(episode: Episode, ccy: str, basis: Basis, beta: float) -> float:
    if _LEADER not in episode.changes:
        raise InvalidArgumentError(
            f"Episode {episode.name} has a figure neither for {ccy} nor for {_LEADER}: give it "
            f"one, or name {ccy} in stable."
        )
    change: float = getattr(episode.changes[_LEADER], basis)
    return max(beta * change, -1.0)


def _peg_change(change: Any) -> float:
    number = finite(change, "a change")
    if number < -1:
        raise InvalidArgumentError(
            f"A change is {number:g}: a price cannot fall by more than -1; give decimals."
        )
    return number


def _at_changed_prices(
    positions: Positions, kind: str, names: list[str], changes: Sequence[Mapping[str, float]]
) -> pd.DataFrame:
    table = pd.DataFrame(changes, columns=_coins(positions), dtype=float)
    return outcomes(book_of(positions), kind, names, price_factors=1 + table.fillna(0.0))


def _coins(positions: Positions) -> list[str]:
    """Return each coin of any position once."""
    return list(dict.fromkeys(book_of(positions).coins))


def _owed(positions: Positions) -> list[str]:
    """Return each coin that any position owes once."""
    return list(dict.fromkeys(ccy for position in one_by_one(positions) for ccy in position.debt))


def _named(positions: Positions, scenarios: Sequence[Collection[str]]) -> Any:
    """Return which of a position's coins each scenario has, as text."""
    texts = [
        ", ".join(ccy for ccy in coins if ccy in having)
        for coins in (position.coins for position in one_by_one(positions))
        for having in scenarios
    ]
    return pd.array(texts, dtype="string")
