"""Flip single bits of small stores that hold every codec: right bytes or an error, never wrong bytes; fsck sees each.

The stores are the golden ones of the formats, so that records with bases are among them. The normal run takes some
bits of each file, `make test-heavy` all of them.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.errors import Corrupt, FormatTooNew, ObjectNotFound
from gitmodels.objects.fsck import fsck
from gitmodels.objects.gc import When, collect
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.marks import Named, Wanted
from gitmodels.objects.store import ObjectStore
from tests.formats.test_objects_formats import CHUNKS, COMPRESSED, GOLDEN, WORDS

CONTENTS = {"raw": CHUNKS, "zstd": [COMPRESSED], "words": WORDS}
# Of the bits of a file, every so many.
SOME = {"raw": 11, "zstd": 3, "words": 173}
A_WHILE_NS = 3_600_000_000_000

every = pytest.param(1, marks=pytest.mark.heavy, id="every-bit")


def golden(root: Path, kind: str) -> tuple[Path, Path]:
    """A copy of a golden store; its pack and its index file."""
    found = {}
    for path in (GOLDEN / "objects" / kind).iterdir():
        folder = root / ("packs" if path.suffix == ".pack" else "index")
        folder.mkdir(parents=True, exist_ok=True)
        found[path.suffix] = Path(shutil.copyfile(path, folder / path.name))
    return found[".pack"], found[".idx"]


def flipped(path: Path, step: int, start: int = 0) -> Iterator[str]:
    """Flip one bit of the file after the other, each for one turn of the loop."""
    good = path.read_bytes()
    for bit in range(start, len(good) * 8, step):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        replace(path, data)
        yield f"bit {bit % 8} of byte {bit // 8} of {path.name}"
    replace(path, good)


def opened(root: Path) -> ObjectStore:
    """The store, which syncs nothing: a flipped bit is no power cut, and there are tens of thousands of them."""
    return ObjectStore(root, durability="batch")


def replace(path: Path, data: bytes | bytearray) -> None:
    # A new file: what maps the old one keeps it.
    path.unlink(missing_ok=True)
    path.write_bytes(data)


def assert_right_or_an_error(store: ObjectStore, contents: list[bytes], where: str) -> int:
    """How many of the contents could not be read."""
    failed = 0
    for data in contents:
        try:
            assert store.read_bytes(digest.of_bytes(data)) == data, where
        except (Corrupt, ObjectNotFound, FormatTooNew):
            failed += 1
    return failed


@pytest.mark.parametrize("step", [0, every])
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_flipped_bit_of_a_pack_gives_no_wrong_byte(tmp_path: Path, kind: str, step: int) -> None:
    pack, index = golden(tmp_path, kind)
    row = index.read_bytes()
    failed = 0
    for where in flipped(pack, step or SOME[kind]):
        store = opened(tmp_path)
        assert fsck(store, full=True), where
        failed += assert_right_or_an_error(store, CONTENTS[kind], where)
        for stale in index.parent.iterdir():
            stale.unlink()
        index.write_bytes(row)
    assert failed
    assert fsck(opened(tmp_path), full=True) == []


@pytest.mark.parametrize("step", [0, every])
@pytest.mark.parametrize("kind", CONTENTS)
def test_a_flipped_bit_of_an_index_costs_nothing(tmp_path: Path, kind: str, step: int) -> None:
    _, index = golden(tmp_path, kind)
    for where in flipped(index, step or SOME[kind] // 3):
        store = opened(tmp_path)
        assert fsck(store, full=True), where
        assert assert_right_or_an_error(store, CONTENTS[kind], where) == 0, where
        for stale in index.parent.iterdir():
            stale.unlink()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder whose files were last written an hour ago."""
    folder = tmp_path / "source"
    folder.mkdir()
    before = time.time_ns() - A_WHILE_NS
    for name, data in (("a", b"abc" * 40), ("b", b""), ("c", bytes(range(200)))):
        (folder / name).write_bytes(data)
        os.utime(folder / name, ns=(before, before))
    return folder


@pytest.mark.parametrize("step", [7, every])
def test_a_flipped_bit_of_a_cached_file_is_healed_from_the_packs(tmp_path: Path, source: Path, step: int) -> None:
    store = opened(tmp_path / "store")
    entry = store.add_directory(source).entry("c")
    path = store.cached(entry)
    good, status = path.read_bytes(), path.stat()
    for bit in range(0, len(good) * 8, step):
        path.chmod(0o644)
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        # As rot does it: size, mode and times stay.
        path.chmod(0o444)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert [damage.kind for damage in fsck(store, full=True)] == ["cache"], bit
        assert store.cached(entry).read_bytes() == good, bit
    assert fsck(store, full=True) == []


@pytest.mark.parametrize("step", [13, every])
def test_a_flipped_bit_of_the_stat_cache_changes_no_manifest(tmp_path: Path, source: Path, step: int) -> None:
    time.sleep(0.05)  # so that the times of change are in the past and the files are noted
    store = opened(tmp_path / "store")
    manifest = store.add_directory(source)
    (stat,) = [path for path in (store.root / "stat").rglob("*") if path.is_file()]
    good = stat.read_bytes()
    assert len(good) > 300, "nothing was noted"
    for bit in range(0, len(good) * 8, step):
        data = bytearray(good)
        data[bit // 8] ^= 1 << bit % 8
        replace(stat, data)
        again = opened(store.root)
        assert again.survey(source).against(manifest) == ((), (), ()), bit
        replace(stat, data)
        assert opened(store.root).add_directory(source) == manifest, bit
        assert again.missing(manifest) == []


@pytest.mark.parametrize("step", [3, every])
def test_a_flipped_bit_of_the_list_of_the_doomed_dooms_nothing_that_is_named(
    tmp_path: Path, source: Path, step: int
) -> None:
    store = opened(tmp_path / "store")
    manifest: Manifest = store.add_directory(source)
    store.add_bytes(b"garbage")
    ids = frozenset(bytes.fromhex(entry.blake3) for entry in manifest.entries)
    now = time.time_ns() // 1_000_000
    collect(store, lambda: Wanted(Named(ids, frozenset())), When(now))
    doomed = store.root / "doomed"
    for where in flipped(doomed, step):
        fresh = opened(store.root)
        collect(fresh, lambda: Wanted(Named(ids, frozenset())), When(now + 1000))
        assert fresh.missing(manifest) == [], where
        assert fresh.read_bytes(digest.of_bytes(b"garbage")) == b"garbage", where
