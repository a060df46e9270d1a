"""What travels: all that is needed and nothing else, once, verified, and again from where it stopped."""

import io
import os

import numpy
import pytest

from gitmodels.errors import DigestMismatch, ObjectNotFound
from gitmodels.objects import codecs, pack
from gitmodels.objects.fsck import fsck
from gitmodels.objects.repack import repack
from gitmodels.objects.repair import repair
from gitmodels.objects.staging import Staging
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import PackWriter
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import Download, Upload, download, source, upload


def content(store, manifest):
    return {entry.path: store.read(entry) for entry in manifest.entries}


def npy(array):
    stream = io.BytesIO()
    numpy.save(stream, array)
    return stream.getvalue()


def weights(seed, size=100_000):
    return numpy.random.default_rng(seed).normal(size=size).astype("<f4")


def damage(path, tail=b"?"):
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[: -len(tail)] + tail)


def test_a_model_is_read_from_where_it_was_sent_to(store, other, shelf, added):
    manifest = added("small", 900, "large", 9 << 20, "empty", 0)
    sent = upload(store, [manifest], shelf)
    assert (sent.packs, sent.present) == (1, 0)
    assert shelf.packs() == set(store.catalog.packs())
    got = download(other, [manifest], shelf)
    assert got.chunks == sent.chunks
    assert content(other, manifest) == content(store, manifest)
    assert not fsck(other, full=True)
    # A whole pack is the same pack there.
    assert other.catalog.packs() == store.catalog.packs()


def test_what_is_there_is_not_sent_again_and_what_is_here_is_not_fetched_again(store, other, shelf, added):
    manifest = added("a", 5000)
    upload(store, [manifest], shelf)
    again = upload(store, [manifest], shelf)
    assert (again.packs, again.size, again.present) == (0, 0, 1)
    download(other, [manifest], shelf)
    more = download(other, [manifest], shelf)
    assert (more.packs, more.chunks, more.size, more.present) == (0, 0, 0, 1)


def test_only_what_a_version_changed_travels(store, other, shelf, added, noise):
    shared = [item for number in range(19) for item in (f"layer-{number}", noise(50_000))]
    first = added(*shared, "head", 50_000)
    second = added(*shared, "head", 50_000)
    upload(store, [first], shelf)
    sent = upload(store, [second], shelf)
    assert sent.chunks == 1
    assert sent.size <= 0.055 * second.size
    download(other, [first], shelf)
    got = download(other, [second], shelf)
    assert got.size <= 0.055 * second.size
    assert content(other, second) == content(store, second)


def test_nothing_that_was_not_asked_for_travels(store, shelf, folder, added, noise):
    secret = noise(400)
    asked = added("a", 40_000)
    added("a", secret)
    repack(store)
    assert len(store.catalog.packs()) == 1
    upload(store, [asked], shelf)
    held = b"".join(path.read_bytes() for path in folder.rglob("*.pack"))
    assert len(held) > 40_000
    assert secret not in held


def test_a_delta_travels_with_its_base(store, other, shelf, added):
    first = added("w.npy", npy(weights(1, 400_000)))
    second = added("w.npy", npy(weights(1, 400_000) + numpy.float32(1e-6)), parent=first)
    assert [place for place in store.catalog.places() if place.codec in codecs.BASED]
    sent = upload(store, [second], shelf)
    assert sent.packs == 2
    got = download(other, [second], shelf)
    assert got.chunks == sent.chunks
    assert content(other, second) == content(store, second)
    assert not fsck(other, full=True)


def test_packs_that_hold_bases_of_one_another_travel_all_the_same(store, other, shelf, added):
    step = numpy.float32(1e-6)
    left, right = ObjectStore(store.root / "left"), ObjectStore(store.root / "right")
    base_left, base_right = added("w.npy", npy(weights(1)), to=left), added("w.npy", npy(weights(2)), to=right)
    delta_left = added("w.npy", npy(weights(1) + step), parent=base_left, to=left)
    delta_right = added("w.npy", npy(weights(2) + step), parent=base_right, to=right)
    joined(store, [(left, base_left), (right, delta_right)])
    joined(store, [(right, base_right), (left, delta_left)])
    wanted = [base_left, base_right, delta_left, delta_right]
    upload(store, wanted, shelf)
    download(other, wanted, shelf)
    for manifest, origin in zip(wanted, (left, right, left, right), strict=True):
        assert content(other, manifest) == content(origin, manifest)
    assert not fsck(other, full=True)


def joined(store, parts):
    """Store the records of several models of other stores in one pack."""
    writer = PackWriter(Staging(store.root), store.packs_folder)
    for origin, manifest in parts:
        for entry in manifest.entries:
            listed = [bytes.fromhex(entry.chunks)] if entry.chunks else []
            for chunk in [*listed, *(each.id for each in origin.chunks(entry))]:
                place = origin.catalog.find(chunk)[0]
                if not writer.holds(chunk):
                    writer.copy(*pack.read_record(origin.catalog.path(place.pack), place))
    store.catalog.publish(writer.publish())


def test_an_interrupted_upload_goes_on_where_it_stopped(store, other, shelf, added):
    manifests = [added("a", 30_000) for _ in range(5)]
    plan = Upload(store, manifests, shelf)
    moved = []

    def stop(count):
        moved.append(count)
        if len(moved) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan.run(stop)
    arrived = shelf.packs()
    again = upload(ObjectStore(store.root), manifests, shelf)
    assert again.packs == 5 - len(arrived)
    download(other, manifests, shelf)
    for manifest in manifests:
        assert content(other, manifest) == content(store, manifest)


def test_an_interrupted_download_keeps_what_was_verified(store, other, shelf, added):
    manifests = [added("a", 30_000) for _ in range(5)]
    upload(store, manifests, shelf)
    plan = Download(other, manifests, shelf)
    assert plan.size == sum(store.catalog.packs().values())
    moved = []

    def stop(count):
        moved.append(count)
        if len(moved) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan.run(stop)
    kept = len(ObjectStore(other.root).catalog.packs())
    assert kept < 5
    assert not list((other.root / "tmp").iterdir())
    got = download(ObjectStore(other.root), manifests, shelf)
    assert got.packs == 5 - kept
    for manifest in manifests:
        assert content(other, manifest) == content(store, manifest)


def test_what_nobody_has_is_named(store, other, shelf, added):
    manifest = added("weights", 3000)
    told = f"neither this store nor the remote .*{manifest.entries[0].blake3}"
    with pytest.raises(ObjectNotFound, match=told):
        download(other, [manifest], shelf)
    with pytest.raises(ObjectNotFound, match=told):
        upload(other, [manifest], shelf)


def test_what_gc_had_doomed_here_is_written_anew_and_does_not_travel(store, shelf, added):
    manifest = added("a", 3000, "b", 3000)
    upload(store, [manifest], shelf)
    place = store.catalog.find(bytes.fromhex(manifest.entries[0].blake3))[0]
    store.catalog.doomed.write({(place.pack, place.chunk): 1})
    assert not store.catalog.reusable(place.chunk)
    got = download(store, [manifest], shelf)
    assert got.size == 0
    assert store.catalog.reusable(place.chunk)


def test_damage_here_is_not_sent(store, shelf, added):
    manifest = added("a", 3000)
    place = store.catalog.find(bytes.fromhex(manifest.entries[0].blake3))[0]
    damage(store.catalog.path(place.pack))
    with pytest.raises(DigestMismatch, match=manifest.entries[0].blake3):
        upload(store, [manifest], shelf)
    assert shelf.packs() == frozenset()


def test_another_whole_copy_is_sent_instead_of_a_damaged_one(store, other, shelf, added, noise):
    data = noise(3000)
    manifest = added("a", data)
    damaged = store.catalog.find(bytes.fromhex(manifest.entries[0].blake3))[0]
    store.catalog.doomed.write({(damaged.pack, damaged.chunk): 1})
    added("a", data, "b", 10)
    damage(store.catalog.path(damaged.pack))
    upload(store, [manifest], shelf)
    download(other, [manifest], shelf)
    assert content(other, manifest)["a"] == data


def test_a_lost_chunk_is_healed_from_a_remote(store, shelf, added):
    first = added("w.npy", npy(weights(1)))
    second = added("w.npy", npy(weights(1) + numpy.float32(1e-6)), parent=first)
    whole = content(store, first), content(store, second)
    upload(store, [first, second], shelf)
    for each in store.catalog.packs():
        damage(store.catalog.path(each), b"damage")
    store = ObjectStore(store.root)
    done = repair(store, fsck(store, full=True), sources=[source(store, shelf)])
    assert done.healed
    assert done.lost == ()
    assert (content(store, first), content(store, second)) == whole


def test_a_wiped_pack_is_put_back_by_the_next_push(store, other, shelf, added, folder):
    manifests = [added("a", 3000), added("b", 3000)]
    upload(store, manifests, shelf)
    gone = next(iter(shelf.packs()))
    os.unlink(folder / "packs" / gone.hex()[:2] / f"{gone.hex()}.pack")
    assert gone not in shelf.packs()
    assert upload(ObjectStore(store.root), manifests, DirectoryPacks(folder)).packs == 1
    download(other, manifests, shelf)
    assert content(other, manifests[0]) == content(store, manifests[0])


def test_a_file_or_a_chunk_can_be_asked_for_alone(store, other, shelf, added):
    manifest = added("a", 3000)
    chunk = bytes.fromhex(manifest.entries[0].blake3)
    upload(store, [chunk], shelf)
    assert download(other, [chunk], shelf).chunks == 1
    assert content(other, manifest) == content(store, manifest)
    entry = added("b", 9000).entries[0]
    upload(store, [entry], shelf)
    download(other, [entry], shelf)
    assert other.read(entry) == store.read(entry)


def test_what_is_known_of_a_remote_is_kept_and_may_be_deleted(store, shelf, added, monkeypatch):
    manifest = added("a", 3000)
    upload(store, [manifest], shelf)
    (kept,) = (store.root / "remotes").rglob("*.idx")
    asked = []
    given = shelf.index
    monkeypatch.setattr(shelf, "index", lambda one: asked.append(one) or given(one))
    upload(ObjectStore(store.root), [manifest], shelf)
    assert asked == []
    kept.write_bytes(b"damaged")
    assert upload(ObjectStore(store.root), [manifest], shelf).packs == 0
    assert len(asked) == 1
