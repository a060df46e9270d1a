"""``git models promote``, ``register --pr`` and ``push --pr``: what they print, and what they refuse."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Models = Any
Git = Callable[..., str]


@pytest.fixture
def shared(fraud: Path, bare_repo: Path, git: Git, models: Models) -> Path:
    """``fraud`` published."""
    git("remote", "add", "origin", str(bare_repo), cwd=fraud)
    models("push")
    return fraud


def test_a_promotion_moves_at_once_and_tells_each_alias(fraud: Path, models: Models) -> None:
    done = models("promote", "fraud", "v2", "champion", "fraud", "1", "previous", "--reason", "better")
    assert done.err.splitlines() == ["fraud@champion v1 → v2", "fraud@previous none → v1"]
    assert models("promote", "fraud", "2", "champion").err == "fraud@champion stays at v2\n"
    assert "promote" in models("log", "-n", "1").out
    assert "better" in models("log", "-n", "1").out


def test_a_previous_that_is_not_there_any_more_is_a_conflict(fraud: Path, models: Models) -> None:
    refused = models("promote", "fraud", "2", "champion", "--previous", "none", code=5)
    assert "fraud@champion points at v1, not at none: somebody else moved it" in refused.err
    assert "it works" in refused.err
    models("promote", "fraud", "2", "champion", "--previous", "1")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("fraud", "2", "champion", "fraud"), 2, "three words"),
        (("fraud", "2", "champion", "fraud", "x", "y"), 4, "version"),
        (("fraud", "2", "champion", "--push", "--pr"), 4, "--push publishes"),
        (("fraud", "2", "champion", "fraud", "1", "old", "--previous", "1"), 4, "--previous speaks of one"),
        (("fraud", "9", "champion"), 3, "version=9"),
        (("fraud", "2", "champion", "--pr"), 3, "origin"),
    ],
)
def test_what_cannot_be_promoted_is_told_in_one_line(
    words: tuple[str, ...], code: int, told: str, fraud: Path, models: Models
) -> None:
    assert told in models("promote", *words, code=code).err


def test_a_branch_is_written_and_nothing_moves(fraud: Path, models: Models, git: Git) -> None:
    done = models("promote", "fraud", "2", "champion", "--branch")
    assert done.out == "promote/fraud-2-champion\n"
    assert models("alias", "ls", "fraud", "--json").json == {"champion": 1}
    assert git("rev-parse", "promote/fraud-2-champion^", cwd=fraud) == git("rev-parse", "gitmodels", cwd=fraud)
    assert "nothing to propose" in models("promote", "fraud", "1", "champion", "--branch").err


def test_a_pull_request_is_pushed_and_where_to_open_it_is_told(shared: Path, models: Models, git: Git) -> None:
    done = models("promote", "fraud", "2", "champion", "--pr", "--reason", "better")
    assert done.out == "promote/fraud-2-champion\n"
    assert "pushed the branch promote/fraud-2-champion" in done.err
    assert "promote/fraud-2-champion" in git("ls-remote", "origin", cwd=shared)
    git("config", "gitmodels.host", "gitea", cwd=shared)
    (shared / "files" / "weights.bin").write_bytes(b"three")
    done = models("register", "files", "fraud", "--pr")
    assert "proposed as fraud/3; the number is final when it is merged" in done.err
    assert "register/fraud-3-" in done.out
    models("register", "files", "fraud")
    assert "publish/" in models("push", "--pr").out
    assert models("push", "--pr", "--json", code=4).err


def test_push_publishes_a_move_at_once(shared: Path, models: Models, git: Git) -> None:
    models("promote", "fraud", "2", "champion", "--push")
    assert models("push", "--json").json["operations"] == 0
    models("alias", "set", "fraud", "old", "1", "--push")
    assert models("push", "--json").json["operations"] == 0
    assert "nothing to propose" in models("push", "--pr").err
