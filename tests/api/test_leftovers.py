"""What killed processes left is cleared, and nothing that is still needed to clear what others will leave."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitmodels import processes
from gitmodels.api import leftovers
from gitmodels.git.packs import PackFolder
from gitmodels.objects.store import ObjectStore
from gitmodels.repo import Repo

# Holds the lock of the registry's branch while it is killed.
KILLED = """
import os, signal, sys
from pathlib import Path
from gitmodels.git.ref_lock import FileLock
with FileLock(sys.argv[1], Path(sys.argv[2]), 1.0):
    os.kill(os.getpid(), signal.SIGKILL)
"""

# Holds it until it is killed by somebody else.
HOLDING = """
import sys, time
from pathlib import Path
from gitmodels.git.ref_lock import FileLock
with FileLock(sys.argv[1], Path(sys.argv[2]), 1.0):
    print("locked", flush=True)
    time.sleep(600)
"""


def _killed_in_a_lock(path: Path, own: Path) -> None:
    own.mkdir(parents=True, exist_ok=True)
    target = path / ".git/refs/heads/gitmodels"
    done = subprocess.run([sys.executable, "-c", KILLED, str(target), str(own)], check=False)
    assert done.returncode == -9
    assert target.with_name("gitmodels.lock").exists()


def test_the_lock_of_a_killed_writer_is_cleared(git_repo: Path) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()
    own = git_repo / ".git/gitmodels/tmp"
    _killed_in_a_lock(git_repo, own)
    assert leftovers.find(repo)
    leftovers.clear(repo)
    assert leftovers.find(repo) == []
    assert os.listdir(own) == []


def test_a_folder_of_the_store_left_while_others_clear_is_no_file_to_remove(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()
    left = (
        git_repo
        / ".git/gitmodels/tmp"
        / processes.new_name("object", slow=True).replace(f"-{os.getpid()}-", "-999999999-")
    )
    listed = ObjectStore.leftovers

    def meanwhile(store: ObjectStore) -> list[Path]:
        found = listed(store)
        left.mkdir(parents=True)
        return found

    with monkeypatch.context() as once:
        once.setattr(ObjectStore, "leftovers", meanwhile)
        leftovers.clear(repo)
    assert leftovers.find(repo) == [left]
    leftovers.clear(repo)
    assert not left.exists()


def test_a_writer_that_is_killed_while_others_clear_blocks_nobody(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()

    queue = repo.git.queue
    inside: list[int] = []

    @contextlib.contextmanager
    def followed_by_another() -> Iterator[None]:
        inside.append(1)
        with queue():
            yield
        inside.pop()
        if not inside:
            _killed_in_a_lock(git_repo, git_repo / ".git/gitmodels/tmp")

    with monkeypatch.context() as once:
        once.setattr(repo.git, "queue", followed_by_another)
        leftovers.clear(repo)
    assert leftovers.foreign_locks(repo) == [], "nobody could tell any more that its process is gone"
    leftovers.clear(repo)
    assert leftovers.find(repo) == []


@pytest.fixture
def writer(git_repo: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that holds the lock of the registry's branch."""
    Repo.open(git_repo).registry.init()
    own = git_repo / ".git/gitmodels/tmp"
    own.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", HOLDING, str(git_repo / ".git/refs/heads/gitmodels"), str(own)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield process
        process.kill()


def test_the_lock_of_a_writer_at_work_is_neither_left_nor_foreign(
    git_repo: Path, writer: "subprocess.Popen[bytes]"
) -> None:
    repo = Repo.open(git_repo)
    assert leftovers.foreign_locks(repo) == []
    assert leftovers.find(repo) == []
    writer.kill()
    writer.wait()
    assert leftovers.foreign_locks(repo) == []
    assert len(leftovers.find(repo)) == 2
    leftovers.clear(repo)
    by_hand = git_repo / ".git/refs/heads/gitmodels.lock"
    by_hand.touch()
    assert leftovers.foreign_locks(repo) == [by_hand]


def test_a_writer_that_is_seen_to_be_gone_only_while_others_clear_blocks_nobody(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch, writer: "subprocess.Popen[bytes]"
) -> None:
    """A process that is killed gives up the queue some time before anybody can tell that it is gone."""
    repo = Repo.open(git_repo)
    sweep = PackFolder.sweep

    def meanwhile(folder: PackFolder) -> None:
        writer.kill()
        writer.wait()
        sweep(folder)

    with monkeypatch.context() as once:
        once.setattr(PackFolder, "sweep", meanwhile)
        leftovers.clear(repo)
    leftovers.clear(repo)
    assert leftovers.foreign_locks(repo) == []
    assert leftovers.find(repo) == []
    assert os.listdir(git_repo / ".git/gitmodels/tmp") == []


def test_what_a_killed_git_left_of_its_configuration_is_told(git_repo: Path) -> None:
    repo = Repo.open(git_repo)
    repo.registry.init()
    lock = git_repo / ".git/config.lock"
    lock.touch()
    assert leftovers.foreign_locks(repo) == [lock]
    leftovers.clear(repo)
    assert lock.exists(), "git may be at work"
