"""What the gateway and the control plane answer, before it is sent."""

import json
from datetime import datetime
from email.utils import format_datetime
from typing import Final, NamedTuple

JSON: Final = "application/json"


class Answer(NamedTuple):
    """A status and a body; one that is not bounded does not state its length."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    bounded: bool = True

    def head(self, now: datetime) -> list[tuple[str, str]]:
        """Return all its headers."""
        length = [("Content-Length", str(len(self.body)))] if self.bounded else []
        date = ("Date", format_datetime(now, usegmt=True))
        return [("Content-Type", self.content_type), *length, *self.headers, date]


def compact(value: object) -> bytes:
    """Write JSON as the exchange does."""
    return json.dumps(value, separators=(",", ":")).encode()
