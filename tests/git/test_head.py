"""What is checked out, read without libgit2: a branch, a commit, nothing yet, or damage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.errors import Corrupt
from gitmodels.git import head
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]


def test_head_is_what_git_says_in_every_work_tree(git_repo: Path, git: Git) -> None:
    assert head.commit(GitRepository.open(git_repo)) is None
    git("commit", "-q", "--allow-empty", "-m", "one", cwd=git_repo)
    side = git_repo.parent / "side"
    git("worktree", "add", "-q", "--detach", str(side), cwd=git_repo)
    git("commit", "-q", "--allow-empty", "-m", "two", cwd=git_repo)
    git("pack-refs", "--all", cwd=git_repo)
    for folder in (git_repo, side):
        assert head.commit(GitRepository.open(folder)) == git("rev-parse", "HEAD", cwd=folder).strip()


def test_a_damaged_head_is_told(git_repo: Path) -> None:
    repo = GitRepository.open(git_repo)
    (git_repo / ".git" / "HEAD").write_text("0123\n")
    with pytest.raises(Corrupt, match="HEAD"):
        head.commit(repo)
