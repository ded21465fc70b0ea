"""What a report assumes, and what it was made with."""

from flexloan_nb.report.facts import LoanFacts
from flexloan_nb.report.parts import Columns, Items, Part, Table
from flexloan_nb.report.texts import Texts

__all__ = ["assumptions", "versions"]

_ASSUMED = (
    "assumes_ltv",
    "assumes_discount",
    "assumes_thresholds",
    "assumes_rate",
    "assumes_prices",
    "assumes_history",
    "assumes_advice",
)


def assumptions(facts: LoanFacts, text: Texts) -> list[Part]:
    """List what the model leaves out."""
    return [Items(tuple(text[key] for key in _ASSUMED))]


def versions(facts: LoanFacts, text: Texts) -> list[Part]:
    """List the software."""
    columns: Columns = [
        (text["software"], facts.versions.keys(), False),
        (text["version"], facts.versions.values(), False),
    ]
    return [Table.of(text["versions_caption"], columns)] if facts.versions else []
