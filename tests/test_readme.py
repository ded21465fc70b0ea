"""What the README says is true."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_ci_runs_both_commands_word_for_word():
    main_job, tests = blocks("sh")
    assert main_job in (ROOT / ".ci" / "main_job").read_text()
    assert tests in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("code", blocks("python"), ids=["ten lines", "own exchange"])
def test_its_code_runs(code):
    exec(compile(code, "README.md", "exec"), {})


def test_its_ten_lines_are_ten():
    assert len(blocks("python")[0].strip().splitlines()) <= 10


def test_its_pictures_are_there():
    pictures = re.findall(r"!\[.+?\]\((.+?)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
