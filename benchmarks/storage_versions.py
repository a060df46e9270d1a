"""Storing versions of a model: bytes on disk for trainings, fine-tunes and edits, registered one after the other.

Every tool gets the same files under the same name. Ours are registered by the command line as versions of one model,
each in a process of its own. The unit is one raw copy of the file: a store of whole files takes one a version.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import weights
from measure import Row, Sides, asked, disk_bytes, row, skipped
from peers import SCRIPTS, Dvc, Git, Keeper, Ours, Xet, opened
from storage_files import workplace
from weights import Tensors

TUNES = 10
# What LayerNorm and bias tuning trains, by the names of the tensors.
SMALL_PARTS = r"LayerNorm|bias$"


@dataclass
class Series:
    """What each tool took for a series of files: its bytes of disk and seconds of CPU; the raw bytes given to it."""

    disk: dict[str, float]
    cpu: dict[str, float]
    first: int
    raw: int

    def copies(self) -> dict[str, float | None]:
        """Bytes of disk in units of the first file."""
        return {name: disk / self.first for name, disk in self.disk.items()}

    def share(self) -> dict[str, float | None]:
        """Bytes of disk by raw bytes."""
        return {name: disk / self.raw for name, disk in self.disk.items()}


def measured(
    sides: Sides, files: Iterator[Callable[[Path], Path]], kinds: tuple[type[Keeper], ...], name: str = "model"
) -> Series:
    """Store the files that each of ``files`` writes, one after the other, with every tool in turn."""
    with workplace() as folder:
        keepers = {kind.name: opened(kind, folder / kind.name, sides) for kind in kinds}
        alive = {kind: keeper for kind, keeper in keepers.items() if keeper is not None}
        series = Series({}, dict.fromkeys(alive, 0.0), 0, 0)
        for write in files:
            source = write(folder / "source")
            size = source.stat().st_size
            series.first = series.first or size
            series.raw += size
            for kind, keeper in list(alive.items()):
                try:
                    series.cpu[kind] += keeper.add(keeper.take(source, name)).cpu
                except RuntimeError as error:
                    skipped(kind, error)
                    del alive[kind]
            source.unlink()
        for kind, keeper in alive.items():
            if isinstance(keeper, Git):
                keeper.quiet("git", "gc", "-q")
            series.disk[kind] = keeper.stored()
        return series


def tensors_of(versions: Iterator[Tensors], kind: str = "F32") -> Iterator[Callable[[Path], Path]]:
    return (partial(weights.write, tensors=version, kind=kind) for version in versions)


def bench_one_tensor_changed(sides: Sides) -> list[Row]:
    """Ten versions of a model of 20 tensors of 4 MiB, one of them trained anew in each."""
    series = measured(sides, tensors_of(weights.one_changed(10)), (Ours, Xet, Dvc))
    return [
        row("10 versions, one of 20 tensors changed, stored by raw", series.share(), "x", 0.13),
        row("10 versions, one of 20 tensors changed, CPU", dict(series.cpu), "s", series.cpu.get("dvc", 0)),
    ]


def bench_fine_tunes(sides: Sides) -> list[Row]:
    """MiniLM and ten full fine-tunes of it, float32 and bfloat16, small and smaller steps."""
    base = weights.minilm()
    limits = {("F32", 1e-3): 5.9, ("F32", 1e-4): 4.8, ("BF16", 1e-3): 1.25, ("BF16", 1e-4): 0.9}
    rows = []
    for (kind, step), limit in limits.items():
        series = measured(sides, tensors_of(_tunes(base, kind, step), kind), (Ours, Xet))
        figures = series.copies() | {"whole files": series.raw / series.first}
        rows.append(row(f"MiniLM and 10 fine-tunes, {kind}, step {step:.0e}, copies", figures, "", limit))
    return rows


def bench_small_tunes(sides: Sides) -> list[Row]:
    """MiniLM and ten tunes of its LayerNorms and biases only."""
    base = weights.minilm()
    versions = (weights.fine_tuned(base, 1e-2, seed, SMALL_PARTS) if seed else base for seed in range(TUNES + 1))
    series = measured(sides, tensors_of(versions), (Ours, Xet))
    figures = series.copies() | {"whole files": series.raw / series.first}
    return [row("MiniLM and 10 tunes of LayerNorm and biases, copies", figures, "", 0.9)]


def bench_metadata_edit(sides: Sides) -> list[Row]:
    """MiniLM with another text in its header, which moves every tensor in the file: new bytes by raw bytes."""
    base = weights.minilm()
    told = [{"note": "first"}, {"note": "second, and somewhat longer than the first"}]
    whole = measured(
        sides, (partial(weights.write, tensors=base, metadata=each) for each in told[:1]), (Ours, Xet, Dvc)
    )
    both = measured(sides, (partial(weights.write, tensors=base, metadata=each) for each in told), (Ours, Xet, Dvc))
    added = {name: 100 * (both.disk[name] - whole.disk[name]) / both.first for name in both.disk if name in whole.disk}
    return [row("an edit of the header only, bytes added", added, "%", 0.1)]


def bench_forests(sides: Sides) -> list[Row]:
    """A random forest and ten retrainings: with more trees, and from other seeds; as pickle and as we save it."""
    rows = []
    limits = {("more trees", "pickle"): 0.08, ("other seeds", "pickle"): 0.2, ("more trees", "skops"): 0.08}
    for (how, kind), limit in limits.items():
        series = measured(sides, _forests(sides, how, kind), (Ours, Xet, Git))
        figures = series.share() | {"whole files": 1.0}
        rows.append(row(f"a forest retrained 10 times, {how}, {kind}, stored by raw", figures, "x", limit))
    return rows


def bench_many_versions(sides: Sides) -> list[Row]:
    """1,000 versions of one small model, in process, 64 KiB changed in each: the last hundred beside the first."""
    with workplace() as folder:
        Ours(folder / "repository", sides)
        tensors = {f"w{each}": weights.gaussian(1, 1, seed=each)["layer.0.weight"][:16] for each in range(4)}
        source = weights.write(folder / "source", tensors)
        taken = asked(sides.ours, SCRIPTS / "ours.py", "versions", folder / "repository", source)
        beside = disk_bytes(folder / "repository" / ".git") / 1_000 / 1024 - 64
    return [
        row(
            "register version 901 to 1,000, CPU over that of 1 to 100",
            {"ours": taken["last"] / taken["first"]},
            "x",
            1.3,
        ),
        row("register version 901 to 1,000, durable, new bytes", {"ours": taken["wall"] * 1e3}, "ms", 12),
        row("disk of one of 1,000 versions, beside the new bytes", {"ours": beside}, "KiB", 16),
    ]


def _tunes(base: Tensors, kind: str, step: float) -> Iterator[Tensors]:
    for seed in range(TUNES + 1):
        tuned = weights.fine_tuned(base, step, seed) if seed else base
        yield weights.bfloat16(tuned) if kind == "BF16" else tuned


def _forests(sides: Sides, how: str, kind: str) -> Iterator[Callable[[Path], Path]]:
    """The files of the trainings, made in our Python: scikit-learn is there, and our way to save."""
    with workplace() as folder:
        asked(sides.ours, SCRIPTS / "forests.py", folder, how, kind)
        for number in range(TUNES + 1):
            data = (folder / str(number)).read_bytes()
            yield partial(_written, data)


def _written(data: bytes, path: Path) -> Path:
    path.write_bytes(data)
    return path
