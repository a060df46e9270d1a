"""What it costs to start: help, version, import."""

import subprocess
import tempfile
from pathlib import Path

from measure import Row, Sides, answer, cpu_in_turn

# What a program that only wants a name from the package should not have to wait for.
HEAVY = ("numpy", "pandas", "sklearn", "scipy", "pygit2", "git", "yaml", "asyncio", "importlib.metadata", "requests")

MODULES = """
import json, sys
before = set(sys.modules)
import {package}
loaded = set(sys.modules) - before
print(json.dumps([len(loaded), sum(name in loaded for name in {heavy!r})]))
"""


def bench_help(sides: Sides) -> list[Row]:
    """The overview of commands."""
    peer, ours = cpu_in_turn([sides.script("mlflow", "mlflow"), "--help"], [sides.script("ours", "git-models"), "-h"])
    return [Row("git models -h, CPU", peer, ours, "s", 0.08)]


def bench_ls(sides: Sides) -> list[Row]:
    """A reading command in a repository with one registered model."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        Path(folder, "weights.bin").write_bytes(b"weights")
        command = sides.script("ours", "git-models")
        subprocess.run([command, "-C", folder, "register", "weights.bin", "m"], check=True, capture_output=True)
        listing = [command, "-C", folder, "ls"]
        _, ours = cpu_in_turn(listing, listing)
    return [Row("git models ls, CPU", None, ours, "s", 0.15)]


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
