"""How things are measured: in processes of their own, both sides in turn, the median of several runs.

A benchmark file holds functions named ``bench_…``; each takes the two sides and returns rows. Figures of one row come
from one run on one machine: absolute numbers are worth little elsewhere, ratios are.
"""

import json
import os
import statistics
import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

RUNS = 7


@dataclass(frozen=True)
class Sides:
    """The two Pythons: one where gitmodels is installed as a user has it, one where MLflow is."""

    ours: Path
    mlflow: Path

    def script(self, side: str, name: str) -> str:
        """A console script beside that side's Python."""
        return str(getattr(self, side).with_name(name))


@dataclass(frozen=True)
class Row:
    """One line of the table. ``limit`` is in the same unit as the figures; less is better."""

    what: str
    peer: float | None
    ours: float
    unit: str
    limit: float
    peer_name: str = "mlflow"

    @property
    def met(self) -> bool:
        """Whether our figure keeps the limit."""
        return self.ours <= self.limit

    @property
    def ratio(self) -> float | None:
        """How many times less ours is."""
        return self.peer / self.ours if self.peer is not None and self.ours else None

    def to_json(self) -> dict[str, object]:
        """The row for programs."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}


def cpu_seconds(command: list[str], **options: object) -> float:
    """CPU seconds, user and system, of one process and what it waited for. Fails when the process does."""
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere, **options)  # type: ignore[call-overload]
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return float(usage.ru_utime + usage.ru_stime)


def cpu_in_turn(peer: list[str], ours: list[str], runs: int = RUNS) -> tuple[float, float]:
    """Median CPU seconds of two commands, run in turn after one warm-up each."""
    cpu_seconds(peer), cpu_seconds(ours)
    pairs = [(cpu_seconds(peer), cpu_seconds(ours)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def answer(python: Path, program: str, *arguments: str, cwd: Path | None = None) -> object:
    """What ``program`` prints as JSON on its last line, in a Python of its own."""
    done = subprocess.run(
        [str(python), "-c", program, *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def table(rows: Iterable[Row]) -> str:
    """The rows, aligned."""
    grid = [["what", "peer", "", "ours", "ratio", "target", "met"]]
    for row in rows:
        peer = "-" if row.peer is None else figure(row.peer, row.unit)
        ratio = "-" if row.ratio is None else f"{row.ratio:.1f}x"
        grid.append(
            [
                row.what,
                peer,
                row.peer_name if row.peer is not None else "",
                figure(row.ours, row.unit),
                ratio,
                f"<= {figure(row.limit, row.unit)}",
                "yes" if row.met else "NO",
            ]
        )
    widths = [max(len(line[column]) for line in grid) for column in range(len(grid[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in grid
    )


def figure(value: float, unit: str) -> str:
    """A figure with its unit; seconds below one as milliseconds."""
    if unit == "s" and value < 1:
        return f"{value * 1000:.3g} ms"
    return f"{value:.4g} {unit}".rstrip()
