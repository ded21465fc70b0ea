"""The same loan in other units: nothing that is computed of it may change in USD."""

from flexloan_nb.analytics.discount import Tiers
from flexloan_nb.analytics.position import Position


def in_units(position, ccy, scale):
    """Return the position with one coin counted in units of so many coins."""
    tiers = position.discount_rates.get(ccy, Tiers())
    ends = [*tiers.starts[1:], None]
    rescaled = [
        (start / scale, end and end / scale, rate)
        for start, end, rate in zip(tiers.starts, ends, tiers.rates, strict=True)
    ]

    def counted(amounts):
        return {coin: of / scale if coin == ccy else of for coin, of in amounts.items()}

    return Position(
        counted(position.collateral),
        counted(position.debt),
        {**position.prices, ccy: position.prices[ccy] * scale},
        discount_rates={**position.discount_rates, ccy: rescaled},
        initial_ltv=position.thresholds.initial,
        margin_call_ltv=position.thresholds.margin_call,
        liquidation_ltv=position.thresholds.liquidation,
    )


def split(position, factor):
    """Return the position where every coin has become so many smaller ones."""
    for ccy in position.coins:
        position = in_units(position, ccy, 1 / factor)
    return position
