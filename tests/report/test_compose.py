"""What a report says."""

import dataclasses
from decimal import Decimal

import pytest

from flexloan_nb import SimulatedExchange, connect
from flexloan_nb.analytics.interest.audit import audit_interest
from flexloan_nb.analytics.liquidation.prices import liquidation_prices
from flexloan_nb.errors import InvalidArgumentError, TransportError
from flexloan_nb.report import collect, compose
from flexloan_nb.report.compose import SECTIONS
from flexloan_nb.report.formatting import percent, price, when
from flexloan_nb.report.parts import Gauge, Picture, Report, Section, Table, Text
from flexloan_nb.report.texts import texts as texts_of

DEAD = TransportError("index_tickers", "nothing answers", "Try again later.", sent=False)


def parts(report, key, kind):
    section = next(of for of in report.sections if of.key == key)
    return [part for part in section.parts if isinstance(part, kind)]


def only(key, facts, **changes):
    """Return a report of one section, of facts with some of them others."""
    changed = dataclasses.replace(facts, **changes)
    written = tuple(SECTIONS[key](changed, texts_of("en")))
    return Report("", "", True, (Section(key, key, written),), "en")


def texts(report, key):
    return " ".join(part.text for part in parts(report, key, Text))


def column(table, header):
    return [row[table.header.index(header)] for row in table.rows]


def of_exchange(exchange, **options):
    return compose(collect(connect(exchange, **options), progress=False), lang="en")


@pytest.fixture
def small():
    """Return an exchange with a young loan."""
    exchange = SimulatedExchange(scenario=None)
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 60_000, collateral={"BTC": 1})
    exchange.advance(hours=5)
    return exchange


def test_every_section_is_there_in_reading_order(report):
    assert [of.key for of in report.sections] == list(SECTIONS)
    assert report.failed == []


def test_the_gauges_show_what_the_exchange_printed(report, facts):
    info = facts.now.info
    gauges = parts(report, "status", Gauge)
    assert [gauge.ltv for gauge in gauges] == info["curLTV"].tolist()
    assert [gauge.margin_call for gauge in gauges] == info["marginCallLTV"].tolist()
    assert [gauge.liquidation for gauge in gauges] == info["liqLTV"].tolist()


def test_the_status_tells_the_distance_in_points(report):
    assert "LTV 53.39%, 21.61 points below the margin call at 75.00%" in texts(report, "status")


@pytest.mark.parametrize(
    ("ltv", "words"), [("0.5", "points below the margin call"), ("0.8", ": margin call."),
                       ("0.9", ": liquidation.")]
)  # fmt: skip
def test_the_status_says_what_has_been_reached(facts, ltv, words):
    info = facts.now.info.head(1).assign(curLTV=float(ltv))
    report = only("status", facts, now=facts.now._replace(info=info))
    assert words in texts(report, "status")


def test_the_ladder_has_the_liquidation_prices(report, facts):
    for table, position in zip(
        parts(report, "prices", Table), facts.positions.values(), strict=True
    ):
        expected = liquidation_prices(position)["liquidation_price"]
        assert column(table, "Liquidation at, USD") == [price(of) for of in expected]


def test_the_legs_are_all_listed(report, facts):
    (table,) = parts(report, "coins", Table)
    assert column(table, "Coin") == facts.now.legs["ccy"].tolist()


def test_the_legs_tell_which_share_of_the_collateral_counts(report):
    (table,) = parts(report, "coins", Table)
    first = dict(zip(table.header, table.rows[0], strict=True))
    assert (first["Side"], first["Coin"], first["Share that counts"]) == (
        "collateral",
        "BTC",
        "98.0%",
    )


def test_the_newest_event_is_the_first_of_the_list(report, facts):
    events = parts(report, "history", Table)[-1]
    assert column(events, "Time (UTC)")[0] == when(facts.events["ts"].max())
    assert column(events, "Time (UTC)")[-1] == when(facts.events["ts"].min())


def test_the_remedies_state_their_target_and_start_with_the_least_money(report):
    assert "Target, an assumption: an LTV of 52.50%" in texts(report, "remedies")
    for table in parts(report, "remedies", Table):
        values = [float(of.replace(",", "")) for of in column(table, "Value, USD")]
        assert values == sorted(values)


def test_a_target_that_is_reached_needs_nothing(facts):
    report = only("remedies", facts, target=0.7)
    assert parts(report, "remedies", Table) == []
    assert "nothing needs to be done" in texts(report, "remedies")


def test_a_top_up_that_is_not_held_is_not_offered(facts):
    report = only("remedies", facts, target=0.01)
    assert "Not enough is there for: top up" in texts(report, "remedies")
    for table in parts(report, "remedies", Table):
        assert "Pledge more" not in column(table, "What to do")


def test_the_cost_is_that_of_the_statement(report):
    costs, statement = parts(report, "cost", Table)
    assert costs.rows[-1][4] == statement.rows[-1][-1]
    assert costs.rows[-1][4] in texts(report, "cost")
    assert {len(costs.rows) - 1} == costs.sums


def test_records_that_are_right_are_told_in_a_sentence(report, facts):
    assert f"all {len(facts.accruals)} records" in texts(report, "audit")


def test_a_wrong_record_is_listed(facts):
    accruals = facts.accruals.copy()
    accruals.loc[7, "interest"] += 1
    report = only("audit", facts, accruals=accruals)
    (table,) = parts(report, "audit", Table)
    assert column(table, "Finding") == ["overcharged"]
    wrong = audit_interest(accruals).query("finding != 'ok'")
    assert column(table, "Unexplained") == ["1"]
    assert len(wrong) == 1


def test_a_forced_sale_is_told_with_its_loss(report):
    assert "Partial liquidation: 1.1474927 BTC" in texts(report, "sales")
    assert "2.00% of what was sold" in texts(report, "sales")


def test_books_of_an_old_debt_balance_but_for_what_is_forgotten(report):
    (table,) = parts(report, "books", Table)
    sides = dict(zip(column(table, "Side"), column(table, "Balances"), strict=True))
    assert sides == {"collateral": "yes", "debt": "older than the records"}
    assert texts(report, "books").startswith("Yes:")


def test_books_of_a_young_debt_balance(small):
    report = only("books", collect(connect(small), progress=False))
    (table,) = parts(report, "books", Table)
    assert set(column(table, "Balances")) == {"yes"}
    assert "forgets" not in texts(report, "books")


def test_an_event_that_is_not_on_record_is_noticed(small):
    facts = collect(connect(small), progress=False)
    report = only("books", facts, events=facts.events.tail(1))
    (table,) = parts(report, "books", Table)
    assert "no" in column(table, "Balances")


def test_a_loan_that_sees_liquidation_in_the_past_says_so(report, facts):
    assert any("liquidation" in column(t, "Then") for t in parts(report, "stress", Table))


def test_figures_have_names_that_can_be_files_whatever_the_order_is_called(facts):
    odd = facts.now._replace(
        info=facts.now.info.assign(ordId=["../../a", "b/c"]),
        legs=facts.now.legs.assign(
            ordId=facts.now.legs["ordId"].map(
                dict(zip(facts.now.info["ordId"], ["../../a", "b/c"], strict=True))
            )
        ),
    )
    report = only("prices", facts, now=odd)
    assert all(name.replace("_", "").isalnum() for name in report.figures)
    assert "liquidation_ladder_2" in report.figures


@pytest.mark.parametrize(
    ("fact", "lost"),
    [
        ("prices", {"prices", "collateral", "sensitivity", "remedies", "runway", "stress"}),
        ("hourly", {"history", "books"}),
        ("at_sales", {"sales"}),
        ("accruals", {"history", "cost", "audit", "runway", "books"}),
        ("events", {"history", "sales", "books"}),
    ],
)
def test_a_section_that_cannot_be_made_says_so_and_the_others_are_there(facts, fact, lost):
    report = compose(dataclasses.replace(facts, **{fact: DEAD}), lang="en")
    assert {of.key for of in report.sections if of.failed} == lost
    assert [of.key for of in report.sections] == list(SECTIONS)
    for key in lost:
        assert "nothing answers. Try again later." in texts(report, key)


@pytest.mark.parametrize("fact", ["balances", "free_prices"])
def test_without_balances_there_are_remedies_that_need_none(facts, fact):
    for table in parts(only("remedies", facts, **{fact: DEAD}), "remedies", Table):
        assert set(column(table, "What to do")) == {"Repay", "Sell collateral and repay"}


def test_costs_without_prices_are_in_coins(facts):
    report = only("cost", facts, hourly=DEAD)
    costs, _ = parts(report, "cost", Table)
    assert column(costs, "Interest, USD")[-1] == "–"  # noqa: RUF001
    assert "Values in USD are missing" in texts(report, "cost")


def test_an_error_nobody_foresaw_takes_only_its_section(facts):
    report = compose(dataclasses.replace(facts, discount_rates="broken"), lang="en")
    assert "status" not in {of.key for of in report.sections if of.failed}
    assert "stress" in {of.key for of in report.sections if of.failed}


def test_an_account_without_a_loan_has_a_report():
    report = of_exchange(SimulatedExchange(scenario=None))
    assert report.failed == []
    assert texts(report, "status") == "There is no loan."
    assert report.figures == {}


def test_a_loan_of_this_minute_has_a_report():
    exchange = SimulatedExchange(scenario=None)
    exchange.deposit("BTC", 1)
    exchange.borrow("USDT", 20_000, collateral={"BTC": 1})
    report = of_exchange(exchange)
    assert report.failed == []
    assert texts(report, "cost") == "No interest is on record."


def test_a_client_of_exact_numbers_gives_the_same_report(report):
    exact = of_exchange("simulator", numbers="decimal")
    assert exact.failed == []
    for key in ("coins", "prices", "remedies", "stress", "audit"):
        assert parts(exact, key, Table) == parts(report, key, Table)
    (table,) = parts(exact, "books", Table)
    assert Decimal(column(table, "Unexplained")[0]) == 0


def test_a_report_in_chinese_has_no_text_in_english(facts):
    report = compose(facts, lang="zh")
    assert report.failed == []
    for of in report.sections:
        assert not of.title.isascii()
        assert not any(part.text.isascii() for part in of.parts if isinstance(part, Text))
    titles = [figure.layout.title.text for figure in report.figures.values()]
    assert not any(title.isascii() for title in titles)


def test_an_unknown_language_is_refused(facts):
    with pytest.raises(InvalidArgumentError, match="fr"):
        compose(facts, lang="fr")


def test_a_report_says_whether_its_loan_is_simulated(report, facts):
    assert report.simulated
    live = compose(dataclasses.replace(facts, source="https://www.okx.com"), lang="en")
    assert not live.simulated
    assert "https://www.okx.com" in live.subtitle


def test_every_figure_has_a_table_beside_it(report):
    for of in report.sections:
        if any(isinstance(part, Picture) for part in of.parts):
            assert any(isinstance(part, Table) for part in of.parts)


def test_the_sensitivity_table_begins_at_the_ltv_of_today(report, facts):
    for table, position in zip(
        parts(report, "sensitivity", Table), facts.positions.values(), strict=True
    ):
        today = column(table, "Change of price").index("0.0%")
        assert set(table.rows[today][1:]) == {percent(position.ltv)}
