"""The clean machine that tests/conftest.py promises to every other test."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest


def test_home_is_a_fresh_folder(home: Path) -> None:
    assert os.environ["HOME"] == str(home)
    assert Path.home() == home
    assert os.environ["XDG_CACHE_HOME"].startswith(str(home))


def test_nothing_of_the_machine_is_in_the_environment() -> None:
    ours = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_TERMINAL_PROMPT"}
    assert {name for name in os.environ if name.startswith(("GIT_", "GITMODELS_", "MLFLOW_"))} == ours


def test_libgit2_finds_no_configuration_outside_the_repository(git_repo: Path) -> None:
    config = pygit2.Repository(str(git_repo)).config
    local = pygit2.Config(str(git_repo / ".git" / "config"))
    assert {entry.name for entry in config} == {entry.name for entry in local}


def test_git_has_no_identity_of_its_own(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    asked = subprocess.run(["git", "config", "--get", "user.email"], cwd=tmp_path, capture_output=True, check=False)
    assert asked.returncode == 1


def test_a_fresh_repository_is_unborn_and_has_an_identity(git_repo: Path, git: Callable[..., str]) -> None:
    assert git("symbolic-ref", "HEAD", cwd=git_repo).strip() == "refs/heads/main"
    assert pygit2.Repository(str(git_repo)).head_is_unborn
    assert "Ana Test <ana@example.org>" in git("var", "GIT_AUTHOR_IDENT", cwd=git_repo)


def test_a_bare_repository_is_bare(bare_repo: Path) -> None:
    assert pygit2.Repository(str(bare_repo)).is_bare


def test_a_failing_git_fails_the_test(git_repo: Path, git: Callable[..., str]) -> None:
    with pytest.raises(AssertionError, match="rev-parse"):
        git("rev-parse", "--verify", "HEAD", cwd=git_repo)
