import io
import sys

import pytest
import tqdm.auto
import tqdm.notebook
import tqdm.std

from flexloan_nb.api.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def read(pages, shown):
    with progress_bar("loan_history", shown) as advance:
        for rows in pages:
            advance(rows)


@pytest.mark.parametrize(
    ("pages", "shown", "expected"),
    [
        ([100, 20], True, True),
        ([100], True, False),
        ([100, 20], False, False),
        ([100, 20], None, False),  # not a terminal
    ],
)
def test_it_is_shown_from_the_second_page_where_it_is_wanted(pages, shown, expected, capsys):
    read(pages, shown)
    assert ("loan_history" in capsys.readouterr().err) is expected


def test_on_a_terminal_a_quick_history_shows_none(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    read([100, 20], None)
    assert terminal.getvalue() == ""


def test_it_counts_the_rows_of_all_pages(monkeypatch):
    counts = []

    class Bar(tqdm.std.tqdm):
        def close(self):
            counts.append(self.n)
            super().close()

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    read([100, 100, 20], True)
    assert counts[0] == 220


def test_in_a_notebook_it_is_a_widget(monkeypatch):
    made = []

    class Bar(tqdm.notebook.tqdm_notebook):
        def __init__(self, *args, **kwargs):
            made.append(kwargs)
            super().__init__(*args, **kwargs | {"display": False})

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    read([100, 20], None)
    assert made[0]["disable"] is False


def fail_on_the_third_page():
    yield from (100, 100)
    raise ZeroDivisionError


def test_a_failure_takes_it_away(capsys):
    with pytest.raises(ZeroDivisionError):
        read(fail_on_the_third_page(), True)
    assert capsys.readouterr().err.endswith("\r")
