"""A command line in a repository, run in this process or as the real program."""

import json
import os
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitmodels.cli import main


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
