"""Nothing is assumed in silence: the list covers settings, rules, endpoints and events."""

from dataclasses import fields
from inspect import getmembers, isfunction
from typing import get_args

import pandas as pd
import pytest

from flexloan_nb.sim import ASSUMPTIONS, liquidation, rules
from flexloan_nb.sim.assumptions import Assumption, Confidence
from flexloan_nb.sim.ledger import EFFECTS
from flexloan_nb.sim.routes import PATHS
from flexloan_nb.sim.rules import Settings

CONCERNED = {name for assumption in ASSUMPTIONS for name in assumption.concerns.split()}


def functions(module):
    return {
        name
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }


SUBJECTS = {
    "settings": {field.name for field in fields(Settings)},
    "rules": functions(rules) | functions(liquidation),
    "endpoints": {path.rpartition("/")[2] for path in PATHS},
    "events": set(EFFECTS),
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_every_subject_of_a_kind_is_on_the_list(kind):
    assert SUBJECTS[kind] - CONCERNED == set()


def test_nothing_on_the_list_has_gone():
    assert set().union(*SUBJECTS.values()) >= CONCERNED


def test_every_assumption_is_stated_once_with_a_source():
    assert len({a.rule for a in ASSUMPTIONS}) == len(ASSUMPTIONS)
    assert all(a.rule and a.value and a.source for a in ASSUMPTIONS)
    assert {a.confidence for a in ASSUMPTIONS} == set(get_args(Confidence))


def test_the_list_is_a_table():
    table = pd.DataFrame(ASSUMPTIONS)
    assert tuple(table.columns) == Assumption._fields
    assert len(table) == len(ASSUMPTIONS)
