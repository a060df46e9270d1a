"""What was not pushed is marked, wherever there is a remote-tracking branch to compare with."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Git = Callable[..., str]
Models = Any


@pytest.fixture
def pushed(fraud: Path, bare_repo: Path, models: Models, git: Git) -> Path:
    """``fraud`` with its two versions pushed and a third, and an alias, that are not."""
    git("remote", "add", "origin", str(bare_repo), cwd=fraud)
    git("push", "-q", "origin", "gitmodels", cwd=fraud)
    (fraud / "files" / "weights.bin").write_bytes(b"three")
    models("register", "files", "fraud")
    models("alias", "set", "fraud", "challenger", "3")
    return fraud


def test_versions_and_operations_that_were_not_pushed_are_marked(pushed: Path, models: Models) -> None:
    done = models("ls")
    assert done.out.splitlines()[1].endswith("●1 unpublished")
    assert done.err == "1 model, 3 versions, 1 unpublished\n"
    rows = [row.split() for row in models("ls", "fraud").out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["v3", "●"], ["v2", "–"], ["v1", "champion"]]
    assert "unpublished" in rows[0]
    assert [line.count("●") for line in models("log").out.splitlines()[:3]] == [1, 1, 0]
    assert models("show", "fraud/3").out.startswith("fraud v3 ● unpublished  ←challenger\n")
    assert models("show", "fraud/1").out.startswith("fraud v1  ←champion\n")


def test_programs_are_told_too(pushed: Path, models: Models) -> None:
    assert models("ls", "--json").json[0]["unpublished"] == 1
    assert [one["published"] for one in models("ls", "fraud", "--json").json] == [False, True, True]
    assert [one["published"] for one in models("log", "--json").json][:3] == [False, False, True]
    assert models("show", "fraud/3", "--json").json["published"] is False


def test_after_a_push_nothing_is_marked(pushed: Path, models: Models, git: Git) -> None:
    git("push", "-q", "origin", "gitmodels", cwd=pushed)
    assert all("●" not in models(*line.split()).out for line in ("ls", "ls fraud", "log", "show fraud/3"))
    assert models("show", "fraud/3", "--json").json["published"] is True


def test_without_a_remote_tracking_branch_nothing_can_be_said(fraud: Path, models: Models) -> None:
    assert all("●" not in models(*line.split()).out for line in ("ls", "ls fraud", "log", "show fraud/1"))
    assert models("show", "fraud/1", "--json").json["published"] is None
    assert models("ls", "--json").json[0]["unpublished"] is None


def test_a_clone_that_wrote_nothing_has_published_all(pushed: Path, models: Models, git: Git, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    git("clone", "-q", git("remote", "get-url", "origin", cwd=pushed).strip(), str(clone), cwd=tmp_path)
    found = models("-C", str(clone), "ls", "--json").json
    assert [(model["latest"], model["unpublished"]) for model in found] == [(2, 0)]


def test_where_both_went_on_only_what_is_here_alone_is_marked(
    pushed: Path, models: Models, git: Git, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    git("clone", "-q", git("remote", "get-url", "origin", cwd=pushed).strip(), str(other), cwd=tmp_path)
    models("-C", str(other), "register", str(pushed / "files"), "fraud")
    git("push", "-q", "origin", "gitmodels", cwd=other)
    git("fetch", "-q", "origin", cwd=pushed)
    # Both have a third version: ours was never seen by others.
    found = models("-C", str(pushed), "ls", "fraud", "--json").json
    assert [one["published"] for one in found] == [False, True, True]
    assert [line.count("●") for line in models("log").out.splitlines()[:3]] == [1, 1, 0]


def test_a_remote_tracking_branch_that_cannot_be_read_takes_nothing_with_it(fraud: Path, models: Models) -> None:
    folder = fraud / ".git" / "refs" / "remotes" / "origin"
    folder.mkdir(parents=True)
    (folder / "gitmodels").write_text(f"{'1' * 40}\n")
    for line in ("ls", "ls fraud", "log", "show fraud/1"):
        assert "●" not in models(*line.split()).out
