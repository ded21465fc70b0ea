from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from records import accruals, at, events, snapshot

from flexloan_nb import InvalidArgumentError
from flexloan_nb.analytics.history.changes import books_of
from flexloan_nb.analytics.history.event_types import EVENT_TYPES

NOW = snapshot("12:15", ("loan", "USDT", "1000"))


@pytest.mark.parametrize("numbers", ["decimal", "float"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("name", [name for name, kind in EVENT_TYPES.items() if kind.side])
def test_an_events_type_decides_its_effect_and_its_sign_does_not(name, sign, numbers):
    now = snapshot("12:15", ("loan", "USDT", "1000"), numbers=numbers)
    history = events(("10:30", name, "USDT", f"{sign}0.1"), numbers=numbers)
    (change,) = books_of(history, accruals(numbers=numbers), now).changes.to_dict("records")
    kind = EVENT_TYPES[name]
    assert change["side"] == kind.side
    assert change["amt"] == kind.direction * (Decimal("0.1") if numbers == "decimal" else 0.1)


def test_legs_of_a_conversion_change_nothing():
    history = events(
        *[("10:30", name, "USDT", "1") for name, kind in EVENT_TYPES.items() if not kind.side]
    )
    assert len(history) == 3
    assert books_of(history, accruals(), NOW).changes.empty


def test_interest_is_booked_before_what_happens_at_the_same_full_hour():
    history = events(("11:00", "partial_liquidation", "USDT", "-5"))
    changes = books_of(history, accruals(("11:00", "USDT", "1000", "0.1")), NOW).changes
    assert changes["type"].tolist() == ["interest", "partial_liquidation"]


def test_amounts_of_forty_digits_lose_none():
    digits = "123456789012345678901.123456789012345678"
    history = events(("10:30", "repaid", "USDT", f"-{digits}"))
    (change,) = books_of(history, accruals(), NOW).changes["amt"]
    assert change == Decimal(f"-{digits}")


def test_times_are_milliseconds_whatever_their_unit():
    history = events(("10:30", "repaid", "USDT", "-1"))
    for unit in ("s", "us", "ns"):
        stamped = history.assign(ts=history["ts"].dt.as_unit(unit))
        books = books_of(stamped, accruals(), NOW)
        assert books.changes["ts"].tolist() == [at("10:30").timestamp() * 1000]
    assert books.at == at("12:15").timestamp() * 1000


def test_the_other_snapshot_decides_whether_amounts_are_exact():
    nothing = snapshot("12:15")
    assert not books_of(events(), accruals(), nothing).exact
    assert books_of(events(), accruals(), nothing, NOW).exact
    floats = snapshot("12:15", ("loan", "USDT", "1"), numbers="float")
    with pytest.raises(InvalidArgumentError, match="others are Decimal"):
        books_of(events(), accruals(), floats, NOW)


@pytest.mark.parametrize(("column", "missing"), [("amt", np.nan), ("ts", pd.NaT)])
def test_a_missing_time_or_amount_is_refused(column, missing):
    history = events(("10:30", "repaid", "USDT", "-1"), numbers="float")
    history.loc[0, column] = missing
    nothing = snapshot("12:15", numbers="float")
    with pytest.raises(InvalidArgumentError, match=r"(time|amount) of the .*history is missing"):
        books_of(history, accruals(numbers="float"), nothing)
