"""The command, run as a user runs it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flexloan_nb import connect

HOUR = 3_600_000  # milliseconds
FLEXLOAN = str(Path(sys.executable).parent / "flexloan")


@pytest.fixture
def start():
    """Return a starter of the command; what still runs is ended after the test."""
    running = []

    def start(*arguments, **options):
        process = subprocess.Popen(
            [FLEXLOAN, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.terminate()
        process.communicate(timeout=20)


def run(*arguments):
    return subprocess.run([FLEXLOAN, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_simulate_prints_one_line_serves_and_stops_cleanly(start, stop):
    process = start("simulate", "--port", "0", "--seed", "7", "--json")
    ready = json.loads(process.stdout.readline())
    assert ready.keys() == {"url", "api_key", "secret_key", "passphrase"}
    assert ready["url"].startswith("http://127.0.0.1:")
    assert len(connect(ready["url"]).loan_info()) == 2
    process.send_signal(stop)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_simulate_says_how_to_reach_it(start):
    process = start("simulate", "--control")
    first, second, _, fourth = (process.stdout.readline() for _ in range(4))
    assert "Ctrl-C" in first
    assert 'connect("http://127.0.0.1:' in second
    assert "http://127.0.0.1:" in fourth


def test_simulate_takes_commands_where_they_are_asked_for(start):
    process = start("simulate", "--control", "--json")
    ready = json.loads(process.stdout.readline())
    assert ready.keys() == {"url", "api_key", "secret_key", "passphrase", "control_url"}
    before = server_time(ready["url"])
    command(ready["control_url"] + "/advance", {"hours": 5})
    assert server_time(ready["url"]) - before == 5 * HOUR


def test_simulated_time_runs_as_fast_as_one_says(start):
    url = json.loads(start("simulate", "--speed", "36000", "--json").stdout.readline())["url"]
    began, before = time.monotonic(), server_time(url)
    time.sleep(0.5)
    hours = (server_time(url) - before) / HOUR
    assert 5 <= hours <= 10 * (time.monotonic() - began)


def test_simulated_time_stands_by_default(start):
    url = json.loads(start("simulate", "--json").stdout.readline())["url"]
    before = server_time(url)
    time.sleep(0.1)
    assert server_time(url) == before


def test_the_same_seed_serves_the_same_loans(start):
    frames = []
    for _ in range(2):
        process = start("simulate", "--seed", "11", "--json")
        client = connect(json.loads(process.stdout.readline())["url"])
        frames.append(client.loan_legs())
    assert frames[0].equals(frames[1])


def test_the_pace_of_the_exchange_is_kept_over_http(start):
    process = start("simulate", "--json")
    client = connect(json.loads(process.stdout.readline())["url"])
    began = time.monotonic()
    for _ in range(7):
        client.loan_info()
    assert time.monotonic() - began > 2


def test_a_port_in_use_is_named(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("simulate", "--port", port)
    assert result.returncode == 1
    assert result.stderr.startswith("flexloan simulate: ")
    assert port in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [[], ["lab"], ["app"], ["report"], ["simulate"], ["doctor"]])
def test_help_teaches(command):
    result = run(*command, "--help")
    assert result.returncode == 0
    assert "exit codes" in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["borrow"],
        ["lab", "--port", "x"],
        ["simulate", "--port", "70000"],
        ["simulate", "--seed", "-1"],
        ["simulate", "--speed", "-1"],
        ["simulate", "--speed", "inf"],
        ["app", "--port", "70000"],
        ["app", "--source", "demo"],
        ["doctor", "--source", "demo"],
        ["doctor", "--source", "simulator", "--base-url", "https://eea.okx.com"],
    ],
)
def test_a_wrong_command_line_is_exit_2(arguments):
    assert run(*arguments).returncode == 2


def test_lab_serves_the_notebooks_from_a_folder_of_the_users(start, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path / "mine"
    environment = os.environ | {"JUPYTER_TOKEN": "token-of-tests"}
    start("lab", "--no-browser", "--port", str(port), "--dir", str(folder), env=environment)
    listed = json.loads(wait_for(f"http://127.0.0.1:{port}/api/contents?token=token-of-tests"))
    assert "01_explore_loan.ipynb" in {entry["name"] for entry in listed["content"]}
    assert (folder / "01_explore_loan.ipynb").is_file()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/?token=token-of-tests") as opened:
        assert urlsplit(opened.url).path == "/lab/tree/01_explore_loan.ipynb"


def test_lab_names_a_folder_that_it_cannot_use(tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run("lab", "--no-browser", "--dir", str(tmp_path / "file"))
    assert result.returncode == 1
    assert "file" in result.stderr
    assert "Traceback" not in result.stderr


def test_lab_names_a_user_that_there_is_not():
    result = run("lab", "--no-browser", "--dir", "~nosuchuser/x")
    assert result.returncode == 1
    assert result.stderr.startswith("flexloan lab: --dir ~nosuchuser/x: ")
    assert "Traceback" not in result.stderr


def test_lab_names_links_that_lead_in_a_circle(tmp_path):
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    result = run("lab", "--no-browser", "--dir", str(tmp_path / "one"))
    assert result.returncode == 1
    assert result.stderr.startswith("flexloan lab: ")
    assert str(tmp_path / "one") in result.stderr
    assert "Traceback" not in result.stderr


def command(url, arguments):
    """Send a command to the control plane."""
    request = urllib.request.Request(url, json.dumps(arguments).encode())
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 200


def server_time(url):
    """Return the exchange's time in milliseconds."""
    return int(json.loads(wait_for(url + "/api/v5/public/time"))["data"][0]["ts"])


def wait_for(url, seconds=60):
    """Return what the address answers once it answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.read()
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
