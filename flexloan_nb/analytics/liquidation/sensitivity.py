"""How liquidation prices answer to amounts, thresholds and discount rates."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from flexloan_nb.analytics.liquidation.curve import curve_of
from flexloan_nb.analytics.liquidation.slopes import Parameter, effects_of, slopes_of
from flexloan_nb.analytics.position import Position, require_position
from flexloan_nb.errors import InvalidArgumentError

__all__ = ["liquidation_sensitivity"]


def liquidation_sensitivity(
    position: Position,
    vary: Parameter | None = None,
    of: str | None = None,
    values: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return how each liquidation price answers to what is pledged, owed, and to the rules.

    By default to everything a little, as derivatives; with ``vary`` to one thing over a range,
    as a curve.

    Parameters
    ----------
    position : Position
        The loan; what does not vary stays.
    vary : {"collateral", "debt", "discount_rate", "liquidation_ltv"}, optional
        What varies: the amount pledged or owed of a coin, the share kept of the whole amount
        pledged of a coin, or the threshold.
    of : str, optional
        The coin of which it varies. Not for a ``liquidation_ltv`` that is one number.
    values : array_like, optional
        For a curve, in coins, or decimals. By default 41 values: amounts from zero to twice what
        they are, discount rates from half of what they are to 1, thresholds from the margin call
        to 1.

    Returns
    -------
    DataFrame
        Without ``vary`` a row for each pair: ``ccy`` is the coin whose ``liquidation_price``
        moves, ``parameter`` what it moves with, ``of`` a coin (NA for a threshold that is one
        number); ``value`` is the parameter's present value. With ``vary`` a row for each value
        and coin: ``value``, ``ccy`` and the columns of `liquidation_prices`.

        In both, ``derivative`` is the change of the price in USD for one more of the parameter
        (a coin, or a ratio that grows by 1; ``unit`` says it), ``elasticity`` the same in per
        cent for one per cent more. NaN where the coin has no liquidation price. At the edge of a
        discount tier the derivative is that upwards.

    Raises
    ------
    InvalidArgumentError
        There is no such parameter, its coin is missing or not in the loan, or a value is not
        possible, such as a liquidation LTV below the margin call.

    Notes
    -----
    With ``a_i = L_i k_i - d_i``: ``dp_i*/dq_j = -L_j h_j P_j / a_i`` with ``h_j`` the share kept
    of the next coin, ``dp_i*/dd_j = P_j / a_i``, ``dp_i*/dL_j = -k_j P_j / a_i`` (the sum over j
    where L is one number) and ``dp_i*/d(k_j / q_j) = -L_j q_j P_j / a_i``. P are today's prices,
    but for ``P_i = p_i*``.

    Examples
    --------
    What does one more ETH do to the price of BTC at which I am liquidated?

    >>> position = Position(
    ...     {"BTC": 1, "ETH": 20}, {"USDT": 90_000}, {"BTC": 90_000, "ETH": 3_000, "USDT": 1},
    ...     discount_rates={"BTC": 0.98, "ETH": 0.95}, margin_call_ltv=0.7374,
    ...     liquidation_ltv=0.8374,
    ... )
    >>> slopes = liquidation_sensitivity(position).set_index(["ccy", "parameter", "of"])
    >>> slopes.loc[("BTC", "collateral", "ETH"), "derivative"].round(3).item()
    -2908.163

    And where is that price with 10, 20, 30 ETH pledged beside it?

    >>> curve = liquidation_sensitivity(position, "collateral", "ETH", [10, 20, 30])
    >>> curve[curve["ccy"] == "BTC"]["liquidation_price"].round(1).tolist()
    [80587.3, 51505.6, 22424.0]
    """
    require_position(position)
    if vary is not None:
        return curve_of(position, vary, of, values)
    if of is not None or values is not None:
        raise InvalidArgumentError("Say by vary what of a coin, or for which values, is to vary.")
    effects = effects_of(position)
    slopes, times = slopes_of(position, effects), len(position.coins)
    texts = {
        "ccy": [ccy for ccy in position.coins for _ in effects],
        "parameter": [effect.parameter for effect in effects] * times,
        "of": [effect.of for effect in effects] * times,
        "unit": [effect.unit for effect in effects] * times,
    }
    numbers = {
        "value": np.tile([effect.value for effect in effects], times).astype(float),
        "liquidation_price": np.repeat(slopes.liquidation_price, len(effects)),
        "derivative": slopes.derivative.reshape(-1),
        "elasticity": slopes.elasticity.reshape(-1),
    }
    frame = pd.DataFrame({**texts, **numbers}).astype(dict.fromkeys(texts, "string"))
    return frame[["ccy", "parameter", "of", *numbers, "unit"]]
