"""How often a caller may call."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable


class SlidingWindow:
    """Admits at most so many calls of each caller in any window of time.

    A refused call is not counted.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._admitted: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def admits(self, caller: Hashable, calls: int, seconds: float) -> bool:
        """Count a call and return True, or return False where it is one too many."""
        now, admitted = self._monotonic(), self._admitted[caller]
        while admitted and admitted[0] <= now - seconds:
            admitted.popleft()
        if len(admitted) >= calls:
            return False
        admitted.append(now)
        return True
