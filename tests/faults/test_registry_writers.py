"""Many processes register into one model, some are killed: every number given is there once, dense, nothing sticks."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.git.raw import Identity
from gitmodels.git.repository import GitRepository
from gitmodels.registry.changes import models
from gitmodels.registry.doctor import examine
from gitmodels.registry.registry import Registry

Git = Callable[..., str]
WRITER = Path(__file__).parent / "registry_writer.py"
MODEL = "fraud"
PATIENCE_S = 600


class Crowd:
    """Writers of one repository, each with a log of its own."""

    def __init__(self, repo: Path, logs: Path, count: int, share: int) -> None:
        self.repo, self.share = repo, share
        logs.mkdir()
        self.logs = [logs / f"{number}.log" for number in range(count)]
        self.running = {log: self.start(log) for log in self.logs}
        self.killed = 0

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([sys.executable, str(WRITER), str(self.repo), str(log), str(self.share)])

    def reap(self) -> None:
        """Forget who is done; who failed by itself fails the test."""
        for log, process in list(self.running.items()):
            if process.poll() is not None:
                assert process.returncode == 0, f"{log.name} failed by itself"
                del self.running[log]

    def kill_one(self, chance: random.Random) -> None:
        """Kill a writer and start it again, as a supervisor would."""
        log = chance.choice(list(self.running))
        process = self.running[log]
        process.kill()
        if process.wait() != 0:
            self.killed += 1
        self.running[log] = self.start(log)

    def run(self, *, kill_every_s: float | None, chance: random.Random) -> None:
        """Until everybody is done."""
        end = time.monotonic() + PATIENCE_S
        following = time.monotonic() + (kill_every_s or PATIENCE_S)
        try:
            while self.running:
                assert time.monotonic() < end, "somebody is stuck"
                time.sleep(0.05)
                self.reap()
                if self.running and time.monotonic() >= following:
                    self.kill_one(chance)
                    following = time.monotonic() + (kill_every_s or PATIENCE_S)
        finally:
            for process in self.running.values():
                process.kill()
                process.wait()

    def told(self) -> dict[str, int]:
        """What was acknowledged: the id of each operation and its number."""
        lines = [line.split() for log in self.logs for line in log.read_text().splitlines()]
        return {words[1]: int(words[2]) for words in lines if words[0] == "done"}


@pytest.mark.parametrize(
    ("count", "share", "kill_every_s"),
    [
        (6, 8, None),
        (6, 8, 0.25),
        pytest.param(16, 50, None, marks=pytest.mark.heavy),
        pytest.param(16, 50, 1.0, marks=pytest.mark.heavy),
    ],
)
def test_every_acknowledged_number_is_there_exactly_once(
    bare_repo: Path, tmp_path: Path, git: Git, count: int, share: int, kill_every_s: float | None
) -> None:
    crowd = Crowd(bare_repo, tmp_path / "logs", count, share)
    crowd.run(kill_every_s=kill_every_s, chance=random.Random(count))
    told = crowd.told()
    assert len(told) == count * share
    assert max(Counter(told.values()).values()) == 1
    registry = Registry(GitRepository.open(bare_repo), Identity("Ana", "ana@example.org"))
    state = registry.state()
    # Dense, and no operation landed twice: what was tried again found the number it had.
    assert state.all_numbers(MODEL) == list(range(1, count * share + 1))
    ops = {state.any_version(MODEL, number).record.op: number for number in state.all_numbers(MODEL)}
    assert ops == told
    # Nothing is stuck, nothing is left in the way, and git agrees with every object.
    registry.apply(lambda s, at: models.create(s, "after", at))
    assert [problem for problem in examine(registry) if not problem.is_note] == []
    assert not list(bare_repo.rglob("*.lock"))
    git("fsck", "--strict", "--no-dangling", cwd=bare_repo)
    assert kill_every_s is None or crowd.killed > 0


def test_refs_after_kills_are_those_of_a_rebuild_from_nothing(bare_repo: Path, tmp_path: Path, git: Git) -> None:
    crowd = Crowd(bare_repo, tmp_path / "logs", 3, 10)
    crowd.run(kill_every_s=0.3, chance=random.Random(1))
    registry = Registry(GitRepository.open(bare_repo), Identity("Ana", "ana@example.org"))
    registry.apply(lambda s, at: models.create(s, "after", at))
    listing = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/gitmodels")
    before = git(*listing, cwd=bare_repo)
    for line in before.splitlines():
        git("update-ref", "-d", line.split()[0], cwd=bare_repo)
    git("gc", "--quiet", "--prune=now", cwd=bare_repo)
    registry.projection.commits.forget()
    assert registry.rebuild() == before.count("\n") == 3
    assert git(*listing, cwd=bare_repo) == before
