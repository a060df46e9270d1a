"""Every command that only looks, whatever is at the other end: plain locales, readers that leave, narrow terminals."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import Metric

Models = Any
Terminal = Callable[..., tuple[int, str]]

LINES = (
    *("ls", "ls fraud", "show fraud/1", "log", "status", "search", "search --models", "runs", "runs odd", "flavors"),
    *("alias ls fraud", "tag ls fraud/1", "trust", "doctor", "du", "gc -n", "help", "help show", "completion bash"),
)
# Those that show what others wrote are started as programs, too.
SHOWING = ("ls", "ls fraud", "show fraud/1", "log", "status", "search", "runs", "runs odd", "tag ls fraud/1", "flavors")
HOSTILE = "red \x1b[31m\nnew line | `x` </details> @team \u202edlrow \x1b]8;;http://x\x07 \u200b"


@pytest.fixture
def odd(here: Path, models: Models) -> Path:
    """Texts that want to move the cursor, in models and in runs, and a name outside of ASCII."""
    (here / "files").mkdir()
    (here / "files" / "w.bin").write_bytes(b"x")
    models("register", "files", "fraud", "-m", HOSTILE, "-t", f"k={HOSTILE}")
    models("alias", "set", "fraud", "champion", "1", "--reason", HOSTILE)
    models("register", "files", "模型 é")
    runs = Repo.open(here).runs
    run = runs.start(NewRun(name="odd", user=HOSTILE, tags={"note": HOSTILE}))
    runs.log_params(run.id, {"p": HOSTILE})
    runs.log_metrics(run.id, [Metric("m", 0.5)])
    runs.end(run.id)
    return here


@pytest.mark.parametrize("line", LINES)
def test_101_what_others_wrote_moves_no_cursor(line: str, odd: Path, models: Models) -> None:
    done = models(*line.split())
    assert not any(sign in done.out + done.err for sign in "\x1b\u202e\u200b\x07")


@pytest.mark.parametrize("line", SHOWING)
def test_110_a_locale_without_utf8_is_served(line: str, odd: Path, program: Any) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    done = program(*line.split(), **plain)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert done.stderr.isascii()


@pytest.mark.parametrize("line", SHOWING)
def test_a_reader_that_left_and_an_output_that_is_closed_are_no_error(line: str, odd: Path) -> None:
    for ending in ("| exec <&-; exit ${PIPESTATUS[0]}", ">&- 2>&- </dev/null"):
        command = f"{sys.executable} -m gitmodels {line} {ending}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode in (0, 141), (ending, done)
        assert "Traceback" not in done.stderr
        assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("line", SHOWING)
def test_twenty_columns_are_enough(line: str, odd: Path, terminal: Terminal) -> None:
    code, screen = terminal(*line.split(), COLUMNS="20", TERM="dumb", GIT_PAGER="cat")
    assert code == 0, screen
    assert "\x1b" not in screen
