"""Many clients at once, for a moment; `tests/benchmarks` lets them ask for a minute."""

import threading
from datetime import UTC, datetime

import pytest
from benchmarks.load_of_clients import ask_all, clients_of

from flexloan_nb.sim import Gateway, SimulatorServer


@pytest.mark.parametrize("paced", [False, True])
def test_many_clients_get_right_answers_or_are_told_to_wait(exchange, paced):
    threads = threading.active_count()
    gateway = Gateway(exchange, clock=lambda: datetime.now(UTC), paced=paced)
    with SimulatorServer(gateway, gateway.issue_key(), control=True) as server:
        server.start()
        tally = ask_all(clients_of(server.control_url, 16), seconds=1.5)
    assert tally.wrong == []
    assert tally.codes["0"] > 100
    assert (tally.codes["50011"] > 0) == paced
    assert threading.active_count() == threads
