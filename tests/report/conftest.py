"""The embedded exchange's loan, read once for all tests of the report."""

import pytest

from flexloan_nb import connect
from flexloan_nb.report import collect, compose
from flexloan_nb.report.facts import LoanFacts
from flexloan_nb.report.parts import Report


@pytest.fixture(scope="session")
def facts() -> LoanFacts:
    return collect(connect("simulator"), progress=False)


@pytest.fixture(scope="session")
def report(facts: LoanFacts) -> Report:
    return compose(facts, lang="en")
