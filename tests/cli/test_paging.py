"""Long answers go through the pager that git would take, on a terminal and nowhere else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli.paging import choose

Git = Callable[..., str]
Program = Any
Terminal = Callable[..., tuple[int, str]]
MARK = "sed s/^/paged:/"


@pytest.mark.parametrize("line", ["ls", "ls fraud", "log", "show fraud/1", "search", "ls --json"])
def test_what_may_be_long_is_paged_terminal(line: str, fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal(*line.split(), GIT_PAGER=MARK)
    assert code == 0
    # Words to people too: in the middle of a page they would be lost.
    assert all(row.startswith("paged:") for row in screen.splitlines())


def test_runs_are_paged(trained: Path, terminal: Terminal) -> None:
    assert terminal("runs", GIT_PAGER=MARK)[1].startswith("paged:NAME")


@pytest.mark.parametrize("line", ["alias ls fraud", "status", "cat fraud/1:weights.bin", "-h", "--version"])
def test_what_is_short_or_no_text_is_not_paged(line: str, fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal(*line.split(), GIT_PAGER=MARK)
    assert code == 0
    assert "paged:" not in screen


def test_a_pipe_is_never_paged(fraud: Path, program: Program) -> None:
    assert "paged:" not in program("ls", GIT_PAGER=MARK).stdout


@pytest.mark.parametrize("line", ["-P ls", "--no-pager ls", "ls --no-pager", "ls -P"])
def test_nobody_has_to_have_a_pager(line: str, fraud: Path, terminal: Terminal) -> None:
    assert terminal(*line.split(), GIT_PAGER=MARK)[1].startswith("MODEL")


def test_the_pager_is_chosen_as_git_does(fraud: Path, git: Git, terminal: Terminal) -> None:
    plain = {"GIT_PAGER": "cat", "PAGER": MARK}
    assert terminal("ls", **plain)[1].startswith("MODEL")
    git("config", "core.pager", "sed s/^/configured:/", cwd=fraud)
    assert terminal("ls", PAGER=MARK)[1].startswith("configured:MODEL")
    assert terminal("ls", GIT_PAGER=MARK)[1].startswith("paged:MODEL")
    git("config", "--unset", "core.pager", cwd=fraud)
    assert terminal("ls", PAGER=MARK)[1].startswith("paged:MODEL")


@pytest.mark.parametrize(
    ("environment", "configured", "chosen"),
    [
        ({}, None, "less"),
        ({"PAGER": ""}, None, None),
        ({"GIT_PAGER": "", "PAGER": "more"}, None, None),
        ({"GIT_PAGER": "a", "PAGER": "b"}, "c", "a"),
        ({"PAGER": "b"}, "c", "c"),
        ({"PAGER": "b"}, None, "b"),
        ({"PAGER": "b"}, "cat", None),
    ],
)
def test_of_what_is_set_the_first_counts(
    environment: dict[str, str], configured: str | None, chosen: str | None
) -> None:
    assert choose(environment, lambda: configured) == chosen


def test_a_pager_that_is_not_there_costs_nothing(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("ls", GIT_PAGER="no-such-program")
    assert code == 0
    assert screen.startswith("MODEL")


def test_less_gets_what_git_gives_it(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("ls", GIT_PAGER="sh -c 'echo [$LESS$LV]; cat'", LESS="")
    assert (code, screen.splitlines()[0]) == (0, "[-c]")
    os.environ.pop("LESS", None)
    assert terminal("ls", GIT_PAGER="sh -c 'echo [$LESS$LV]; cat'")[1].startswith("[FRX-c]")


def test_an_error_needs_no_pager(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("show", "frad/1", GIT_PAGER=MARK)
    assert code == 3
    assert screen.startswith("error: ")


def test_the_first_page_is_there_before_the_last_row_is_known(here: Path) -> None:
    program = (
        "import sys\nfrom gitmodels.cli.paging import paged\n"
        "with paged(sys.stdout, 'cat', dict(PATH=sys.argv[1])) as stream:\n"
        "    stream.write('first\\n')\n    assert sys.stdin.readline() == 'seen\\n'\n    stream.write('last\\n')\n"
    )
    command = [sys.executable, "-c", program, os.environ["PATH"]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        process.stdin.write("seen\n")
        process.stdin.close()
        assert process.stdout.readline() == "last\n"


def test_a_pager_that_is_quit_early_is_no_error(here: Path) -> None:
    program = (
        "import sys\nfrom gitmodels.cli import main\nfrom gitmodels.cli.paging import paged\n"
        "def work(arguments):\n"
        "    with paged(sys.stdout, 'true', {}) as stream:\n"
        "        for number in range(10**6): stream.write(f'{number}\\n')\n"
        "main._invoke = work\nmain.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed (apt install less)")
def test_less_shows_one_page_and_goes(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("ls", LINES="40", PAGER="less")
    assert code == 0
    assert "fraud" in screen


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed (apt install less)")
def test_an_interrupt_is_the_pagers_until_it_is_quit(fraud: Path, terminal: Terminal) -> None:
    code, screen = terminal("ls", PAGER="less -+F", LESS="RX", typed=b"\x03\x03q")
    # 130 when it came while rows were still being shown; either way less stayed until it was quit.
    assert code in (0, 130)
    assert "Traceback" not in screen
    assert ("interrupted" in screen) == (code == 130)
