"""What our store costs in process: python ours.py VERB STORE SOURCE … prints figures as JSON. Run by our Python."""

import contextlib
import itertools
import json
import os
import resource
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.store import ObjectStore

Figures = dict[str, float]
# Bytes of the tensor that changes in each of many versions.
CHANGED = 64 << 10


def spent(work: Callable[[], object]) -> Figures:
    """Seconds of wall and of CPU, all threads, of a call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def add(store: ObjectStore, source: Path) -> Manifest:
    return store.add_directory(source) if source.is_dir() else store.add_file(source)


def peak() -> int:
    """The most memory this process ever held, in bytes."""
    with contextlib.suppress(OSError):
        # What getrusage tells on Linux begins with the peak of the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def verb_add(store: ObjectStore, source: Path) -> Figures:
    """Add once to a fresh store, durably; also how far the memory grew."""
    before = peak()
    return spent(lambda: add(store, source)) | {"grown": peak() - before}


def verb_again(store: ObjectStore, source: Path) -> Figures:
    """Add a file that was added before and is unchanged, in a process that just opened the store."""
    add(store, source)
    taken = []
    for _ in range(5):
        opened = ObjectStore(store.root)
        taken.append(spent(lambda: add(opened, source))["wall"])  # noqa: B023
    return {"wall": statistics.median(taken)}


def verb_read(store: ObjectStore, source: Path) -> Figures:
    """Read all bytes of what was added, verified; also how far the memory grew."""
    manifest = add(store, source)
    before = peak()

    def read() -> None:
        for entry in manifest.entries:
            for _ in store.pieces(entry):
                pass

    return spent(read) | {"grown": peak() - before}


def verb_rates(store: ObjectStore, source: Path) -> Figures:
    """CPU seconds of adding and of reading in a process that has done both before; the bytes of packs."""
    found: dict[str, list[float]] = {"add": [], "read": []}
    for number in range(4):
        fresh = ObjectStore(store.root / str(number))
        found["add"].append(spent(lambda: add(fresh, source))["cpu"])  # noqa: B023
        (entry,) = add(fresh, source).entries
        found["read"].append(spent(lambda: sum(len(piece) for piece in fresh.pieces(entry)))["cpu"])  # noqa: B023
        stored = sum(path.stat().st_size for path in fresh.packs_folder.iterdir())
        shutil.rmtree(fresh.root)
    return {name: statistics.median(taken[1:]) for name, taken in found.items()} | {"stored": stored}


def verb_codec(store: ObjectStore, source: Path) -> Figures:
    """CPU seconds of encoding what the file is cut into, and of decoding it; in memory, without ids and packs."""
    from gitmodels.objects import codecs, spans
    from gitmodels.objects.codecs.encoder import Encoder

    data = source.read_bytes()
    cut = list(spans.cut(lambda offset, length: data[offset : offset + length], len(data)) or ())
    ends = itertools.accumulate(span.length for span in cut)
    pieces = [(data[end - span.length : end], span.width) for end, span in zip(ends, cut, strict=True)]
    encoder = Encoder()

    def encode() -> list[tuple[int, codecs.Buffer]]:
        return [encoder.encode(*piece) for piece in pieces]

    def decode() -> list[codecs.Buffer]:
        return [codecs.decode(*each, len(piece)) for each, (piece, _) in zip(encoded, pieces, strict=True)]

    encoded = encode()
    if decode() != [piece for piece, _ in pieces]:
        raise AssertionError("what was decoded is not what was encoded")
    works: dict[str, Callable[[], object]] = {"encode": encode, "decode": decode}
    return {name: statistics.median(spent(work)["cpu"] for _ in range(5)) for name, work in works.items()}


def verb_fsck(store: ObjectStore, source: Path) -> Figures:
    """Check every byte of the store."""
    return spent(lambda: fsck(store, full=True))


def verb_checkout(store: ObjectStore, source: Path) -> Figures:
    """Check out a folder whose files are in the cache already; linked where the store can, else copied."""
    manifest = add(store, source)
    for entry in manifest.entries:
        store.cached(entry)
    target = source.parent / "checked-out"
    taken = []
    for _ in range(3):
        taken.append(spent(lambda: linked(store, manifest, target))["wall"])
        shutil.rmtree(target)
    return {"wall": statistics.median(taken), "files": len(manifest.entries)}


def linked(store: ObjectStore, manifest: Manifest, target: Path) -> None:
    if "link" in ObjectStore.checkout.__annotations__:
        store.checkout(manifest, target, link=True)  # type: ignore[call-arg]
    else:
        store.checkout(manifest, target)


def verb_versions(store: ObjectStore, source: Path) -> Figures:
    """Register 1,000 versions of a small model, each with one of four tensors changed: CPU and wall of a version.

    CPU of the first and of the last hundred, because it does not depend on how busy the disk is just now.
    """
    import gitmodels

    base = source.read_bytes()
    os.chdir(store.root)
    file = Path("weights.safetensors")
    taken = []
    for number in range(1_000):
        data = bytearray(base)
        start = len(base) - (1 + number % 4) * CHANGED
        data[start : start + CHANGED] = os.urandom(CHANGED)
        file.write_bytes(data)
        taken.append(spent(lambda: gitmodels.register_model(str(file), "model")))
    first, last = ([each["cpu"] for each in some] for some in (taken[5:105], taken[-100:]))
    return {
        "first": statistics.median(first),
        "last": statistics.median(last),
        "wall": statistics.median(each["wall"] for each in taken[-100:]),
    }


def verb_push(store: ObjectStore, source: Path, shelf: Path) -> Figures:
    """Send what was added before to the folder ``shelf``."""
    from gitmodels.remotes.directory import DirectoryPacks
    from gitmodels.remotes.transfer import upload

    manifest = add(store, source)
    return spent(lambda: upload(store, [manifest], DirectoryPacks(shelf)))


def verb_pull(store: ObjectStore, source: Path, shelf: Path, target: Path) -> Figures:
    """Fetch it from there into the fresh store ``target``."""
    from gitmodels.remotes.directory import DirectoryPacks
    from gitmodels.remotes.transfer import download

    manifest = add(store, source)
    return spent(lambda: download(ObjectStore(target), [manifest], DirectoryPacks(shelf)))


def verb_shared(store: ObjectStore, source: Path, shelf: Path) -> Figures:
    """Send a version of twenty tensors of 4 MiB, then one with another twentieth: its bytes over those of all files."""
    from gitmodels.remotes.directory import DirectoryPacks
    from gitmodels.remotes.transfer import upload

    source.mkdir()
    for number in range(20):
        (source / f"tensor-{number}").write_bytes(os.urandom(4 << 20))
    first = add(store, source)
    upload(store, [first], DirectoryPacks(shelf))
    (source / "tensor-7").write_bytes(os.urandom(4 << 20))
    second = add(store, source)
    return {"share": upload(store, [second], DirectoryPacks(shelf)).size / second.size}


if __name__ == "__main__":
    figures = globals()[f"verb_{sys.argv[1]}"](ObjectStore(Path(sys.argv[2])), *map(Path, sys.argv[3:]))
    print(json.dumps(figures))
