"""The whole of an exchange in a file that a person can read.

A file is one JSON object: what it is, the version of its shape, and the state with a checksum.
Everything a later answer depends on is in the state: what the exchange was opened with, its
clock, prices that were set, every account, and the generator of ids. Seeded prices and rates
follow from the seed. Keys, pace and faults are the gateway's and not in it.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from json import JSONDecodeError
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeAlias, cast

from flexloan_nb.sim import codec
from flexloan_nb.sim.coins import Coin
from flexloan_nb.sim.ledger import Account, Balances
from flexloan_nb.sim.rules import Settings

if TYPE_CHECKING:
    import pandas as pd

FORMAT: Final = "flexloan_nb exchange"
VERSION: Final = 1

Generator: TypeAlias = tuple[int, tuple[int, ...], float | None]


class Prices(NamedTuple):
    """A user's own price frame: its columns, and its rows by milliseconds since the epoch."""

    ccys: tuple[str, ...]
    times: tuple[int, ...]
    rows: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, frame: "pd.DataFrame") -> Self:
        """Take a frame apart."""
        times = cast("pd.DatetimeIndex", frame.index).as_unit("ms").astype("int64").tolist()
        rows = frame.to_numpy(dtype="float64").tolist()
        return cls(tuple(frame.columns), tuple(times), tuple(map(tuple, rows)))

    def frame(self) -> "pd.DataFrame":
        """Put the frame together again."""
        import pandas as pd

        index = pd.to_datetime(list(self.times), unit="ms", utc=True)
        return pd.DataFrame(list(self.rows), index, list(self.ccys))


@dataclass(frozen=True, slots=True)
class Opening:
    """What an exchange is opened with; `start` is in milliseconds since the epoch."""

    seed: int
    start: int
    settings: Settings
    coins: tuple[Coin, ...]
    prices: Prices | None


@dataclass(frozen=True, slots=True)
class State:
    """An exchange at one moment, `now` in milliseconds since the epoch."""

    opening: Opening
    now: int
    ids: Generator
    factors: dict[str, list[tuple[int, float]]]
    utilisation: Balances
    accounts: dict[str, Account]


def pack(state: State) -> dict[str, Any]:
    """Return a state as a JSON object."""
    written = codec.encode(state)
    return {"format": FORMAT, "version": VERSION, "sha256": checksum(written), "state": written}


def unpack(packed: object) -> State:
    """Return the state in a JSON object, or raise `ValueError` where that is not one of ours."""
    if not isinstance(packed, dict) or packed.get("format") != FORMAT:
        raise ValueError("this is not a saved exchange")
    if packed.get("version") != VERSION:
        raise ValueError(
            f"the exchange was saved in version {packed.get('version')!r}; this reads {VERSION}"
        )
    written = packed.get("state")
    if packed.get("sha256") != checksum(written):
        raise ValueError("the saved exchange was changed or damaged since it was saved")
    state: State = codec.decode(State, written, "state")
    return state


def write(path: Path, packed: Mapping[str, Any]) -> None:
    """Write a packed state for its owner's eyes, whole or not at all."""
    descriptor, name = tempfile.mkstemp(prefix=path.name, suffix=".tmp", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(packed, file, indent=1)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def read(path: Path) -> State:
    """Read a file that was written here, or raise `ValueError` with its name."""
    try:
        return unpack(json.loads(path.read_bytes()))
    except (JSONDecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError(f"{path} is not a saved exchange") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def checksum(written: object) -> str:
    """Return the checksum of a written state, which depends on the order in which it stands."""
    return hashlib.sha256(json.dumps(written, separators=(",", ":")).encode()).hexdigest()
