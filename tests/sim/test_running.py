"""Virtual time that runs by itself is exact, and steps by hand come on top."""

import json
from datetime import timedelta

import pandas as pd
import pytest

from flexloan_nb.sim import Gateway, SimulatedExchange

TIME = "/api/v5/public/time"


def test_time_runs_as_fast_as_one_says_and_loses_nothing(borrowed):
    seconds, opened = [5.0], borrowed.now()
    gateway = Gateway(borrowed, speed=3_600, monotonic=lambda: seconds[0])
    for step in range(1, 1_001):
        seconds[0] = 5 + step / 1_024
        with gateway.present() as exchange:
            passed = timedelta(milliseconds=step * 3_600_000 // 1_024)
            assert exchange.now() - opened == passed


def test_steps_by_hand_come_on_top_of_time_that_runs(borrowed, caller_of):
    seconds, opened = [0.0], borrowed.now()
    caller = caller_of(borrowed, speed=60, monotonic=lambda: seconds[0])
    borrowed.advance(hours=2)
    seconds[0] = 10.0
    told = int(json.loads(caller.send("GET", TIME).body)["data"][0]["ts"])
    assert told == (opened + timedelta(hours=2, minutes=10)).timestamp() * 1000
    assert borrowed.now() == opened + timedelta(hours=2, minutes=10)
    assert len(borrowed.interest_accrued()) == 2


def test_time_that_runs_stands_where_the_users_prices_end():
    index = pd.date_range("2020-03-11", periods=3, freq="h", tz="UTC")
    prices = pd.DataFrame({"BTC": [7_900.0, 7_800.0, 7_000.0]}, index=index)
    seconds = [0.0]
    gateway = Gateway(
        SimulatedExchange(scenario=None, prices=prices), speed=60, monotonic=lambda: seconds[0]
    )
    for seconds[0], minutes in ((60.0, 60), (110.0, 110), (130.0, 110), (1_000.0, 110)):
        with gateway.present() as exchange:
            assert exchange.now() - index[0] == timedelta(minutes=minutes)


@pytest.mark.parametrize("speed", [-1, float("inf"), float("nan")])
def test_time_cannot_run_backwards(borrowed, speed):
    with pytest.raises(ValueError, match="speed is"):
        Gateway(borrowed, speed=speed)
