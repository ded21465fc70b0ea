"""The page."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import plotly.graph_objects as go
import pytest

from flexloan_nb.report import compose, render
from flexloan_nb.report.parts import Picture, Report, Section, Text

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes and direct text."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.text = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.text = []
        self.found.append((tag, dict(attrs), self.text))

    def handle_endtag(self, tag):
        self.text = []  # what follows is not of this element

    def handle_data(self, data):
        self.text.append(data)

    def named(self, name):
        return [(attrs, "".join(text)) for tag, attrs, text in self.found if tag == name]


@pytest.fixture(scope="module")
def page(report):
    return render(report)


@pytest.fixture(scope="module")
def elements(page):
    return Elements(page)


def renamed(facts, ccy, name):
    """Return the facts with a coin called otherwise."""

    def swap(frame):
        return frame.replace({"ccy": {ccy: name}})

    now = facts.now._replace(legs=swap(facts.now.legs))
    frames = ("prices", "discount_rates", "events", "accruals", "balances", "free_prices")
    swapped = {of: swap(getattr(facts, of)) for of in frames}
    columns = {of: getattr(facts, of).rename(columns={ccy: name}) for of in ("hourly", "at_sales")}
    return dataclasses.replace(facts, now=now, **swapped, **columns)


def test_a_page_asks_for_nothing(elements):
    assert not elements.named("link")
    for tag, attrs, _ in elements.found:
        assert "src" not in attrs, tag
        assert attrs.get("href", "#").startswith("#")


def test_the_policy_forbids_every_request(elements):
    (policy,) = [
        attrs["content"]
        for attrs, _ in elements.named("meta")
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert "unsafe" not in directives["script-src"]
    assert directives["img-src"] == "data: blob:"


def test_only_the_two_scripts_of_the_page_may_run(elements):
    scripts = [text for attrs, text in elements.named("script") if "type" not in attrs]
    digests = [base64.b64encode(hashlib.sha256(of.encode()).digest()).decode() for of in scripts]
    (policy,) = [a["content"] for a, _ in elements.named("meta") if "http-equiv" in a]
    assert re.findall(r"'sha256-([^']*)'", policy) == digests
    assert len(digests) == 2


def test_plotly_is_there_once(page):
    assert page.count("* plotly.js v") == 1


def test_figures_are_data_that_can_be_read(elements, report):
    data = [text for attrs, text in elements.named("script") if "type" in attrs]
    assert len(data) == len(report.figures)
    for text in data:
        assert json.loads(text).keys() >= {"data", "layout"}


@pytest.mark.parametrize("name", [EVIL, "<b>%{y}&lt;", '"onload="alert(1)'])
def test_what_a_coin_is_called_has_no_meaning_for_the_page(facts, elements, name):
    page = render(compose(renamed(facts, "LTC", name), lang="en"))
    swapped = Elements(page)
    assert [tag for tag, _, _ in swapped.found] == [tag for tag, _, _ in elements.found]
    assert {key for _, attrs, _ in swapped.found for key in attrs} == {
        key for _, attrs, _ in elements.found for key in attrs
    }
    assert name in "".join(text for _, _, texts in swapped.found for text in texts)


def test_what_an_error_says_has_no_meaning_for_the_page():
    section = Section("status", "Status", (Text(EVIL, "warning"),), failed=True)
    page = render(Report(EVIL, EVIL, False, (section,), "en"))
    assert EVIL not in page
    assert "alert(1)" in page


def test_what_a_figure_says_stays_within_its_data():
    figure = go.Figure(go.Scatter(y=[1], name=EVIL))
    section = Section("history", "History", (Picture("ltv_history", figure),))
    page = render(Report("Loan", "now", False, (section,), "en"))
    assert EVIL not in page
    (data,) = [text for attrs, text in Elements(page).named("script") if "type" in attrs]
    assert json.loads(data)["data"][0]["name"] == EVIL


def test_headings_go_down_step_by_step(elements):
    levels = [int(tag[1]) for tag, _, _ in elements.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in pairwise(levels))


def test_every_section_can_be_reached_from_the_contents(elements, report):
    links = [attrs["href"] for attrs, _ in elements.named("a")]
    assert links == ["#report", *(f"#{section.key}" for section in report.sections)]


def test_without_scripts_there_is_all_but_the_figures(elements, report):
    assert any(attrs.get("id") == "needs-script" for attrs, _ in elements.named("p"))
    assert len(elements.named("table")) == sum(
        type(part).__name__ == "Table" for section in report.sections for part in section.parts
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_says_its_language(report, lang):
    page = Elements(render(report._replace(lang=lang)))
    assert page.named("html")[0][0]["lang"] == lang


def test_a_page_is_what_its_report_is(report):
    pictures = [p for s in report.sections for p in s.parts if isinstance(p, Picture)]
    page = render(report)
    figures = Elements(page).named("figure")
    assert [attrs["data-figure"] for attrs, _ in figures] == [of.name for of in pictures]
    assert render(report) == page
