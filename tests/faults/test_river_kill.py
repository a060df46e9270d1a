"""The whole river under SIGKILL: whatever was acknowledged is there, with its bytes, and nothing is stuck."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.repo import Repo
from tests.faults.river_checks import leftovers

Git = Callable[..., str]
PROGRAM = Path(__file__).with_name("river_writers.py")


def cli(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gitmodels", "-C", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def sound(path: Path, git: Git, acknowledged: list[list[str]]) -> None:
    """Looked at with fresh eyes: other processes, stock git, every byte."""
    known = cli(path, "fsck", "--full")
    assert (known.returncode, known.stdout) == (0, ""), known
    git("fsck", "--strict", "--full", cwd=path)
    (path / "file.bin").write_bytes(b"after all that")
    for command in (("register", "file.bin", "river"), ("alias", "set", "river", "prod", "1"), ("rebuild",)):
        done = cli(path, *command)
        assert done.returncode == 0, done
    repo = Repo.open(path)
    repo.runs.recover()
    # Whoever wants a ref next takes a dead writer's lock away, and doctor takes those that nobody wanted.
    assert cli(path, "doctor", "--fix").returncode == 0
    assert not list((path / ".git/refs").rglob("*.lock"))
    assert leftovers(path) == []
    assert {run.status for run in repo.runs.list()} <= {"FINISHED", "FAILED"}
    state = repo.registry.state()
    for kind, *words in acknowledged:
        if kind == "version":
            assert state.version(words[0], int(words[1])).record.model_id == words[2]
        if kind == "logged":
            assert repo.runs.models.find(words[0])
    for name in ("river", "brook"):
        numbers = sorted(state.all_numbers(name)) if state.find_model(name) else []
        assert numbers == list(range(1, len(numbers) + 1))
    # Derived again from nothing, the refs are the same.
    refs = git("for-each-ref", "refs/gitmodels/aliases", cwd=path)
    assert refs
    assert cli(path, "rebuild").returncode == 0
    assert git("for-each-ref", "refs/gitmodels/aliases", cwd=path) == refs


def killed(path: Path, rounds: int, seed: int, others: int) -> list[list[str]]:
    command = [sys.executable, str(PROGRAM), str(path), str(rounds), str(seed), str(others)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr[-3000:]
    return [line.split() for line in done.stdout.splitlines()]


def test_what_was_acknowledged_survives_64_kills(git_repo: Path, git: Git) -> None:
    acknowledged = killed(git_repo, rounds=32, seed=11, others=0)
    assert len(acknowledged) >= 64
    sound(git_repo, git, acknowledged)


@pytest.mark.heavy
# After every round all there is gets looked at, so a thousand rounds in one repository would take the square of ten
# times a hundred.
@pytest.mark.parametrize("seed", range(10))
def test_what_was_acknowledged_survives_1000_rounds_beside_loads_and_gc(git_repo: Path, git: Git, seed: int) -> None:
    acknowledged = killed(git_repo, rounds=100, seed=seed, others=1)
    assert len(acknowledged) >= 200
    sound(git_repo, git, acknowledged)
