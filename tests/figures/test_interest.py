import pandas as pd
import plotly.graph_objects as go
import pytest

from flexloan_nb import InvalidArgumentError, plot_interest
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.frames import to_frame

HOURS = ["1731913200000", "1731916800000"]
ROWS = [
    {"ts": HOURS[0], "ccy": "USDT", "interest": "0.25", "ordId": "1"},
    {"ts": HOURS[0], "ccy": "USDT", "interest": "0.5", "ordId": "2"},
    {"ts": HOURS[0], "ccy": "ETH", "interest": "0.001", "ordId": "1"},
    {"ts": HOURS[1], "ccy": "USDT", "interest": "1", "ordId": "1"},
]


def accruals(rows, numbers="float"):
    return to_frame(rows, TABLES["interest_accrued"], numbers)


@pytest.mark.parametrize("numbers", ["float", "decimal"])
def test_interest_adds_up_over_hours_and_orders_in_each_coin(numbers):
    figure = plot_interest(accruals(ROWS, numbers))
    drawn = {trace.name: (list(trace.y), list(trace.customdata)) for trace in figure.data}
    assert drawn == {"ETH": ([0.001], [0.001]), "USDT": ([0.75, 1.75], [0.75, 1.0])}


def test_every_coin_has_a_panel_with_its_unit_and_the_time_is_labelled():
    figure = plot_interest(accruals(ROWS))
    assert [axis.title.text for axis in figure.select_yaxes()] == ["ETH", "USDT"]
    assert "Time (UTC)" in [axis.title.text for axis in figure.select_xaxes()]
    assert figure.layout.title.text == "Interest accrued since 2024-11-18 07:00 UTC"


def test_without_rows_the_figure_says_so():
    figure = plot_interest(accruals([]))
    assert isinstance(figure, go.Figure)
    assert figure.layout.title.text == "No interest accrued"
    assert not figure.data


def test_the_frame_is_left_as_it_was():
    frame = accruals(ROWS)
    before = frame.copy(deep=True)
    plot_interest(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_an_hour_whose_interest_is_missing_is_not_drawn_as_zero():
    rows = [*ROWS, {"ts": HOURS[1], "ccy": "ETH", "interest": ""}]
    (ether, _) = plot_interest(accruals(rows)).data
    assert pd.isna(ether.customdata[-1])


def test_times_of_another_zone_are_named_in_utc():
    frame = accruals(ROWS)
    frame["ts"] = frame["ts"].dt.tz_convert("Asia/Tokyo")
    assert plot_interest(frame).layout.title.text.endswith("2024-11-18 07:00 UTC")


def test_a_currency_is_text_and_never_markup():
    rows = [{"ts": HOURS[0], "ccy": "<a href='x'>%{y}</a>", "interest": "1"}]
    figure = plot_interest(accruals(rows))
    shown = figure.data[0].hovertemplate + figure.layout.yaxis.title.text
    assert "<a" not in shown
    assert "%{y}" not in shown.replace("%{y:.8f}", "")


def test_it_speaks_chinese_where_the_environment_says_so(monkeypatch):
    monkeypatch.setenv("FLEXLOAN_LANG", "zh")
    figure = plot_interest(accruals(ROWS))
    assert figure.layout.title.text == "自 2024-11-18 07:00 UTC 起的累计利息"
    assert "本小时" in figure.data[0].hovertemplate


def test_one_hour_alone_can_be_seen():
    (trace,) = plot_interest(accruals(ROWS[:1])).data
    assert trace.mode == "markers"


def test_a_long_line_is_thinned_and_ends_where_it_ended():
    hours = pd.date_range("2014-01-01", periods=100_000, freq="h", tz="UTC")
    frame = pd.DataFrame({"ts": hours, "ccy": "USDT", "interest": 1.0})
    (trace,) = plot_interest(frame).data
    assert len(trace.y) < 8000
    assert trace.y[-1] == 100_000


def test_another_frame_is_refused():
    with pytest.raises(InvalidArgumentError, match="interest_accrued"):
        plot_interest(accruals(ROWS).drop(columns="ccy"))
