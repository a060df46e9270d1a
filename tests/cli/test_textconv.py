"""What plain git shows of aliases and MLmodel files in a clone where ``git models init`` was run."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitmodels.git import diff_driver
from gitmodels.repo import Repo

Models = Any
Git = Callable[..., str]
MLMODEL = """\
flavors:
  sklearn:
    pickled_model: model.pkl
    sklearn_version: {version}
signature:
  inputs: '[{{"type": "{kind}", "name": "age"}}]'
  outputs: null
"""


def write(folder: Path, kind: str, version: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "MLmodel").write_text(MLMODEL.format(kind=kind, version=version))
    (folder / "requirements.txt").write_text(f"scikit-learn=={version}\n")
    (folder / "model.pkl").write_bytes(version.encode())


@pytest.fixture
def moved(here: Path, models: Models, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``fraud@champion`` moved from a version to one that breaks callers; the program is where git finds it."""
    monkeypatch.setenv("PATH", f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}")
    models("init")
    for kind, version in (("long", "1.8.0"), ("string", "1.9.1")):
        write(here / "model", kind, version)
        models("register", "model", "fraud")
    models("alias", "set", "fraud", "champion", "1")
    models("alias", "set", "fraud", "champion", "2", "--reason", "better")
    return here


def changed(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def test_git_diff_of_an_alias_tells_what_the_move_brings(moved: Path, git: Git) -> None:
    lines = changed(git("diff", "gitmodels~1", "gitmodels", cwd=moved))
    assert "-input age long" in lines
    assert "+input age string" in lines
    assert "-needs scikit-learn==1.8.0" in lines
    assert "+reason: better" in lines
    assert "+compared with v1: BREAK (1), note (1)" in lines
    assert "+  BREAK signature input age: long → string (data that the old version takes is refused)" in lines


def test_git_log_p_tells_it_too(moved: Path, git: Git) -> None:
    assert "+fraud@champion -> v2" in git("log", "-p", "-1", "gitmodels", cwd=moved)


def test_git_diff_of_an_mlmodel_file_in_the_work_tree_is_one_line_a_fact(moved: Path, git: Git) -> None:
    write(moved / "model", "long", "1.8.0")
    git("add", "model/MLmodel", cwd=moved)
    git("commit", "-q", "-m", "a model beside the code", cwd=moved)
    write(moved / "model", "double", "1.8.0")
    assert changed(git("diff", cwd=moved)) == ["-input age long", "+input age double"]


def test_where_the_program_is_gone_git_shows_files_as_they_are(
    moved: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = os.environ["PATH"].split(os.pathsep)
    monkeypatch.setenv("PATH", os.pathsep.join(each for each in folders if not Path(each, "git-models").exists()))
    assert "-target: fraud@champion -> 1" in git("diff", "gitmodels~1", "gitmodels", cwd=moved)


def test_what_is_no_record_stays_as_it_is(moved: Path, models: Models) -> None:
    for text in ("target: fraud@champion -> [", "flavors: 3\n", "words\n", ""):
        (moved / "file").write_text(text)
        assert models("textconv", "file").out == text


def test_nothing_of_a_record_reaches_the_terminal_as_a_control(moved: Path, models: Models) -> None:
    text = MLMODEL.format(kind="long", version='"\\e[31m red"').replace('"age"', '"a\\u202e"')
    (moved / "MLmodel").write_text(text)
    shown = models("textconv", "MLmodel").out
    assert "flavor sklearn \\x1b[31m red" in shown
    assert "\\u202e" in shown


def test_init_writes_into_the_clone_only_and_once(moved: Path, models: Models, git: Git) -> None:
    attributes = moved / ".git/info/attributes"
    before = attributes.read_text()
    assert git("config", "--local", diff_driver.KEY, cwd=moved).strip() == diff_driver.COMMAND
    models("init")
    assert attributes.read_text() == before
    assert git("status", "--porcelain", "--untracked-files=no", cwd=moved) == ""


def test_a_registry_that_the_first_write_starts_is_shown_and_merged_alike(here: Path, models: Models, git: Git) -> None:
    (here / "w.bin").write_bytes(b"one")
    models("register", "w.bin", "fraud")
    assert git("config", "--local", diff_driver.KEY, cwd=here).strip() == diff_driver.COMMAND
    assert "models merge-driver" in git("config", "--local", "merge.gitmodels.driver", cwd=here)


def test_a_driver_and_attributes_of_somebody_else_stay(here: Path, git: Git) -> None:
    (here / ".git/info").mkdir(exist_ok=True)
    (here / ".git/info/attributes").write_text("MLmodel diff=mine")
    repo = Repo.open(here)
    assert diff_driver.install(repo.git)
    assert (here / ".git/info/attributes").read_text().splitlines()[0] == "MLmodel diff=mine"
    assert "MLmodel: diff: mine" in git("check-attr", "diff", "MLmodel", cwd=here)
    assert "diff: gitmodels" in git("check-attr", "diff", "models/ab/fraud/aliases/champion.yaml", cwd=here)
    assert not diff_driver.install(Repo.open(here).git)
