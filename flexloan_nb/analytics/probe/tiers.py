"""The tiers that a probe has found, as a table."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.probe.knees import Piece
from flexloan_nb.analytics.probe.soundings import Sounding

__all__ = ["probed_tiers"]

_WELL_INSIDE = 0.05  # of a tier's length: off its ends, which may be a little off


class _Tier(NamedTuple):
    ccy: str
    from_amt: float
    to_amt: float
    to_amt_error: float
    ends: str
    borrowing_power: float
    borrowing_power_low: float
    borrowing_power_high: float


_NUMBERS = [name for name in _Tier._fields if name not in ("ccy", "ends")]


def probed_tiers(
    soundings: Mapping[str, Sounding],
    pledged: Mapping[str, float],
    public: Mapping[str, Tiers],
    own_ltv: float,
) -> pd.DataFrame:
    """Return a row for each coin and tier, as `probe_borrowing_power` describes them.

    Parameters
    ----------
    soundings : mapping of str to Sounding
        By coin.
    pledged : mapping of str to float
        Coins pledged already, on top of which a line begins.
    public : mapping of str to Tiers
        Discount rates of the public table.
    own_ltv : float
        The loan's own initial LTV, NaN if not known.
    """
    rows = [
        _tier(ccy, piece, sounding, pledged.get(ccy, 0.0), piece is sounding.pieces[-1])
        for ccy, sounding in soundings.items()
        for piece in sounding.pieces
    ]
    frame = pd.DataFrame(rows, columns=_Tier._fields)
    frame = frame.astype({"ccy": "string", "ends": "string"} | dict.fromkeys(_NUMBERS, "float64"))
    frame["discountRate"] = [
        _single_rate(public.get(ccy), start, end)
        for ccy, start, end in zip(frame["ccy"], frame["from_amt"], frame["to_amt"], strict=True)
    ]
    frame["initial_ltv"] = frame["borrowing_power"] / frame["discountRate"].replace(0.0, np.nan)
    frame["implied_discount_rate"] = frame["borrowing_power"] / own_ltv
    return frame.astype({"discountRate": "float64"})


def _tier(ccy: str, piece: Piece, sounding: Sounding, pledged: float, is_last: bool) -> _Tier:
    low, high = sounding.price_low, sounding.price_high
    return _Tier(
        ccy=ccy,
        from_amt=pledged + piece.start,
        to_amt=pledged + piece.end,
        to_amt_error=piece.end_error,
        ends=sounding.ends if is_last else "knee",
        borrowing_power=piece.slope / ((low + high) / 2),
        borrowing_power_low=max(0.0, piece.slope_low / high),
        borrowing_power_high=piece.slope_high / low,
    )


def _single_rate(tiers: Tiers | None, start: float, end: float) -> float:
    """Return the discount rate that a table has from one amount to another, NaN if several."""
    if tiers is None:
        return float("nan")
    margin = _WELL_INSIDE * (end - start)
    first, last = tiers.marginal([start + margin, end - margin])
    return float(first) if first == last else float("nan")
