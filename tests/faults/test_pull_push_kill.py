"""Kill who pulls, and who pushes, at random moments of just that: nothing is lost or seen by half, and it goes on.

One warm process forks a life for each round, so that the kills fall into the transfer and not into loading Python. A
life ends alone, as when the machine's memory is short, or with every git that it started, as when the power goes.
"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitmodels.api import publishing, registering
from gitmodels.git.fork import stands_on
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.rounds import Round
from gitmodels.objects.store import ObjectStore
from gitmodels.registry.changes import aliases
from gitmodels.registry.judging import judge
from gitmodels.remotes.opening import open_remote
from gitmodels.remotes.transfer import download
from gitmodels.repo import Repo

Git = Callable[..., str]
ROUNDS = [6, pytest.param(300, marks=[pytest.mark.heavy, pytest.mark.timeout(7200)])]

CHILD = """
import os, sys
from gitmodels.api import publishing
from gitmodels.repo import Repo
from gitmodels.remotes import transfer, git  # what a transfer loads, before it is timed
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        os.setsid()
        getattr(publishing, sys.argv[1])(Repo.open("."), **({"objects": True} if sys.argv[1] == "pull" else {}))
        os._exit(0)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Lives:
    """Lives of one clone that do nothing but ``verb``."""

    def __init__(self, path: Path, verb: str) -> None:
        self._chance = random.Random(os.environ.get("TEST_SEED", "11"))
        command = [sys.executable, "-c", CHILD, verb]
        self._process = subprocess.Popen(command, cwd=path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.killed = 0
        self._took = 0.0

    def one(self) -> None:
        """One life, killed at any moment of the time that the first one, which is left alone, took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(file=self._process.stdin, flush=True)
        pid = int(self._process.stdout.readline())
        began = time.monotonic()
        if not self._took:
            assert int(self._process.stdout.readline()) == 0
            self._took = time.monotonic() - began
            return
        signal.sigtimedwait([], self._chance.uniform(0.0, self._took))
        together = self._chance.random() < 0.5
        with contextlib.suppress(ProcessLookupError):  # it was quicker
            os.killpg(pid, signal.SIGKILL) if together else os.kill(pid, signal.SIGKILL)
        code = int(self._process.stdout.readline())
        assert code in (0, -signal.SIGKILL)
        self.killed += code != 0

    def end(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def clones(tmp_path: Path, git: Git) -> tuple[Repo, Repo, Path]:
    """Two clones of one bare repository, in which each has registered once and pushed; and it."""
    hub = tmp_path / "hub.git"
    git("init", "-q", "--bare", str(hub), cwd=tmp_path)
    git("config", "gc.autoDetach", "false", cwd=hub)  # else packs go while they are looked at
    found = []
    for name in ("ana", "bo"):
        git("clone", "-q", f"file://{hub}", name, cwd=tmp_path)
        found.append(Repo.open(tmp_path / name))
        register(found[-1])
        publishing.push(found[-1])
    return found[0], found[1], hub


def register(repo: Repo, size: int = 300_000) -> str:
    """Register something new; the id of the operation."""
    file = repo.location / "weights.bin"
    file.write_bytes(os.urandom(size))
    number = registering.register(repo, str(file), "fraud")
    repo.registry.apply(lambda state, at: aliases.set_alias(state, "fraud", repo.location.name, number, at))
    return repo.registry.state().version("fraud", number).record.op


def ops(repo: Repo, commit: str | None = None) -> dict[str, int]:
    state = repo.registry.state_of(commit) if commit is not None else repo.registry.state()
    return {version.record.op: version.number for version in state.versions("fraud")}


def damage(repo: Repo, looked_at: Round | None = None) -> Iterator[str]:
    """What is wrong with a clone, of what a kill could do; packs that were ``looked_at`` before keep their bytes."""
    found = fsck(repo.store, full=True, limited=looked_at)
    yield from (f"{each.kind} {each.file}" for each in found if each.kind != "index")
    tip = repo.registry.branch.tip()
    yield from (f"{each.kind} {each.where}" for each in judge(repo.git, None, tip))


@pytest.mark.parametrize("rounds", ROUNDS)
def test_case_111_who_is_killed_while_pulling_keeps_all_and_pulls_again(
    rounds: int, clones: tuple[Repo, Repo, Path], git: Git
) -> None:
    ana, bo, hub = clones
    publishing.pull(ana)
    lives = Lives(ana.location, "pull")
    looked_at = Round(ana.store)
    own: set[str] = set()
    for number in range(rounds):
        # Bo publishes, and Ana has something that is to be put on top of it.
        register(bo)
        publishing.push(bo)
        own.add(register(ana))
        before = ana.registry.branch.tip()
        lives.one()
        now = Repo.open(ana.location)
        tip = now.registry.branch.tip()
        # The branch is what it was, or all of what it was to be.
        assert own <= set(ops(now))
        assert tip == before or set(ops(bo)) <= set(ops(now))
        assert list(damage(now, looked_at)) == []
        if number % 3 == 2:
            publishing.pull(now, objects=True)
            assert set(ops(bo)) <= set(ops(now))
            for alias in ("ana", "bo"):
                found = now.registry.state().aliased("fraud", alias)
                manifest = Manifest.from_yaml(now.registry.state().manifest("fraud", found))
                assert now.store.missing(manifest) == []
            publishing.push(now)
            publishing.pull(bo)
            own.clear()
    lives.end()
    publishing.push(Repo.open(ana.location))
    publishing.pull(bo)
    assert list(damage(Repo.open(ana.location))) == []
    assert sorted(ops(bo).values()) == list(range(1, len(ops(bo)) + 1))
    assert stands_on(bo.git, str(bo.registry.branch.tip()), git("rev-parse", "gitmodels", cwd=hub).strip())
    for place in (hub, ana.location):
        assert "error" not in git("fsck", "--strict", cwd=place)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("size", [30_000, 6_000_000])
def test_case_111_who_is_killed_while_pushing_shows_no_version_without_its_bytes(
    rounds: int, size: int, clones: tuple[Repo, Repo, Path], git: Git, tmp_path: Path
) -> None:
    ana, bo, hub = clones
    lives = Lives(ana.location, "push")
    looked_at = Round(ana.store)
    own = set(ops(ana))
    for number in range(rounds):
        own.add(register(ana, size))
        if number % 2:  # somebody is quicker
            publishing.pull(bo)
            register(bo)
            publishing.push(bo)
        lives.one()
        # Whoever looks now sees whole versions only.
        publishing.pull(bo)
        remote = open_remote(f"git+file://{hub}", git=bo.git)
        reader = ObjectStore(tmp_path / f"reader-{number}", durability="batch")
        state = bo.registry.state()
        manifests = [Manifest.from_yaml(state.manifest("fraud", each)) for each in state.numbers("fraud")[-3:]]
        download(reader, manifests, remote)
        assert not any(map(reader.missing, manifests))
        assert sorted(ops(bo).values()) == list(range(1, len(ops(bo)) + 1))
        now = Repo.open(ana.location)
        assert own <= set(ops(now))
        assert list(damage(now, looked_at)) == []
    lives.end()
    publishing.push(Repo.open(ana.location))
    publishing.pull(bo)
    assert list(damage(Repo.open(ana.location))) == []
    published = ops(bo)
    assert own <= set(published)
    assert sorted(published.values()) == list(range(1, len(published) + 1))
    for place in (hub, ana.location):
        assert "error" not in git("fsck", "--strict", cwd=place)
