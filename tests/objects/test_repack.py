"""Repacking keeps every id and every byte, makes fewer and smaller packs, and may be killed anywhere."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from gitmodels.objects import codecs, record
from gitmodels.objects.fsck import fsck
from gitmodels.objects.gc import When, collect
from gitmodels.objects.marks import Named, Wanted
from gitmodels.objects.repack import Repacked, repack
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import PackWriter

NOW = 1_800_000_000_000


def usage(store):
    return sum(path.stat().st_size for path in store.packs_folder.iterdir())


def contents(store):
    store = ObjectStore(store.root)
    return {place.chunk: store.read_bytes(place.chunk.hex()) for place in store.catalog.places()}


def put(store, data, codec=codecs.RAW):
    """Store bytes as an older gitmodels would: uncompressed."""
    chunk = record.Record(codec, len(data), len(data), bytes.fromhex(_id(data)), record.NO_BASE, b"")
    writer = PackWriter(store._staging, store.packs_folder)
    writer.copy(record.describe(chunk.chunk, len(data), codecs.RAW, data), data)
    store.catalog.publish(writer.publish())
    return chunk.chunk


def _id(data):
    from gitmodels import digest

    return digest.of_bytes(data)


def test_many_small_packs_become_one_with_the_same_content(store, noise):
    for number in range(30):
        store.add_bytes(noise(number * 50))
    before, size = contents(store), usage(store)
    done = repack(store)
    assert (done.packs_before, done.packs_after) == (30, 1)
    assert (done.before, done.after) == (size, usage(store))
    assert size - usage(store) == 29 * 16
    assert contents(store) == before
    assert fsck(store, full=True) == []
    assert repack(store) == Repacked(1, 1, done.after, done.after)


def test_large_packs_are_left_alone_and_small_ones_fill_new_ones(store, noise, monkeypatch):
    monkeypatch.setattr("gitmodels.objects.repack.TARGET", 10_000)
    monkeypatch.setattr("gitmodels.objects.repack.LARGE", 5_000)
    large = store.add_bytes(noise(6000))
    for _ in range(20):
        store.add_bytes(noise(900))
    kept = store.catalog.find(bytes.fromhex(large))
    before = contents(store)
    assert repack(store).packs_after == 4
    assert store.catalog.find(bytes.fromhex(large)) == kept
    assert contents(store) == before


def test_a_chunk_that_was_stored_twice_is_kept_once(store, noise):
    data = noise(3000)
    store.add_bytes(data)
    put(store, noise(10))
    put(store, data)
    (store.root / "index").rename(store.root / "gone")
    store = ObjectStore(store.root)
    repack(store)
    assert len(list(store.catalog.places())) == len(contents(store)) == 2


def test_a_damaged_pack_is_left_alone_and_the_rest_is_merged(store, noise):
    for _ in range(5):
        store.add_bytes(noise(500))
    victim = sorted(store.packs_folder.iterdir())[2]
    data = bytearray(victim.read_bytes())
    data[20] ^= 1
    victim.chmod(0o644)
    victim.write_bytes(data)
    done = repack(store)
    assert done.suspect == (victim.stem,)
    assert (done.packs_before, done.packs_after) == (5, 2)
    assert victim.read_bytes() == data


def test_a_pack_with_rotten_payload_stays_beside_the_new_one(store, noise):
    digests = [store.add_bytes(noise(500)) for _ in range(3)]
    place = store.catalog.find(bytes.fromhex(digests[1]))[0]
    path = store.catalog.path(place.pack)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    repack(store)
    assert path.read_bytes() == data
    assert len(store.read_bytes(digests[0])) == len(store.read_bytes(digests[2])) == 500


def test_what_was_doomed_stays_doomed_since_the_same_time(store, noise):
    one, other = store.add_bytes(noise(500)), store.add_bytes(noise(600))
    named = Named(frozenset([bytes.fromhex(one)]))
    collect(store, lambda: Wanted(named), When(NOW, 1000))
    repack(store)
    assert store.has(other)
    assert collect(store, lambda: Wanted(named), When(NOW + 999, 1000)).removed == 0
    assert collect(store, lambda: Wanted(named), When(NOW + 1000, 1000)).removed > 0
    assert not store.has(other)
    assert len(store.read_bytes(one)) == 500


def test_thorough_encodes_anew_what_becomes_smaller_and_keeps_every_id(store, noise):
    put(store, b"text " * 10_000)
    put(store, noise(5000))
    before = contents(store)
    assert repack(store).after > 50_000
    assert repack(store, thorough=True).after < 7000
    assert contents(store) == before
    assert fsck(store, full=True) == []


def test_thorough_stores_versions_as_differences_and_what_they_lean_on_alone(store):
    source = np.random.default_rng(5)
    first = source.normal(0, 0.02, 100_000).astype(np.float32)
    versions = [first, *(first * (1 + 1e-3 * source.normal(size=first.size).astype(np.float32)) for _ in range(3))]
    chunks = [put(store, version.astype(np.float32).tobytes()) for version in versions]
    before = contents(store)
    repack(store, thorough=True)
    solo = usage(store)
    done = repack(store, thorough=True, bases=dict.fromkeys(chunks[1:], chunks[0]))
    assert done.after < 0.85 * solo
    assert contents(store) == before
    assert {store.catalog.find(chunk)[0].codec in codecs.BASED for chunk in chunks[1:]} == {True}
    assert store.catalog.find(chunks[0])[0].codec not in codecs.BASED
    # What others lean on is needed with them, and may itself not lean on anything.
    repack(store, thorough=True, bases={chunks[0]: chunks[1]})
    assert contents(store) == before
    named = Named(frozenset(chunks[1:]))
    assert collect(store, lambda: Wanted(named), When(NOW, 0)).removed == 0
    assert fsck(store, full=True) == []


CHILD = """
import os, sys
from pathlib import Path
from gitmodels.objects import repack, writer
from gitmodels.objects.store import ObjectStore
writer.TARGET = repack.TARGET = 6000
repack.LARGE = 3000
root, deadly, count = Path(sys.argv[1]), int(sys.argv[2]), 0
def counted(name):
    real = getattr(os, name)
    def call(*args, **more):
        global count
        count += 1
        if count == deadly:
            os._exit(9)
        return real(*args, **more)
    setattr(os, name, call)
for name in ("write", "writev", "fsync", "rename", "unlink", "mkdir"):
    counted(name)
repack.repack(ObjectStore(root), thorough=sys.argv[3] == "1")
"""


@pytest.mark.parametrize("thorough", [0, 1])
def test_a_repack_may_be_killed_at_every_call_that_changes_the_disk(store, noise, thorough):
    for number in range(8):
        store.add_bytes(noise(1000) if number % 2 else b"%d" % number * 1200)
    before = contents(store)
    for deadly in range(1, 200, 1 + random.Random(thorough).randrange(3)):
        command = [sys.executable, "-W", "error", "-c", CHILD, str(store.root), str(deadly), str(thorough)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 9), done.stderr
        assert contents(store) == before
        assert fsck(ObjectStore(store.root), full=True) == []
        if done.returncode == 0:
            break
    assert done.returncode == 0
    for path in store.leftovers():
        os.unlink(path)
    repack(ObjectStore(store.root))
    assert contents(store) == before
