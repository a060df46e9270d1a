"""Kill who registers and pushes at random moments, on two clones of one repository, and look at what is left.

After every death the next process goes on with nothing removed by hand. What was promised as published is there, under
the number that was promised, exactly once; and nothing that was registered is lost.
"""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.api import publishing
from gitmodels.registry import layout
from gitmodels.repo import Repo

Git = Callable[..., str]

# Registers without end; tells what was registered here, and what is published under which number.
WORKER = """
import os, sys, uuid
from gitmodels.api import publishing, registering
from gitmodels.registry.changes import aliases
from gitmodels.repo import Repo
repo = Repo.open(".")
print("ready", flush=True)
while True:
    with open("weights.bin", "w") as stream:
        stream.write(uuid.uuid4().hex)
    number = registering.register(repo, "weights.bin", "fraud")
    op = repo.registry.state().version("fraud", number).record.op
    print("here", op, flush=True)
    repo.registry.apply(lambda s, at: aliases.set_alias(s, "fraud", sys.argv[1], number, at))
    print("published", op, publishing.push_version(repo, "fraud", number)[1], flush=True)
"""


class Life:
    """One process, until it is killed."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-c", WORKER, path.name]
        self._process = subprocess.Popen(command, cwd=path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def end(self) -> list[list[str]]:
        """Kill it; what it told."""
        self._process.send_signal(signal.SIGKILL)
        out, err = self._process.communicate(timeout=60)
        assert self._process.returncode == -signal.SIGKILL, err
        # A line that was cut by the death promises nothing.
        return [line.split() for line in out.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.parametrize("rounds", [5, pytest.param(200, marks=[pytest.mark.heavy, pytest.mark.timeout(3600)])])
def test_whoever_is_killed_loses_nothing_and_publishes_nothing_twice(rounds: int, tmp_path: Path, git: Git) -> None:
    hub = tmp_path / "hub.git"
    git("init", "-q", "--bare", str(hub), cwd=tmp_path)
    places = [tmp_path / "ana", tmp_path / "bo"]
    for place in places:
        git("clone", "-q", f"file://{hub}", place.name, cwd=tmp_path)
    chance = random.Random(os.environ.get("TEST_SEED", "7"))
    here: set[str] = set()
    promised: dict[str, int] = {}
    for _ in range(rounds):
        lives = [Life(place) for place in places]
        for life in lives:
            signal.sigtimedwait([], chance.uniform(0.05, 1.2))
            for word, op, *number in life.end():
                here.add(op)
                if word == "published":
                    promised[op] = int(number[0])
    for place in places:
        publishing.push(Repo.open(place))
    for place in places:
        publishing.pull(Repo.open(place))
    states = [Repo.open(place).registry.state() for place in places]
    assert {state.commit for state in states} == {git("rev-parse", "gitmodels", cwd=hub).strip()}
    found = {version.record.op: version.number for version in states[0].versions("fraud")}
    assert sorted(found.values()) == list(range(1, len(found) + 1))
    assert here <= set(found)
    assert promised.items() <= found.items()
    assert len({tuple(Repo.open(place).registry.branch.refs.list(layout.ALIAS_REFS).items()) for place in places}) == 1
    for place in (hub, *places):
        assert "error" not in git("fsck", "--strict", cwd=place)
