"""What it costs to start: help, version, import, a look at a small registry, the first line of a large one."""

import subprocess
import tempfile
from pathlib import Path

from measure import Row, Sides, answer, cpu_in_turn, first_byte

# What a program that only wants a name from the package should not have to wait for.
HEAVY = ("numpy", "pandas", "sklearn", "scipy", "pygit2", "git", "yaml", "asyncio", "importlib.metadata", "requests")

MODULES = """
import json, sys
before = set(sys.modules)
import {package}
loaded = set(sys.modules) - before
print(json.dumps([len(loaded), sum(name in loaded for name in {heavy!r})]))
"""


# 10,000 registrations, one commit each as `register` writes it, in packs as they stand before any `git gc`.
LARGE = """
import sys, uuid
import gitmodels
from gitmodels.git.raw import Identity
from gitmodels.registry import layout
from gitmodels.registry.changes import models
from gitmodels.registry.changes.change import At, Change
from gitmodels.repo import Repo

folder, count, versions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
branch = Repo.open(folder).registry.branch
state = Repo.open(folder).registry.state()
first = layout.version_folder("m", 1)
files = {name: state.tree.read(f"{first}/{name}") for name in state.tree.names(first)}
tip = known = state.commit
waiting, when, author = {}, 1_770_000_000_000, Identity("Ann", "ann@example.org")
for number in range(1, versions + 1):
    for name in (f"model-{place}" for place in range(count)):
        at = At(uuid.uuid4().hex, when, author.name, author.email)
        edits = {f"{layout.version_folder(name, number)}/{file}": data for file, data in files.items()}
        if number == 1:
            edits.update(models.create(state, name, at).edits)
        change = Change(number, edits, "register", f"register {name} v{number}", name, args={"name": name})
        built = branch.build(edits, change.message(at.op), parent=tip, author=author, when_ms=when)
        waiting |= {item.oid: item for item in built}
        tip, when = built[-1].oid, when + 60_000
        if len(waiting) > 500 or (number, name) == (versions, f"model-{count - 1}"):
            last = waiting.pop(tip)
            branch.publish([*waiting.values(), last], expected=known)
            known, waiting = tip, {}
        else:
            from gitmodels.git.branch import _remember
            _remember(built)
print("null")
"""


def bench_help(sides: Sides) -> list[Row]:
    """The overview of commands."""
    peer, ours = cpu_in_turn([sides.script("mlflow", "mlflow"), "--help"], [sides.script("ours", "git-models"), "-h"])
    return [Row("git models -h, CPU", peer, ours, "s", 0.08)]


def bench_looking(sides: Sides) -> list[Row]:
    """Reading commands in a repository with one registered model."""
    with tempfile.TemporaryDirectory() as folder:
        command = _small(sides, folder)
        rows = []
        for words in ("ls", "ls m", "show m/1", "log", "cat m/1:weights.bin"):
            line = [*command, *words.split()]
            rows.append(Row(f"git models {words}, CPU", None, cpu_in_turn(line, line)[1], "s", 0.15))
    return rows


def bench_first_line(sides: Sides) -> list[Row]:
    """When a long answer begins: 1,000 models of 10 versions, 10,000 operations."""
    with tempfile.TemporaryDirectory() as folder:
        command = _small(sides, folder)
        answer(sides.ours, LARGE, folder, "1000", "10")
        return [
            Row(f"git models {words}, first byte", None, first_byte([*command, *words.split()]), "s", 0.3)
            for words in ("ls", "ls --json", "log", "log --json")
        ]


def _small(sides: Sides, folder: str) -> list[str]:
    subprocess.run(["git", "init", "-q", folder], check=True)
    Path(folder, "weights.bin").write_bytes(b"weights")
    command = [sides.script("ours", "git-models"), "-C", folder]
    subprocess.run([*command, "register", "weights.bin", "m"], check=True, capture_output=True)
    return command


def bench_import(sides: Sides) -> list[Row]:
    """A process that imports the package and ends."""
    peer, ours = cpu_in_turn([str(sides.mlflow), "-c", "import mlflow"], [str(sides.ours), "-c", "import gitmodels"])
    return [Row("import gitmodels, CPU of the whole process", peer, ours, "s", 0.05)]


def bench_modules(sides: Sides) -> list[Row]:
    """What importing the package loads."""
    peer = answer(sides.mlflow, MODULES.format(package="mlflow", heavy=HEAVY))
    ours = answer(sides.ours, MODULES.format(package="gitmodels", heavy=HEAVY))
    assert isinstance(peer, list)
    assert isinstance(ours, list)
    return [
        Row("import gitmodels, modules loaded", peer[0], ours[0], "", 60),
        Row("import gitmodels, heavy packages loaded", peer[1], ours[1], "", 0),
    ]
