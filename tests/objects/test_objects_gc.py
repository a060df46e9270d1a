"""The two phases on a store alone: what is named stays, what is not goes when its grace has passed."""

import os

import pytest

from gitmodels.errors import Conflict, Corrupt, ObjectNotFound
from gitmodels.objects.fsck import fsck
from gitmodels.objects.gc import Collected, When, collect
from gitmodels.objects.marks import Named, Wanted
from gitmodels.objects.store import ObjectStore

DAY = 86_400_000
NOW = 1_800_000_000_000


@pytest.fixture
def keep(store):
    """``keep(*digests)``: a collector that needs exactly these."""

    def make(*digests, lists=()):
        named = Named(frozenset(map(bytes.fromhex, digests)), frozenset(map(bytes.fromhex, lists)))

        def run(days=0.0, grace=14 * DAY, **options):
            return collect(store, lambda: Wanted(named), When(NOW + int(days * DAY), grace), **options)

        return run

    return make


def usage(store):
    return sum(path.stat().st_size for path in store.packs_folder.iterdir())


def test_what_is_named_stays_whatever_the_grace(store, keep, noise):
    one, other = store.add_bytes(noise(100)), store.add_bytes(noise(5000))
    done = keep(one, other)(grace=0)
    assert (done.doomed, done.removed, done.packs) == (0, 0, ())
    assert store.has(one)
    assert store.has(other)


def test_garbage_is_doomed_first_and_goes_after_its_grace(store, keep, noise):
    one, other = store.add_bytes(noise(100)), store.add_bytes(noise(5000))
    run = keep(one)
    assert run().doomed == 5104
    assert (run(13).doomed, run(13).waiting, run(13).removed) == (0, 5104, 0)
    assert store.read_bytes(other) == ObjectStore(store.root).read_bytes(other)
    assert run(14).removed == 5120
    assert not store.has(other)
    assert not (store.root / "doomed").exists()
    assert fsck(store, full=True) == []


def test_without_grace_garbage_goes_at_once(store, keep, noise):
    one, other = store.add_bytes(noise(100)), store.add_bytes(noise(5000))
    assert keep(one)(grace=0).chunks == {bytes.fromhex(other)}
    assert not store.has(other)


def test_without_an_end_of_grace_nothing_goes(store, keep, noise):
    other = store.add_bytes(noise(5000))
    assert keep()(days=10_000, grace=None).waiting == 5104
    assert store.has(other)


def test_what_is_named_again_is_not_doomed_any_more(store, keep, noise):
    one = store.add_bytes(noise(100))
    keep()()
    assert keep(one)(20).waiting == 0
    assert keep()(21).doomed == 204
    assert store.has(one)


def test_a_doomed_chunk_is_written_anew_and_the_old_copy_goes(store, keep, noise, tmp_path):
    data = noise(5000)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a").write_bytes(data)
    (tmp_path / "two" / "b").write_bytes(noise(6000))
    one = store.add_directory(tmp_path / "two").entries[0].blake3
    keep()()
    before = usage(store)
    assert ObjectStore(store.root).add_bytes(data) == one
    assert usage(store) == before + 5000 + 104 + 16
    assert keep(one)(14).removed == before
    assert store.read_bytes(one) == data
    assert len(list(store.catalog.places())) == 1


def test_a_doomed_copy_stays_when_the_new_one_is_damaged(store, keep, noise, tmp_path):
    data = noise(5000)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a").write_bytes(data)
    (tmp_path / "two" / "b").write_bytes(noise(6000))
    one = store.add_directory(tmp_path / "two").entries[0].blake3
    keep()()
    old = set(store.packs_folder.iterdir())
    store.add_bytes(data)
    (fresh,) = set(store.packs_folder.iterdir()) - old
    flipped = bytearray(fresh.read_bytes())
    flipped[-1] ^= 1
    fresh.chmod(0o644)
    fresh.write_bytes(flipped)
    keep(one)(20, grace=0)
    assert store.read_bytes(one) == data


def test_a_pack_that_is_mostly_needed_is_left_alone(store, keep, model):
    small = {"data/empty", "MLmodel"}
    entries = {entry.path: entry.blake3 for entry in store.add_directory(model).entries}
    done = keep(*(digest for path, digest in entries.items() if path not in small))(grace=0)
    assert (done.removed, done.packs) == (0, ())
    assert done.waiting > 0
    assert all(store.has(digest) for digest in entries.values())


def test_a_pack_that_is_half_needed_is_written_anew_without_the_rest(store, keep, noise, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(6):
        (folder / str(number)).write_bytes(noise(3000))
    digests = [entry.blake3 for entry in store.add_directory(folder).entries]
    contents = [store.read_bytes(digest) for digest in digests]
    before = usage(store)
    done = keep(*digests[::2])(grace=0)
    assert done.packs == done.rewritten != ()
    assert before - usage(store) == done.removed == 3 * 3104
    assert [store.read_bytes(digest) for digest in digests[::2]] == contents[::2]
    assert not any(map(store.has, digests[1::2]))
    assert fsck(store, full=True) == []


def test_a_dry_run_tells_exactly_what_a_run_does_and_changes_nothing(store, keep, noise, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(6):
        (folder / str(number)).write_bytes(noise(3000))
    digests = [entry.blake3 for entry in store.add_directory(folder).entries]
    store.add_bytes(noise(400))
    one = store.add_bytes(noise(500))
    run = keep(*digests[:3], one)

    def everything():
        return {path: path.read_bytes() for path in store.root.rglob("*") if path.is_file()}

    before = everything()
    for options in ({}, {"grace": 0}, {"days": 15}):
        told = run(**options, dry_run=True)
        assert everything() == before
        assert run(**options) == told
        before = everything()


def test_a_file_of_many_chunks_is_followed_through_its_list(store, keep, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as stream:
        stream.truncate((64 << 20) + 5)
    (entry,) = store.add_file(large).entries
    assert entry.chunks is not None
    assert keep(lists=[entry.chunks])(grace=0).packs == ()
    assert store.missing(store.add_file(large)) == []
    done = keep(entry.blake3)(grace=0)
    assert done.kept == 0
    assert not store.has(entry.chunks)


def test_a_list_that_is_damaged_stops_everything(store, keep, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as stream:
        stream.truncate((64 << 20) + 5)
    (entry,) = store.add_file(large).entries
    place = store.catalog.find(bytes.fromhex(entry.chunks))[0]
    path = store.catalog.path(place.pack)
    data = bytearray(path.read_bytes())
    data[place.offset + 110] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    with pytest.raises(Corrupt, match=f"chunk list {entry.chunks}"):
        keep(lists=[entry.chunks])(grace=0)
    assert len(list(store.catalog.places())) > 1


def test_a_list_that_was_never_fetched_keeps_nothing_and_stops_nothing(store, keep, noise):
    store.add_bytes(noise(100))
    assert keep(lists=["ab" * 32])(grace=0).removed == 220
    (store.root / "quarantine").mkdir()
    (store.root / "quarantine" / "x.pack").touch()
    store.add_bytes(noise(100))
    with pytest.raises(Corrupt, match="quarantine"):
        keep(lists=["ab" * 32])(grace=0)


def test_the_last_copy_of_what_is_published_never_goes(store, noise):
    one = store.add_bytes(noise(5000))
    named = Named(frozenset([bytes.fromhex(one)]))
    with pytest.raises(Conflict, match=one):
        collect(store, lambda: Wanted(Named(), named), When(NOW, 0))
    assert store.has(one)
    assert collect(store, lambda: Wanted(Named(), named), When(NOW)).doomed == 5104


def test_a_pack_with_more_than_the_index_knows_is_left_to_fsck(store, keep, noise):
    store.add_bytes(noise(100))
    (path,) = store.packs_folder.iterdir()
    data = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(data + data[16:])
    assert keep()(grace=0).suspect == (path.stem,)
    assert path.exists()


def test_an_empty_store_is_clean(tmp_path):
    store = ObjectStore(tmp_path / "nowhere")
    assert collect(store, lambda: Wanted(Named()), When(NOW)) == Collected()
    assert not store.root.exists()


def test_a_reader_that_looked_before_finds_what_moved(store, keep, noise, tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(6):
        (folder / str(number)).write_bytes(noise(3000))
    manifest = store.add_directory(folder)
    digests = [entry.blake3 for entry in manifest.entries]
    reader = ObjectStore(store.root)
    pieces = reader.pieces(manifest.entries[0])
    assert reader.has(digests[0])
    assert keep(*digests[:3])(grace=0).rewritten
    assert b"".join(pieces) == (folder / "0").read_bytes()
    with pytest.raises(ObjectNotFound):
        reader.read_bytes(digests[4])


def test_a_writer_that_looked_before_stores_anew_what_went(store, keep, noise):
    data = noise(2000)
    writer = ObjectStore(store.root)
    one = writer.add_bytes(data)
    keep()(grace=0)
    assert writer.add_bytes(data) == one
    assert ObjectStore(store.root).read_bytes(one) == data


def test_a_power_cut_cannot_take_what_moved(store, keep, noise, tmp_path, monkeypatch):
    """Whatever the store's durability, new packs are on the disk before old ones go."""
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(4):
        (folder / str(number)).write_bytes(noise(3000))
    lazy = ObjectStore(store.root, durability="batch")
    digests = [entry.blake3 for entry in lazy.add_directory(folder).entries]
    calls = []
    real = {"fsync": os.fsync, "unlink": os.unlink}
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), real["fsync"](descriptor))[1])
    monkeypatch.setattr(os, "unlink", lambda path: (calls.append("unlink"), real["unlink"](path))[1])
    named = Named(frozenset(map(bytes.fromhex, digests[:2])))
    assert collect(lazy, lambda: Wanted(named), When(NOW, 0)).rewritten
    # The list of the doomed and its folder, the new pack and its folder; only then the old pack.
    assert calls.index("unlink") >= 4


def test_case_60_a_clock_that_jumps_takes_nothing_that_is_named(store, keep, noise):
    one, other = store.add_bytes(noise(100)), store.add_bytes(noise(5000))
    keep(one)(days=1000)
    assert keep(one)(days=-1000).waiting == 5104
    assert keep(one)(days=-990).removed == 0
    assert keep(one, other)(days=100_000).waiting == 0
    assert store.has(one)
    assert store.has(other)


def test_an_unchanged_file_whose_copy_is_doomed_is_stored_anew(store, keep, noise, tmp_path, monkeypatch):
    folder = tmp_path / "files"
    folder.mkdir()
    for number in range(2):
        (folder / str(number)).write_bytes(noise(3000))
        os.utime(folder / str(number), (1_700_000_000, 1_700_000_000))
    monkeypatch.setattr("gitmodels.objects.statcache._TICK_NS", 0)
    monkeypatch.setattr("gitmodels.objects.statcache._WHOLE_SECONDS_NS", 0)
    first, other = store.add_directory(folder).entries
    assert store.add_directory(folder).entries == (first, other)
    before = usage(store)
    keep(first.blake3)()
    assert store.add_directory(folder).entries == (first, other)
    assert usage(store) == before + 3104 + 16
    assert keep(first.blake3, other.blake3)(15).waiting == 0
    assert [store.read(entry) for entry in (first, other)] == [(folder / each).read_bytes() for each in "01"]
