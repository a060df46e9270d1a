"""What publishing costs: python publishing.py VERB FOLDER … prints figures as JSON. Run by our Python."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gitmodels.api import publishing, registering
from gitmodels.repo import Repo

Figures = dict[str, object]
ROUNDS = 9


def verb_one(folder: Path) -> Figures:
    """A version of 4 KiB registered and pushed from ``folder``/here, and a commit of 4 KiB pushed by git from beside.

    In turn, in a process that did both before; CPU of both ends, because over file:// the server's is counted too.
    """
    taken: dict[str, list[float]] = {"ours": [], "git": []}
    for _ in range(ROUNDS):
        (folder / "plain" / "file").write_bytes(os.urandom(4096))
        for command in (["add", "file"], ["commit", "--quiet", "--message", "x"]):
            subprocess.run(["git", *command], cwd=folder / "plain", check=True)
        push = ["git", "push", "--quiet", "origin", "HEAD"]
        taken["git"].append(_spent(lambda: subprocess.run(push, cwd=folder / "plain", check=True)))  # noqa: B023
        (folder / "here" / "file").write_bytes(os.urandom(4096))
        taken["ours"].append(_spent(lambda: _publish(folder / "here")))
    return {name: statistics.median(each[2:]) for name, each in taken.items()}


def verb_writer(folder: Path, versions: str) -> Figures:
    """Register and push so many versions from this clone; tries and seconds of each, and the numbers they got."""
    tries, walls = [], []
    for number in range(int(versions)):
        start = time.perf_counter()
        file = folder / "file"
        file.write_bytes(f"{folder.name} {number}".encode() * 100)
        repo = Repo.open(folder)
        registering.register(repo, str(file), "fraud")
        tries.append(publishing.push(repo).tries)
        walls.append(time.perf_counter() - start)
    return {"tries": tries, "walls": walls}


def _publish(clone: Path) -> None:
    repo = Repo.open(clone)
    publishing.push_version(repo, "fraud", registering.register(repo, str(clone / "file"), "fraud"))


def _spent(work: Callable[[], object]) -> float:
    start = _cpu()
    work()
    return _cpu() - start


def _cpu() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    print(json.dumps(globals()[f"verb_{sys.argv[1]}"](Path(sys.argv[2]), *sys.argv[3:])))
