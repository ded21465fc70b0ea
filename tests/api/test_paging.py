import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexloan_nb import InvalidArgumentError, ResponseFormatError
from flexloan_nb.api.paging import walk

NEWEST = 17316594851045087


class Ledger:
    """Pages as the exchange gives them: newest first, both cursors exclusive."""

    def __init__(self, size):
        self.ids = [NEWEST - i for i in range(size)]
        self.asked = []

    def page(self, cursor):
        self.asked.append(cursor)
        after, before = cursor["after"], cursor["before"]
        ids = [i for i in self.ids if after is None or i < int(after)]
        ids = [i for i in ids if before is None or i > int(before)]
        return [{"refId": str(i)} for i in ids[: int(cursor["limit"])]]


def ids(rows):
    return [int(row["refId"]) for row in rows]


@given(st.integers(0, 350), st.none() | st.integers(1, 400))
def test_the_newest_rows_come_complete_unique_and_oldest_first(size, limit):
    ledger = Ledger(size)
    rows = walk(ledger.page, "loan_history", limit=limit)
    assert ids(rows) == sorted(ledger.ids[:limit])


@given(st.integers(0, 350), st.integers(-2, 352), st.integers(-2, 352))
def test_both_ends_are_exclusive(size, newer, older):
    ledger = Ledger(size)
    rows = walk(ledger.page, "loan_history", after=NEWEST - newer, before=str(NEWEST - older))
    assert ids(rows) == sorted(i for i in ledger.ids if NEWEST - older < i < NEWEST - newer)


def test_before_is_sent_once_because_alone_it_means_the_newest_page():
    ledger = Ledger(350)
    walk(ledger.page, "loan_history", before=NEWEST - 249)
    assert [cursor["before"] for cursor in ledger.asked] == [str(NEWEST - 249), None, None]


def test_rows_that_arrive_during_the_walk_neither_repeat_nor_hide_others():
    ledger = Ledger(250)

    def page_while_rows_arrive(cursor):
        page = ledger.page(cursor)
        ledger.ids.insert(0, ledger.ids[0] + 1)
        return page

    rows = walk(page_while_rows_arrive, "loan_history")
    assert ids(rows) == list(range(NEWEST - 249, NEWEST + 1))


def test_no_more_is_asked_than_is_needed():
    ledger = Ledger(1000)
    walk(ledger.page, "loan_history", limit=150)
    assert [cursor["limit"] for cursor in ledger.asked] == ["100", "50"]


def test_a_server_that_repeats_a_page_is_an_error_not_an_endless_loop():
    page = [{"refId": str(NEWEST - i)} for i in range(100)]
    with pytest.raises(ResponseFormatError, match="repeats rows"):
        walk(lambda cursor: page, "loan_history")


def test_rows_that_share_an_id_are_both_kept_unless_they_are_the_same():
    sold, bought = {"refId": "2", "ccy": "BTC"}, {"refId": "2", "ccy": "USDT"}
    rows = walk(lambda cursor: [sold, bought, sold, {"refId": "1"}], "loan_history")
    assert rows == [{"refId": "1"}, sold, bought]


@pytest.mark.parametrize("row", [{}, {"refId": ""}, {"refId": "1.7e16"}, {"refId": None}])
def test_a_row_without_an_id_is_an_error(row):
    with pytest.raises(ResponseFormatError, match="no refId"):
        walk(lambda cursor: [row], "loan_history")


@pytest.mark.parametrize(
    "argument", [{"limit": 0}, {"limit": "5"}, {"limit": 1.0}, {"after": "x"}, {"before": 1.5}]
)
def test_a_wrong_cursor_is_refused_before_anything_is_asked(argument):
    ledger = Ledger(1)
    with pytest.raises(InvalidArgumentError):
        walk(ledger.page, "loan_history", **argument)
    assert not ledger.asked
