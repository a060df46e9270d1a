"""Repositories of every kind, and a branch to write to."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.git.branch import Branch
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]
REF = "refs/heads/gitmodels"
ANN = Identity("Ann", "ann@example.org")


@pytest.fixture
def branch(git_repo: Path) -> Branch:
    """A branch that does not exist yet, in a fresh repository."""
    return Branch(GitRepository.open(git_repo), REF)


@pytest.fixture
def put(branch: Branch) -> Callable[..., str]:
    """``put(path=content, …)``: one commit on the tip; returns its id."""
    clock = iter(range(1_700_000_000_000, 1_800_000_000_000, 1000))

    def commit(edits: dict[str, bytes], message: str = "Change") -> str:
        return branch.commit(edits, message, expected=branch.tip(), author=ANN, when_ms=next(clock))

    return commit


def commit_code(path: Path, git: Git, name: str = "code.py", text: str = "x = 1\n") -> None:
    (path / name).write_text(text)
    git("add", name, cwd=path)
    git("commit", "--quiet", "-m", f"Write {name}", cwd=path)


def _plain(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    return path


def _sub_folder(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    (path / "deep" / "er").mkdir(parents=True)
    return path / "deep" / "er"


def _bare(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("clone", "--quiet", "--bare", str(path), str(tmp_path / "b.git"), cwd=tmp_path)
    return tmp_path / "b.git"


def _linked(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side", cwd=path)
    return tmp_path / "linked"


def _detached(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("checkout", "--quiet", "--detach", cwd=path)
    return path


def _unborn(path: Path, git: Git, tmp_path: Path) -> Path:
    (path / "staged.py").write_text("y = 2\n")
    git("add", "staged.py", cwd=path)
    return path


def _mid_merge(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("switch", "--quiet", "-c", "other", cwd=path)
    commit_code(path, git, text="x = 2\n")
    git("switch", "--quiet", "main", cwd=path)
    commit_code(path, git, text="x = 3\n")
    with pytest.raises(AssertionError):
        git("merge", "other", cwd=path)
    return path


def _index_locked(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    (path / ".git" / "index.lock").write_bytes(b"held by somebody")
    return path


def _separate(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("init", "--quiet", "--separate-git-dir", str(tmp_path / "elsewhere"), cwd=path)
    return path


def _submodule(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    outer = tmp_path / "outer"
    outer.mkdir()
    git("init", "--quiet", cwd=outer)
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(path), "inner", cwd=outer)
    return outer / "inner"


def _dirty(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    (path / "code.py").write_text("x = 'changed'\n")
    (path / "untracked").write_text("u")
    return path


def _packed(path: Path, git: Git, tmp_path: Path) -> Path:
    commit_code(path, git)
    git("gc", "--quiet", cwd=path)
    return path


KINDS = {
    function.__name__.lstrip("_"): function
    for function in (
        _plain, _sub_folder, _bare, _linked, _detached, _unborn, _mid_merge, _index_locked, _separate, _submodule,
        _dirty, _packed,
    )
}  # fmt: skip


@pytest.fixture(params=KINDS)
def any_repo(request: pytest.FixtureRequest, git_repo: Path, git: Git, tmp_path: Path) -> Path:
    """A folder inside a repository, of each kind in turn."""
    return KINDS[request.param](git_repo, git, tmp_path)
