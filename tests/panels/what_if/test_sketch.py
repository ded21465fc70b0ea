"""A sketch is plain data, and comes back from JSON as it went."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError
from flexloan_nb.panels.what_if.sketch import (
    Scenario,
    Sketch,
    scenarios_from_json,
    scenarios_to_json,
)

names = st.text(min_size=1).filter(str.strip)
sketches = st.builds(
    Sketch,
    ord_id=names,
    borrow_ccy=names,
    supplement=st.dictionaries(names, st.floats(0, 1e9)),
    draw=st.floats(0, 1e12),
    shocks=st.dictionaries(names, st.floats(-1, 10)),
)


@given(st.lists(st.builds(Scenario, names, sketches), max_size=3))
def test_scenarios_come_back_as_they_were_kept(scenarios):
    assert scenarios_from_json(scenarios_to_json(scenarios)) == scenarios


def test_what_is_nothing_is_left_out():
    sketch = Sketch("1", "USDT", {"BTC": 0, "ETH": 2}, shocks={"BTC": 0.0})
    assert (dict(sketch.supplement), dict(sketch.shocks)) == ({"ETH": 2.0}, {})
    with pytest.raises(TypeError):
        sketch.supplement["BTC"] = 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"supplement": {"BTC": -1}}, "BTC is -1"),
        ({"supplement": {"BTC": "much"}}, "'much', which is not a number"),
        ({"supplement": [1]}, "must be a mapping"),
        ({"draw": float("nan")}, "draw is nan"),
        ({"shocks": {"BTC": -1.5}}, "at most"),
        ({"borrow_ccy": " "}, "must be a text"),
        ({"ord_id": 7}, "must be a text"),
    ],
)
def test_a_sketch_that_cannot_be_is_refused(change, words):
    with pytest.raises(InvalidArgumentError, match=words):
        Sketch(**{"ord_id": "1", "borrow_ccy": "USDT"} | change)


def whole(**changes):
    fields = Sketch("1", "USDT").to_dict()
    scenario = {"name": "a", "sketch": fields}
    return {"format": "flexloan-what-if", "version": 1, "scenarios": [scenario]} | changes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", "not scenarios"),
        (json.dumps(whole(format="other")), "not scenarios"),
        (json.dumps(whole(version=2)), "version 2"),
        (json.dumps(whole(scenarios={})), "no list"),
        (json.dumps(whole(scenarios=[1])), "Scenario 1 cannot be read"),
        (json.dumps(whole(scenarios=[{"name": "a"}])), "Scenario 1 cannot be read"),
        (json.dumps(whole(scenarios=[{"name": "", "sketch": {}}])), "its name"),
        (json.dumps(whole(scenarios=[{"name": "a", "sketch": {"draw": 1}}])), "lacks ord_id"),
    ],
)
def test_a_text_that_is_not_scenarios_is_told_so(text, words):
    with pytest.raises(InvalidArgumentError, match=words):
        scenarios_from_json(text)


def test_a_field_that_nobody_knows_is_refused_and_not_passed_over():
    fields = Sketch("1", "USDT").to_dict() | {"repay": 5}
    text = json.dumps(whole(scenarios=[{"name": "a", "sketch": fields}]))
    with pytest.raises(InvalidArgumentError, match="has no repay"):
        scenarios_from_json(text)
