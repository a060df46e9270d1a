"""Commits: what goes in comes out, git agrees, and nothing is lost or moved that should not be."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Conflict, GitModelsError, Invalid, InvalidName, RefChanged
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.edits import Subtree
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
Put = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


def test_a_branch_that_does_not_exist_is_empty(branch: Branch) -> None:
    assert branch.tip() is None
    view = branch.view()
    assert (view.read("a"), view.names(), view.oid(""), view.is_tree("")) == (None, [], None, False)


def test_git_reads_what_we_wrote(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    put({"models/a3/fraud/model.yaml": b"name: fraud\n", "README.md": b"hi\n"}, "Root")
    put({"models/a3/fraud/aliases/prod.yaml": "target: fräud\n".encode()}, "Set prod\n\nGitmodels-Op: 1")
    assert git("show", "gitmodels:models/a3/fraud/model.yaml", cwd=git_repo) == "name: fraud\n"
    assert git("log", "--format=%an <%ae> %at %s %(trailers:only)", "gitmodels", cwd=git_repo).splitlines() == [
        "Ann <ann@example.org> 1700000001 Set prod Gitmodels-Op: 1",
        "",
        "Ann <ann@example.org> 1700000000 Root ",
    ]
    git("fsck", "--strict", "--full", cwd=git_repo)
    assert "commit: Set prod" in git("reflog", "gitmodels", cwd=git_repo)


def test_edits_keep_what_they_do_not_name(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    script = git("hash-object", "-w", "--stdin", cwd=git_repo).strip()
    tree_text = f"100755 blob {script}\trun.sh\n120000 blob {script}\tlink\n"
    (git_repo / "rows").write_text(tree_text)
    put({"a/b": b"1"})
    git("read-tree", "gitmodels", cwd=git_repo, GIT_INDEX_FILE=str(git_repo / "i"))
    for row in ("100755", "120000"):
        git(
            "update-index", "--add", "--cacheinfo", f"{row},{script},odd/{row}", cwd=git_repo,
            GIT_INDEX_FILE=str(git_repo / "i"),
        )  # fmt: skip
    odd = git("write-tree", cwd=git_repo, GIT_INDEX_FILE=str(git_repo / "i")).strip()
    commit = git("commit-tree", odd, "-p", "gitmodels", "-m", "by hand", cwd=git_repo).strip()
    git("update-ref", REF, commit, cwd=git_repo)
    put({"odd/100755": b"changed", "odd/new": b"n"})
    listing = git("ls-tree", "-r", "gitmodels", cwd=git_repo)
    assert "100755 blob" in listing
    assert "120000 blob" in listing
    assert branch.view().read("odd/120000") is None  # a link is not followed and not read
    put({"odd/120000": b"plain"})
    assert branch.view().read("odd/120000") == b"plain"
    git("fsck", "--strict", cwd=git_repo)


def test_a_moved_tip_is_not_overwritten(branch: Branch, put: Put, git_repo: Path) -> None:
    first = put({"a": b"1"})
    second = put({"a": b"2"})
    with pytest.raises(RefChanged) as caught:
        branch.commit({"a": b"3"}, "late", expected=first, author=ANN, when_ms=0)
    assert caught.value.fields["current"] == second
    with pytest.raises(RefChanged):
        branch.commit({"a": b"3"}, "root", expected=None, author=ANN, when_ms=0)
    assert branch.tip() == second


def test_equal_roots_in_every_repository(git_repo: Path, bare_repo: Path) -> None:
    made = {
        Branch(GitRepository.open(path), REF).commit_root(
            {"gitmodels.yaml": b"format: 1\n"}, "Begin", author=ANN, when_ms=0
        )
        for path in (git_repo, bare_repo)
    }
    assert len(made) == 1


def test_an_operation_that_changes_nothing_is_still_a_commit(branch: Branch, put: Put) -> None:
    first = put({"a": b"1"})
    second = put({"a": b"1"}, "Again")
    assert first != second
    assert branch.view(first).tree == branch.view(second).tree


def test_an_empty_root(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    put({}, "Nothing yet")
    assert branch.view().names() == []
    git("fsck", "--strict", cwd=git_repo)


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a/", "a//b", ".", "../a", "a/../b", ".git/config", "a/.GIT/x", "git~1", ".git. /x", "a\0b", "a\nb",
     "a\\b", "x" * 300, "\u202ea", "a/\u200b.git", "\ud800"],
)  # fmt: skip
def test_paths_git_or_a_checkout_would_refuse(branch: Branch, path: str) -> None:
    with pytest.raises(InvalidName):
        branch.commit({path: b""}, "x", expected=None, author=ANN, when_ms=0)
    assert branch.tip() is None


@pytest.mark.parametrize("edits", [{"a": b"", "a/b": b""}, {"a/b": b"", "a": b""}])
def test_a_file_and_a_folder_at_one_path(branch: Branch, edits: dict[str, bytes]) -> None:
    with pytest.raises(Conflict):
        branch.commit(edits, "x", expected=None, author=ANN, when_ms=0)


def test_nothing_is_ever_replaced_by_another_kind(branch: Branch, put: Put) -> None:
    tip = put({"f": b"file", "d/x": b"in a folder"})
    for edits in ({"f/x": b""}, {"d": b""}, {"d": Subtree("0" * 40)}, {"f": Subtree("0" * 40)}):
        with pytest.raises(Conflict):
            put(edits)
    assert branch.tip() == tip


def test_a_folder_is_copied_by_its_id(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    put({"old/versions/1/v.yaml": b"1", "old/versions/2/v.yaml": b"2"})
    folder = branch.view().oid("old/versions")
    assert folder
    put({"new/versions": Subtree(folder), "new/model.yaml": b"n"})
    assert branch.view().read("new/versions/2/v.yaml") == b"2"
    put({"new/versions": Subtree(folder)}, "Again")
    git("fsck", "--strict", cwd=git_repo)


@pytest.mark.parametrize("message", ["a\0b", "\ud800"])
def test_messages_git_cannot_hold(branch: Branch, message: str) -> None:
    with pytest.raises(Invalid):
        branch.commit({}, message, expected=None, author=ANN, when_ms=0)


def test_a_checked_out_branch_is_refused_and_its_work_tree_stays_right(
    branch: Branch, put: Put, git_repo: Path, git: Git, tmp_path: Path
) -> None:
    tip = put({"a": b"1"})
    git("worktree", "add", "--quiet", str(tmp_path / "w"), "gitmodels", cwd=git_repo)
    with pytest.raises(Conflict, match="checked out") as caught:
        put({"a": b"2"})
    assert "git switch" in caught.value.hint
    assert branch.tip() == tip
    assert git("status", "--porcelain", cwd=tmp_path / "w") == ""
    git("switch", "--quiet", "--detach", cwd=tmp_path / "w")
    put({"a": b"2"})


def test_a_bare_repository_whose_head_is_the_branch(bare_repo: Path, git: Git) -> None:
    git("symbolic-ref", "HEAD", REF, cwd=bare_repo)
    branch = Branch(GitRepository.open(bare_repo), REF)
    tip = branch.commit({"a": b"1"}, "x", expected=None, author=ANN, when_ms=0)
    assert git("rev-parse", "HEAD", cwd=bare_repo).strip() == tip


def test_handles_opened_earlier_see_later_commits(branch: Branch, put: Put, git_repo: Path) -> None:
    put({"a": b"0"})
    early = Branch(GitRepository.open(git_repo), REF)
    assert early.view().read("a") == b"0"
    for number in range(40):  # past one merge of packs: the early handle's packs are gone
        put({"a": str(number).encode(), f"n/{number}": b"x" * number})
        tree_module.clear_caches()
        assert early.view().read("a") == str(number).encode()
    assert len(early.view().names("n")) == 40


def test_gc_between_commits(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for number in range(70):
        put({f"n/{number}": b"x" * number})
        if number % 20 == 10:
            git("gc", "--quiet", "--prune=now", cwd=git_repo)
            tree_module.clear_caches()
            assert branch.view().names("n") == sorted(map(str, range(number + 1)))
    git("fsck", "--strict", "--full", cwd=git_repo)
    assert len(list((git_repo / ".git/objects/pack").glob("*.pack"))) < 35


def test_nothing_of_ours_stays_behind(branch: Branch, put: Put, git_repo: Path) -> None:
    for number in range(3):
        put({"a": str(number).encode()})
    assert os.listdir(git_repo / ".git/gitmodels/tmp") == []
    names = os.listdir(git_repo / ".git/objects/pack")
    assert {name.rpartition(".")[2] for name in names} == {"pack", "idx"}


def test_read_only_repository(branch: Branch, put: Put, git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tip = put({"a": b"1"})
    real = os.open

    def refuse(path: str, flags: int, *rest: int) -> int:
        if flags & os.O_CREAT and "tmp_gitmodels" in str(path):
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, *rest)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(GitModelsError, match="Permission denied"):
        put({"a": b"2"})
    monkeypatch.undo()
    assert branch.tip() == tip


def test_a_commit_is_signed_by_nobody_and_recoded_by_nobody(branch: Branch, put: Put, git_repo: Path, git: Git) -> None:
    for key, value in [("commit.gpgsign", "true"), ("i18n.commitEncoding", "latin1"), ("core.autocrlf", "true")]:
        git("config", key, value, cwd=git_repo)
    put({"ä": b"a\r\nb\n"}, "Größe")
    assert git("log", "--encoding=UTF-8", "-1", "--format=%s", "gitmodels", cwd=git_repo).strip() == "Größe"
    assert branch.view().read("ä") == b"a\r\nb\n"
