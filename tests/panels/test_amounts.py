"""Amounts are read and written without losing a digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError
from flexloan_nb.figures.words import words
from flexloan_nb.panels.amount_control import AmountControl
from flexloan_nb.panels.amounts import as_entry, nice_step, not_above, parsed

amounts = st.floats(0, 1e15, allow_subnormal=False)


@given(amounts)
def test_what_is_written_into_a_field_is_read_as_it_was(amount):
    assert parsed(as_entry(amount)) == amount
    assert "e" not in as_entry(amount)


@given(st.decimals(0, 10**9, places=18))
def test_a_balance_is_never_written_higher_than_it_is(balance):
    written = Decimal(repr(not_above(balance)))
    assert written <= balance
    assert balance - written <= balance * Decimal("1e-15")


@given(st.floats(1e-8, 1e9))
def test_a_slider_has_nice_steps_and_not_many_more_than_two_hundred(most):
    step = nice_step(most)
    assert step >= 1e-8
    assert f"{step:e}"[0] in "125"
    assert most / step <= 501


@pytest.mark.parametrize("entry", ["abc", "0,5", "1 000", "-1", "inf", "nan", "1e999", "0x10"])
def test_a_wrong_entry_is_told_and_the_last_amount_stays(entry):
    control = AmountControl("BTC", 1.1, words("en"))
    control.amount = 0.5
    control.number.value = entry
    assert (control.amount, control.valid) == (0.5, False)
    assert entry.strip() in control.problem.text
    with pytest.raises(InvalidArgumentError):
        parsed(entry)
    control.slider.value = 0.6
    assert (control.amount, control.valid, control.problem.text) == (0.6, True, "")
    assert control.number.value == "0.6"


@pytest.mark.parametrize("most", [1e-8, 0.3, 1.1, 17.0, 60_000.0, 1e9])
def test_slider_number_and_presets_say_the_same(most):
    control = AmountControl("BTC", most, words("en"))
    for label, share in {"25%": 0.25, "50%": 0.5, "75%": 0.75, "MAX": 1}.items():
        control.presets[label].click()
        assert control.amount == pytest.approx(most * share, rel=1e-11)
        assert parsed(control.number.value) == control.amount == pytest.approx(control.slider.value)
    assert control.amount == most
    control.slider.value = control.slider.step * 3
    assert (
        parsed(control.number.value)
        == control.amount
        == pytest.approx(min(most, control.slider.value))
    )


def test_an_entry_above_what_there_is_says_how_much_there_is():
    control = AmountControl("BTC", 1.1, words("zh"))
    control.number.value = "1.2"
    assert "1.2" in control.problem.text
    assert "1.1" in control.problem.text
    control.number.value = "0"
    assert (control.amount, control.problem.text) == (0.0, "")


def test_where_there_is_nothing_nothing_can_be_entered():
    control = AmountControl("BTC", 0.0, words("en"))
    assert control.slider.disabled
    control.presets["MAX"].click()
    assert control.amount == 0
