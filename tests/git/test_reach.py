"""Whatever a commit within reach has or once had is found, wherever one started from."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt, ObjectNotFound
from gitmodels.git import reach
from gitmodels.git.branch import Branch
from gitmodels.git.reach import Reach
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
Put = Callable[..., str]


def found(repo: GitRepository, *tips: str) -> dict[str, set[str]]:
    walk = Reach(repo, lambda name: name == "m.yaml")
    walk.add(tips)
    return {repo.objects.read(oid, "blob").decode(): paths for oid, paths in walk.found.items()}


def test_files_of_every_commit_are_found_with_all_their_paths(branch: Branch, put: Put) -> None:
    put({"a/m.yaml": b"one", "a/other": b"x"})
    put({"a/m.yaml": b"two", "b/c/m.yaml": b"one"})
    tip = put({"d/m.yaml": b"three"})
    assert found(branch.repo, tip) == {"one": {"a/m.yaml", "b/c/m.yaml"}, "two": {"a/m.yaml"}, "three": {"d/m.yaml"}}


def test_a_file_that_was_removed_or_merged_away_is_found(git_repo: Path, git: Git) -> None:
    def commit(name: str, text: str | None) -> None:
        path = git_repo / name
        path.parent.mkdir(exist_ok=True)
        path.unlink() if text is None else path.write_text(text)
        git("add", "-A", cwd=git_repo)
        git("commit", "--quiet", "-m", "x", cwd=git_repo)

    commit("a/m.yaml", "removed")
    commit("a/m.yaml", None)
    commit("b/m.yaml", "base")
    git("branch", "side", cwd=git_repo)
    commit("b/m.yaml", "main")
    git("checkout", "--quiet", "side", cwd=git_repo)
    commit("b/m.yaml", "side")
    git("merge", "--quiet", "-s", "ours", "-m", "merge", "main", cwd=git_repo)
    repo = GitRepository.open(git_repo)
    tip = git("rev-parse", "HEAD", cwd=git_repo).strip()
    assert set(found(repo, tip)) == {"removed", "base", "main", "side"}


def test_what_was_walked_is_not_walked_again(branch: Branch, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Reach(branch.repo, lambda name: name == "m.yaml")
    for number in range(20):
        tip = put({f"{number}/m.yaml": b"%d" % number})
    walk.add([tip])
    read = []
    real = branch.repo.objects.read
    monkeypatch.setattr(branch.repo.objects, "read", lambda oid, kind: (read.append(kind), real(oid, kind))[1])
    walk.add([tip])
    assert read == []
    walk.add([put({"new/m.yaml": b"new"})])
    assert read.count("commit") <= 1
    assert len(walk.found) == 21


def test_a_shallow_clone_ends_at_its_edge(branch: Branch, put: Put, git: Git, git_repo: Path, tmp_path: Path) -> None:
    put({"a/m.yaml": b"one"})
    put({"b/m.yaml": b"two"})
    tip = put({"a/m.yaml": b"three"})
    clone = tmp_path / "clone"
    git("clone", "--quiet", "--depth", "1", "--branch", "gitmodels", f"file://{git_repo}", str(clone), cwd=tmp_path)
    assert set(found(GitRepository.open(clone), tip)) == {"two", "three"}


def test_a_missing_commit_is_an_error_where_none_may_be_missing(branch: Branch, put: Put) -> None:
    put({"a/m.yaml": b"one"})
    with pytest.raises(Corrupt):
        found(branch.repo, "1" * 40)


def test_all_refs_are_seen_packed_loose_and_tagged(branch: Branch, put: Put, git: Git, git_repo: Path) -> None:
    first = put({"a/m.yaml": b"one"})
    git("tag", "-a", "-m", "x", "kept", first, cwd=git_repo)
    git("pack-refs", "--all", cwd=git_repo)
    second = put({"a/m.yaml": b"two"})
    git("update-ref", "refs/gitmodels/x/y", first, cwd=git_repo)
    git("update-ref", "refs/blobs/b", git("rev-parse", f"{first}:a/m.yaml", cwd=git_repo).strip(), cwd=git_repo)
    assert reach.all_refs(branch.repo) == {
        "refs/heads/gitmodels": second,
        "refs/tags/kept": first,
        "refs/gitmodels/x/y": first,
    }


def test_a_ref_that_leads_nowhere_is_an_error(branch: Branch, put: Put, git_repo: Path) -> None:
    put({"a/m.yaml": b"one"})
    (git_repo / ".git/refs/heads/torn").write_text("")
    with pytest.raises(Corrupt, match="refs/heads/torn"):
        reach.all_refs(branch.repo)
    (git_repo / ".git/refs/heads/torn").write_text("1" * 40)
    with pytest.raises(Corrupt, match="missing"):
        reach.all_refs(branch.repo)


def test_reflogs_and_heads_of_all_work_trees_are_seen(
    branch: Branch, put: Put, git: Git, git_repo: Path, tmp_path: Path
) -> None:
    first = put({"a/m.yaml": b"one"})
    second = put({"a/m.yaml": b"two"})
    other = put({"a/m.yaml": b"three"})
    git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"), second, cwd=git_repo)
    git("checkout", "--quiet", first, cwd=tmp_path / "linked")
    git("update-ref", "-d", "refs/heads/gitmodels", cwd=git_repo)
    seen = set(reach.logged(branch.repo))
    assert {("HEAD", first), ("HEAD", second)} <= seen
    assert ("refs/heads/gitmodels", other) not in seen


def test_all_work_trees_are_listed_and_a_locked_one_must_be_there(git_repo: Path, git: Git, tmp_path: Path) -> None:
    git("commit", "--quiet", "--allow-empty", "-m", "x", cwd=git_repo)
    linked = tmp_path / "linked"
    git("worktree", "add", "--quiet", str(linked), cwd=git_repo)
    for place in (git_repo, linked):
        assert set(reach.work_trees(GitRepository.open(place))) == {git_repo, linked}
    linked.rename(tmp_path / "moved")
    assert reach.work_trees(GitRepository.open(git_repo)) == [git_repo]
    (tmp_path / "moved").rename(linked)
    git("worktree", "lock", str(linked), cwd=git_repo)
    linked.rename(tmp_path / "moved")
    with pytest.raises(ObjectNotFound, match="locked"):
        reach.work_trees(GitRepository.open(git_repo))


def test_a_bare_repository_has_no_work_tree_of_its_own(bare_repo: Path) -> None:
    assert reach.work_trees(GitRepository.open(bare_repo)) == []
