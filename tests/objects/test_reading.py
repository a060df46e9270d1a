"""Chunks that were made from others: read through their bases, and told apart from their bases when something lacks."""

import numpy as np
import pytest
from blake3 import blake3

from gitmodels import digest as digests
from gitmodels.errors import Corrupt, DigestMismatch, ObjectNotFound
from gitmodels.objects import codecs, du, pack
from gitmodels.objects.codecs import delta, frames
from gitmodels.objects.codecs.words import Coder
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.record import NO_BASE
from gitmodels.objects.staging import Staging
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import PackWriter

OLD = (np.random.default_rng(1).standard_normal(5000) * 0.02).astype("<f4")
NEW = OLD * (1 + 1e-4 * np.random.default_rng(2).standard_normal(5000).astype("<f4"))
NEWER = NEW * (1 + 1e-4 * np.random.default_rng(3).standard_normal(5000).astype("<f4"))
OLD, NEW, NEWER = OLD.tobytes(), NEW.tobytes(), NEWER.tobytes()


def id_of(data):
    return blake3(data).digest()


def put(store, *chunks):
    """Write one pack of (data, base or None) and let the store see it. Gives the pack's path."""
    writer = PackWriter(Staging(store.root), store.packs_folder)
    for data, base in chunks:
        if base is None:
            writer.append(id_of(data), len(data), codecs.RAW, data)
        else:
            payload = delta.encode(Coder(), data, base, 4, packed=False)
            writer.append(id_of(data), len(data), codecs.DELTA, payload, id_of(base))
    (written,) = writer.publish()
    store.catalog.publish([written])
    return store.catalog.path(written.id)


def manifest_of(data):
    return Manifest((Entry("w.bin", len(data), digests.of_bytes(data)),))


def flip(path, offset):
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_a_chunk_is_read_through_its_base(store):
    put(store, (OLD, None))
    put(store, (NEW, OLD))
    for seen in (store, ObjectStore(store.root)):
        assert seen.read_bytes(digests.of_bytes(NEW)) == NEW
        assert seen.missing(manifest_of(NEW)) == []
    assert fsck(store, full=True) == []


def test_a_frame_is_read_after_its_base(store, noise):
    base = noise(9000)
    data = noise(20) + base
    put(store, (base, None))
    writer = PackWriter(Staging(store.root), store.packs_folder)
    payload = frames.encode(frames.compressor_after(base, len(data), level=3), data)
    writer.append(id_of(data), len(data), codecs.AFTER_BASE, payload, id_of(base))
    store.catalog.publish(writer.publish())
    assert store.read_bytes(digests.of_bytes(data)) == data
    assert fsck(store, full=True) == []


def test_a_missing_base_is_a_missing_object_by_name(store):
    put(store, (NEW, OLD))
    assert store.missing(manifest_of(NEW)) == [digests.of_bytes(OLD)]
    with pytest.raises(ObjectNotFound, match=r"w\.bin") as caught:
        store.read(manifest_of(NEW).entries[0])
    assert caught.value.digest == digests.of_bytes(OLD)
    for full in (False, True):
        (damage,) = fsck(store, full=full)
        assert (damage.kind, damage.chunk) == ("base", digests.of_bytes(NEW))
        assert digests.of_bytes(OLD) in damage.detail


def test_another_copy_without_a_base_is_enough(store):
    put(store, (NEW, OLD))
    put(store, (NEW, None))
    assert store.missing(manifest_of(NEW)) == []
    assert store.read_bytes(digests.of_bytes(NEW)) == NEW
    (damage,) = fsck(store, full=True)
    assert (damage.kind, damage.healed) == ("base", True)


def test_a_base_never_has_a_base(store):
    put(store, (OLD, None), (NEW, OLD), (NEWER, NEW))
    with pytest.raises(Corrupt, match="is a base and has one itself"):
        store.read_bytes(digests.of_bytes(NEWER))
    assert store.missing(manifest_of(NEWER)) == [digests.of_bytes(NEW)]
    assert [damage.kind for damage in fsck(store, full=True)] == ["base"]


def test_chunks_made_from_each_other_end_nowhere(store):
    put(store, (OLD, NEW), (NEW, OLD))
    for data in (OLD, NEW):
        with pytest.raises(Corrupt):
            store.read_bytes(digests.of_bytes(data))
    entry = store.add_bytes(OLD)
    assert store.read_bytes(entry) == OLD
    assert store.read_bytes(digests.of_bytes(NEW)) == NEW


def test_damage_in_a_base_names_base_and_file(store):
    path = put(store, (OLD, None))
    put(store, (NEW, OLD))
    flip(path, 500)
    with pytest.raises(DigestMismatch, match=r"w\.bin") as caught:
        store.read(manifest_of(NEW).entries[0])
    assert caught.value.digest == digests.of_bytes(OLD)
    damages = fsck(store, full=True)
    assert sorted((damage.kind, damage.chunk) for damage in damages) == sorted(
        ("content", digests.of_bytes(data)) for data in (OLD, NEW)
    )


def test_damage_in_a_delta_is_seen(store):
    put(store, (OLD, None))
    path = put(store, (NEW, OLD))
    flip(path, path.stat().st_size - 5)
    with pytest.raises(DigestMismatch) as caught:
        store.read_bytes(digests.of_bytes(NEW))
    assert caught.value.digest == digests.of_bytes(NEW)
    assert [damage.chunk for damage in fsck(store, full=True)] == [digests.of_bytes(NEW)]


def test_a_delta_against_another_chunk_does_not_pass(store, noise):
    other = noise(len(OLD))
    put(store, (other, None))
    writer = PackWriter(Staging(store.root), store.packs_folder)
    payload = delta.encode(Coder(), NEW, OLD, 4, packed=False)
    writer.append(id_of(NEW), len(NEW), codecs.DELTA, payload, id_of(other))
    store.catalog.publish(writer.publish())
    with pytest.raises(DigestMismatch):
        store.read_bytes(digests.of_bytes(NEW))


@pytest.mark.parametrize("heal", [False, True])
def test_adding_relies_on_a_delta_only_while_its_base_is_whole(store, tmp_path, heal):
    path = put(store, (OLD, None))
    put(store, (NEW, OLD))
    (tmp_path / "w.bin").write_bytes(NEW)
    before = len(list(store.packs_folder.iterdir()))
    manifest = store.add_file(tmp_path / "w.bin", heal=heal)
    assert len(list(store.packs_folder.iterdir())) == before
    path.unlink()
    fresh = ObjectStore(store.root)
    assert fresh.add_file(tmp_path / "w.bin", heal=heal) == manifest
    assert fresh.read(manifest.entries[0]) == NEW


def test_what_a_model_takes_counts_its_bases(store):
    put(store, (OLD, None))
    path = put(store, (NEW, OLD))
    old, new = manifest_of(OLD), manifest_of(NEW)
    alone = du.explain(store, [("new", new)]).whole
    assert alone.stored == sum(path.stat().st_size - 16 for path in store.packs_folder.iterdir())
    assert alone.deltas > 0
    found = du.explain(store, [("old", old), ("new", new)]).groups
    assert found["new"].exclusive == found["new"].added == path.stat().st_size - 16
    assert found["new"].stored == alone.stored
    assert found["new"].shared_with == ("old",)
    assert found["old"].exclusive == 0
    for room in (alone, *found.values()):
        saved = room.deduplicated + room.compressed + room.deltas
        assert room.raw + room.overhead == room.stored + room.lacking + saved


def test_a_reader_tells_the_base_of_a_record(store):
    put(store, (OLD, None), (NEW, OLD))
    (old,), (new,) = store.catalog.find(id_of(OLD)), store.catalog.find(id_of(NEW))
    assert store.contents.base_of(old) == NO_BASE
    assert store.contents.base_of(new) == id_of(OLD)
    assert pack.record_at(store.catalog.path(new.pack), new).base == id_of(OLD)
