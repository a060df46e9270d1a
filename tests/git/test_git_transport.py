"""Partial clones: what is missing is found first and fetched once; git is started with nothing to be tricked by."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt, Invalid, MissingDependency, ObjectNotFound, RemoteError
from gitmodels.git import remote_program, transport
from gitmodels.git import tree as tree_module
from gitmodels.git.branch import Branch
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
Put = Callable[..., str]
REF = "refs/heads/gitmodels"


@pytest.fixture
def partial(branch: Branch, put: Put, git_repo: Path, git: Git, tmp_path: Path) -> GitRepository:
    """A clone of the branch without any file's bytes."""
    put({f"v/{number}/version.yaml": b"n: %d\n" % number for number in range(50)})
    git("config", "uploadpack.allowFilter", "true", cwd=git_repo)
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=git_repo)
    target = tmp_path / "partial.git"
    git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{git_repo}", str(target), cwd=tmp_path)
    tree_module.clear_caches()
    return GitRepository.open(target)


def test_missing_blobs_are_typed_then_fetched_in_one_go(
    partial: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = Branch(partial, REF).view()
    assert partial.incomplete() == "a partial clone"
    assert partial.promisor() == "origin"
    with pytest.raises(ObjectNotFound, match="partial clone"):
        view.read("v/7/version.yaml")
    paths = [f"v/{number}/version.yaml" for number in range(50)]
    missing = view.missing(paths)
    assert len(missing) == 50
    calls = []
    real = remote_program.run
    monkeypatch.setattr(remote_program, "run", lambda *args, **more: calls.append(args) or real(*args, **more))
    assert transport.prefetch(partial, missing) == 50
    assert transport.prefetch(partial, missing) == 0
    assert len(calls) == 1
    assert [view.read(path) for path in paths] == [b"n: %d\n" % number for number in range(50)]
    assert view.missing(paths) == []


def test_a_commit_in_a_partial_clone_needs_no_blobs(partial: GitRepository, git: Git) -> None:
    branch = Branch(partial, REF)
    tip = branch.commit({"v/7/new": b"x"}, "On top", expected=branch.tip(), author=partial.identity(), when_ms=0)
    assert git("ls-tree", "-r", "--name-only", tip, cwd=partial.common_dir).count("\n") == 51
    assert partial.incomplete()


def test_a_promise_that_is_not_kept(partial: GitRepository, git_repo: Path) -> None:
    missing = Branch(partial, REF).view().missing(["v/1/version.yaml"])
    git_repo.rename(git_repo.with_name("gone"))
    with pytest.raises(RemoteError, match="is no git repository"):
        transport.prefetch(partial, missing)


def test_a_full_clone_lacks_nothing_by_right(branch: Branch, put: Put) -> None:
    put({"a": b"1"})
    with pytest.raises(Invalid, match="no partial clone"):
        transport.prefetch(branch.repo, ["1" * 40])
    with pytest.raises(Corrupt, match="missing"):
        branch.repo.objects.read("1" * 40, "blob")
    with pytest.raises(Invalid):
        transport.prefetch(branch.repo, ["--upload-pack=touch x"])


def test_hostile_configuration_runs_nothing(partial: GitRepository, git: Git, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\ntouch {canary}\n")
    script.chmod(0o755)
    hooks = partial.common_dir / "hooks"
    for name in ("reference-transaction", "post-checkout", "pre-auto-gc"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / name).chmod(0o755)
    git("config", "core.fsmonitor", str(script), cwd=partial.common_dir)
    missing = Branch(partial, REF).view().missing(["v/1/version.yaml"])
    assert transport.prefetch(partial, missing) == 1
    git("config", "remote.origin.url", f"ext::{script}", cwd=partial.common_dir)
    with pytest.raises(RemoteError):
        transport.prefetch(partial, Branch(partial, REF).view().missing(["v/2/version.yaml"]))
    assert not canary.exists()


def test_a_git_in_the_current_folder_is_not_started(
    partial: GitRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\ntouch ran\n")
    os.chmod(tmp_path / "git", 0o755)
    monkeypatch.chdir(tmp_path)
    assert remote_program.run(partial, ["rev-parse", "--is-bare-repository"]).output == "true\n"
    assert not (tmp_path / "ran").exists()


def test_nobody_watching_starts_git_without_gitpython(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "--bare", "hub.git", cwd=tmp_path)
    program = """if True:
        import sys
        from gitmodels.git import transport
        from gitmodels.git.repository import GitRepository
        repo = GitRepository.open(sys.argv[1])
        assert transport.remote_refs(repo, "file://" + sys.argv[1]) == {}
        transport.fetch_refs(repo, "file://" + sys.argv[1], ["refs/heads/*:refs/heads/*"])
        assert "git" not in sys.modules
        assert "subprocess" not in sys.modules
        transport.fetch_refs(repo, "file://" + sys.argv[1], ["refs/heads/*:refs/heads/*"], progress=print)
        assert "git" in sys.modules
    """
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "hub.git")], check=True)


def test_without_any_git_it_is_said(partial: GitRepository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingDependency, match="git cannot be started"):
        remote_program.run(partial, ["version"])


@pytest.mark.parametrize(
    ("line", "is_meter", "moved"),
    [
        ("Receiving objects:  33% (1/3), 31.50 MiB | 10.00 MiB/s", True, [33030144]),
        ("Writing objects: 100% (3/3), 200 bytes | 1.00 KiB/s, done.", True, [200]),
        ("remote: Enumerating objects: 5, done.", True, []),
        ("remote: Compressing objects:  50% (1/2)", True, []),
        ("remote: GitLab: You are not allowed to push code", False, []),
        ("fatal: 5", False, []),
    ],
)
def test_lines_that_tell_how_far_git_is(line: str, is_meter: bool, moved: list[int]) -> None:
    told: list[int] = []
    assert remote_program._Counter(told.append).take(line) is is_meter
    assert told == moved
