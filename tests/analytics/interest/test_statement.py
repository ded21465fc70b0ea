from collections import defaultdict
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from interest_records import booked, frame, histories, hours, record, shuffled

from flexloan_nb.analytics.interest.cost import effective_cost
from flexloan_nb.analytics.interest.statement import interest_statement
from flexloan_nb.errors import InvalidArgumentError

PRICES = {"USDT": Decimal("1.0001"), "USDC": 1, "BTC": "90000.5", "ETH": 3_000}
NEXT_MONTH = 31 * 24


def test_a_statement_has_rows_and_totals_for_every_month_order_and_coin():
    rows = [
        record(0, loan="100", interest="1"),
        record(0, loan="300", interest="2", order="2", nr=1),
        record(1, loan="200", interest="4"),
        record(1, "BTC", "1", interest="0.5", nr=1),
        record(NEXT_MONTH, loan="50", interest="8"),
    ]
    statement = interest_statement(frame(rows), {"USDT": 1, "BTC": 10})
    columns = ["hours", "average_debt", "interest", "interest_usd"]
    found = {key: tuple(values) for key, values in statement[columns].T.items()}
    nan = pytest.approx(np.nan, nan_ok=True)
    assert list(found.items()) == [
        (("2026-01", "1", "BTC"), (1, 1, 0.5, 5)),
        (("2026-01", "1", "USDT"), (2, 150, 5, 5)),
        (("2026-01", "2", "USDT"), (1, 300, 2, 2)),
        (("2026-01", "total", "BTC"), (1, 1, 0.5, 5)),
        (("2026-01", "total", "USDT"), (2, 300, 7, 7)),
        (("2026-01", "total", "total"), (2, nan, nan, 12)),
        (("2026-02", "1", "USDT"), (1, 50, 8, 8)),
        (("2026-02", "total", "USDT"), (1, 50, 8, 8)),
        (("2026-02", "total", "total"), (1, nan, nan, 8)),
        (("total", "total", "BTC"), (1, 1, 0.5, 5)),
        (("total", "total", "USDT"), (3, pytest.approx(650 / 3), 15, 15)),
        (("total", "total", "total"), (3, nan, nan, 20)),
    ]
    assert statement.index.names == ["month", "ordId", "ccy"]
    assert list(statement) == columns


@pytest.mark.parametrize("seed", [0, 3])
def test_decimals_are_summed_to_the_last_digit(seed):
    rows = booked(seed)
    coins, dollars = defaultdict(Decimal), Decimal(0)
    for row in rows:
        coins[row["ccy"]] += Decimal(row["interest"])
        dollars += Decimal(row["interest"]) * Decimal(str(PRICES[row["ccy"]]))
    total = interest_statement(frame(rows, "decimal"), PRICES).loc[("total", "total")]
    assert total["interest"].drop("total").to_dict() == coins
    assert total.loc["total", "interest_usd"] == dollars
    assert set(map(type, total["average_debt"])) == {Decimal}


def test_sums_that_python_would_round_are_exact():
    rows = [
        record(0, interest="123456789012345.000000000000000001"),
        record(1, interest="0.000000000000000001"),
    ]
    statement = interest_statement(frame(rows, "decimal"), {"USDT": Decimal("1.0000000001")})
    total = statement.loc[("total", "total")]
    assert str(total.loc["USDT", "interest"]) == "123456789012345.000000000000000002"
    assert str(total.loc["total", "interest_usd"]).startswith("123456789024690.6789012345000000")


@settings(max_examples=10)
@given(rows=histories())
def test_details_add_up_to_totals_and_to_the_effective_cost(rows):
    for numbers in ("float", "decimal"):
        accruals = frame(rows, numbers)
        statement = interest_statement(accruals, PRICES).astype(float)
        cost = effective_cost(accruals, PRICES)
        details = statement.drop("total", level="ordId")
        total = statement.loc[("total", "total")]
        columns = ["hours", "average_debt", "interest", "interest_usd"]
        np.testing.assert_allclose(total[columns], cost[columns].astype(float), rtol=1e-12)
        by_coin = details.groupby("ccy")["interest"].sum()
        np.testing.assert_allclose(by_coin, total["interest"].drop("total"), rtol=1e-12)
        assert details["interest_usd"].sum() == pytest.approx(total.loc["total", "interest_usd"])


@settings(max_examples=10)
@given(rows=histories(), seed=st.integers(0, 99))
def test_the_order_of_the_rows_changes_nothing(rows, seed):
    accruals = frame(rows, "decimal")
    statement = interest_statement(shuffled(accruals, seed), PRICES)
    pd.testing.assert_frame_equal(statement, interest_statement(accruals, PRICES))


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_a_month_with_an_hour_without_price_has_no_usd(numbers):
    rows = [record(0), record(1), record(NEXT_MONTH)]
    prices = pd.DataFrame({"USDT": [1.0]}, index=hours(1) + pd.Timedelta(hours=1))
    dollars = interest_statement(frame(rows, numbers), prices)["interest_usd"]
    assert dollars.xs("USDT", level="ccy").isna().groupby("month").all().to_dict() == {
        "2026-01": True,
        "2026-02": False,
        "total": True,
    }
    assert dollars[("total", "total", "total")] != dollars[("2026-02", "total", "total")]
    assert interest_statement(frame(rows, numbers))["interest_usd"].isna().all()


def test_a_month_is_one_in_utc():
    accruals = frame([record(NEXT_MONTH - 1), record(NEXT_MONTH)])
    accruals["ts"] = accruals["ts"].dt.tz_convert("America/New_York")
    months = interest_statement(accruals).index.get_level_values("month")
    assert set(months) == {"2026-01", "2026-02", "total"}


def test_records_without_an_order_stay_in_the_statement():
    statement = interest_statement(frame([record(order="", interest="2")]))
    assert statement.loc[("2026-01", "", "USDT"), "interest"] == 2


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_an_empty_statement_has_the_columns_of_a_full_one(numbers):
    empty = interest_statement(frame([], numbers), PRICES)
    full = interest_statement(frame([record()], numbers), PRICES)
    assert empty.empty
    assert list(empty) == list(full)
    assert empty.dtypes.tolist() == full.dtypes.tolist()


def test_records_that_are_there_twice_are_refused():
    with pytest.raises(InvalidArgumentError, match="more than once"):
        interest_statement(frame([record(), record()]))
