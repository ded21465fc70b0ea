import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.frames import to_frame
from flexloan_nb.figures import plot_interest_rate

HOURS = ["1731913200000", "1731916800000"]


def row(hour, ccy, rate, order="1", loan="100", interest="0.001"):
    named = {"ts": HOURS[hour], "ccy": ccy, "interestRate": rate, "ordId": order}
    return named | {"loan": loan, "interest": interest}


ROWS = [row(0, "USDT", "0.0873"), row(1, "USDT", "0.09"), row(0, "ETH", "0.02")]


def accruals(rows, numbers="float"):
    return to_frame(rows, TABLES["interest_accrued"], numbers)


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_a_line_for_each_coin_in_decimals_shown_as_percent(numbers):
    figure = plot_interest_rate(accruals(ROWS, numbers), lang="en")
    assert {t.name: list(t.y) for t in figure.data} == {"ETH": [0.02], "USDT": [0.0873, 0.09]}
    assert figure.layout.yaxis.tickformat.endswith("%")
    assert "simple (%)" in figure.layout.yaxis.title.text
    assert all(trace.line.shape == "hv" for trace in figure.data)


def test_orders_that_pay_the_same_are_one_line_with_their_debt_added_up():
    rows = [row(0, "USDT", "0.1", "1"), row(0, "USDT", "0.1", "2", loan="50")]
    (trace,) = plot_interest_rate(accruals(rows), lang="en").data
    assert trace.name == "USDT"
    np.testing.assert_allclose(trace.customdata, [[150, 0.002]])


def test_orders_that_pay_differently_are_lines_of_their_own():
    rows = [row(0, "USDT", "0.1", "1"), row(0, "USDT", "0.2", "2"), row(0, "USDC", "0.3")]
    figure = plot_interest_rate(accruals(rows), lang="en")
    assert [t.name for t in figure.data] == ["USDC", "USDT, Order 1", "USDT, Order 2"]
    assert len({trace.line.dash for trace in figure.data}) == 3


def test_one_hour_alone_can_be_seen():
    (trace,) = plot_interest_rate(accruals(ROWS[:1])).data
    assert trace.mode == "markers"


def test_without_rows_the_figure_says_so():
    figure = plot_interest_rate(accruals([]), lang="en")
    assert figure.layout.title.text == "No interest rate was charged"
    assert not figure.data


def test_a_frame_without_orders_is_drawn():
    frame = accruals(ROWS).drop(columns="ordId")
    assert len(plot_interest_rate(frame).data) == 2


def test_the_frame_is_left_as_it_was():
    frame = accruals(ROWS, "decimal")
    before = frame.copy(deep=True)
    plot_interest_rate(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_another_frame_is_refused():
    with pytest.raises(InvalidArgumentError, match="interestRate"):
        plot_interest_rate(accruals(ROWS).drop(columns="interestRate"))


def test_a_currency_is_text_and_never_markup():
    (trace,) = plot_interest_rate(accruals([row(0, "<b>%{y}</b>", "0.1")])).data
    assert "<b>" not in trace.name + trace.hovertemplate


def test_a_long_line_is_thinned_and_keeps_its_peak():
    hours = pd.date_range("2014-01-01", periods=100_000, freq="h", tz="UTC")
    rates = np.full(100_000, 0.1)
    rates[31_415] = 3.0
    frame = pd.DataFrame(
        {"ts": hours, "ccy": "USDT", "loan": 1.0, "interest": 0.1, "interestRate": rates}
    )
    (trace,) = plot_interest_rate(frame).data
    assert len(trace.y) < 8000
    assert trace.y.max() == 3
    assert trace.x[-1] == hours[-1].to_datetime64()
