"""What the embedded exchange offers, and what it costs to import."""

import os
import subprocess
import sys

import flexloan_nb.sim


def test_public_names_are_sorted_and_all_there():
    assert flexloan_nb.sim.__all__ == sorted(flexloan_nb.sim.__all__)
    for name in flexloan_nb.sim.__all__:
        assert getattr(flexloan_nb.sim, name).__doc__


def test_every_process_gives_the_same_bytes():
    """Nothing depends on the order of sets, which differs from process to process."""
    code = (
        "from flexloan_nb.sim import SimulatedExchange; e = SimulatedExchange();"
        "print(e.loan_info(), e.loan_history(), e.interest_accrued(), e.collateral_assets())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_an_exchange_needs_neither_pandas_nor_requests():
    code = (
        "import sys; from flexloan_nb.sim import Gateway, SimulatedExchange;"
        "Gateway(SimulatedExchange()).issue_key();"
        "print(sorted({'pandas', 'requests', 'http.server'} & set(sys.modules)))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert output.stdout.strip() == b"[]"
