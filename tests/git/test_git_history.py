"""History: newest first, by path, with trailers, on shallow clones, and on whatever a commit may say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt, Invalid
from gitmodels.git.branch import Branch
from gitmodels.git.history import Commit, History, parse, parse_trailers
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
Put = Callable[..., str]


def test_newest_first_with_trailers(branch: Branch, put: Put) -> None:
    made = [put({"a": b"%d" % n}, f"Change {n}\n\nGitmodels-Op: {n}\nGitmodels-Args: {{x: {n}}}") for n in range(5)]
    found = list(History(branch.repo).log(made[-1]))
    assert [commit.oid for commit in found] == made[::-1]
    assert found[0].trailers == {"Gitmodels-Op": "4", "Gitmodels-Args": "{x: 4}"}
    assert (found[0].author_name, found[0].author_email) == ("Ann", "ann@example.org")
    assert found[0].when_ms == 1_700_000_004_000
    assert found[-1].parents == ()
    assert [commit.oid for commit in History(branch.repo).log(made[-1], limit=2)] == made[:2:-1]


def test_one_path(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for number in range(12):
        put({f"m/{number % 3}/f": b"%d" % (number // 6), "other": b"%d" % number})
    tip = branch.tip()
    assert tip
    for path in ("m/1/f", "m/1", "m", "nothing", "other"):
        ours = [commit.oid for commit in History(branch.repo).log(tip, path=path)]
        assert ours == git("log", "--format=%H", "--first-parent", tip, "--", path, cwd=git_repo).split()
    assert len(list(History(branch.repo).log(tip, path="other", limit=3))) == 3


def test_merges_and_the_order_of_git(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    base = put({"a": b"1"})
    left = put({"b": b"2"})
    right = git("commit-tree", f"{base}^{{tree}}", "-p", base, "-m", "side", cwd=git_repo).strip()
    merged = git("commit-tree", f"{left}^{{tree}}", "-p", left, "-p", right, "-m", "both", cwd=git_repo).strip()
    found = [commit.oid for commit in History(branch.repo).log(merged)]
    assert found[0] == merged
    assert found[-1] == base
    assert set(found[1:3]) == {left, right}
    history = History(branch.repo)
    assert history.is_ancestor(base, merged)
    assert history.is_ancestor(base, base)
    assert not history.is_ancestor(right, left)


def test_shallow_clone(branch: Branch, put: Put, git_repo: Path, git: Git, tmp_path: Path) -> None:
    made = [put({"a": b"%d" % n, "b": b"same"}) for n in range(5)]
    git(
        "clone",
        "--quiet",
        "--depth=2",
        "--branch=gitmodels",
        "--bare",
        f"file://{git_repo}",
        str(tmp_path / "s"),
        cwd=tmp_path,
    )
    repo = GitRepository.open(tmp_path / "s")
    assert repo.incomplete() == "a shallow clone"
    assert [commit.oid for commit in History(repo).log(made[-1])] == made[:2:-1]
    assert [commit.oid for commit in History(repo).log(made[-1], path="a")] == made[:2:-1]
    assert [commit.oid for commit in History(repo).log(made[-1], path="b")] == [made[3]]
    after = Branch(repo, "refs/heads/gitmodels").commit(
        {"c": b"3"}, "On top", expected=made[-1], author=repo.identity(), when_ms=0
    )
    assert [commit.oid for commit in History(repo).log(after)] == [after, *made[:2:-1]]


def test_no_such_commit(branch: Branch, put: Put) -> None:
    put({"a": b"1"})
    with pytest.raises(Corrupt, match="missing"):
        list(History(branch.repo).log("1" * 40))
    with pytest.raises(Invalid):
        list(History(branch.repo).log("HEAD"))
    tree = branch.view().tree
    assert tree
    with pytest.raises(Corrupt, match="not a commit"):
        list(History(branch.repo).log(tree))


TREE = b"tree " + b"a" * 40 + b"\n"


@pytest.mark.parametrize(
    ("data", "name", "when"),
    [
        (TREE + b"author A <a@b> 5 +0100\ncommitter A <a@b> 5 +0100\n\nx", "A", 5000),
        (TREE + b"author A <a@b> -86400 +0000\n\nx", "A", 0),
        (TREE + b"author A <a@b> 9223372036854775808 +0000\n\nx", "A", 0),
        (TREE + b"author A <a@b> soon\n\nx", "unknown", 0),
        (TREE + b"author \xff\xfe <> 1 +0000\n\nx", "\ufffd\ufffd", 1000),
        (TREE + b"committer X <x@y> 5 +0000\nauthor Forged <f@g> 6 +0000\n\nx", "unknown", 0),
        (TREE + b"tree " + b"b" * 40 + b"\nauthor A <a@b> 5 +0000\n\nx", "unknown", 0),
        (TREE, "unknown", 0),
    ],
)
def test_whatever_a_commit_says(data: bytes, name: str, when: int) -> None:
    commit = parse("1" * 40, data)
    assert (commit.author_name, commit.when_ms) == (name, when)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"tree x\n\n", b"parent " + b"a" * 40, TREE + b"parent nonsense\n\n"])
def test_what_is_no_commit(data: bytes) -> None:
    with pytest.raises(Corrupt):
        parse("1" * 40, data)


def test_a_megabyte_of_message_and_a_nul() -> None:
    commit = parse("1" * 40, TREE + b"author A <a@b> 5 +0000\n\na\0b" + b"x" * 3_000_000)
    assert isinstance(commit, Commit)
    assert len(commit.message) == 1 << 20


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Subject: not one", {}),
        ("S\n\nA: 1\nB: 2\n\n", {"A": "1", "B": "2"}),
        ("S\n\nText\nA: 1", {}),
        ("S\n\nText\n\nA: 1\nA: 2", {"A": "2"}),
        ("S\n\nA: 1\n more", {"A": "1\nmore"}),
        ("S\n\n more", {}),
        ("S\n\nA b: 1", {}),
        ("\n\nA: 1", {}),
        ("", {}),
    ],
)
def test_trailers(message: str, found: dict[str, str]) -> None:
    assert parse_trailers(message) == found
