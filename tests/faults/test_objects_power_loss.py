"""Cut the power at every change of the disk, and drop, tear or reorder whatever was not synced.

A cut before an operation has ended may cost that operation, never what was there before; a cut after it has ended
costs nothing. The simulated disk is ``power.py``; every state it leaves is opened as after a reboot.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitmodels.digest import Digest
from gitmodels.objects import writer
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.store import ObjectStore
from tests.faults.power import Cut, Disk


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(writer, "TARGET", 4000)
    monkeypatch.setattr(writer, "_GATHER", 1500)
    noise = random.Random(3).randbytes
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.bin").write_bytes(noise(1800))
    (folder / "text").write_text("a line\n" * 500)
    return folder


@pytest.fixture
def seed(tmp_path: Path) -> tuple[Path, dict[Digest, bytes]]:
    """A store in which something was added before, and what."""
    store = ObjectStore(tmp_path / "seed")
    earlier = {store.add_bytes(data): data for data in (b"%d" % number * 100 for number in range(4))}
    return store.root, earlier


def cuts(disk: Disk, rounds: int) -> Iterator[Cut]:
    """Where the power goes, and what is kept of the changes that no sync made safe."""
    total = len(disk.ops)
    for count in range(total + 1):
        yield count, lambda number: 0.0
        yield count, lambda number: 1.0
        for lost in set(range(count)) - disk.safe(count):
            # All but one: this is how a later change overtakes an earlier one.
            yield count, lambda number, lost=lost: float(number != lost)
    chance = random.Random(11)
    for _ in range(rounds):
        shares = [chance.choice((0.0, 0.3, 1.0)) for _ in range(total)]
        yield chance.randrange(total + 1), shares.__getitem__


def left_behind(disk: Disk, tmp_path: Path, rounds: int) -> Iterator[tuple[ObjectStore, bool]]:
    """The store after each cut, and whether the operation had ended by then."""
    root = tmp_path / "after"
    seen = 0
    for count, kept in disk.distinct(cuts(disk, rounds)):
        disk.left(root, count, kept)
        yield ObjectStore(root), count == len(disk.ops)
        shutil.rmtree(root)
        seen += 1
    assert seen > len(disk.ops) * 2


def assert_holds(store: ObjectStore, earlier: dict[Digest, bytes]) -> None:
    """Nothing that was there before is hurt, whatever became of index and cache."""
    # An index file is checked against its name; it and the cache may be damaged, and are made anew.
    assert [each for each in fsck(store, full=True) if each.kind not in ("index", "cache")] == []
    for digest, data in earlier.items():
        assert store.read_bytes(digest) == data


def assert_whole(store: ObjectStore, manifest: Manifest, source: Path) -> None:
    assert store.missing(manifest) == []
    for entry in manifest.entries:
        assert store.read(entry) == (source / entry.path).read_bytes()
        assert store.cached(entry).read_bytes() == (source / entry.path).read_bytes()


def run_add(tmp_path: Path, source: Path, seed: tuple[Path, dict[Digest, bytes]], rounds: int) -> None:
    disk = Disk(seed[0])
    with disk.recording():
        manifest = ObjectStore(seed[0]).add_directory(source)
    disk.check()
    for store, ended in left_behind(disk, tmp_path, rounds):
        assert_holds(store, seed[1])
        if ended:
            assert_whole(ObjectStore(store.root), manifest, source)
        assert ObjectStore(store.root).add_directory(source) == manifest
        assert_whole(ObjectStore(store.root), manifest, source)


def test_power_lost_while_adding(tmp_path, source, seed):
    run_add(tmp_path, source, seed, rounds=60)


@pytest.mark.heavy
def test_power_lost_while_adding_in_many_ways(tmp_path, source, seed):
    run_add(tmp_path, source, seed, rounds=20_000)


def test_power_lost_while_filling_the_cache(tmp_path, source):
    store = ObjectStore(tmp_path / "store")
    manifest = store.add_directory(source)
    entry = manifest.entry("1.bin")
    disk = Disk(store.root)
    with disk.recording():
        ObjectStore(store.root).cached(entry)
    disk.check()
    for left, _ in left_behind(disk, tmp_path, rounds=60):
        assert_whole(left, manifest, source)


def test_power_lost_while_the_index_is_made_anew(tmp_path, source):
    store = ObjectStore(tmp_path / "store")
    manifest = store.add_directory(source)
    disk = Disk(store.root)
    with disk.recording():
        ObjectStore(store.root).rebuild_index()
    disk.check()
    for left, _ in left_behind(disk, tmp_path, rounds=60):
        assert_whole(left, manifest, source)


def test_what_is_not_synced_is_really_lost(tmp_path, source):
    """The simulation can fail: a store that syncs nothing loses what it said was added."""
    root = tmp_path / "store"
    os.mkdir(root)
    disk = Disk(root)
    with disk.recording():
        manifest = ObjectStore(root, durability="batch").add_directory(source)
    disk.check()
    disk.left(tmp_path / "after", len(disk.ops), lambda number: 0.0)
    assert ObjectStore(tmp_path / "after").missing(manifest)
