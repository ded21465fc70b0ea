"""Prices and candles kept on disk, so that what cannot have changed is not asked again."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flexloan_nb.api.envelope import Row

__all__ = ["MarketCache", "openings"]

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_BARS = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1H": _HOUR,
    "2H": 2 * _HOUR,
    "4H": 4 * _HOUR,
    "6Hutc": 6 * _HOUR,
    "12Hutc": 12 * _HOUR,
    "1Dutc": 24 * _HOUR,
}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS candles (
    source TEXT, inst_id TEXT, bar TEXT, ts INTEGER,
    o TEXT NOT NULL, h TEXT NOT NULL, l TEXT NOT NULL, c TEXT NOT NULL,
    PRIMARY KEY (source, inst_id, bar, ts)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tickers (
    source TEXT PRIMARY KEY, at REAL NOT NULL, rows TEXT NOT NULL
) WITHOUT ROWID;
"""


def openings(bar: str, start: int, end: int) -> range | None:
    """Return the epoch milliseconds in ``start <= ts < end`` at which bars open.

    None for a bar whose openings are not known here, such as those that open at UTC+8.

    Examples
    --------
    >>> list(openings("1H", 1, 7_200_001))
    [3600000, 7200000]
    """
    if bar not in _BARS:
        return None
    return range(-(-start // _BARS[bar]) * _BARS[bar], end, _BARS[bar])


class MarketCache:
    """A file with index prices and complete candles; several processes may share it.

    Complete candles do not change and are kept for good; prices are used again while they are
    young enough. Values are kept as the exchange wrote them.

    Parameters
    ----------
    path : str or Path
        The file; made with its folder where it is not there.
    max_age : float
        Seconds for which a price counts as present.
    now : callable
        Seconds since the epoch.

    Examples
    --------
    >>> from flexloan_nb import connect
    >>> client = connect("live", cache=MarketCache("market.sqlite"))  # doctest: +SKIP
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_age: float = 10.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path = Path(path)
        self._max_age = max_age
        self._now = now
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            database.executescript(_SCHEMA)

    def candles(self, source: str, inst_id: str, bar: str, times: range) -> dict[int, Row]:
        """Return the complete candles there are within a range of times, by their time."""
        with self._open() as database:
            found = database.execute(
                "SELECT ts, o, h, l, c FROM candles "
                "WHERE source = ? AND inst_id = ? AND bar = ? AND ts BETWEEN ? AND ?",
                (source, inst_id, bar, times.start, times.stop - 1),
            )
            return {
                ts: {"ts": str(ts), "o": o, "h": h, "l": low, "c": c, "confirm": "1"}
                for ts, o, h, low, c in found
            }

    def keep_candles(self, source: str, inst_id: str, bar: str, rows: Iterable[Row]) -> None:
        """Keep those of the candles that are complete."""
        complete = [row for row in rows if row.get("confirm") == "1"]
        with self._open() as database:
            database.executemany(
                "INSERT OR REPLACE INTO candles VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (source, inst_id, bar, int(r["ts"]), r["o"], r["h"], r["l"], r["c"])
                    for r in complete
                ],
            )

    def tickers(self, source: str) -> tuple[list[Row], datetime] | None:
        """Return the prices kept last and their time, unless they are too old."""
        with self._open() as database:
            kept = database.execute(
                "SELECT at, rows FROM tickers WHERE source = ?", (source,)
            ).fetchone()
        if kept is None or not 0 <= self._now() - kept[0] <= self._max_age:
            return None
        return json.loads(kept[1]), datetime.fromtimestamp(kept[0], UTC)

    def keep_tickers(self, source: str, rows: list[Row]) -> None:
        """Keep prices as the last ones."""
        with self._open() as database:
            database.execute(
                "INSERT OR REPLACE INTO tickers VALUES (?, ?, ?)",
                (source, self._now(), json.dumps(rows)),
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; another process may hold it for a moment."""
        with closing(sqlite3.connect(self._path, timeout=30)) as database, database:
            yield database
