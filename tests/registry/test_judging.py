"""Whether the branch may move: what is added may, what rewrites or damages may not, and nobody pays for others."""

from pathlib import Path

from gitmodels.api import registering
from gitmodels.git.repository import GitRepository
from gitmodels.registry.judging import judge
from gitmodels.repo import Repo


def test_nothing_speaks_against_what_operations_write(git_repo: Path) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()
    root = repo.registry.branch.tip()
    (git_repo / "w.bin").write_bytes(b"1")
    for _ in range(2):
        registering.register(repo, str(git_repo / "w.bin"), "fraud")
    tip = repo.registry.branch.tip()
    assert judge(repo.git, None, tip) == []
    assert judge(repo.git, root, tip) == []
    assert judge(repo.git, tip, tip) == []


def test_going_back_aside_or_away_is_refused(git_repo: Path) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()
    root = repo.registry.branch.tip()
    (git_repo / "w.bin").write_bytes(b"1")
    registering.register(repo, str(git_repo / "w.bin"), "fraud")
    tip = repo.registry.branch.tip()
    for old, new in ((tip, root), (tip, None)):
        (problem,) = judge(repo.git, old, new)
        assert problem.kind == "history-rewritten"


def test_a_commit_that_is_not_there_speaks_against_itself(git_repo: Path) -> None:
    repo = GitRepository.open(git_repo)
    (problem,) = judge(repo, None, "1" * 40)
    assert problem.kind == "record-damaged"
