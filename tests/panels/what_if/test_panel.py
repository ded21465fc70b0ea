"""Every control of the what-if panel, set as a program sets it, against the pure function."""

import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import ipywidgets
import numpy as np
import pandas as pd
import pytest

from flexloan_nb import InvalidArgumentError, connect
from flexloan_nb.analytics.scenario.what_if import what_if
from flexloan_nb.figures.liquidation_ladder import ladder_traces
from flexloan_nb.figures.ltv_gauge import gauge_traces
from flexloan_nb.panels.what_if import Sketch, what_if_panel
from flexloan_nb.panels.what_if.asking import Asker
from flexloan_nb.panels.what_if.facts import read_account
from flexloan_nb.panels.what_if.outlook import look_out
from flexloan_nb.sim import Gateway, SimulatedExchange

ANSWERING = "max-loan"


@pytest.fixture(scope="module")
def exchange():
    return SimulatedExchange(seed=7)


@pytest.fixture
def gateway(exchange):
    return Gateway(exchange, paced=False)


@pytest.fixture
def client(gateway):
    return connect(gateway).with_options(sleep=lambda seconds: None)


@pytest.fixture
def panel(client):
    made = what_if_panel(client, rest=0, lang="en")
    yield made
    made.close()


def shown(panel, trace, path="x"):
    """Return what the figure that is displayed has for a trace."""
    names = [of.get("name") for of in panel.results.view.spec["data"]]
    column = panel.results.view.columns[f"{names.index(trace)}.{path}"]
    return np.frombuffer(column["bytes"]).reshape(column["shape"])


def check(panel):
    """Compare all that is shown with the pure functions."""
    outlook = look_out(panel.controls.loan, panel.sketch, also=panel.collateral.supplement)
    after, before = outlook.after, outlook.before
    rungs = {"uniform": after.falls, "uniform_before": before.falls, "lang": "en"}
    wanted = gauge_traces(after.position, before.position, lang="en")
    wanted |= ladder_traces(after.ladder, before.ladder, **rungs)
    for trace, arrays in wanted.items():
        for path, values in arrays.items():
            np.testing.assert_array_equal(shown(panel, trace, path), values)
    said = panel.results.cards.texts | panel.results.sheet.texts
    assert said["ltv"] == said["ltv_after"] == f"{after.position.ltv:.2%}"
    assert said["ltv_before"] == f"{before.position.ltv:.2%}"
    assert said["debt_usd_after"] == f"{after.position.debt_usd:,.2f}"
    assert float(said["max_loan"].split()[0].replace(",", "")) == pytest.approx(outlook.max_loan)
    return outlook


def test_it_opens_on_the_first_loan_and_the_exchange_agrees(panel):
    outlook = check(panel)
    assert outlook.after.quantities == outlook.before.quantities
    assert panel.answer.state == "agreed"
    assert panel.controls.loan.initial_ltv == (0.65, "inferred")
    assert not panel.is_stale


def test_collateral_draw_and_shocks_change_the_numbers_as_the_model_says(panel):
    panel.collateral.add.click()
    row = panel.collateral.rows[0]
    for amount in (0.3, 0.55, 1.1, 0.0, 0.005):
        row.control.slider.value = amount
        assert panel.sketch.supplement.get("BTC", 0.0) == amount
        check(panel)
    row.control.number.value = "0.7"
    check(panel)
    panel.draw.slider.value = 10_000
    check(panel)
    panel.shocks.together.value = -0.25
    check(panel)
    panel.shocks.sliders["USDT"].value = 0.02
    outlook = check(panel)
    assert panel.sketch == Sketch(
        panel.order.value,
        "USDT",
        {"BTC": 0.7},
        panel.draw.amount,
        {"BTC": -0.25, "ETH": -0.25, "SOL": -0.25, "USDT": 0.02},
    )
    # And against the analysis that was written apart from the panel.
    other = what_if(
        panel.controls.loan.position,
        add=panel.sketch.supplement,
        borrow={"USDT": panel.sketch.draw},
        shock=panel.sketch.shocks,
    ).table["after"]
    for name, value in outlook.after.quantities.items():
        assert value == pytest.approx(other[name], rel=1e-12), name


def test_a_coin_is_offered_once_and_its_row_can_go(panel):
    rows = panel.collateral
    for _ in range(3):
        rows.add.click()
    assert [row.coin.value for row in rows.rows] == ["BTC", "ETH", "SOL"]
    assert "ETH" not in [value for _, value in rows.rows[0].coin.options]
    rows.rows[1].control.amount = 3
    rows.rows[1].coin.value = "LTC"
    assert rows.supplement == {"BTC": 0, "LTC": 0, "SOL": 0}
    assert rows.rows[1].control.most == 220
    rows.rows[0].remove.click()
    assert list(rows.supplement) == ["LTC", "SOL"]
    assert set(panel.shocks.sliders) == {"BTC", "ETH", "SOL", "LTC", "USDT", "USDC"}
    check(panel)
    for _ in range(5):
        rows.add.click()
    assert rows.add.disabled


def test_a_wrong_entry_is_told_where_it_stands_and_marks_the_numbers(panel):
    panel.collateral.add.click()
    row = panel.collateral.rows[0]
    row.control.amount = 0.4
    row.control.number.value = "2"
    assert "more than the 1.1" in row.control.problem.text
    assert panel.is_stale
    assert panel.results.cards.texts["stale"]
    assert "flexloan-stale" in panel.results.rest._dom_classes
    panel.shocks.together.value = -0.1  # the rest goes on with the last valid amount
    assert check(panel).sketch.supplement == {"BTC": 0.4}
    assert panel.is_stale
    row.control.slider.value = 0.5
    assert not panel.is_stale
    assert panel.results.cards.texts["stale"] == ""
    assert "flexloan-stale" not in panel.results.rest._dom_classes


def test_more_than_the_maximum_loan_is_warned_of_and_the_presets_are_shares_of_it(panel):
    panel.draw.presets["50%"].click()
    assert panel.draw.amount == pytest.approx(panel.outlook.max_loan / 2)
    panel.draw.presets["MAX"].click()
    assert panel.outlook.warnings == ()
    assert panel.outlook.after.position.ltv == pytest.approx(0.65)
    panel.draw.amount = panel.outlook.max_loan + 1
    assert panel.outlook.warnings == ("what_if_overdrawn",)
    assert "would not lend" in panel.results.cards.texts["warnings"]
    panel.shocks.together.value = -0.4
    assert panel.outlook.warnings[0] == "what_if_liquidated"


def test_the_exchange_is_asked_about_the_supplement_alone(panel, client, monkeypatch):
    asked = []
    original = panel._asked_client.max_loan

    def counted(*args, **kwargs):
        asked.append((args, kwargs))
        return original(*args, **kwargs)

    monkeypatch.setattr(panel._asked_client, "max_loan", counted)
    panel.shocks.together.value = -0.5
    panel.draw.amount = 100
    assert asked == []
    assert panel.answer.state == "agreed"
    panel.collateral.add.click()
    assert asked == []  # of nothing pledged there is nothing new to ask
    panel.collateral.rows[0].control.amount = 0.5
    assert len(asked) == 1
    assert panel.answer.max_loan == pytest.approx(panel.outlook.max_loan)
    panel.ask_again.click()
    assert len(asked) == 2


def test_an_initial_ltv_of_ones_own_makes_a_difference_that_is_explained(panel):
    panel.initial.value = "0.6"
    assert panel.controls.loan.initial_ltv == (0.6, "given")
    assert panel.answer.state == "differs"
    assert panel.answer.residual > 0
    assert "initial LTV" in panel.results.cards.texts["answer_why"]
    for wrong in ("0.9", "much", "0"):
        panel.initial.value = wrong
        assert panel.is_stale
    panel.initial.value = "0.65"
    assert not panel.is_stale
    assert panel.answer.state == "agreed"
    panel.refresh.click()
    assert panel.controls.loan.initial_ltv == (0.65, "given")


def test_another_order_and_another_currency(panel, client):
    other = client.loan_info()["ordId"].iloc[1]
    panel.collateral.add.click()
    panel.collateral.rows[0].control.amount = 0.1
    panel.order.value = other
    assert panel.sketch.ord_id == other
    assert panel.sketch.supplement == {"BTC": 0.1}
    check(panel)
    assert panel.answer.state == "agreed"
    panel.borrow.value = "ADA"
    assert check(panel).quota > 0  # told by the exchange's answer
    assert panel.answer.state == "agreed"
    assert panel.results.cards.texts["max_loan"].endswith(" ADA")


def test_a_coin_to_borrow_that_is_in_a_row_is_told_and_nothing_stale_looks_fresh(panel):
    panel.order.value = panel.order.options[1]
    panel.collateral.add.click()
    panel.collateral.rows[0].control.amount = 0.1
    panel.borrow.value = "BTC"
    assert "51750" in panel.problem.text
    assert panel.is_stale
    assert panel.answer.state == "none"  # of another coin there was one
    assert panel.results.cards.texts["answer_loan"] == "-"
    panel.borrow.value = "USDT"
    assert not panel.is_stale
    assert panel.answer.state == "agreed"
    check(panel)


def test_scenarios_are_kept_compared_saved_and_loaded_again(panel, client):
    panel.collateral.add.click()
    panel.collateral.rows[0].control.amount = 0.5
    panel.kept.keep.click()
    panel.shocks.together.value = -0.3
    panel.kept.name.value = "<b>fall</b>"
    panel.kept.keep.click()
    frame = panel.scenarios
    assert frame.index.tolist() == ["Scenario 1", "<b>fall</b>"]
    assert frame["ltv"].iloc[1] == panel.outlook.after.position.ltv
    assert frame["max_loan"].iloc[0] == panel.outlook.max_loan
    assert "<b>fall" not in panel.kept._table.value
    kept = panel.sketch
    text = panel.to_json()

    fresh = what_if_panel(client, rest=0, lang="en")
    fresh.load(text)
    pd.testing.assert_frame_equal(fresh.scenarios, frame)
    fresh.kept.choice.value = "<b>fall</b>"
    fresh.kept.show.click()
    assert fresh.sketch == kept
    check(fresh)
    fresh.kept.forget.click()
    assert fresh.scenarios.index.tolist() == ["Scenario 1"]


def test_a_file_that_is_none_is_told_and_what_was_kept_stays(panel):
    panel.kept.keep.click()
    for content in (b"{", b"\xff\xfe", b"[]"):
        upload = {"name": "x", "type": "", "size": 1, "content": memoryview(content)}
        panel.kept.upload.value = ({**upload, "last_modified": pd.Timestamp.now(tz="UTC")},)
        assert panel.kept.problem.text
        assert len(panel.scenarios) == 1
    good = {**upload, "content": memoryview(panel.to_json().encode())}
    panel.kept.upload.value = ({**good, "last_modified": pd.Timestamp.now(tz="UTC")},)
    assert panel.kept.problem.text == ""


def test_a_scenario_that_does_not_fit_the_account_changes_nothing(panel):
    before = panel.sketch
    order = panel.order.value
    for sketch in (
        Sketch("1", "USDT"),
        Sketch(order, "BTC"),
        Sketch(order, "USDT", {"BTC": 5}),
        Sketch(order, "USDT", {"XYZ": 5}),
        Sketch(order, "USDT", draw=1e9),
    ):
        panel.kept.add("too much", sketch)
        panel.kept.show.click()
        assert panel.kept.problem.text
        assert panel.sketch == before


@pytest.mark.parametrize("fault", ["429", "half_body", "dropped"])
def test_an_exchange_that_fails_leaves_the_panel_usable(panel, gateway, fault):
    gateway.faults.fail_rate(1, [fault], endpoint=ANSWERING)
    panel.collateral.add.click()
    panel.collateral.rows[0].control.amount = 0.5
    assert panel.answer.state == "failed"
    assert panel.results.cards.texts["answer_why"].startswith("max_loan")
    assert np.isnan(panel.answer.max_loan)
    check(panel)  # the model needs no exchange
    gateway.faults.clear()
    panel.ask_again.click()
    assert panel.answer.state == "agreed"


def test_an_account_that_cannot_be_read_is_told_and_can_be_read_later(gateway, client):
    gateway.faults.fail_rate(1, ["50001"])
    panel = what_if_panel(client, rest=0, lang="en")
    assert "50001" in panel.problem.text
    with pytest.raises(InvalidArgumentError):
        _ = panel.sketch
    gateway.faults.clear()
    panel.refresh.click()
    assert panel.problem.text == ""
    check(panel)


def test_reading_again_takes_new_prices_and_keeps_what_was_sketched():
    exchange = SimulatedExchange(seed=7)
    panel = what_if_panel(connect(exchange), rest=0, lang="en")
    panel.collateral.add.click()
    panel.collateral.rows[0].control.amount = 0.5
    panel.kept.keep.click()
    before, kept = panel.outlook, panel.scenarios["ltv"].item()
    exchange.set_price("BTC", 50_000)
    panel.ask_again.click()
    assert panel.answer.state == "differs"
    panel.refresh.click()
    assert panel.sketch == before.sketch
    assert check(panel).before.position.prices["BTC"] == 50_000
    assert panel.answer.state == "agreed"
    assert panel.scenarios["ltv"].item() > kept


def test_without_a_loan_it_says_so_and_what_can_be_done(gateway):
    key = gateway.issue_key("somebody-new")
    from flexloan_nb import Credentials

    client = connect(gateway)
    new = type(client)(Credentials(key.api_key, key.secret_key, key.passphrase), **client._options)
    panel = what_if_panel(new, rest=0, lang="en")
    assert "no flexible loan" in panel.problem.text
    assert "client.max_loan" in panel.problem.text
    panel.refresh.click()
    assert "no flexible loan" in panel.problem.text


def test_exact_numbers_are_read_as_well(client):
    panel = what_if_panel(client.with_options(numbers="decimal"), rest=0, lang="en")
    panel.collateral.add.click()
    panel.collateral.rows[0].control.presets["MAX"].click()
    check(panel)
    assert panel.answer.state == "agreed"


def test_a_debt_of_nothing_has_no_liquidation(panel):
    loan = panel.controls.loan
    free = replace(loan, position=loan.position.repay(dict(loan.position.debt)))
    panel.controls.take(free)
    assert check(panel).after.quantities["ltv"] == 0
    assert panel.results.sheet.texts["liquidation_fall_after"] == "never"


def test_a_quota_that_ends_the_loan_makes_the_initial_ltv_a_bound(client, monkeypatch):
    def short(borrow_ccy, sup_collateral=None, *, ord_id=None):
        quota = {"maxLoan": [100.0], "notionalUsd": [100.0], "remainingQuota": [100.0]}
        return pd.DataFrame(quota)

    monkeypatch.setattr(client, "max_loan", short)
    loan = next(iter(read_account(client).loans.values()))
    assert loan.initial_ltv.source == "at_least"


def test_a_loan_that_is_lent_no_more_is_asked_with_a_supplement():
    exchange = SimulatedExchange(seed=7)
    exchange.set_price("BTC", 36_000)
    client = connect(exchange)
    loan = read_account(client).loans[client.loan_info()["ordId"].iloc[0]]
    assert client.max_loan("USDT")["maxLoan"].item() == 0
    assert loan.initial_ltv == (0.65, "inferred")


def test_the_panel_speaks_chinese(client):
    panel = what_if_panel(client, rest=0, lang="zh")
    assert panel.borrow.description == "借入"
    assert panel.results.cards.texts["answer_state"] == "✓ 一致"
    assert panel.results.view.title.startswith("质押率")


def test_every_control_has_a_description(panel):
    panel.collateral.add.click()
    found = []

    def walk(widget):
        if hasattr(widget, "description") and not isinstance(widget, ipywidgets.HTML):
            found.append(widget)
            assert widget.tooltip, widget
            assert widget.description or getattr(widget, "icon", ""), widget
        for child in getattr(widget, "children", ()):
            walk(child)

    walk(panel)
    assert len(found) > 20


# Asking in a thread of its own


def answers(rest=0.05):
    got, arrived = [], threading.Event()

    def answered(answer):
        got.append(answer)
        arrived.set()

    return SimpleNamespace(got=got, arrived=arrived, asker=Asker(answered, rest=rest))


def test_only_the_last_of_many_questions_is_asked():
    asked, here = [], answers()
    for number in range(50):
        here.asker.ask(lambda number=number: asked.append(number) or number)
    assert here.arrived.wait(10)
    assert (asked, here.got) == ([49], [49])


def test_an_answer_that_comes_too_late_is_dropped():
    here, going, free = answers(rest=0.01), threading.Event(), threading.Event()

    def slow():
        going.set()
        free.wait(10)
        return "old"

    here.asker.ask(slow)
    assert going.wait(10)
    here.asker.ask(lambda: "new")
    free.set()
    assert here.arrived.wait(10)
    assert here.got == ["new"]


def test_a_pause_between_attempts_ends_when_a_newer_question_comes():
    here, going = answers(rest=0.01), threading.Event()

    def stubborn():
        going.set()
        here.asker.pause(60)
        return "old"

    here.asker.ask(stubborn)
    assert going.wait(10)
    here.asker.ask(lambda: "new")
    assert here.arrived.wait(10)
    assert here.got == ["new"]


def test_what_is_closed_asks_nothing_and_leaves_no_thread():
    here = answers(rest=0.01)
    here.asker.ask(lambda: 1)
    assert here.arrived.wait(10)
    here.asker.close()
    here.asker.ask(lambda: 2)
    deadline = time.monotonic() + 10
    while any(of.name == "flexloan-asker" for of in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert here.got == [1]


def test_an_error_is_an_answer_too():
    here = answers(rest=0)
    here.asker.ask(lambda: 1 / 0)
    assert isinstance(here.got[0], ZeroDivisionError)


def test_a_panel_that_waits_says_so_and_moves_all_the_same(client, monkeypatch):
    panel = what_if_panel(client, rest=0.01, lang="en")
    free, original = threading.Event(), panel._asked_client.max_loan
    monkeypatch.setattr(
        panel._asked_client, "max_loan", lambda *a, **k: free.wait(10) and original(*a, **k)
    )
    panel.collateral.add.click()
    for amount in (0.1, 0.2, 0.3):
        panel.collateral.rows[0].control.slider.value = amount
        check(panel)
        assert panel.answer.state == "asking"
        assert panel.results.cards.texts["answer_loan"] == "-"
    free.set()
    deadline = time.monotonic() + 10
    while panel.answer.state == "asking":
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert panel.answer.state == "agreed"
    assert panel.answer.max_loan == pytest.approx(panel.outlook.max_loan)
    panel.close()
