"""The file."""

import pytest

from flexloan_nb import connect
from flexloan_nb.errors import InvalidArgumentError
from flexloan_nb.report import write_report


class Untouched:
    """Stands where a client would, and must not be asked."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")


def test_a_file_that_exists_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "loan.html").write_text("mine")
    with pytest.raises(InvalidArgumentError, match="exists"):
        write_report(Untouched(), tmp_path / "loan.html")


@pytest.mark.parametrize("wrong", [{"target": 1.5}, {"target": float("nan")}, {"lang": "fr"}])
def test_a_wrong_argument_is_refused_before_anything_is_read(tmp_path, wrong):
    with pytest.raises(InvalidArgumentError):
        write_report(Untouched(), tmp_path / "loan.html", **wrong)


def test_no_part_of_the_key_is_in_the_file(tmp_path):
    client = connect("simulator")
    write_report(client, tmp_path / "loan.html", progress=False)
    page = (tmp_path / "loan.html").read_text()
    key = client._credentials
    for secret in (key.api_key, key.secret_key, key.passphrase):
        assert secret not in page


def test_the_language_follows_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("FLEXLOAN_LANG", "zh")
    report = write_report(connect("simulator"), tmp_path / "loan.html", progress=False)
    assert report.lang == "zh"
