"""Rows of supplementary collateral: a coin and how much of it, bounded by what is free."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import ipywidgets

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.figures.words import Words
from flexloan_nb.panels.amount_control import AmountControl
from flexloan_nb.panels.amounts import as_read
from flexloan_nb.panels.choices import offer

__all__ = ["CollateralRow", "CollateralRows"]


class CollateralRow(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A coin that would be pledged, and how much of it.

    Attributes
    ----------
    coin : Dropdown
        Those that are free and in no other row.
    control : AmountControl
        Its amount.
    remove : Button
        Takes the row away.
    """

    def __init__(self, coins: list[str], free: Mapping[str, float], text: Words) -> None:
        self._free = free
        self.coin = ipywidgets.Dropdown(
            options=_options(coins, free, text),
            description=text["row_coin"],
            tooltip=text["row_coin_tip"],
            layout={"flex": "1 1 auto", "width": "auto"},
            style={"description_width": "52px"},
        )
        self.remove = ipywidgets.Button(
            icon="times",
            tooltip=text["row_remove"].format(ccy=self.coin.value),
            layout={"width": "32px"},
        )
        self.control = AmountControl(self.coin.value, free[self.coin.value], text)
        super().__init__([ipywidgets.HBox([self.coin, self.remove]), self.control])
        self.add_class("flexloan-row")


class CollateralRows(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Rows of collateral, no coin twice.

    Parameters
    ----------
    text : Words
        The language.
    changed : callable
        Called when a coin, an amount or the validity of an entry has changed.

    Attributes
    ----------
    rows : list of CollateralRow
        From top to bottom.
    add : Button
        Adds a row for the next coin that has none.

    Examples
    --------
    >>> from flexloan_nb.figures.words import words
    >>> rows = CollateralRows(words("en"), lambda: None)
    >>> rows.offer({"BTC": 1.1, "ETH": 17.0})
    >>> rows.add.click()
    >>> rows.rows[0].control.presets["50%"].click()
    >>> rows.supplement
    {'BTC': 0.55}
    """

    def __init__(self, text: Words, changed: Callable[[], None]) -> None:
        self._text = text
        self._changed = changed
        self._is_quiet = False
        self._free: Mapping[str, float] = {}
        self.rows: list[CollateralRow] = []
        self.add = ipywidgets.Button(
            description=text["row_add"],
            tooltip=text["row_add_tip"],
            icon="plus",
            layout={"width": "auto"},
        )
        self.add.on_click(lambda _: self._add())
        super().__init__([self.add])

    @property
    def supplement(self) -> dict[str, float]:
        """Coins and amounts of the rows, zeros too."""
        return {row.coin.value: row.control.amount for row in self.rows}

    @property
    def valid(self) -> bool:
        """Whether every field says what counts."""
        return all(row.control.valid for row in self.rows)

    def offer(self, free: Mapping[str, float]) -> None:
        """Bound the rows by other balances; rows of coins that are not free any more go."""
        if free == self._free:
            return
        kept = {ccy: min(of, free[ccy]) for ccy, of in self.supplement.items() if ccy in free}
        self._free = dict(free)
        self.set(kept)

    def set(self, supplement: Mapping[str, float]) -> None:
        """Make a row for each of these coins and no other.

        Raises
        ------
        InvalidArgumentError
            More of a coin is asked than is free; nothing was changed.
        """
        for ccy, amount in supplement.items():
            if amount > self._free.get(ccy, 0.0):
                raise InvalidArgumentError(
                    self._text["row_not_free"].format(
                        ccy=ccy, asked=as_read(amount), free=as_read(self._free.get(ccy, 0.0))
                    )
                )
        with self._at_once():
            for row in list(self.rows):
                self._remove(row)
            for ccy, amount in supplement.items():
                self._add(ccy).control.amount = amount

    def _unused(self) -> list[str]:
        used = {row.coin.value for row in self.rows}
        return [ccy for ccy in self._free if ccy not in used]

    def _add(self, ccy: str | None = None) -> CollateralRow:
        coins = self._unused()
        row = CollateralRow(coins if ccy is None else [ccy], self._free, self._text)
        row.coin.observe(lambda change: self._chosen(row), "value")
        row.remove.on_click(lambda _: self._remove(row))
        row.control.observe(lambda _: self._say(), ["amount", "valid"])
        self.rows.append(row)
        self._arrange()
        return row

    def _remove(self, row: CollateralRow) -> None:
        self.rows.remove(row)
        self._arrange()
        for part in (*row.control.presets.values(), row.coin, row.remove, row.control, row):
            part.close()

    def _chosen(self, row: CollateralRow) -> None:
        if self._is_quiet:
            return
        with self._at_once():
            ccy = row.coin.value
            row.control.amount = 0.0
            row.control.most = self._free[ccy]
            row.control.rename(ccy)
            row.remove.tooltip = self._text["row_remove"].format(ccy=ccy)
            self._arrange()

    def _arrange(self) -> None:
        """Offer each row the coins that no other has, and show what there is."""
        with self._at_once():
            for row in self.rows:
                free = [*self._unused(), row.coin.value]
                others = [ccy for ccy in self._free if ccy in free]
                offer(row.coin, _options(others, self._free, self._text))
            self.add.disabled = not self._unused()
            self.children = [*self.rows, self.add]

    def _say(self) -> None:
        if not self._is_quiet:
            self._changed()

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Say that something has changed once, at the end of the outermost block."""
        outer, self._is_quiet = self._is_quiet, True
        try:
            yield
        finally:
            self._is_quiet = outer
        self._say()


def _options(coins: list[str], free: Mapping[str, float], text: Words) -> list[tuple[str, str]]:
    return [(text["row_option"].format(ccy=ccy, free=as_read(free[ccy])), ccy) for ccy in coins]
