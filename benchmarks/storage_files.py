"""Storing files as they come: one of 1 GiB, 10,000 small ones; adding again, reading, checking, linking, memory."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import weights
from measure import Row, Sides, Spent, asked, disk_bytes, in_turn, process, row, skipped
from peers import SCRIPTS, Dvc, Git, Keeper, Lfs, Mlflow, Ours, opened

GIB = 1 << 30
ROUNDS = 3


@contextmanager
def workplace() -> Iterator[Path]:
    """An empty folder on the disk of the checkout, removed afterwards."""
    weights.DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=weights.DATA) as folder:
        yield Path(folder)


def in_process(sides: Sides, verb: str, folder: Path, source: Path) -> Spent:
    """One verb of ours on a fresh store, which is removed, in a process of its own."""
    store = folder / "store"
    try:
        figures = asked(sides.ours, SCRIPTS / "ours.py", verb, store, source)
        own = {name: value for name, value in figures.items() if name not in ("wall", "cpu")}
        return Spent(figures["wall"], figures.get("cpu", 0), disk_bytes(store), own)
    finally:
        shutil.rmtree(store, ignore_errors=True)


def copied(source: Path, folder: Path) -> Spent:
    """The plain copy of a file or folder, synced: what the disk can do."""
    target = folder / "copy"
    wall, cpu = time.perf_counter(), time.process_time()
    if source.is_dir():
        shutil.copytree(source, target)
        process(["sync", "-f", str(target)])
    else:
        shutil.copyfile(source, target)
        with open(target, "rb+") as stream:
            os.fsync(stream.fileno())
    spent = Spent(time.perf_counter() - wall, time.process_time() - cpu, disk_bytes(target))
    shutil.rmtree(target) if source.is_dir() else target.unlink()
    return spent


def once(kind: type[Keeper], folder: Path, sides: Sides, source: Path) -> Spent:
    """Store ``source`` with the command line of one tool in a fresh repository."""
    keeper = kind(folder / kind.name, sides)
    try:
        spent = keeper.add(keeper.take(source, "model"))
        return Spent(spent.wall, spent.cpu, keeper.stored())
    finally:
        keeper.remove()


def tools(folder: Path, sides: Sides, source: Path, kinds: tuple[type[Keeper], ...]) -> dict[str, Callable[[], Spent]]:
    """The tools that are there, ready to be measured; the others are named."""
    found = {}
    for kind in kinds:
        tried = opened(kind, folder / "try", sides)
        if tried is not None:
            tried.remove()
            found[kind.name] = lambda kind=kind: once(kind, folder, sides, source)
    return found


def calls(folder: Path, sides: Sides, source: Path) -> dict[str, Callable[[], Spent]]:
    """What stores a file or folder without a process of its own: a synced copy, ours, MLflow's log_artifact."""
    ours = {"copy": lambda: copied(source, folder), "ours": lambda: in_process(sides, "add", folder, source)}
    return ours | tools(folder, sides, source, (Mlflow,))


def bench_large_file(sides: Sides) -> list[Row]:
    """One incompressible file of 1 GiB: in process against copying, then every command line."""
    with workplace() as folder:
        source = weights.noise(folder / "source", GIB)
        core = in_turn(calls(folder, sides, source), ROUNDS)
        lines = in_turn(tools(folder, sides, source, (Ours, Dvc, Lfs)), ROUNDS)
        # Far behind, and slow: one round is enough.
        lines |= in_turn(tools(folder, sides, source, (Git,)), 1)
    return [
        row("add 1 GiB incompressible, durable, over copy + fsync", _over(core), "x", 1.15, peer="copy"),
        row("add 1 GiB incompressible, command line, wall", _each(lines, "wall"), "s", _best(lines, "wall")),
        row("add 1 GiB incompressible, command line, CPU", _each(lines, "cpu"), "s", _best(lines, "cpu")),
        row("add 1 GiB incompressible, disk over raw", _each(lines, "disk", GIB), "x", 1.01),
    ]


def bench_many_files(sides: Sides) -> list[Row]:
    """10,000 files of 10 KiB in one folder: in process, every command line, then what status costs."""
    with workplace() as folder:
        source = weights.small_files(folder / "source", 10_000, 10 << 10)
        core = in_turn(calls(folder, sides, source), ROUNDS)
        lines = in_turn(tools(folder, sides, source, (Ours,)), ROUNDS)
        # Far behind in every round, and slow: one is enough.
        lines |= in_turn(tools(folder, sides, source, (Dvc, Git, Lfs)), 1)
        status = _status(folder, sides, source)
    raw = 10_000 * (10 << 10)
    return [
        row("add 10,000 files of 10 KiB, durable", _each(core, "wall"), "s", 1.2),
        row("add 10,000 files of 10 KiB, command line, wall", _each(lines, "wall"), "s", _best(lines, "wall")),
        row("add 10,000 files of 10 KiB, command line, CPU", _each(lines, "cpu"), "s", _best(lines, "cpu")),
        row("add 10,000 files of 10 KiB, disk over raw", _each(lines, "disk", raw), "x", 1.05),
        row("status of 10,000 unchanged files, CPU", status, "s", 0.1),
    ]


def bench_small_chunks(sides: Sides) -> list[Row]:
    """10,000 files of 4 KiB in one add: how many durable chunks a second; git keeps one loose object each."""
    with workplace() as folder:
        source = weights.small_files(folder / "source", 10_000, 4 << 10)
        spent = in_turn({"ours": lambda: in_process(sides, "add", folder, source)}, ROUNDS)
        spent |= in_turn(tools(folder, sides, source, (Git,)), 1)
    rates = {name: 10_000 / each.wall for name, each in spent.items()}
    return [row("small durable chunks in one add", rates, "/s", 5_000, more=True)]


def bench_again(sides: Sides) -> list[Row]:
    """A file of 1 GiB that was added before: adding it once more, reading it, checking the store, memory."""
    with workplace() as folder:
        source = weights.noise(folder / "source", GIB)
        again = in_turn({"ours": lambda: in_process(sides, "again", folder, source)}, 1)
        read = in_turn({"ours": lambda: in_process(sides, "read", folder, source)}, ROUNDS)
        store = folder / "checked"
        asked(sides.ours, SCRIPTS / "ours.py", "add", store, source)
        checks = [asked(sides.ours, SCRIPTS / "ours.py", "fsck", store, source)["cpu"] for _ in range(ROUNDS)]
    return [
        row("add an unchanged file of 1 GiB again", {"ours": again["ours"].wall * 1e3}, "ms", 1),
        row(
            "verify raw chunks (fsck --full), per CPU", {"ours": GIB / 1e9 / sorted(checks)[1]}, "GB/s", 3.2, more=True
        ),
        row("read 1 GiB raw, verified, per CPU", {"ours": GIB / 1e9 / read["ours"].cpu}, "GB/s", 1.8, more=True),
    ]


def bench_memory(sides: Sides) -> list[Row]:
    """How far the memory of a process grows while it adds and reads a file of 2 GiB."""
    with workplace() as folder:
        source = weights.noise(folder / "source", 2 * GIB)
        grown = {verb: in_process(sides, verb, folder, source).own["grown"] / (1 << 20) for verb in ("add", "read")}
    return [
        row("memory growth adding 2 GiB", {"ours": grown["add"]}, "MiB", 256),
        row("memory growth reading 2 GiB", {"ours": grown["read"]}, "MiB", 256),
    ]


def bench_checkout(sides: Sides) -> list[Row]:
    """Checking out 2,000 cached files of 64 KiB by hard links, against copying and against bare links."""
    with workplace() as folder:
        source = weights.small_files(folder / "source", 2_000, 64 << 10)
        spent = in_process(sides, "checkout", folder, source)
        start = time.perf_counter()
        shutil.copytree(source, folder / "linked", copy_function=os.link)
        links = time.perf_counter() - start
        start = time.perf_counter()
        shutil.copytree(source, folder / "copy")
        copies = time.perf_counter() - start
    figures = {"copytree": copies / 2e-3, "bare links": links / 2e-3, "ours": spent.wall / 2e-3}
    return [row("check out cached files by link, each", figures, "us", 100, peer="copytree")]


def _status(folder: Path, sides: Sides, source: Path) -> dict[str, float | None]:
    """CPU of asking whether anything changed, right after everything was stored; None for what cannot tell."""
    commands = {
        Ours: [sides.script("ours", "git-models"), "status", "model"],
        Dvc: [sides.script("peers", "dvc"), "status", "-q"] if sides.peers else [],
        Git: ["git", "status", "--porcelain"],
    }
    taken: dict[str, float | None] = {}
    for kind, command in commands.items():
        keeper = opened(kind, folder / "status", sides)
        if keeper is None:
            continue
        keeper.add(keeper.take(source, "model"))
        try:
            keeper.process(*command)
            taken[kind.name] = sorted(keeper.process(*command).cpu for _ in range(ROUNDS))[1]
        except RuntimeError as error:
            taken[kind.name] = None
            skipped(f"status of {kind.name}", error)
        keeper.remove()
    return taken


def _over(spent: dict[str, Spent]) -> dict[str, float | None]:
    return {name: each.wall / spent["copy"].wall for name, each in spent.items()}


def _each(spent: dict[str, Spent], what: str, unit: float = 1) -> dict[str, float | None]:
    return {name: getattr(each, what) / unit for name, each in spent.items()}


def _best(spent: dict[str, Spent], what: str) -> float:
    """The limit where the aim is to be ahead of every peer measured beside us."""
    return min((getattr(each, what) for name, each in spent.items() if name != "ours"), default=0.0)
