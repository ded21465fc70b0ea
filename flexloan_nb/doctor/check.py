"""A finding, and the report of all of them."""

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Check", "as_json", "as_text"]

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes
    ----------
    name : str
        What was looked at.
    status : {"ok", "warning", "failed", "skipped"}
        ``"skipped"`` is what does not apply, or cannot be told.
    found : str
        What there is.
    fix : str
        What to do about it; empty where there is nothing to do.
    """

    name: str
    status: Status
    found: str
    fix: str = ""


def as_text(checks: Iterable[Check]) -> str:
    """Draw a report: a line for each check, and below it what to do."""
    return "\n".join(_line(check) for check in checks)


def as_json(checks: Sequence[Check]) -> str:
    """Return the report as one line of JSON: ``ok``, and ``checks`` in order."""
    ok = all(check.status != "failed" for check in checks)
    return json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]})


def _line(check: Check) -> str:
    head = f"{check.status:8} {check.name:17} "
    fix = f"\n-> {check.fix}" if check.fix else ""
    lines = (check.found + fix).split("\n")
    wrapped = [part for line in lines for part in textwrap.wrap(line, 100 - len(head))]
    return head + f"\n{' ' * len(head)}".join(wrapped)
