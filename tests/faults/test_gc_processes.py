"""Collecting without grace beside writers, readers and other collectors, killed or not: nothing that counts is lost."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import collecting
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.repo import Repo

Git = Callable[..., str]
PROGRAM = Path(__file__).with_name("gc_workers.py")


def sound(path: Path, rounds: int, seed: int, *, killing: bool, least: int) -> None:
    command = [sys.executable, "-W", "error", str(PROGRAM), str(path), str(rounds), str(seed), str(int(killing))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = [line.split() for line in done.stdout.splitlines()]
    assert len(told) >= least
    repo = Repo.open(path)
    state = repo.registry.state()
    needed = set()
    for name, number, manifest in told:
        assert Manifest.from_yaml(state.manifest(name, int(number))).digest == manifest
    for name in state.model_names():
        for number in state.all_numbers(name):
            found = Manifest.from_yaml(state.manifest(name, number))
            assert repo.store.missing(found) == []
            needed |= {entry.blake3 for entry in found.entries}
    assert fsck(repo.store, full=True) == []
    # Nothing is stuck, and what the killed left goes.
    collecting.collect(repo, grace="now")
    assert repo.store.leftovers() == []
    left = [place.chunk.hex() for place in repo.store.catalog.places()]
    # Below a quarter of its pack garbage stays where it is, so not everything that is left is needed.
    assert needed <= set(left)
    assert fsck(repo.store, full=True) == []


def test_case_60_collecting_beside_writers_and_readers_loses_nothing(git_repo: Path) -> None:
    sound(git_repo, 2, 5, killing=False, least=80)


def test_case_60_collectors_and_writers_may_be_killed_anywhere(git_repo: Path) -> None:
    sound(git_repo, 15, 6, killing=True, least=30)


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(10))
def test_case_60_1000_rounds_of_killing(git_repo: Path, seed: int) -> None:
    sound(git_repo, 100, seed, killing=True, least=200)
