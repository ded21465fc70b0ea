"""What happened in a forced sale: what was sold, at what price, and at what loss."""

from decimal import localcontext
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from flexloan_nb.analytics.arguments import require_columns
from flexloan_nb.analytics.exact import ARITHMETIC
from flexloan_nb.analytics.history.event_types import require_known_types
from flexloan_nb.analytics.quotes import Quotes
from flexloan_nb.analytics.times import epoch_ms
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["ForcedEvents", "forced_events"]

# What each leg of a forced sale is. A repayment's purchase settles the debt by itself; after a
# liquidation's purchase another row does.
_ROLES: Final = {
    "sell_collateral": "sold",
    "forced_repayment_sell": "sold",
    "buy_transition_coin": "received",
    "sell_transition_coin": "spent",
    "buy_borrowed_coin": "bought",
    "forced_repayment_buy": "bought",
    "partial_liquidation": "settled",
    "forced_liquidation": "settled",
}
_KINDS: Final = ("partial_liquidation", "forced_liquidation", "forced_repayment")
# A leg whose price is sought, and the leg that says what was got or given for it.
_PAIRS: Final = (
    ("sell_collateral", "buy_transition_coin"),
    ("buy_borrowed_coin", "sell_transition_coin"),
    ("sell_collateral", "buy_borrowed_coin"),
    ("forced_repayment_sell", "forced_repayment_buy"),
)
_AMOUNTS: Final = (
    "sold_usd",
    "bought_usd",
    "settled_usd",
    "returned_usd",
    "cost_usd",
    "cost_share",
    "penalty_share",
    "loss_usd",
    "loss_share",
)


class ForcedEvents(NamedTuple):
    """Forced sales, and what they consist of.

    Attributes
    ----------
    episodes : DataFrame
        A row for each order and moment at which something was sold by force; see `forced_events`.
    legs : DataFrame
        A row for each event of them: ``ts, ordId, type, role, ccy, amt, price, usd``, where
        ``amt`` is without sign, ``price`` is the index in USD and ``usd`` their product; and
        where it can be told what was given for what, ``implied_price`` in USD and
        ``against_index``, by how much that is above (below: negative) the index. ``role`` is
        ``sold, received, spent, bought, settled`` or ``returned``.
    """

    episodes: pd.DataFrame
    legs: pd.DataFrame


def forced_events(events: pd.DataFrame, prices: pd.DataFrame) -> ForcedEvents:
    """Tell forced sales from the history: what was sold, at what price, and at what loss.

    Parameters
    ----------
    events : DataFrame
        As `FlexibleLoanClient.loan_history` returns it. The legs of one sale share order and
        time.
    prices : DataFrame
        USD, a column for each coin, over UTC times in rising order. The price that holds at a
        time is the last at or before it, so that hourly prices hide what a sale between two
        hours really fetched.

    Returns
    -------
    ForcedEvents
        Its ``episodes`` say ``ts, ordId``; ``kind``, one or more of partial_liquidation,
        forced_liquidation and forced_repayment; ``route``, ``"direct"`` or ``"via USDT"``;
        ``sold`` and ``settled`` in words; and at index prices, NaN where there is no such leg
        or no price yet:

        - ``sold_usd`` of collateral, ``bought_usd`` of owed coins, ``settled_usd`` of debt,
          ``returned_usd`` of collateral given back;
        - ``cost_usd = sold_usd - bought_usd`` and its share of what was sold: penalty, slippage
          and fees;
        - ``penalty_share``, the part of it that is gone when the intermediary coin is received;
          the exchange's penalty, as far as it sells at the index;
        - ``loss_usd = sold_usd - settled_usd`` and its share: what the borrower is poorer by;
          negative where debt was cancelled that no collateral covered.

    Raises
    ------
    InvalidArgumentError
        A frame lacks a column or a coin's price, or an event's type is unknown.

    Examples
    --------
    What did the forced sale cost me?

    >>> from flexloan_nb import connect
    >>> client = connect("simulator")
    >>> events = client.loan_history()
    >>> around = {"start": "2025-12-23", "end": "2025-12-24"}
    >>> prices = pd.DataFrame({
    ...     ccy: client.market.index_candles(f"{ccy}-USD", **around).set_index("ts")["o"]
    ...     for ccy in ("BTC", "ETH", "SOL", "USDT", "USDC")
    ... })
    >>> episodes, legs = forced_events(events, prices)
    >>> episodes[["kind", "route", "sold"]].values.tolist()
    [['partial_liquidation', 'via USDT', '1.1474927 BTC, 13.660628 ETH, 102.45471 SOL']]
    >>> episodes[["cost_share", "penalty_share"]].round(4).values.tolist()
    [[0.02, 0.02]]
    """
    require_columns(events, "ts", "type", "ccy", "amt", of="a loan history")
    require_known_types(events["type"])
    with localcontext(ARITHMETIC):
        legs = _legs(events)
    legs = _priced(legs, prices)
    groups = [group for _, group in legs.groupby(["ts", "ordId"], dropna=False)]
    with np.errstate(divide="ignore", invalid="ignore"):  # dust can fetch nothing
        legs["implied_price"] = _implied_prices(legs.index, groups)
        legs["against_index"] = legs["implied_price"] / legs["price"] - 1
        return ForcedEvents(_episodes(groups, legs), legs)


def _legs(events: pd.DataFrame) -> pd.DataFrame:
    """Return the events of forced sales, with what came back to the borrower at once."""
    named = events if "ordId" in events else events.assign(ordId=_no_name(len(events)))
    role = named["type"].map(_ROLES)
    closed = named.loc[named["type"] == "forced_liquidation", ["ts", "ordId"]]
    moments = pd.MultiIndex.from_frame(named[["ts", "ordId"]])
    returned = (named["type"] == "collateral_released") & moments.isin(
        pd.MultiIndex.from_frame(closed)
    )
    named = named.assign(role=role.mask(returned, "returned").astype("string"))
    legs = named.loc[named["role"].notna(), ["ts", "ordId", "type", "role", "ccy", "amt"]]
    return legs.assign(amt=_magnitudes(legs["amt"])).reset_index(drop=True)


def _magnitudes(amounts: pd.Series) -> Any:
    try:
        return np.abs(amounts.to_numpy())
    except TypeError:
        raise InvalidArgumentError("An amount of the loan history is not a number.") from None


def _no_name(rows: int) -> Any:
    return pd.array([None] * rows, dtype="string")


def _priced(legs: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    quotes = Quotes.of(prices, list(legs["ccy"].unique()))
    moments = epoch_ms(legs["ts"], "events")
    price = np.full(len(legs), np.nan)
    for ccy in quotes.prices:
        rows = (legs["ccy"] == ccy).to_numpy(dtype=bool)
        price[rows] = quotes.at(str(ccy), moments[rows])
    return legs.assign(price=price, usd=legs["amt"].to_numpy(dtype=np.float64) * price)


def _implied_prices(index: pd.Index, groups: list[pd.DataFrame]) -> pd.Series:
    """Return what was got or given for a coin, in USD, for legs that have a counterpart."""
    implied = pd.Series(np.nan, index=index)
    for legs in groups:
        for one, other in _counterparts(legs):
            implied[one.index] = other["usd"].to_numpy() / one["amt"].to_numpy(dtype=np.float64)
    return implied


def _counterparts(legs: pd.DataFrame) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return legs beside those that were got or given for them, one by one.

    Legs of an intermediary coin come in the order of the others'. Without one, only a single
    sale and a single purchase can be told to belong together.
    """
    left = {str(name): rows for name, rows in legs.groupby("type")}
    found = []
    for one, other in _PAIRS:
        counts = len(left.get(one, ())), len(left.get(other, ()))
        most = len(legs) if "transition" in other else 1
        if 0 < counts[0] == counts[1] <= most:
            found.append((left.pop(one), left.pop(other)))
    return found


def _episodes(groups: list[pd.DataFrame], legs: pd.DataFrame) -> pd.DataFrame:
    rows = [_episode(group) for group in groups]
    words = ("kind", "route", "sold", "settled")
    first = legs.loc[[group.index[0] for group in groups], ["ts", "ordId"]].reset_index(drop=True)
    return first.assign(
        **{name: pd.array([row[name] for row in rows], dtype="string") for name in words},
        **{name: np.array([row[name] for row in rows], dtype=np.float64) for name in _AMOUNTS},
    )


def _episode(legs: pd.DataFrame) -> dict[str, Any]:
    types, role = set(legs["type"]), legs["role"]
    settled = legs[(role == "settled") | (legs["type"] == "forced_repayment_buy")]
    usd = {name: _total(legs[role == name]) for name in ("sold", "received", "bought")}
    sold_usd, settled_usd = usd["sold"], _total(settled)
    transition = legs.loc[role == "received", "ccy"].unique()
    cost, loss = sold_usd - usd["bought"], sold_usd - settled_usd
    return {
        "kind": ", ".join(k for k in _KINDS if any(t.startswith(k) for t in types)),
        "route": f"via {', '.join(transition)}" if len(transition) else "direct",
        "sold": _in_words(legs[role == "sold"]),
        "settled": _in_words(settled),
        "sold_usd": sold_usd,
        "bought_usd": usd["bought"],
        "settled_usd": settled_usd,
        "returned_usd": legs.loc[role == "returned", "usd"].sum(skipna=False),
        "cost_usd": cost,
        "cost_share": cost / sold_usd,
        "penalty_share": 1 - usd["received"] / sold_usd,
        "loss_usd": loss,
        "loss_share": loss / sold_usd,
    }


def _total(legs: pd.DataFrame) -> np.float64:
    return np.float64(legs["usd"].sum(skipna=False) if len(legs) else np.nan)


def _in_words(legs: pd.DataFrame) -> str:
    amounts = legs.groupby("ccy", sort=False)["amt"].sum()
    return ", ".join(f"{float(amt):,.8g} {ccy}" for ccy, amt in amounts.items())
