"""What adding costs beside copying: prints ratios that hold on this machine, now.

    python benchmarks/objects.py [FOLDER]

Works in a temporary folder inside FOLDER (default: here), so that both sides use the same disk; needs 7 GiB there.
Every figure is the best of three rounds in which both sides run one after the other.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gitmodels.objects.store import ObjectStore

MIB = 1 << 20
ROUNDS = 3

# Peak memory is a property of a process, so the large file is added in one of its own.
ALONE = """
import resource, sys
from pathlib import Path
from gitmodels.objects.store import ObjectStore
store = ObjectStore(Path(sys.argv[1]))
if sys.argv[3] == "add":
    store.add_file(sys.argv[2])
else:
    (entry,) = store.add_file(sys.argv[2]).entries
    for piece in store.pieces(entry):
        pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1 if sys.platform == "darwin" else 1024))
"""


def noise(path: Path, size: int) -> None:
    """Incompressible bytes, already on the disk so that nobody's sync pays for them."""
    with open(path, "wb") as stream:
        for _ in range(0, size, 4 * MIB):
            stream.write(os.urandom(min(size, 4 * MIB)))
        stream.flush()
        os.fsync(stream.fileno())


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copy_synced(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    descriptor = os.open(target, os.O_RDWR)
    os.fsync(descriptor)
    os.close(descriptor)


def large(folder: Path) -> None:
    source = folder / "large"
    noise(source, 1024 * MIB)
    copies, adds = [], []
    for _ in range(ROUNDS):
        copies.append(timed(lambda: copy_synced(source, folder / "copy")))
        (folder / "copy").unlink()
        store = ObjectStore(folder / "store")
        adds.append(timed(lambda: store.add_file(source)))  # noqa: B023
        stored = sum(path.stat().st_size for path in store.packs_folder.iterdir())
        again = timed(lambda: store.add_file(source))  # noqa: B023
        (entry,) = store.add_file(source).entries
        read = timed(lambda: sum(len(piece) for piece in store.pieces(entry)))  # noqa: B023
        shutil.rmtree(store.root)
    rounds = ", ".join(f"{add / copy:.2f}" for add, copy in zip(adds, copies, strict=True))
    print(f"1 GiB incompressible   copy+fsync {min(copies):.2f} s   add {min(adds):.2f} s")
    print(f"                       ratio {min(adds) / min(copies):.2f} (aim 1.15; rounds {rounds})")
    print(f"                       stored/raw {stored / source.stat().st_size:.4f}")
    print(f"                       add again {again:.2f} s   read, verified {read:.2f} s")
    source.unlink()


def small(folder: Path) -> None:
    source = folder / "many"
    source.mkdir()
    for number in range(10_000):
        (source / f"{number:05}.bin").write_bytes(os.urandom(10 * 1024))
    os.sync()
    copies, adds = [], []
    for _ in range(ROUNDS):
        copies.append(timed(lambda: (shutil.copytree(source, folder / "copy"), os.sync())))
        shutil.rmtree(folder / "copy")
        store = ObjectStore(folder / "store")
        adds.append(timed(lambda: store.add_directory(source)))  # noqa: B023
        again = timed(lambda: store.add_directory(source))  # noqa: B023
        shutil.rmtree(store.root)
    print(
        f"10,000 x 10 KiB        copy+sync {min(copies):.2f} s   add {min(adds):.2f} s (aim 1.2)   again {again:.2f} s"
    )
    shutil.rmtree(source)


def memory(folder: Path) -> None:
    source = folder / "huge"
    noise(source, 2048 * MIB)
    for kind in ("add", "read"):
        command = [sys.executable, "-c", ALONE, str(folder / "store"), str(source), kind]
        peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f"2 GiB, {kind:4}            peak memory {int(peak)} MiB (aim 200)")
    source.unlink()


def packs(folder: Path) -> None:
    store = ObjectStore(folder / "grown", durability="batch")
    grow = timed(lambda: [store.add_bytes(os.urandom(200)) for _ in range(2_000)])
    ids = [place.chunk for place in store.catalog.places()]
    opened = ObjectStore(store.root)
    first = timed(lambda: opened.catalog.find(ids[0]))
    find = timed(lambda: [opened.catalog.find(each) for each in ids])
    print(f"2,000 small packs      {grow / 2:.2f} ms an add   open {first * 1e3:.1f} ms", end="   ")
    print(f"look-up {find / 2e3 * 1e6:.1f} us")


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else ".", prefix="bench-") as name:
        folder = Path(name)
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
        for part in (large, small, packs, memory):
            part(folder)


if __name__ == "__main__":
    main()
