import threading

import pytest

from flexloan_nb.api.endpoints import INDEX_TICKERS, LOAN_HISTORY, LOAN_INFO
from flexloan_nb.api.pace import SpacedPace


class Clock:
    """Time that passes only by sleeping and answering."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(pytest.approx(seconds))
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock):
    return SpacedPace(monotonic=clock.monotonic, sleep=clock.sleep)


def test_the_first_request_is_not_delayed(pace, clock):
    with pace.turn(LOAN_INFO):
        pass
    assert clock.slept == []


def test_the_next_request_waits_from_the_answer_not_from_the_request(pace, clock):
    with pace.turn(LOAN_INFO):
        clock.now += 3.0
    with pace.turn(LOAN_INFO):
        pass
    assert clock.slept == [0.4]


def test_waiting_that_has_already_happened_is_not_repeated(pace, clock):
    with pace.turn(LOAN_INFO):
        pass
    clock.now += 0.3
    with pace.turn(LOAN_INFO):
        pass
    assert clock.slept == [0.1]


def test_endpoints_do_not_wait_for_each_other(pace, clock):
    for endpoint in (LOAN_INFO, LOAN_HISTORY, INDEX_TICKERS):
        with pace.turn(endpoint):
            pass
    assert clock.slept == []


def test_a_failed_request_counts(pace, clock):
    with pytest.raises(ZeroDivisionError), pace.turn(LOAN_INFO):
        _ = 1 / 0
    with pace.turn(LOAN_INFO):
        pass
    assert clock.slept == [0.4]


def test_threads_take_turns(pace):
    inside = []
    overlaps = []

    def ask():
        with pace.turn(LOAN_INFO):
            inside.append(1)
            overlaps.append(len(inside))
            inside.pop()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == [1] * 8


def test_the_documented_limits_are_kept():
    assert LOAN_INFO.spacing == 2 / 5
    assert INDEX_TICKERS.spacing == 2 / 20
