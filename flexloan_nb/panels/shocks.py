"""A shock of each coin's price by slider, and of all together."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager

import ipywidgets

from flexloan_nb.figures.words import Words

__all__ = ["ShockControls"]

_LOWEST, _HIGHEST, _STEP = -0.9, 1.0, 0.01


class ShockControls(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Sliders for changes of prices from -90 % to +100 %, as decimals.

    Parameters
    ----------
    text : Words
        The language.
    changed : callable
        Called when a shock has changed, once for all of them together.

    Attributes
    ----------
    together : FloatSlider
        Sets the shocks of what is pledged and not owed.
    sliders : dict of str to FloatSlider
        By coin.

    Examples
    --------
    >>> from flexloan_nb.figures.words import words
    >>> controls = ShockControls(words("en"), lambda: None)
    >>> controls.offer(["BTC", "USDT"], together=["BTC"])
    >>> controls.together.value = -0.3
    >>> controls.shocks
    {'BTC': -0.3}
    """

    def __init__(self, text: Words, changed: Callable[[], None]) -> None:
        self._text = text
        self._changed = changed
        self._is_quiet = False
        self._moved_together: tuple[str, ...] = ()
        self.sliders: dict[str, ipywidgets.FloatSlider] = {}
        self.together = self._slider(text["shock_together"])
        self.none = ipywidgets.Button(
            description=text["shock_none"],
            tooltip=text["shock_none_tip"],
            layout={"width": "auto", "height": "24px"},
        )
        self.none.on_click(lambda _: self.set({}))
        self.together.observe(self._all, "value")
        super().__init__([self.together, self.none])

    def offer(self, coins: Collection[str], together: Collection[str]) -> None:
        """Have a slider for each of these coins; those that stay keep their shock."""
        self._moved_together = tuple(together)
        if list(coins) == list(self.sliders):
            return
        for ccy in coins:
            if ccy not in self.sliders:
                self.sliders[ccy] = self._slider(self._text["shock_of"].format(ccy=ccy))
                self.sliders[ccy].observe(self._one, "value")
        for ccy in [ccy for ccy in self.sliders if ccy not in coins]:
            self.sliders.pop(ccy).close()
        self.sliders = {ccy: self.sliders[ccy] for ccy in coins}
        self.children = [self.together, *self.sliders.values(), self.none]

    @property
    def shocks(self) -> dict[str, float]:
        """Changes that are not zero, by coin."""
        shocks = {ccy: round(slider.value, 9) for ccy, slider in self.sliders.items()}
        return {ccy: shock for ccy, shock in shocks.items() if shock}

    def set(self, shocks: Mapping[str, float]) -> None:
        """Set all shocks; those of coins that are not named become zero."""
        with self._at_once():
            self.together.value = 0.0
            for ccy, slider in self.sliders.items():
                slider.value = shocks.get(ccy, 0.0)

    def _slider(self, name: str) -> ipywidgets.FloatSlider:
        return ipywidgets.FloatSlider(
            description=name,
            tooltip=self._text["shock_tip"].format(name=name),
            min=_LOWEST,
            max=_HIGHEST,
            step=_STEP,
            readout_format=".0%",
            layout={"width": "auto"},
            style={"description_width": "104px"},
        )

    def _all(self, _: object) -> None:
        if not self._is_quiet:
            with self._at_once():
                for ccy in self._moved_together:
                    self.sliders[ccy].value = self.together.value

    def _one(self, _: object) -> None:
        if not self._is_quiet:
            self._changed()

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        self._is_quiet = True
        try:
            yield
        finally:
            self._is_quiet = False
        self._changed()
