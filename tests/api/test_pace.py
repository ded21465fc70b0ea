import itertools
import multiprocessing
import os
import signal
import threading
import time

import pytest

from flexloan_nb.api.endpoints import INDEX_TICKERS, LOAN_HISTORY, LOAN_INFO
from flexloan_nb.api.pace import SharedPace


class Clock:
    """Time that passes only by sleeping and answering."""

    def __init__(self):
        self.seconds = 1_700_000_000.0
        self.slept = 0.0

    def now(self):
        return self.seconds

    def sleep(self, seconds):
        self.slept += seconds
        self.seconds += seconds


def about(seconds):
    return pytest.approx(seconds, abs=0.003)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pace(clock, tmp_path):
    return SharedPace("key", folder=tmp_path, now=clock.now, sleep=clock.sleep)


def ask(pace, endpoint=LOAN_INFO):
    with pace.turn(endpoint):
        pass


def test_the_first_request_is_not_delayed(pace, clock):
    ask(pace)
    assert clock.slept == 0


def test_the_next_request_waits_from_the_answer_not_from_the_request(pace, clock):
    with pace.turn(LOAN_INFO):
        clock.seconds += 3.0
    ask(pace)
    assert clock.slept == about(0.4)


def test_waiting_that_has_already_happened_is_not_repeated(pace, clock):
    ask(pace)
    clock.seconds += 0.3
    ask(pace)
    assert clock.slept == about(0.1)


def test_endpoints_do_not_wait_for_each_other(pace, clock):
    for endpoint in (LOAN_INFO, LOAN_HISTORY, INDEX_TICKERS):
        ask(pace, endpoint)
    assert clock.slept == 0


def test_keys_do_not_wait_for_each_other_but_for_public_endpoints_they_do(pace, clock, tmp_path):
    other = SharedPace("other", folder=tmp_path, now=clock.now, sleep=clock.sleep)
    ask(pace)
    ask(other)
    assert clock.slept == 0
    ask(pace, INDEX_TICKERS)
    ask(other, INDEX_TICKERS)
    assert clock.slept == about(0.1)


def test_a_failed_request_counts(pace, clock):
    with pytest.raises(ZeroDivisionError), pace.turn(LOAN_INFO):
        _ = 1 / 0
    ask(pace)
    assert clock.slept == about(0.4)


def test_a_clock_that_was_set_back_delays_by_the_spacing_at_most(pace, clock):
    ask(pace)
    clock.seconds -= 3600
    ask(pace)
    assert clock.slept == about(0.4)


def test_the_key_is_not_written_down(pace, tmp_path):
    ask(pace)
    assert not [path for path in tmp_path.iterdir() if "key" in path.name]


def test_a_folder_that_cannot_be_made_is_named_and_the_pace_kept(clock, tmp_path):
    (tmp_path / "file").touch()
    with pytest.warns(UserWarning, match="the pace is not shared"):
        pace = SharedPace("key", folder=tmp_path / "file", now=clock.now, sleep=clock.sleep)
    ask(pace)
    ask(pace)
    assert clock.slept == about(0.4)


def request_repeatedly(folder, times, log):
    """Ask in a process of its own, writing down when each request begins and ends."""
    pace = SharedPace("key", folder=folder)
    for _ in range(times):
        with pace.turn(LOAN_INFO):
            began = time.time()
            time.sleep(0.005)
            with log.open("a") as lines:
                lines.write(f"{began} {time.time()}\n")


def requests_of(log):
    return sorted(tuple(map(float, line.split())) for line in log.read_text().splitlines())


def assert_spaced(requests):
    pauses = [later[0] - earlier[1] for earlier, later in itertools.pairwise(requests)]
    assert min(pauses) >= 0.4 - 0.001


def test_processes_and_threads_share_the_pace(tmp_path):
    log = tmp_path / "log"
    arguments = (tmp_path / "pace", 2, log)
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=request_repeatedly, args=arguments) for _ in range(3)]
    workers += [threading.Thread(target=request_repeatedly, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    requests = requests_of(log)
    assert len(requests) == 10
    assert_spaced(requests)


def hold(folder, ready):
    with SharedPace("key", folder=folder).turn(LOAN_INFO):
        ready.set()
        time.sleep(60)


def test_a_killed_process_does_not_hold_up_the_others(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=hold, args=(tmp_path, ready))
    holder.start()
    assert ready.wait(30)
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    began = time.monotonic()
    ask(SharedPace("key", folder=tmp_path))
    assert time.monotonic() - began < 5


def test_the_documented_limits_are_kept():
    assert LOAN_INFO.spacing == 2 / 5
    assert INDEX_TICKERS.spacing == 2 / 20
