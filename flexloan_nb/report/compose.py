"""From facts to a report. Pure: nothing is read and nothing is written."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from flexloan_nb.report.facts import LoanFacts
from flexloan_nb.report.formatting import when
from flexloan_nb.report.parts import Part, Report, Section, Text
from flexloan_nb.report.sections import about, cost, falls, past, prices, remedies, standing
from flexloan_nb.report.texts import Texts, texts

__all__ = ["SECTIONS", "compose"]

Write: TypeAlias = Callable[[LoanFacts, Texts], list[Part]]

# In the order in which they are read.
SECTIONS: Final[Mapping[str, Write]] = {
    "status": standing.status,
    "coins": standing.coins_of,
    "prices": prices.critical_prices,
    "collateral": prices.collateral,
    "sensitivity": prices.sensitivity,
    "remedies": remedies.remedies,
    "history": past.ltv_history,
    "cost": cost.cost,
    "audit": cost.audit,
    "runway": cost.until_called,
    "sales": past.forced_sales,
    "stress": falls.stress,
    "books": past.books,
    "assumptions": about.assumptions,
    "versions": about.versions,
}


def compose(facts: LoanFacts, *, lang: str | None = None) -> Report:
    """Return the report of a loan.

    Parameters
    ----------
    facts : LoanFacts
        As `collect` returns them.
    lang : {"en", "zh"}, optional
        Language; by default as ``FLEXLOAN_LANG`` says, else English.

    Returns
    -------
    Report
        A section that could not be made has the reason in its place.

    Raises
    ------
    InvalidArgumentError
        The language is unknown.

    Examples
    --------
    >>> from flexloan_nb import connect
    >>> from flexloan_nb.report.reading import collect
    >>> report = compose(collect(connect("simulator")), lang="en")
    >>> report.title, report.failed
    ('Flexible Loan report', [])
    """
    text = texts(lang)
    made = [_section(key, write, facts, text) for key, write in SECTIONS.items()]
    source = text["simulated_source"] if facts.simulated else facts.source
    scope = text["all_orders"] if facts.ord_id is None else text.order(facts.ord_id)
    subtitle = text["subtitle"].format(time=when(facts.now.fetched_at), source=source, scope=scope)
    shown = tuple(section for section in made if section.parts)
    return Report(text["title"], subtitle, facts.simulated, shown, text.lang)


def _section(key: str, write: Write, facts: LoanFacts, text: Texts) -> Section:
    title = text[f"section_{key}"]
    try:
        return Section(key, title, tuple(write(facts, text)))
    except Exception as error:  # whatever it is, it must not take the other sections with it
        reason = str(error) or type(error).__name__
        return Section(key, title, (Text(text["failed"].format(reason=reason), "warning"),), True)
