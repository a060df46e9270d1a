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
    """MiniLM, float32 and bfloat16: encoded and decoded in memory; added to an empty store and read back."""
    base = weights.minilm()
    rows = []
    for kind, tensors, limit in (("F32", base, 0.825), ("BF16", weights.bfloat16(base), 0.67)):
        with workplace() as folder:
            file = weights.write(folder / "source", tensors, kind)
            ours = asked(sides.ours, SCRIPTS / "ours.py", "codec", folder / "store", file)
            whole = asked(sides.ours, SCRIPTS / "ours.py", "rates", folder / "store", file)
            theirs = _measured(lambda f=file, k=kind: _blosc(sides, f, 4 if k == "F32" else 2))
        size = sum(array.nbytes for array in tensors.values())
        sizes = {"ours": whole["stored"] / size, "order-0 bound": weights.order_0_bound(tensors)}
        sizes |= {"blosc2": theirs["size"]} if theirs else {}
        rows.append(row(f"new weights, {kind}, stored by raw", sizes, "x", limit, peer="blosc2"))
        for verb, least in (("encode", 500), ("decode", 800)):
            rates = {name: size / MB / side[verb] for name, side in (("ours", ours), ("blosc2", theirs)) if side}
            rows.append(row(f"new weights, {kind}, {verb} in memory, per CPU", rates, "MB/s", least, more=True))
        # The same of whole operations: hashing twice, reading, writing and syncing included.
        for verb, least in (("add", 500), ("read", 800)):
            rates = {"ours": size / MB / whole[verb]}
            rows.append(row(f"new weights, {kind}, {verb} per CPU", rates, "MB/s", least, more=True))
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
    return asked(sides.peers, SCRIPTS / "blosc.py", file, width)


def _measured(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    try:
        return work()
    except RuntimeError as error:
        skipped("blosc2", error)
        return {}
