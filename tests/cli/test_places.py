"""Every reading command answers from wherever it is asked: folders, bare and linked repositories, named ones."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click import Context, Group

from gitmodels.cli.commands import COMMANDS
from gitmodels.cli.root import root

Git = Callable[..., str]
Models = Any

# Every command line that changes nothing, and what stands in its answer; those without a repository are not here.
READING = {
    "ls": "fraud",
    "ls fraud": "champion",
    "show fraud@champion": "fraud v1",
    "log": "register",
    "diff fraud": "fraud v1",
    "log fraud --alias champion": "champion",
    "at gitmodels fraud@champion": "fraud v1",
    "blame fraud@champion": "v1",
    "bisect fraud --good 1 --bad 2 run true": "fraud/2",
    "status": "1 model",
    "cat fraud/1:weights.bin": "one",
    "card fraud": "fraud",
    "alias ls fraud": "champion",
    "pin": "",
    "tag ls fraud/1": "risk",
    "trust": "logged in this clone",
    "remote ls": "",
    "search": "fraud",
    "runs": "first",
    "runs first": "auc",
    "doctor": "",
    "check": "history",
    "audit --all": "champion",
    "policy test": "",
    "policy explain fraud/1": "",
    "fsck": "",
    "du": "fraud",
    "gc -n": "",
}
ELSEWHERE = {"bundle", "clone", "completion", "env", "evaluate", "flavors", "help", "predict", "textconv", "verify"}
WRITING = {
    "sign",
    "merge-driver",
    "hook",
    "hooks",
    "ci",
    "init",
    "register",
    "checkout",
    "describe",
    "promote",
    "rollback",
    "rebuild",
    "rm",
    "mv",
    "cp",
    "stage",
    "import",
    "export",
    "repack",
    "push",
    "pull",
    "fetch",
}


@dataclass(frozen=True)
class Place:
    """From where, with what before the command's name, and with which variables."""

    folder: Path
    options: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    git: tuple[str, ...] = ()


@pytest.fixture
def places(trained: Path, fraud: Path, git: Git, tmp_path: Path) -> dict[str, Place]:
    """The same registry from everywhere it can be asked."""
    inner = fraud / "deep" / "er"
    inner.mkdir(parents=True)
    git("add", "files", cwd=fraud)
    git("commit", "-q", "-m", "code", cwd=fraud)
    linked, bare, detached = tmp_path / "linked", tmp_path / "bare.git", tmp_path / "detached"
    git("worktree", "add", "-q", str(linked), "-b", "side", cwd=fraud)
    git("worktree", "add", "-q", "--detach", str(detached), cwd=fraud)
    # A bare repository with everything that is ours: what a server's clone has.
    git("clone", "-q", "--bare", "--mirror", str(fraud), str(bare), cwd=tmp_path)
    (bare / "gitmodels").symlink_to(fraud / ".git" / "gitmodels")
    outside = tmp_path / "outside"
    outside.mkdir()
    variables = (("GIT_DIR", f"{fraud}/.git"), ("GIT_WORK_TREE", str(fraud)))
    return {
        "the top of the work tree": Place(fraud),
        "a folder below it": Place(inner),
        "a linked work tree": Place(linked),
        "a detached one": Place(detached),
        "a bare repository": Place(bare),
        "inside the git folder": Place(fraud / ".git"),
        "-C": Place(outside, ("-C", str(fraud))),
        "two -C": Place(outside, ("-C", str(fraud), "-C", "deep")),
        "--git-dir": Place(outside, ("--git-dir", f"{fraud}/.git")),
        "--git-dir of a bare one": Place(outside, ("--git-dir", str(bare))),
        "git's variables": Place(outside, environment=variables),
        "GITMODELS_REGISTRY": Place(outside, environment=(("GITMODELS_REGISTRY", str(fraud)),)),
        "git -C": Place(outside, git=("-C", str(fraud))),
        "git --git-dir": Place(outside, git=(f"--git-dir={fraud}/.git",)),
    }


def _through_git(place: Place, line: str) -> tuple[int, str, str]:
    scripts = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    command = ["git", *place.git, "models", *line.split()]
    done = subprocess.run(command, cwd=place.folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("line", sorted(READING))
def test_every_reading_command_answers_from_everywhere(
    line: str, places: dict[str, Place], models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {}
    for name, place in places.items():
        if place.git:
            answer = _through_git(place, line)
        else:
            with monkeypatch.context() as patched:
                patched.chdir(place.folder)
                for variable, value in place.environment:
                    patched.setenv(variable, value)
                done = models(*place.options, *line.split(), code=None)
                answer = (done.code, done.out, done.err)
        if answer[0] != 0 or READING[line] not in answer[1]:
            wrong[name] = answer
    assert wrong == {}


def test_no_command_is_forgotten() -> None:
    known = {line.split()[0] for line in READING} | ELSEWHERE | WRITING
    assert known == set(COMMANDS)
    context = Context(root)
    for name in ("alias", "tag"):
        group = root.get_command(context, name)
        assert isinstance(group, Group)
        assert "ls" in group.commands
