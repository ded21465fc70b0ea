"""How an answer travels where it does not simply arrive.

A passage takes a body and yields what happens on the wire: bytes that arrive, or seconds in
which nothing does. Status and headers arrive with the first bytes. When it ends the connection
is closed; it raises `ConnectionResetError` where the connection is reset instead.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Step: TypeAlias = bytes | float
Passage: TypeAlias = Callable[[bytes], Iterator[Step]]

LATE_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 600.0  # longer than any client should wait
PIECES: Final = 20
SECONDS_BETWEEN_PIECES: Final = 0.25
SECONDS_TO_READ: Final = 0.05
PADDING: Final = b" " * 4_096
SECONDS_BETWEEN_PADDINGS: Final = 0.01


def dropped(_: bytes) -> Iterator[Step]:
    """Close the connection without an answer."""
    yield from ()


def reset(_: bytes) -> Iterator[Step]:
    """Reset the connection without an answer."""
    yield from ()
    raise ConnectionResetError


def truncated(body: bytes) -> Iterator[Step]:
    """Close the connection in the middle of the body."""
    yield body[: len(body) // 2]


def torn(body: bytes) -> Iterator[Step]:
    """Reset the connection in the middle of the body."""
    yield from truncated(body)
    yield SECONDS_TO_READ  # a reset overtakes what has not been read yet
    raise ConnectionResetError


def late(body: bytes) -> Iterator[Step]:
    """Let nothing arrive for a while, then everything."""
    yield LATE_SECONDS
    yield body


def silent(_: bytes) -> Iterator[Step]:
    """Let nothing arrive for longer than anybody waits."""
    yield SILENT_SECONDS


def trickling(body: bytes) -> Iterator[Step]:
    """Deliver the body in small pieces, a moment apart."""
    length = len(body) // PIECES + 1
    for begin in range(0, len(body), length):
        yield body[begin : begin + length]
        yield SECONDS_BETWEEN_PIECES


def endless(body: bytes) -> Iterator[Step]:
    """Deliver the body, and after it blanks for ever."""
    yield body
    while True:
        yield SECONDS_BETWEEN_PADDINGS
        yield PADDING
