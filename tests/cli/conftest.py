"""A command line in a repository, run in this process or as the real program."""

import json
import os
import pty
import select
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitmodels import digest
from gitmodels.cli import main
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import DatasetUse, Metric


@dataclass(frozen=True)
class Done:
    """What a command line left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Models = Callable[..., Done]
_MLMODEL = b"flavors: {}\n"


@pytest.fixture
def here(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh git repository that is the current folder."""
    monkeypatch.chdir(git_repo)
    return git_repo


@pytest.fixture
def models(capfd: pytest.CaptureFixture[str]) -> Models:
    """``models("show", "fraud/1")``: runs ``git models show fraud/1`` in this process."""

    def run(*arguments: str, code: int | None = 0) -> Done:
        capfd.readouterr()
        done = Done(main.run(list(arguments)), *capfd.readouterr())
        assert code is None or done.code == code, done
        return done

    return run


@pytest.fixture
def program() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The console script, started as a user starts it: ``program("ls", LC_ALL="C")``."""
    script = Path(sysconfig.get_path("scripts"), "git-models")

    def run(*arguments: str, **extra: Any) -> subprocess.CompletedProcess[str]:
        stdin = extra.pop("stdin", "")
        return subprocess.run(
            [str(script), *arguments],
            env={**os.environ, **extra},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


Terminal = Callable[..., tuple[int, str]]


def _screen(program: list[str], typed: bytes, environment: dict[str, str]) -> tuple[int, str]:
    child, screen = pty.fork()
    if child == 0:
        os.environ.update(environment)
        os.execv(program[0], program)
    seen = asked = b""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not select.select([screen], [], [], 1)[0]:
            # An interrupt drops what was typed with it, so the key that quits is typed until it is heard.
            if asked:
                os.write(screen, asked)
            continue
        try:
            piece = os.read(screen, 65536)
        except OSError:
            break
        if not piece:
            break
        seen += piece
        if typed:
            os.write(screen, typed)
            typed, asked = b"", typed[-1:]
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen.decode().replace("\r\n", "\n")


@pytest.fixture
def terminal() -> Terminal:
    """``terminal("ls", COLUMNS="20")``: exit code and screen of the program on a plain terminal of its own.

    ``typed`` is typed when something was shown; ``program`` is Python code to run instead.
    """

    def run(*arguments: str, typed: bytes = b"", program: str | None = None, **extra: str) -> tuple[int, str]:
        what = ["-m", "gitmodels"] if program is None else ["-c", program]
        plain = {"TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "80"}
        return _screen([sys.executable, *what, *arguments], typed, plain | extra)

    return run


@pytest.fixture
def trained(here: Path) -> Path:
    """A repository with three runs: ``first`` and a failed ``second`` in ``churn``, one that goes on in Default."""
    runs = Repo.open(here).runs
    first = runs.start(NewRun("churn", "first", user="ana", started=1_764_000_000_000))
    runs.log_params(first.id, {"depth": 4})
    runs.log_metrics(first.id, [Metric("auc", value, step) for step, value in enumerate((0.8, 0.91))])
    runs.log_metrics(first.id, [Metric("f1", 0.7)])
    runs.log_inputs(first.id, [DatasetUse("people", "9f3c", "training")])
    runs.log_artifacts(first.id, [Entry("plots/roc.txt", 3, digest.of_bytes(b"roc"))])
    manifest = Manifest((Entry("MLmodel", len(_MLMODEL), digest.of_bytes(_MLMODEL)),))
    runs.models.log(first.id, "model", manifest, {"MLmodel": _MLMODEL})
    runs.end(first.id, ended=1_764_000_090_000)
    second = runs.start(NewRun("churn", "second", user="ana", started=1_764_000_100_000))
    runs.log_metrics(second.id, [Metric("auc", 0.85)])
    runs.end(second.id, "FAILED")
    runs.start(NewRun(name="third", user="ana", tags={"team": "risk"}))
    return here


@pytest.fixture(autouse=True)
def no_journal_is_held() -> Iterator[None]:
    """A run that a test leaves going on must not be owned by this process in the next one."""
    yield
    from gitmodels.runs import journal

    for one in list(journal._held.values()):
        one.close()


@pytest.fixture
def fraud(here: Path, models: Models) -> Path:
    """A repository with the model ``fraud``: two versions of plain files, the alias ``champion`` on the first."""
    folder = here / "files"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"one")
    models("register", "files", "fraud", "-m", "the first", "-t", "team=risk")
    (folder / "weights.bin").write_bytes(b"two!")
    models("register", "files", "fraud")
    models("alias", "set", "fraud", "champion", "1", "--reason", "it works")
    return here
