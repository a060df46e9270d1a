"""The index as a commit takes it: what changed, what it was, and its bytes, also of files that are not whole here."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import NotEvaluated
from gitmodels.git.repository import GitRepository
from gitmodels.git.staged import Index

Git = Callable[..., str]


def index_of(folder: Path, **extra: str) -> Index:
    return Index(GitRepository.open(folder), {**os.environ, **extra})


@pytest.fixture
def here(git_repo: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(git_repo)
    return git_repo


def test_what_is_staged_is_told_with_what_it_was(here: Path, git: Git) -> None:
    (here / "a").write_text("one")
    (here / "ü \n\t").write_text("odd")
    (here / "link").symlink_to("a")
    git("add", ".", cwd=here)
    assert [(blob.path, blob.before, blob.is_regular) for blob in index_of(here).staged] == [
        ("a", None, True),
        ("link", None, False),
        ("ü \n\t", None, True),
    ]
    git("commit", "-q", "-m", "one", cwd=here)
    was = git("rev-parse", "HEAD:a", cwd=here).strip()
    (here / "a").write_text("two")
    (here / "link").unlink()
    git("add", "-A", cwd=here)
    (here / "a").write_text("not staged")
    index = index_of(here)
    (blob,) = index.staged
    assert (blob.path, blob.before, index.read(blob, 100), index.read(blob, 2)) == ("a", was, b"two", None)
    assert index.removed == ("link",)
    assert [each.path for each in index.at(["a", "link", "none", "ü \n\t"])] == ["a", "ü \n\t"]


def test_a_file_that_moved_is_told_with_what_it_was_elsewhere(here: Path, git: Git) -> None:
    (here / "m").mkdir()
    (here / "m" / "MLmodel").write_text("x\n" * 50)
    git("add", ".", cwd=here)
    git("commit", "-q", "-m", "one", cwd=here)
    was = git("rev-parse", "HEAD:m/MLmodel", cwd=here).strip()
    git("mv", "m", "n", cwd=here)
    (here / "n" / "MLmodel").write_text("x\n" * 49 + "y\n")
    git("add", ".", cwd=here)
    assert [(blob.path, blob.before) for blob in index_of(here).staged] == [("n/MLmodel", None)]
    assert [(blob.path, blob.before) for blob in index_of(here).renamed("**/MLmodel")] == [("n/MLmodel", was)]


def test_the_first_bytes_of_a_file_are_read_loose_and_packed(here: Path, git: Git) -> None:
    data = os.urandom(300_000)
    (here / "w").write_bytes(data)
    (here / "empty").write_bytes(b"")
    git("add", ".", cwd=here)
    for is_packed in (False, True):
        if is_packed:
            git("commit", "-q", "-m", "one", cwd=here)
            git("repack", "-adq", cwd=here)
            git("update-ref", "-d", "HEAD", cwd=here)
        index = index_of(here)
        found = {blob.path: (index.head(blob.oid, 512), index.size(blob.oid)) for blob in index.staged}
        assert found == {"w": (data[:512], 300_000), "empty": (b"", 0)}


def test_another_index_is_judged_where_git_names_one(here: Path, git: Git) -> None:
    (here / "a").write_text("one")
    other = {"GIT_INDEX_FILE": str(here / ".git" / "other-index")}
    git("add", "a", cwd=here, **other)
    assert index_of(here).staged == ()
    assert [blob.path for blob in index_of(here, **other).staged] == ["a"]


def test_attributes_are_those_that_are_staged(here: Path, git: Git) -> None:
    (here / ".gitattributes").write_text("*.x mine\n*.y -mine\n*.z mine=v\n")
    git("add", ".", cwd=here)
    (here / ".gitattributes").write_text("")
    told = index_of(here).attribute("mine", ["a.x", "b.y", "c.z", "d"])
    assert told == {"a.x": "set", "b.y": "unset", "c.z": "v"}


def test_a_question_that_git_refuses_is_no_success(here: Path) -> None:
    (here / ".git" / "index").write_bytes(b"damaged")
    with pytest.raises(NotEvaluated, match="git"):
        _ = index_of(here).staged
