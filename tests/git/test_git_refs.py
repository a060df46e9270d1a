"""Refs: read and written as git reads and writes them, locks that cannot stick, others' locks that stay."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels import processes
from gitmodels.errors import Conflict, Corrupt, InvalidName, Locked, RefChanged
from gitmodels.git import refs
from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.refs import ANY, Refs
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
ALIAS = "refs/gitmodels/aliases/fraud/champion"
# Made once by git commit-tree: every release must derive the same id.
ANN = Identity("Ann", "ann@example.org")


@pytest.fixture
def ids(branch: Branch) -> list[str]:
    """Three commits that exist."""
    made: list[str] = []
    for number in range(3):
        expected = made[-1] if made else None
        made.append(branch.commit({"n": b"%d" % number}, "x", expected=expected, author=ANN, when_ms=number * 1000))
    return made


@pytest.fixture
def store(git_repo: Path, ids: list[str]) -> Refs:
    return Refs(GitRepository.open(git_repo))


def test_update_read_list_delete(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    assert store.read(ALIAS) is None
    store.update(ALIAS, ids[0], None)
    store.update(ALIAS, ids[1], ids[0])
    store.update("refs/gitmodels/aliases/risk/prod", ids[2], ANY, durable_folder=False)
    assert store.list("refs/gitmodels/aliases") == {ALIAS: ids[1], "refs/gitmodels/aliases/risk/prod": ids[2]}
    assert git("for-each-ref", "--format=%(refname) %(objectname)", "refs/gitmodels", cwd=git_repo).splitlines() == [
        f"{ALIAS} {ids[1]}",
        f"refs/gitmodels/aliases/risk/prod {ids[2]}",
    ]
    assert store.delete(ALIAS, ids[1])
    assert not store.delete(ALIAS)
    assert list(store.list("refs/gitmodels/")) == ["refs/gitmodels/aliases/risk/prod"]
    assert not (git_repo / ".git/refs/gitmodels/aliases/fraud").exists()


@pytest.mark.parametrize("packed", [False, True])
def test_compare_and_swap(store: Refs, ids: list[str], git_repo: Path, git: Git, packed: bool) -> None:
    store.update(ALIAS, ids[0], None)
    if packed:
        git("pack-refs", "--all", cwd=git_repo)
        assert not (git_repo / ".git" / ALIAS).exists()
    for wrong in (None, ids[1]):
        with pytest.raises(RefChanged) as caught:
            store.update(ALIAS, ids[2], wrong)
        assert caught.value.fields["current"] == ids[0]
        with pytest.raises(RefChanged):
            store.delete(ALIAS, wrong or ids[2])
    assert store.read(ALIAS) == ids[0]
    store.update(ALIAS, ids[1], ids[0])
    assert store.read(ALIAS) == ids[1]
    assert store.delete(ALIAS, ids[1])
    assert store.read(ALIAS) is None
    assert ALIAS not in (git_repo / ".git/packed-refs").read_text() if packed else True
    git("fsck", "--strict", cwd=git_repo)


def test_packed_refs_keep_their_peeled_lines(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    for name in ("a", "b", "c"):
        git("tag", "-a", name, "-m", name, ids[0], cwd=git_repo)
    store.update(ALIAS, ids[0])
    git("pack-refs", "--all", cwd=git_repo)
    before = git("show-ref", "-d", cwd=git_repo)
    assert store.delete("refs/tags/b")
    assert store.delete(ALIAS)
    after = git("show-ref", "-d", cwd=git_repo)
    assert after == "".join(line for line in before.splitlines(True) if "tags/b" not in line and ALIAS not in line)


def test_a_packed_refs_that_changes_is_read_again(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    for number in (0, 1, 2):
        git("update-ref", ALIAS, ids[number], cwd=git_repo)
        git("pack-refs", "--all", cwd=git_repo)
        assert store.read(ALIAS) == ids[number]


@pytest.mark.parametrize(
    "name",
    ["HEAD", "heads/x", "refs/", "refs/x", "refs/heads/..", "refs/heads/a..b", "refs/heads/a.lock",
     "refs/heads/a.lock/b", "refs/heads/.a", "refs/heads/a b", "refs/heads/a\n", "refs/heads/a~1", "refs/heads/a^",
     "refs/heads/a:b", "refs/heads//a", "refs/heads/a/", "refs/heads/a.", "refs/heads/a@{1}", "refs/heads/a\\b",
     "refs/../config"],
)  # fmt: skip
def test_names_git_refuses(store: Refs, ids: list[str], name: str) -> None:
    for act in (lambda: store.read(name), lambda: store.update(name, ids[0]), lambda: store.delete(name)):
        with pytest.raises(InvalidName):
            act()


def test_directory_and_file_in_each_others_way(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    store.update("refs/gitmodels/runs/x", ids[0])
    for pack in (False, True):
        if pack:
            git("pack-refs", "--all", cwd=git_repo)
        with pytest.raises(Conflict, match="in the way"):
            store.update("refs/gitmodels/runs/x/y", ids[0])
        with pytest.raises(Conflict, match="in the way"):
            store.update("refs/gitmodels/runs", ids[0])
    store.delete("refs/gitmodels/runs/x")
    (git_repo / ".git/refs/gitmodels/runs/empty/er").mkdir(parents=True)
    store.update("refs/gitmodels/runs", ids[0])
    assert store.read("refs/gitmodels/runs") == ids[0]


def test_symbolic_refs_are_followed(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    git("update-ref", "refs/heads/real", ids[0], cwd=git_repo)
    git("symbolic-ref", "refs/heads/link", "refs/heads/real", cwd=git_repo)
    assert store.read("refs/heads/link") == ids[0]
    store.update("refs/heads/link", ids[1], ids[0])
    assert git("symbolic-ref", "refs/heads/link", cwd=git_repo).strip() == "refs/heads/real"
    assert git("rev-parse", "refs/heads/real", cwd=git_repo).strip() == ids[1]
    with pytest.raises(Conflict, match="symbolic"):
        store.delete("refs/heads/link")
    git("symbolic-ref", "refs/heads/one", "refs/heads/two", cwd=git_repo)
    git("symbolic-ref", "refs/heads/two", "refs/heads/one", cwd=git_repo)
    with pytest.raises(Corrupt, match="circles"):
        store.read("refs/heads/one")
    (git_repo / ".git/refs/heads/out").write_text("ref: ../../config\n")
    with pytest.raises(InvalidName):
        store.read("refs/heads/out")


@pytest.mark.parametrize("content", [b"", b"\0" * 41, b"garbage\n", b"zz" * 20])
def test_a_ref_file_without_an_id(store: Refs, ids: list[str], git_repo: Path, content: bytes) -> None:
    path = git_repo / ".git" / ALIAS
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(Corrupt, match="no object id") as caught:
        store.read(ALIAS)
    assert caught.value.hint
    assert store.list("refs/gitmodels/aliases") == {}


def test_a_foreign_lock_is_waited_for_and_never_removed(
    store: Refs, ids: list[str], git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = git_repo / ".git" / f"{ALIAS}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_bytes(b"")
    monkeypatch.setattr(refs, "DEFAULT_TIMEOUT_S", 0.05)
    with pytest.raises(Locked) as caught:
        store.update(ALIAS, ids[0])
    assert str(lock) in caught.value.message
    assert "remove" in caught.value.hint
    assert lock.exists()
    assert store.read(ALIAS) is None
    assert os.listdir(git_repo / ".git/gitmodels/tmp") == []
    lock.unlink()
    store.update(ALIAS, ids[0])


def test_a_live_writers_lock_is_not_removed(
    store: Refs, ids: list[str], git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = git_repo / ".git/gitmodels/tmp" / processes.new_name("ref")
    own.write_bytes(b"")
    lock = git_repo / ".git" / f"{ALIAS}.lock"
    lock.parent.mkdir(parents=True)
    os.link(own, lock)
    monkeypatch.setattr(refs, "DEFAULT_TIMEOUT_S", 0.05)
    with pytest.raises(Locked):
        store.update(ALIAS, ids[0])
    assert lock.exists()


KILLED = """
import os, sys
from pathlib import Path
from gitmodels.git import ref_lock
folder, target = Path(sys.argv[1]), sys.argv[2]
os.makedirs(os.path.dirname(target), exist_ok=True)
with ref_lock.FileLock(target, folder, 1.0):
    os.kill(os.getpid(), 9)
"""


def test_a_killed_writers_lock_is_recovered(store: Refs, ids: list[str], git_repo: Path) -> None:
    own = git_repo / ".git/gitmodels/tmp"
    subprocess.run([sys.executable, "-c", KILLED, str(own), str(git_repo / ".git" / ALIAS)], check=False)
    assert (git_repo / ".git" / f"{ALIAS}.lock").exists()
    assert len(os.listdir(own)) == 1
    store.update(ALIAS, ids[0], None)
    assert store.read(ALIAS) == ids[0]
    assert os.listdir(own) == []


def test_sweeping_removes_only_what_the_dead_left(store: Refs, git_repo: Path) -> None:
    own = git_repo / ".git/gitmodels/tmp"
    alive = own / processes.new_name("ref")
    dead = own / alive.name.replace(f"-{os.getpid()}-", "-999999999-")
    stranger = own / "somebody-elses"
    for path in (alive, dead, stranger):
        path.write_bytes(b"")
    store.sweep()
    assert sorted(os.listdir(own)) == sorted([alive.name, stranger.name])


def test_reflogs_are_kept_as_git_keeps_them(store: Refs, ids: list[str], git_repo: Path, git: Git) -> None:
    log = (ANN, 5, "why\nso")
    store.update("refs/heads/x", ids[0], log=log)
    store.update(ALIAS, ids[0], log=log)
    assert (
        git("reflog", "show", "--format=%gs %ge %H", "refs/heads/x", cwd=git_repo)
        == f"why so ann@example.org {ids[0]}\n"
    )
    assert not (git_repo / ".git/logs" / ALIAS).exists()
    git("config", "core.logAllRefUpdates", "always", cwd=git_repo)
    store.update(ALIAS, ids[1], log=log)
    assert git("reflog", "show", "--format=%H", ALIAS, cwd=git_repo) == f"{ids[1]}\n"
    git("config", "core.logAllRefUpdates", "false", cwd=git_repo)
    store.update("refs/heads/y", ids[1], log=log)
    assert not (git_repo / ".git/logs/refs/heads/y").exists()
    store.delete("refs/heads/x")
    assert not (git_repo / ".git/logs/refs/heads/x").exists()
    (git_repo / ".git/logs/refs/heads/z/empty").mkdir(parents=True)
    git("config", "core.logAllRefUpdates", "true", cwd=git_repo)
    store.update("refs/heads/z", ids[1], log=log)
    git("fsck", "--strict", cwd=git_repo)


@pytest.mark.parametrize("content", [b"", b"garbage", b"ref: refs/heads/main\n"])
def test_replace_overwrites_whatever_stands_there_and_follows_nothing(
    git_repo: Path, git: Callable[..., str], content: bytes
) -> None:
    git("commit", "--allow-empty", "-q", "-m", "one", cwd=git_repo)
    git("commit", "--allow-empty", "-q", "-m", "two", cwd=git_repo)
    first, main = git("rev-parse", "main~1", "main", cwd=git_repo).split()
    refs = Refs(GitRepository.open(git_repo))
    path = git_repo / ".git" / "refs" / "gitmodels" / "x"
    path.parent.mkdir()
    for new in (first, None):
        path.write_bytes(content)
        assert refs.replace("refs/gitmodels/x", new)
        assert refs.read("refs/gitmodels/x") == new
        assert not refs.replace("refs/gitmodels/x", new)
        git("pack-refs", "--all", cwd=git_repo)
    assert refs.replace("refs/gitmodels/x", first)
    git("pack-refs", "--all", cwd=git_repo)
    assert not refs.replace("refs/gitmodels/x", first)
    assert refs.replace("refs/gitmodels/x", None)
    assert git("rev-parse", "main", cwd=git_repo).strip() == main
    assert git("for-each-ref", "refs/gitmodels", cwd=git_repo) == ""


def test_a_file_system_without_hard_links(
    branch: Branch, put: Callable[..., str], git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(refs, "DEFAULT_TIMEOUT_S", 0.05)
    tip = put({"a": b"1"})
    assert branch.tip() == tip
    lock = git_repo / ".git/refs/heads/gitmodels.lock"
    assert not lock.exists()
    lock.write_bytes(b"")
    with pytest.raises(Locked):
        put({"a": b"2"})
    assert lock.exists()
    lock.unlink()
    put({"a": b"2"})
    assert os.listdir(git_repo / ".git/gitmodels/tmp") == []
