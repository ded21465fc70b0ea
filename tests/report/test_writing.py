"""Files with balances in them."""

import os
import stat
import subprocess
import sys

import pytest

from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.report.writing import write_private

KILLED_BEFORE_IT_IS_PUT_THERE = """
import os, sys
from pathlib import Path
from flexloan_nb.report.writing import write_private
os.umask(0)
os.fsync = lambda descriptor: os._exit(9)
write_private(Path(sys.argv[1]), b"new", overwrite=True)
"""


def test_only_the_owner_may_read_it_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        write_private(tmp_path / "loan.html", b"balances", overwrite=False)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "loan.html").stat().st_mode) == 0o600


def test_a_file_that_others_may_read_is_theirs_no_more_when_it_is_replaced(tmp_path):
    file = tmp_path / "loan.html"
    file.write_bytes(b"old")
    file.chmod(0o644)
    write_private(file, b"new", overwrite=True)
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_file_that_exists_is_kept_unless_it_may_be_replaced(tmp_path):
    file = tmp_path / "loan.html"
    file.write_bytes(b"old")
    with pytest.raises(InvalidArgumentError, match="--force"):
        write_private(file, b"new", overwrite=False)
    assert file.read_bytes() == b"old"


def test_who_is_killed_meanwhile_leaves_the_old_file_and_nothing_others_may_read(tmp_path):
    file = tmp_path / "loan.html"
    file.write_bytes(b"old")
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_IT_IS_PUT_THERE, str(file)])
    assert killed.returncode == 9
    assert file.read_bytes() == b"old"
    (unfinished,) = set(tmp_path.iterdir()) - {file}
    assert stat.S_IMODE(unfinished.stat().st_mode) == 0o600


def test_what_fails_leaves_nothing(tmp_path):
    with pytest.raises(TypeError):
        write_private(tmp_path / "loan.html", "text", overwrite=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["no/such/loan.html", "."])
def test_a_place_where_no_file_can_be_is_named(tmp_path, name):
    with pytest.raises(InvalidArgumentError, match="folder"):
        write_private(tmp_path / name, b"", overwrite=True)
