"""Publishing: what one costs beside git's own push, and what many writers reach, of one host and on many machines."""

import json
import os
import resource
import statistics
import subprocess
from collections import Counter
from pathlib import Path

from measure import Row, Sides, asked, row
from storage_files import workplace

SIDE = Path(__file__).parent / "sides" / "publishing.py"
WRITERS = 64
CLONES, VERSIONS = 16, 20
_WHO = {f"GIT_{role}_{key}": "b@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
_ENVIRONMENT = os.environ | _WHO | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def bench_register_and_push(sides: Sides) -> list[Row]:
    """Register a version of 4 KiB and push it, uncontended; git pushes a commit of as much."""
    with workplace() as folder:
        _clone(folder, "hub.git", "here")
        _clone(folder, "other.git", "plain")
        taken = asked(sides.ours, SIDE, "one", folder, environment=_ENVIRONMENT)
    return [row("register a version and push it, CPU of both ends", taken, "s", 2 * taken["git"])]


def bench_writers_of_one_host(sides: Sides) -> list[Row]:
    """64 processes that each register and push one version from one clone, at once."""
    with workplace() as folder:
        hub = _clone(folder, "hub.git", "here")
        command = [sides.script("ours", "git-models"), "register", "--push"]
        for name in ("first", "second"):
            (folder / "here" / name).write_text(name)
            _run([*command, name, "fraud"], folder / "here")
        pushes = _counted(hub)
        started = []
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        for number in range(WRITERS):
            (folder / "here" / f"file-{number}").write_bytes(os.urandom(4096))
            started.append(_started([*command, f"file-{number}", "fraud"], folder / "here"))
        said = [_ended(process) for process in started]
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
        count = len(pushes.read_text().split())
        wrong = _wrong(hub, 2 + WRITERS, [int(line.rpartition("/")[2]) for line in said])
    what = f"{WRITERS} writers of one host"
    return [
        row(f"{what}: versions lost, doubled or left out", {"ours": wrong}, "", 0),
        row(f"{what}: pushes that {WRITERS} versions took", {"ours": count}, "", WRITERS / 2),
        row(f"{what}: CPU of a version, each a process", {"ours": cpu / WRITERS}, "s", 0.6),
    ]


def bench_clones_of_one_remote(sides: Sides) -> list[Row]:
    """16 clones that each register and push 20 versions of one model, at once."""
    with workplace() as folder:
        hub = _clone(folder, "hub.git", "first")
        asked(sides.ours, SIDE, "writer", folder / "first", 1, environment=_ENVIRONMENT)
        for number in range(CLONES):
            _run(["git", "clone", "--quiet", f"file://{hub}", f"clone-{number}"], folder)
        command = [str(sides.ours), str(SIDE), "writer"]
        started = [_started([*command, str(folder / f"clone-{each}"), str(VERSIONS)], folder) for each in range(CLONES)]
        figures = [json.loads(_ended(process)) for process in started]
        wrong = _wrong(hub, 1 + CLONES * VERSIONS, [])
    tries = [each for one in figures for each in one["tries"]]
    walls = sorted(each for one in figures for each in one["walls"])
    what = f"{CLONES} clones x {VERSIONS} versions"
    return [
        row(f"{what}: versions lost, doubled or left out", {"ours": wrong}, "", 0),
        row(f"{what}: tries a version, mean", {"ours": statistics.mean(tries)}, "", 3),
        row(f"{what}: seconds a version, 99 of 100", {"ours": walls[len(walls) * 99 // 100]}, "s", 60),
    ]


def _clone(folder: Path, server: str, name: str) -> Path:
    _run(["git", "init", "--quiet", "--bare", server], folder)
    _run(["git", "clone", "--quiet", f"file://{folder}/{server}", name], folder)
    return folder / server


def _counted(hub: Path) -> Path:
    """A file that gets a line with every push that the server takes."""
    pushes = hub / "pushes"
    pushes.touch()
    hook = hub / "hooks" / "post-receive"
    hook.write_text(f"#!/bin/sh\necho push >> {pushes}\n")
    hook.chmod(0o755)
    return pushes


def _wrong(hub: Path, expected: int, told: list[int]) -> int:
    """How many versions are not there, or were told to two writers, or leave a gap."""
    paths = _run(["git", "ls-tree", "-r", "--name-only", "gitmodels"], hub).splitlines()
    found = {int(path.split("/")[4]) for path in paths if path.endswith("/version.yaml")}
    doubled = sum(count - 1 for count in Counter(told).values())
    return len(set(range(1, expected + 1)) ^ found) + doubled + len(set(told) - found)


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def _started(command: list[str], folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command, cwd=folder, env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _ended(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate()
    if process.returncode:
        raise RuntimeError(err[-2000:])
    return out.splitlines()[-1]
