"""``log --alias``, ``at``, ``blame`` and ``bisect`` at a prompt."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels.api.bisecting import BAD, GOOD, SKIP, first_bad

Models = Any
JUDGE = """\
import os, sys
number = int(sys.argv[-1].rpartition("/")[2])
assert os.environ["GITMODELS_REF"] == sys.argv[-1], "told twice"
assert sys.argv[1:-1] == ["--good", "x"], sys.argv
with open("asked", "a") as out:
    out.write(f"{number} ")
sys.exit({skip} if number in {skipped} else 0 if number < {bad} else 1)
"""


@pytest.fixture
def many(here: Path, models: Models) -> Path:
    """``fraud`` in eight versions, the third of which is deleted."""
    for number in range(1, 9):
        (here / "weights.bin").write_bytes(b"%d" % number)
        models("register", "weights.bin", "fraud")
    models("rm", "fraud/3", "--reason", "leaked")
    return here


def run(
    models: Models, bad: int, *, skipped: str = "()", skip: int = 125, code: int = 0, options: tuple[str, ...] = ()
) -> Any:
    script = JUDGE.replace("{skip}", str(skip)).replace("{skipped}", skipped).replace("{bad}", str(bad))
    Path("judge.py").write_text(script)
    options = options or ("--good", "1", "--bad", "8")
    return models("bisect", "fraud", *options, "run", sys.executable, "judge.py", "--good", "x", code=code)


@pytest.mark.parametrize("bad", [2, 4, 5, 6, 7, 8])
def test_bisect_finds_the_first_bad_version(bad: int, many: Path, models: Models) -> None:
    done = run(models, bad)
    assert done.out == f"fraud/{bad} is the first bad version\n"
    assert len((many / "asked").read_text().split()) <= 3
    before = bad - 1 if bad != 4 else 2
    assert f"git models diff fraud/{before} fraud/{bad}" in done.err


def test_the_latest_version_is_bad_when_none_is_named(many: Path, models: Models) -> None:
    assert "fraud/6 is" in run(models, 6, options=("--good", "2")).out


def test_what_cannot_be_told_is_skipped_and_said(many: Path, models: Models) -> None:
    assert "fraud/7 is" in run(models, 7, skipped="(4, 5)").out
    assert "one of fraud/5, fraud/6" in run(models, 6, skipped="(5,)", code=7).err


def test_a_command_that_dies_ends_the_search(many: Path, models: Models) -> None:
    assert "is no verdict" in run(models, 5, skipped="(4, 5, 6)", skip=130, code=7).err
    assert "cannot run" in models("bisect", "fraud", "--good", "1", "run", "no-such-thing-xyz", code=3).err


def test_what_is_no_range_is_refused(many: Path, models: Models) -> None:
    assert "swap" in run(models, 5, options=("--good", "8", "--bad", "1"), code=4).err
    assert "no version 3" in run(models, 5, options=("--good", "3"), code=3).err
    assert "run CMD" in models("bisect", "fraud", "--good", "1", "walk", code=2).err


def test_skips_at_the_end_leave_several_candidates() -> None:
    found = first_bad([1, 2, 3, 4], lambda number, left: SKIP)
    assert found.numbers == (2, 3, 4)
    assert first_bad([1, 2], lambda number, left: BAD).numbers == (2,)
    assert first_bad(list(range(1000)), lambda number, left: GOOD if number < 700 else BAD).numbers == (700,)


def test_log_of_an_alias_tells_from_to_who_and_why(fraud: Path, models: Models) -> None:
    models("alias", "set", "fraud", "champion", "2", "--reason", "better\nand more")
    last, first = models("log", "fraud", "--alias", "champion").out.splitlines()
    assert "fraud@champion v1 → v2" in last
    assert '"better"' in last
    assert ", still" in last
    assert "fraud@champion none → v1" in first
    assert '"it works"' in first
    assert "log NAME" in models("log", "--alias", "champion", code=2).err


def test_at_and_blame_answer_on_the_screen(fraud: Path, models: Models) -> None:
    shown = models("at", "2999-01-01", "fraud@champion").out
    assert shown.startswith("fraud v1  m-")
    assert "it works" in shown
    (header, *rows) = models("blame", "fraud@champion").out.splitlines()
    assert header.split() == ["VERSION", "COMMIT", "TIME", "BY", "FACT"]
    assert rows
    assert all(row.startswith("v1") for row in rows)
    assert "no commit is called" in models("at", "yesterday-or-so", "fraud@champion", code=3).err
