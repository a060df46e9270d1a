"""A repository with a log whose clock ticks one millisecond at every look."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.runs.log import RunLog

START = 1_764_000_000_000


def ticking() -> Callable[[], int]:
    times = iter(range(START, START + 10_000_000))
    return lambda: next(times)


@pytest.fixture
def repo(git_repo: Path) -> GitRepository:
    return GitRepository.open(git_repo)


@pytest.fixture
def log(repo: GitRepository) -> RunLog:
    return RunLog(repo, author=Identity("Ana", "ana@example.org"), clock=ticking())


@pytest.fixture(autouse=True)
def no_held_journals() -> Iterator[None]:
    """What a test leaves open must not be owned by the process in the next one."""
    yield
    from gitmodels.runs import journal

    for one in list(journal._held.values()):
        one.close()


@pytest.fixture
def manifest() -> Callable[..., Manifest]:
    def make(text: str = "x") -> Manifest:
        data = text.encode()
        return Manifest((Entry("MLmodel", len(data), digest.of_bytes(data)),))

    return make
