"""New weights: how small they become, and how fast they are encoded and decoded, per CPU; the size of the index."""

import shutil
from collections.abc import Callable
from pathlib import Path

import weights
from measure import Row, Sides, asked, row, skipped
from peers import SCRIPTS
from storage_files import workplace

MB = 1e6


def bench_new_weights(sides: Sides) -> list[Row]:
    """MiniLM added to an empty store and read back, float32 and bfloat16; hashing, reading and writing included."""
    base = weights.minilm()
    rows = []
    for kind, tensors, limit in (("F32", base, 0.825), ("BF16", weights.bfloat16(base), 0.67)):
        with workplace() as folder:
            file = weights.write(folder / "source", tensors, kind)
            ours = asked(sides.ours, SCRIPTS / "ours.py", "rates", folder / "store", file)
            theirs = _measured(lambda f=file, k=kind: _blosc(sides, f, 4 if k == "F32" else 2))
        size = sum(array.nbytes for array in tensors.values())
        bound = weights.order_0_bound(tensors)
        rate = {name: {"ours": size / MB / ours[name]} for name in ("add", "read")}
        if theirs:
            rate["add"]["blosc2"] = size / MB / theirs["encode"]
            rate["read"]["blosc2"] = size / MB / theirs["decode"]
        sizes = {"ours": ours["stored"] / size, "order-0 bound": bound} | ({"blosc2": theirs["size"]} if theirs else {})
        rows += [
            row(f"new weights, {kind}, stored by raw", sizes, "x", limit, peer="blosc2"),
            row(f"new weights, {kind}, add per CPU", rate["add"], "MB/s", 500, more=True),
            row(f"new weights, {kind}, read per CPU", rate["read"], "MB/s", 800, more=True),
        ]
    return rows


def bench_index(sides: Sides) -> list[Row]:
    """What the index takes for each TB of large tensors, and of opaque bytes: one file of 1 GiB each."""
    found = {}
    with workplace() as folder:
        for what in ("tensors", "opaque bytes"):
            source = folder / "source"
            if what == "tensors":
                weights.write(source, weights.gaussian(16, 64))
            else:
                weights.noise(source, 1 << 30)
            size = source.stat().st_size
            asked(sides.ours, SCRIPTS / "ours.py", "add", folder / "store", source)
            index = sum(path.stat().st_size for path in (folder / "store" / "index").iterdir())
            found[what] = index / MB * (1e12 / size)
            shutil.rmtree(folder / "store")
    return [row(f"index for 1 TB of {what}", {"ours": size}, "MB", 20) for what, size in found.items()]


def _blosc(sides: Sides, file: Path, width: int) -> dict[str, float]:
    return asked(sides.peers, SCRIPTS / "blosc.py", file, file.with_name("blosc"), width)


def _measured(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    try:
        return work()
    except RuntimeError as error:
        skipped("blosc2", error)
        return {}
