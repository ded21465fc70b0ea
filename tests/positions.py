"""Random loans for properties: of many coins, with tiers, debts that move, thresholds by coin."""

from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from flexloan_nb.analytics.position import Position

COINS = ("BTC", "ETH", "SOL", "DOGE", "USDT", "USDC")
Range = tuple[float, float]


def positions(
    *,
    pledged: Sequence[str] = COINS,
    owed: Sequence[str] = COINS,
    overlap: bool = True,
    most_coins: int = 4,
    values: Range = (10.0, 1e6),
    prices: Range = (1e-3, 1e5),
    load: Range = (0.05, 0.95),
    tiers: bool = True,
    by_coin: bool | None = None,
    initial: bool | None = None,
) -> st.SearchStrategy[Position]:
    """Draw loans; without arguments they are well-conditioned and not yet liquidated.

    Parameters
    ----------
    pledged, owed : sequence of str
        Coins to draw each side from; at least one of each is drawn.
    overlap : bool
        Whether a coin may be on both sides.
    most_coins : int
        Of each side.
    values, prices : pair of float
        USD that is pledged of a coin, and USD for one; drawn evenly by their logarithm.
    load : pair of float
        Debt as a share of the debt at which the loan is liquidated: from 1 on it is.
    tiers : bool
        Whether coins may have tiers, of which none ends just at the amount pledged.
    by_coin : bool, optional
        Whether thresholds are a mapping by coin or a number; either where it is not given.
    initial : bool, optional
        Whether ``initial_ltv`` is known; either where it is not given.
    """
    return _positions(
        pledged, owed, overlap, most_coins, values, prices, load, tiers, by_coin, initial
    )


def extreme_positions(**changes: Any) -> st.SearchStrategy[Position]:
    """Draw loans whose amounts go from 1e-18 to 1e15 coins, also liquidated or without a debt."""
    wide = {"values": (1e-12, 1e12), "prices": (1e-6, 1e6), "load": (0.0, 3.0)}
    return positions(**{**wide, **changes})


def books(
    position: st.SearchStrategy[Position] | None = None, most: int = 4
) -> st.SearchStrategy[dict[str, Position]]:
    """Draw loans by their order."""
    return st.dictionaries(
        st.from_regex(r"[1-9][0-9]{3}", fullmatch=True),
        positions() if position is None else position,
        max_size=most,
    )


def magnitudes(least: float, most: float) -> st.SearchStrategy[float]:
    """Draw numbers evenly by their logarithm, with seven digits."""

    def number(fraction: float) -> float:
        return min(max(_rounded(least * (most / least) ** fraction), least), most)

    return st.floats(0, 1).map(number)


def _rounded(number: float) -> float:
    return float(f"{number:.7g}")


@st.composite
def _positions(
    draw: st.DrawFn,
    pledged: Sequence[str],
    owed: Sequence[str],
    overlap: bool,
    most_coins: int,
    values: Range,
    prices: Range,
    load: Range,
    tiers: bool,
    by_coin: bool | None,
    initial: bool | None,
) -> Position:
    debt_coins = draw(
        _coins(owed, most_coins).filter(lambda coins: overlap or {*pledged} - {*coins})
    )
    free = [ccy for ccy in pledged if overlap or ccy not in debt_coins]
    collateral_coins = draw(_coins(free, most_coins))
    usd = {ccy: draw(magnitudes(*prices)) for ccy in sorted({*collateral_coins, *debt_coins})}
    collateral = {ccy: _rounded(draw(magnitudes(*values)) / usd[ccy]) for ccy in collateral_coins}
    position = Position(
        collateral,
        {},
        usd,
        discount_rates={ccy: draw(_rates(amount, tiers)) for ccy, amount in collateral.items()},
        **draw(_thresholds(collateral_coins, by_coin, initial)),
    )
    weights = {ccy: draw(st.floats(0.05, 1)) for ccy in debt_coins}
    # No lighter than the least dust: a debt of subnormal numbers has no digits to be right to.
    part = draw(st.floats(*load).filter(lambda part: part == 0 or part > 1e-12))
    debt_usd = part * position.liquidation_ltv * position.collateral_usd
    total = sum(weights.values())
    return position.borrow({ccy: debt_usd * of / total / usd[ccy] for ccy, of in weights.items()})


def _coins(names: Sequence[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(
        st.sampled_from(list(names)), min_size=1, max_size=min(most, len(names)), unique=True
    )


@st.composite
def _rates(draw: st.DrawFn, amount: float, tiers: bool) -> Any:
    if not tiers or draw(st.booleans()):
        return draw(st.floats(0.3, 1))
    below = draw(st.floats(0.1, 0.9)) * amount
    above = draw(st.floats(1.1, 3)) * amount
    first, second, third = sorted(draw(st.tuples(*[st.floats(0.1, 1)] * 3)), reverse=True)
    return [(0, below, first), (below, above, second), (above, None, third)]


@st.composite
def _thresholds(
    draw: st.DrawFn, coins: list[str], by_coin: bool | None, initial: bool | None
) -> Mapping[str, Any]:
    def rising() -> list[float]:
        return sorted(draw(st.tuples(*[st.floats(0.3, 0.95)] * 3)))

    if by_coin if by_coin is not None else draw(st.booleans()):
        levels = {ccy: rising() for ccy in coins}
        lent, called, sold = ({ccy: of[i] for ccy, of in levels.items()} for i in range(3))
    else:
        lent, called, sold = rising()
    known = initial if initial is not None else draw(st.booleans())
    return {
        "initial_ltv": lent if known else None,
        "margin_call_ltv": called,
        "liquidation_ltv": sold,
    }
