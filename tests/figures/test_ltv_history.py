from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError
from flexloan_nb.api.endpoints import TABLES
from flexloan_nb.api.frames import to_frame
from flexloan_nb.figures import plot_ltv_history

START = pd.Timestamp("2025-12-01", tz="UTC")


def history(order="1", ltv=(0.5, 0.6, 0.7, 0.4), call=0.75, liquidation=0.85):
    hours = pd.date_range(START, periods=len(ltv), freq="h").as_unit("ms")
    frame = pd.DataFrame({"ts": hours, "ltv": ltv})
    frame["ordId"] = pd.array([order] * len(ltv), dtype="string")
    return frame.assign(
        margin_call_ltv=call, liquidation_ltv=liquidation, debt_usd=50.0, collateral_usd=100.0
    )


def events(*rows):
    """Make a frame of events from (hours after the start, order, type, ccy, amt)."""
    wire = [
        {
            "ts": str(int((START.timestamp() + hours * 3600) * 1000)),
            "ordId": order,
            "type": kind,
            "ccy": ccy,
            "amt": amt,
        }
        for hours, order, kind, ccy, amt in rows
    ]
    return to_frame(wire, TABLES["loan_history"])


def named(figure):
    return {trace.name: trace for trace in figure.data}


def test_the_path_and_both_thresholds_are_drawn_and_named():
    drawn = named(plot_ltv_history(history(), lang="en"))
    assert list(drawn["LTV"].y) == [0.5, 0.6, 0.7, 0.4]
    assert list(drawn["Margin call LTV"].y) == [0.75, 0.75]
    assert list(drawn["Liquidation LTV"].y) == [0.85, 0.85]
    assert drawn["Liquidation LTV"].text[-1] == "Liquidation LTV"
    np.testing.assert_array_equal(drawn["LTV"].customdata[0], [50, 100])


def test_each_order_has_a_panel_that_names_it():
    both = pd.concat([history("111"), history("222")])
    figure = plot_ltv_history(both, lang="en")
    assert [a.text for a in figure.layout.annotations] == ["Order 111", "Order 222"]
    assert {trace.yaxis for trace in figure.data} == {"y", "y2"}
    assert figure.layout.yaxis2.tickformat == ".0%"


def test_a_threshold_that_moves_is_drawn_where_it_moves():
    call = [0.7, 0.7, 0.6, 0.6]
    drawn = named(plot_ltv_history(history(call=call), lang="en"))
    assert list(drawn["Margin call LTV"].y) == call


def test_an_event_is_a_marker_on_the_path_with_its_amount():
    moved = events((1.5, "1", "collateral_locked", "BTC", "-0.25"))
    marker = named(plot_ltv_history(history(), moved, lang="en"))["Collateral locked"]
    assert list(marker.y) == [0.6]
    assert pd.Timestamp(marker.x[0]) == pd.Timestamp("2025-12-01 01:30")
    assert marker.customdata[0] == "Collateral locked -0.25 BTC"


def test_what_happened_at_once_is_one_marker_of_the_worst_kind():
    legs = [
        (2, "1", "sell_collateral", "BTC", "-1.5"),
        (2, "1", "buy_borrowed_coin", "USDT", "900"),
        (2, "1", "partial_liquidation", "USDT", "-900"),
    ]
    drawn = named(plot_ltv_history(history(), events(*legs), lang="en"))
    assert set(drawn) == {"LTV", "Margin call LTV", "Liquidation LTV", "Partial liquidation"}
    assert drawn["Partial liquidation"].customdata[0].split("<br>") == [
        "Sell collateral -1.5 BTC",
        "Buy borrowed coin +900 USDT",
        "Partial liquidation -900 USDT",
    ]


def test_what_was_forced_is_larger_of_another_shape_and_on_top():
    happened = events(
        (1, "1", "repaid", "USDT", "-5"), (2, "1", "forced_liquidation", "USDT", "-9")
    )
    figure = plot_ltv_history(history(), happened, lang="en")
    forced, own = named(figure)["Forced liquidation"], named(figure)["Repaid"]
    assert forced.marker.size > own.marker.size
    assert forced.marker.symbol != own.marker.symbol
    assert figure.data[-1].name == "Forced liquidation"


def test_every_type_of_the_page_has_a_shape_of_its_own():
    kinds = [
        "borrowed repaid collateral_locked collateral_released forced_repayment_buy",
        "forced_repayment_sell forced_liquidation partial_liquidation sell_collateral",
        "buy_transition_coin sell_transition_coin buy_borrowed_coin",
    ]
    rows = [(i / 10, "1", kind, "BTC", "1") for i, kind in enumerate(" ".join(kinds).split())]
    figure = plot_ltv_history(history(), events(*rows))
    symbols = [trace.marker.symbol for trace in figure.data if trace.mode == "markers"]
    assert len(symbols) == len(set(symbols)) == 12


def test_an_order_shows_only_its_own_events_and_none_before_its_path():
    happened = events(
        (-1, "1", "borrowed", "USDT", "1"),
        (1, "2", "repaid", "USDT", "-1"),
        (9, "1", "collateral_released", "BTC", "1"),
    )
    figure = plot_ltv_history(pd.concat([history("1"), history("2")]), happened, lang="en")
    drawn = named(figure)
    assert "Borrowed" not in drawn
    assert drawn["Repaid"].yaxis == "y2"
    assert list(drawn["Collateral released"].y) == [0.4]


def test_a_kind_stands_in_the_legend_once():
    happened = events((1, "1", "repaid", "USDT", "-1"), (1, "2", "repaid", "USDT", "-1"))
    figure = plot_ltv_history(pd.concat([history("1"), history("2")]), happened, lang="en")
    assert [t.showlegend for t in figure.data if t.name == "Repaid"] == [True, False]


def test_a_type_that_is_new_is_shown_under_its_own_name():
    happened = events((1, "1", "<b>new_kind", "BTC", "1"))
    trace = plot_ltv_history(history(), happened).data[-1]
    assert trace.name == "&lt;b&gt;new_kind"
    assert trace.marker.symbol == "circle"


def test_it_speaks_chinese():
    happened = events((1, "1", "partial_liquidation", "USDT", "-1"))
    drawn = named(plot_ltv_history(history(), happened, lang="zh"))
    assert set(drawn) == {"质押率", "预警质押率", "强平质押率", "强制减仓"}


def test_exact_numbers_are_drawn():
    exact = history().assign(ltv=[Decimal("0.5")] * 4)
    happened = events((1, "1", "repaid", "USDT", "-1"))
    happened["amt"] = [Decimal("-1.25")]
    drawn = named(plot_ltv_history(exact, happened, lang="en"))
    assert drawn["Repaid"].customdata[0] == "Repaid -1.25 USDT"


def test_an_order_without_a_name_is_drawn_without_one():
    frame = history(order=pd.NA)
    happened = events((1, "", "repaid", "USDT", "-1"))
    figure = plot_ltv_history(frame, happened, lang="en")
    assert "Repaid" in named(figure)
    assert not figure.layout.annotations


def test_one_row_can_be_seen():
    assert named(plot_ltv_history(history(ltv=[0.5]), lang="en"))["LTV"].mode == "markers"


def test_without_rows_the_figure_says_so():
    figure = plot_ltv_history(history(ltv=[]), events(), lang="en")
    assert figure.layout.title.text == "No LTV history"
    assert not figure.data


def test_the_frames_are_left_as_they_were():
    path, happened = history(), events((1, "1", "repaid", "USDT", "-1"))
    copies = path.copy(deep=True), happened.copy(deep=True)
    plot_ltv_history(path, happened)
    pd.testing.assert_frame_equal(path, copies[0])
    pd.testing.assert_frame_equal(happened, copies[1])


def test_another_frame_is_refused():
    with pytest.raises(InvalidArgumentError, match="margin_call_ltv"):
        plot_ltv_history(history().drop(columns="margin_call_ltv"))
    with pytest.raises(InvalidArgumentError, match="loan_history"):
        plot_ltv_history(history(), history())
