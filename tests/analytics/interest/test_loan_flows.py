from decimal import Decimal

import pandas as pd
import pytest

from flexloan_nb import connect
from flexloan_nb.analytics.history.event_types import EVENT_TYPES
from flexloan_nb.analytics.interest.loan_flows import loan_flows
from flexloan_nb.analytics.interest.xirr import xirr
from flexloan_nb.errors import InvalidArgumentError

NOON = pd.Timestamp("2026-01-01 12:00", tz="UTC")
END = NOON + pd.Timedelta(days=1)


def events(*rows):
    """Return events an hour apart: type, coin, amount."""
    times = pd.date_range(NOON, periods=len(rows), freq="h").as_unit("ms")
    frame = pd.DataFrame(rows, columns=["type", "ccy", "amt"]).astype(
        {"type": "string", "ccy": "string"}
    )
    return frame.assign(ts=times)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_borrowed_comes_in_and_what_is_repaid_goes_out_whatever_the_sign(sign):
    rows = events(*((name, "USDT", sign * 10.0) for name in EVENT_TYPES))
    flows = loan_flows(rows, {"USDT": 2}, {}, END)
    assert dict(zip(rows.set_index("ts")["type"][flows.index], flows, strict=True)) == {
        "borrowed": 20,
        "repaid": -20,
        "forced_repayment_buy": -20,
        "partial_liquidation": -20,
        "forced_liquidation": -20,
    }


def test_flows_are_valued_at_their_time_and_the_debt_at_the_end():
    prices = pd.DataFrame({"ETH": [3_000.0, 4_000.0]}, index=[NOON, NOON + pd.Timedelta(hours=1)])
    rows = events(("borrowed", "ETH", 2), ("repaid", "ETH", -1))
    flows = loan_flows(rows, prices, {"ETH": Decimal("1.5")}, "2026-01-02 12:00")
    expected = {NOON: 6_000, NOON + pd.Timedelta(hours=1): -4_000, END: -6_000}
    assert flows.to_dict() == expected


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_the_rate_of_a_real_loan_lies_among_the_rates_it_was_charged(numbers):
    client = connect("simulator", numbers=numbers)
    debt = client.loan_legs().query("side == 'loan'").groupby("ccy")["amt"].sum()
    at = client.market.server_time()
    flows = loan_flows(client.loan_history(), {"USDT": 1, "USDC": 1}, debt, at)
    rates = client.interest_accrued()["interestRate"].astype(float)
    assert rates.min() < xirr(flows) < rates.max()


def test_a_loan_at_one_rate_has_that_rate():
    start = pd.Timestamp("2026-01-01", tz="UTC")
    rows = events(("borrowed", "USDT", 1_000.0), ("collateral_locked", "BTC", -1)).assign(ts=start)
    owed = 1_000 * (1 + 0.41 / 8_760) ** 2_000
    flows = loan_flows(rows, {"USDT": 1}, {"USDT": owed}, start + pd.Timedelta(hours=2_000))
    assert xirr(flows) == pytest.approx(0.5068033281, abs=1e-10)


def test_a_repaid_loan_ends_with_its_last_event():
    rows = events(("borrowed", "USDT", 10.0), ("repaid", "USDT", 11.0))
    assert loan_flows(rows, {"USDT": 1}, {}, END).tolist() == [10, -11]
    assert loan_flows(rows[:0], {}, {}, END).empty


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"prices": {"BTC": 1}}, "prices has none of USDT at or before 2026-01-01 12:00"),
        ({"prices": None}, "prices has none of USDT"),
        ({"at": NOON - pd.Timedelta(hours=1)}, "before the last event"),
        ({"at": "soon"}, "'soon' is not a time"),
        ({"debt": {"USDT": -1}}, "debt of USDT is -1"),
        ({"events": events(("borrowed", "USDT", float("nan")))}, "amt is nan"),
        ({"events": events(("given", "USDT", 1.0))}, "type 'given'"),
        ({"events": pd.DataFrame({"ts": []})}, "it lacks type"),
    ],
)
def test_bad_input_is_named(change, wrong):
    good = {
        "events": events(("borrowed", "USDT", 10.0)),
        "prices": {"USDT": 1},
        "debt": {"USDT": 10},
        "at": END,
    }
    with pytest.raises(InvalidArgumentError, match=wrong):
        loan_flows(**good | change)
