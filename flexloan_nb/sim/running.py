"""Virtual time that runs by itself."""

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from flexloan_nb.sim.exchange import SimulatedExchange

MS_PER_SECOND: Final = 1_000


class RunningClock:
    """Lets an exchange's time pass, `speed` virtual seconds a second, whenever it is looked at.

    Time is counted from one beginning in whole milliseconds, so nothing is lost however often
    one looks; steps made by hand come on top. It stands where the user's own prices end.
    """

    def __init__(
        self, exchange: SimulatedExchange, speed: float, monotonic: Callable[[], float]
    ) -> None:
        if not 0 <= speed < float("inf"):
            raise ValueError(f"speed is {speed}: virtual seconds a second, not negative")
        self._exchange = exchange
        self._speed = speed
        self._monotonic = monotonic
        self._began = monotonic()
        self._passed = 0  # milliseconds of the exchange since then

    def catch_up(self) -> None:
        """Advance the exchange to where the clock stands now."""
        if not self._speed:
            return
        passed = int((self._monotonic() - self._began) * self._speed * MS_PER_SECOND)
        with suppress(ValueError):  # the user's prices end before
            self._exchange.advance(seconds=(passed - self._passed) / MS_PER_SECOND)
        self._passed = passed
