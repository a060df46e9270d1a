"""How things are measured: in processes of their own, all sides in turn, the median of several rounds.

A benchmark file holds functions named ``bench_…``; each takes the sides and returns rows. Figures of one row come
from one run on one machine: absolute numbers are worth little elsewhere, ratios are.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

RUNS = 7


@dataclass(frozen=True)
class Sides:
    """The Pythons: one where gitmodels is installed as a user has it, one with MLflow, one with the other peers."""

    ours: Path
    mlflow: Path
    peers: Path | None = None

    def script(self, side: str, name: str) -> str:
        """A console script beside that side's Python."""
        return str(getattr(self, side).with_name(name))


@dataclass(frozen=True)
class Row:
    """One line of the table. ``limit`` is in the same unit as the figures; less is better unless ``more``.

    ``peer`` is the best of the others, and ``others`` are the rest of them, by name. ``ours`` is None when this
    version cannot do it: a target that is missed.
    """

    what: str
    peer: float | None
    ours: float | None
    unit: str
    limit: float
    peer_name: str = "mlflow"
    more: bool = False
    others: Mapping[str, float] = field(default_factory=dict)

    @property
    def met(self) -> bool:
        """Whether our figure keeps the limit."""
        if self.ours is None:
            return False
        return self.ours >= self.limit if self.more else self.ours <= self.limit

    @property
    def ratio(self) -> float | None:
        """How many times better ours is than the peer."""
        if self.peer is None or not self.ours or not self.peer:
            return None
        return self.ours / self.peer if self.more else self.peer / self.ours

    def to_json(self) -> dict[str, object]:
        """The row for programs."""
        return {**asdict(self), "others": dict(self.others), "ratio": self.ratio, "met": self.met}


def row(
    what: str, figures: Mapping[str, float | None], unit: str, limit: float, *, more: bool = False, peer: str = ""
) -> Row:
    """A row from the figures of every side by name; "ours" is ours, what could not be measured is None.

    The peer shown is ``peer``, else the best of those measured.
    """
    measured = {name: value for name, value in figures.items() if value is not None and name != "ours"}
    best = peer if peer in measured else ""
    if measured and not best:
        best = (max if more else min)(measured, key=lambda name: measured[name])
    others = {name: value for name, value in measured.items() if name != best}
    return Row(what, measured.get(best), figures.get("ours"), unit, limit, best, more, others)


@dataclass(frozen=True)
class Spent:
    """What something cost: seconds of wall and CPU, bytes of disk, and figures of its own by name."""

    wall: float
    cpu: float
    disk: int = 0
    own: Mapping[str, float] = field(default_factory=dict)


def process(command: list[str], **options: object) -> Spent:
    """What one process and all it waited for cost. Fails when the process does."""
    with open(os.devnull, "wb") as nowhere:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, **options)  # type: ignore[call-overload]
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return Spent(wall, float(usage.ru_utime + usage.ru_stime))


def cpu_seconds(command: list[str], **options: object) -> float:
    """CPU seconds, user and system, of one process and what it waited for. Fails when the process does."""
    return process(command, **options).cpu


def cpu_in_turn(peer: list[str], ours: list[str], runs: int = RUNS) -> tuple[float, float]:
    """Median CPU seconds of two commands, run in turn after one warm-up each."""
    cpu_seconds(peer), cpu_seconds(ours)
    pairs = [(cpu_seconds(peer), cpu_seconds(ours)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def in_turn(actions: Mapping[str, Callable[[], Spent]], rounds: int) -> dict[str, Spent]:
    """The medians of what each action costs, A B C A B C; one that fails is left out and named on stderr."""
    taken: dict[str, list[Spent]] = {}
    failed: set[str] = set()
    for _ in range(rounds):
        for name, action in actions.items():
            if name in failed:
                continue
            try:
                taken.setdefault(name, []).append(action())
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed.add(name)
                taken.pop(name, None)
                skipped(name, error)
    return {name: _median(spent) for name, spent in taken.items()}


def skipped(name: str, why: object) -> None:
    """Say loudly that a side is not measured."""
    said = str(why).strip().splitlines() or ["no reason given"]
    print(f"NOT MEASURED: {name}: {said[-1][:300]}", file=sys.stderr, flush=True)


def _median(spent: list[Spent]) -> Spent:
    own = {name: statistics.median(each.own[name] for each in spent) for name in spent[0].own}
    return Spent(
        statistics.median(each.wall for each in spent),
        statistics.median(each.cpu for each in spent),
        max(each.disk for each in spent),
        own,
    )


def first_byte(command: list[str], runs: int = RUNS) -> float:
    """Median seconds from the start of a process to the first byte it prints, after one warm-up."""
    taken = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            begins = process.stdout.read(1)
            taken.append(time.perf_counter() - begun)
            process.stdout.read()
        if process.returncode != 0 or not begins:
            raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return statistics.median(taken[1:])


def answer(python: Path, program: str, *arguments: str, cwd: Path | None = None) -> object:
    """What ``program`` prints as JSON on its last line, in a Python of its own."""
    return _answered([str(python), "-c", program, *arguments], cwd)


def asked(
    python: Path | None,
    script: Path,
    *arguments: object,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """The same of a script file: an object of figures. Raises RuntimeError, also when there is no such Python."""
    if python is None:
        raise RuntimeError("its environment is missing")
    figures = _answered([str(python), str(script), *map(str, arguments)], cwd, environment)
    assert isinstance(figures, dict)
    return figures


def _answered(command: list[str], cwd: Path | None, environment: Mapping[str, str] | None = None) -> object:
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def disk_bytes(*folders: Path) -> int:
    """The bytes of disk that files and folders take, as ``du`` counts them; hard links once."""
    seen: dict[tuple[int, int], int] = {}
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            with suppress(FileNotFoundError):
                status = path.lstat()
                seen[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(seen.values())


def table(rows: Iterable[Row]) -> str:
    """The rows, aligned."""
    grid = [["what", "peer", "", "ours", "ratio", "target", "met", "others"], *(cells(each) for each in rows)]
    widths = [max(len(line[column]) for line in grid) for column in range(len(grid[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in grid
    )


def cells(row: Row) -> list[str]:
    """What a table shows of a row: what, peer, its name, ours, ratio, target, whether it is met, the others."""
    return [
        row.what,
        "-" if row.peer is None else figure(row.peer, row.unit),
        row.peer_name if row.peer is not None else "",
        "not yet" if row.ours is None else figure(row.ours, row.unit),
        "-" if row.ratio is None else f"{row.ratio:.2g}x" if row.ratio < 10 else f"{row.ratio:.0f}x",
        f"{'>=' if row.more else '<='} {figure(row.limit, row.unit)}",
        "yes" if row.met else "NO",
        ", ".join(f"{name} {figure(value, row.unit)}" for name, value in row.others.items()),
    ]


def figure(value: float, unit: str) -> str:
    """A figure with its unit; seconds below one as milliseconds."""
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    if unit in ("", "/s"):
        return f"{value:,.0f} {unit}".rstrip() if value >= 1000 else f"{value:.4g} {unit}".rstrip()
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"
