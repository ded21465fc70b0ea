"""What prices would do to the loans: where they are called and sold, and what is pledged."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from flexloan_nb.analytics.liquidation.price_shocks import price_sensitivity
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.analytics.position import Position
from flexloan_nb.figures.collateral_mix import plot_collateral_mix
from flexloan_nb.figures.liquidation_ladder import plot_liquidation_ladder
from flexloan_nb.figures.price_sensitivity import plot_price_sensitivity
from flexloan_nb.report.facts import LoanFacts
from flexloan_nb.report.formatting import NOTHING, change, each, money, percent, price
from flexloan_nb.report.parts import Columns, Part, Picture, Subtitle, Table
from flexloan_nb.report.texts import Texts

__all__ = ["collateral", "critical_prices", "sensitivity"]

_SHOCKS = np.linspace(-0.8, 0.4, 25)
_SHOWN = (-0.5, -0.3, -0.2, -0.1, 0.0, 0.1)


def critical_prices(facts: LoanFacts, text: Texts) -> list[Part]:
    """Show at which price of each coin a loan is called and liquidated."""
    parts: list[Part] = []
    for number, order, position in _orders(facts):
        prices = liquidation_prices(position)
        figure = plot_liquidation_ladder(prices, uniform=facts.falls(position), lang=text.lang)
        parts += [
            Subtitle(text.order(order)),
            Picture(f"liquidation_ladder_{number}", figure),
            _ladder(prices, text),
        ]
    return parts


def _ladder(prices: pd.DataFrame, text: Texts) -> Table:
    reasons = [NOTHING if pd.isna(reason) else text.reason(reason) for reason in prices["reason"]]
    columns: Columns = [
        (text["coin"], prices.index, False),
        (text["price_usd"], each(price, prices["price"]), True),
        (text["call_price"], each(price, prices["margin_call_price"]), True),
        (text["sale_price"], each(price, prices["liquidation_price"]), True),
        (text["distance"], each(change, prices["distance"]), True),
        (text["remark"], reasons, False),
    ]
    return Table.of(text["ladder_caption"], columns)


def collateral(facts: LoanFacts, text: Texts) -> list[Part]:
    """Show which part of the collateral each coin is."""
    parts: list[Part] = []
    for number, order, position in _orders(facts):
        coins = position.to_frame()
        pledged = coins[coins["collateral"] > 0]
        share = pledged["collateral_usd"] / position.collateral_usd
        columns: Columns = [
            (text["coin"], pledged.index, False),
            (text["market_usd"], each(money, pledged["collateral"] * pledged["price"]), True),
            (text["kept"], each(lambda of: percent(of, 1), pledged["kept_share"]), True),
            (text["counted_usd"], each(money, pledged["collateral_usd"]), True),
            (text["share"], each(lambda of: percent(of, 1), share), True),
        ]
        parts += [
            Subtitle(text.order(order)),
            Picture(f"collateral_mix_{number}", plot_collateral_mix(coins, lang=text.lang)),
            Table.of(text["mix_caption"], columns),
        ]
    return parts


def sensitivity(facts: LoanFacts, text: Texts) -> list[Part]:
    """Show what the LTV would be if prices changed."""
    parts: list[Part] = []
    for number, order, position in _orders(facts):
        falling = _falling(position)
        if not falling:
            continue
        scenarios = price_sensitivity(position, _shocks(falling, _SHOCKS))
        figure = plot_price_sensitivity(scenarios, lang=text.lang)
        parts += [
            Subtitle(text.order(order)),
            Picture(f"price_sensitivity_{number}", figure),
            _ltv_table(position, falling, text),
        ]
    return parts


def _falling(position: Position) -> list[str]:
    """Return the coins whose fall brings a loan nearer to its thresholds."""
    return [ccy for ccy, of in position.collateral.items() if of and ccy not in position.debt]


def _shocks(coins: list[str], shocks: NDArray[np.float64]) -> pd.DataFrame:
    """Return a row for each shock of all coins together, and of each alone."""
    together = pd.DataFrame(dict.fromkeys(coins, shocks))
    alone = [pd.DataFrame({ccy: shocks}) for ccy in coins] if len(coins) > 1 else []
    return pd.concat([together, *alone], ignore_index=True)[coins].fillna(0.0)


def _ltv_table(position: Position, coins: list[str], text: Texts) -> Table:
    def under(*moved: str) -> list[str]:
        shocks = price_sensitivity(position, dict.fromkeys(moved, np.array(_SHOWN)))
        return each(percent, shocks["ltv"])

    changes = [change(shock) for shock in _SHOWN]
    alone = [(text["alone"].format(ccy=ccy), under(ccy), True) for ccy in coins]
    together = [(text["together"], under(*coins), True)] if len(coins) > 1 else []
    columns: Columns = [(text["change"], changes, True), *together, *alone]
    return Table.of(text["sensitivity_caption"], columns)


def _orders(facts: LoanFacts) -> Iterator[tuple[int, str, Position]]:
    for number, (order, position) in enumerate(facts.positions.items(), start=1):
        if position.debt_usd > 0:
            yield number, order, position
