import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gitmodels import digest, processes
from gitmodels.errors import Corrupt, DigestMismatch, GitModelsError, Invalid, Locked, ObjectNotFound
from gitmodels.objects import lock, pack, staging, writer
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.store import ObjectStore


def damage(store, hexid, at=0):
    """Flip a bit of a chunk's stored payload, at ``at`` in it."""
    place = store.catalog.find(bytes.fromhex(hexid))[0]
    path = store.catalog.path(place.pack)
    os.chmod(path, 0o644)
    with open(path, "r+b") as stream:
        stream.seek(place.offset + HEADER_SIZE + at)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))


def test_nothing_is_made_before_the_first_write(store):
    assert not store.has(digest.of_bytes(b"x"))
    assert store.leftovers() == []
    with pytest.raises(ObjectNotFound):
        store.read_bytes(digest.of_bytes(b"x"))
    assert not store.root.exists()


def test_a_directory_comes_back(store, model):
    manifest = store.add_directory(model)
    for entry in manifest.entries:
        data = (model / entry.path).read_bytes()
        assert (entry.size, entry.blake3) == (len(data), digest.of_bytes(data))
        assert store.read(entry) == b"".join(store.pieces(entry)) == data
        assert store.read_bytes(entry.blake3) == data
    assert store.missing(manifest) == []


def test_one_add_is_one_pack_and_twins_are_stored_once(store, model):
    store.add_directory(model)
    assert len(os.listdir(store.packs_folder)) == 1
    assert len(list(store.catalog.places())) == 3
    assert sum(p.stat().st_size for p in store.packs_folder.iterdir()) < 202_000


def test_adding_again_writes_no_object(store, model):
    def written():
        return {path: path.stat().st_mtime_ns for name in ("packs", "index") for path in (store.root / name).rglob("*")}

    first = store.add_directory(model)
    before = written()
    assert store.add_directory(model) == first
    assert ObjectStore(store.root).add_directory(model, heal=True) == first
    assert written() == before


def test_one_add_syncs_a_file_and_a_folder(store, model, monkeypatch):
    store.add_bytes(b"first: the folders are there now")
    synced = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), real(descriptor))[1])
    store.add_directory(model)
    assert len(synced) == 2


def test_batch_durability_syncs_nothing(tmp_path, model, monkeypatch):
    monkeypatch.setattr(os, "fsync", None)
    store = ObjectStore(tmp_path / "s", durability="batch")
    entry = store.add_directory(model).entry("weights.bin")
    assert store.cached(entry).read_bytes() == store.read(entry)
    with pytest.raises(Invalid):
        ObjectStore(tmp_path, durability="sometimes")


def test_a_single_file_and_bytes(store, tmp_path):
    (tmp_path / "model.pkl").write_bytes(b"abc" * 100)
    manifest = store.add_file(tmp_path / "model.pkl")
    assert manifest.entries == (Entry("model.pkl", 300, digest.of_bytes(b"abc" * 100)),)
    assert store.add_bytes(b"abc" * 100) == manifest.entries[0].blake3
    assert len(os.listdir(store.packs_folder)) == 1


def test_bytes_past_one_object_are_refused(store):
    with pytest.raises(Invalid, match="limit"):
        store.add_bytes(bytes((64 << 20) + 1))


def test_a_large_file_is_cut_and_comes_back(store, tmp_path, noise):
    head, tail = noise(5 << 20), noise(12345)
    path = tmp_path / "large.bin"
    with open(path, "wb") as stream:
        stream.write(head)
        stream.write(bytes(70 << 20))
        stream.write(tail)
    manifest = store.add_file(path)
    (entry,) = manifest.entries
    assert entry.blake3 == digest.of_file(path)
    assert [chunk.length for chunk in store.chunks(entry)] == [4 << 20] * 18 + [(3 << 20) + 12345]
    assert store.missing(manifest) == []
    assert digest.of_file(store.cached(entry)) == entry.blake3
    with open(path, "r+b") as stream:
        stream.write(b"other")
    store.add_file(path)
    assert len(list(store.catalog.places())) == 5 + 2  # one changed piece, one more list
    assert digest.of_bytes(store.read(entry)) == entry.blake3


def test_missing_names_each_id_once(store, tmp_path, model):
    manifest = store.add_directory(model)
    other = ObjectStore(tmp_path / "other")
    twins = manifest.entry("weights.bin").blake3
    assert other.missing(manifest).count(twins) == 1
    assert set(other.missing(manifest)) == {entry.blake3 for entry in manifest.entries}


def test_case47_what_is_not_here_is_named_with_its_path(store):
    entry = Entry("data/x.bin", 1, digest.of_bytes(b"x"))
    with pytest.raises(ObjectNotFound, match=f"data/x.bin .*{entry.blake3}") as caught:
        store.read(entry)
    assert caught.value.digest == entry.blake3
    assert caught.value.path == "data/x.bin"


def test_missing_chunks_of_a_large_file_are_named(store, tmp_path, monkeypatch):
    (entry,), listed = large(store, tmp_path)
    place = store.catalog.find(listed[1].id)[0]
    real = store.catalog.find
    monkeypatch.setattr(store.catalog, "find", lambda chunk: [] if chunk == place.chunk else real(chunk))
    assert store.missing(Manifest((entry,))) == [listed[1].id.hex()]
    with pytest.raises(ObjectNotFound, match=listed[1].id.hex()):
        store.read(entry)


def large(store, tmp_path):
    path = tmp_path / "large"
    with open(path, "wb") as stream:
        for number in range(17):
            stream.write(bytes([number]) * (4 << 20))
    entries = store.add_file(path).entries
    return entries, store.chunks(entries[0])


def test_case51_a_list_of_other_chunks_is_found_out_by_the_files_id(store, tmp_path):
    (entry,), listed = large(store, tmp_path)
    from gitmodels.objects.chunklist import Builder

    swapped = Builder()
    for chunk in (listed[1], listed[0], *listed[2:]):
        swapped.add(*chunk)
    lying = Entry(entry.path, entry.size, entry.blake3, store.add_bytes(swapped.data()))
    with pytest.raises(DigestMismatch, match="do not make up"):
        store.read(lying)
    with pytest.raises(DigestMismatch):
        store.cached(lying)
    with pytest.raises(DigestMismatch):
        store.checkout(Manifest((lying,)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    wrong = Entry(entry.path, entry.size + 1, entry.blake3, entry.chunks)
    with pytest.raises(Corrupt):
        store.read(wrong)


def test_a_manifest_that_lies_about_a_size_is_found_out(store):
    found = store.add_bytes(b"abc")
    with pytest.raises(DigestMismatch, match="3 bytes"):
        store.read(Entry("x", 4, found))


def test_case46_a_flipped_bit_is_an_error_that_says_where(store, model):
    manifest = store.add_directory(model)
    entry = manifest.entry("weights.bin")
    damage(store, entry.blake3, at=123)
    with pytest.raises(DigestMismatch, match=r"weights\.bin: .* damaged \(in pack") as caught:
        store.read(entry)
    assert caught.value.digest == entry.blake3
    assert "heal" in caught.value.hint


def test_case53_adding_again_heals_a_small_damaged_copy(store, model):
    manifest = store.add_directory(model)
    entry = manifest.entry("weights.bin")
    damage(store, entry.blake3)
    assert store.add_directory(model) == manifest
    assert digest.of_bytes(store.read(entry)) == entry.blake3
    assert digest.of_bytes(ObjectStore(store.root).read(entry)) == entry.blake3


def test_case53_adding_with_heal_heals_a_large_damaged_copy(store, tmp_path, noise):
    path = tmp_path / "large"
    path.write_bytes(noise(3 << 20))
    (entry,) = store.add_file(path).entries
    damage(store, entry.blake3)
    store.add_file(path)  # by header and length it is there
    with pytest.raises(DigestMismatch):
        store.read(entry)
    store.add_file(path, heal=True)
    assert digest.of_bytes(store.read(entry)) == entry.blake3
    assert len(os.listdir(store.packs_folder)) == 1  # the same records: the damaged pack was replaced


def test_case53_adding_again_heals_a_large_copy_whose_damage_was_read(store, tmp_path, noise):
    path = tmp_path / "large"
    path.write_bytes(noise(3 << 20))
    (entry,) = store.add_file(path).entries
    damage(store, entry.blake3)
    with pytest.raises(DigestMismatch, match="damaged"):
        store.read(entry)
    another_process = ObjectStore(store.root)
    another_process.add_file(path)
    assert digest.of_bytes(another_process.read(entry)) == entry.blake3
    (packed,) = store.packs_folder.iterdir()
    written = packed.stat().st_ino
    another_process.add_file(path)  # whole again, so it counts as stored again
    assert packed.stat().st_ino == written
    assert not another_process.catalog.doomed.read()


def test_damage_that_cannot_be_noted_is_told_all_the_same(store, tmp_path, noise):
    path = tmp_path / "large"
    path.write_bytes(noise(3 << 20))
    (entry,) = store.add_file(path).entries
    damage(store, entry.blake3)
    with lock.held(store.root / "gc.lock", exclusive=True), ThreadPoolExecutor(1) as elsewhere:
        reading = elsewhere.submit(store.read, entry)
        assert isinstance(reading.exception(), DigestMismatch)
    assert not store.catalog.doomed.read()


@pytest.mark.parametrize("cut", [0, 10, 60_000])
def test_case53_a_truncated_copy_heals_without_being_asked(store, tmp_path, noise, cut):
    path = tmp_path / "large"
    path.write_bytes(noise(3 << 20))
    (entry,) = store.add_file(path).entries
    (packed,) = store.packs_folder.iterdir()
    os.chmod(packed, 0o644)
    os.truncate(packed, cut)
    ObjectStore(store.root).add_file(path)
    assert digest.of_bytes(ObjectStore(store.root).read(entry)) == entry.blake3


def test_of_two_copies_the_whole_one_is_read(store, noise):
    data = noise(5000)
    found = store.add_bytes(data)
    pile = writer.PackWriter(staging.Staging(store.root), store.packs_folder)
    pile.append(bytes.fromhex(found), len(data), 0, data)
    pile.append(bytes.fromhex(store.add_bytes(b"other")), 5, 0, b"other")
    store.catalog.publish(pile.publish())
    assert len(store.catalog.find(bytes.fromhex(found))) == 2
    for _ in range(2):
        damage(store, found)
        assert store.read_bytes(found) == data
        break


def test_case94_writers_wait_for_who_deletes(store, monkeypatch):
    store.add_bytes(b"x")
    monkeypatch.setattr(lock.held.__wrapped__, "__kwdefaults__", {"exclusive": False, "timeout_s": 0.05})
    told = []

    def add():
        with pytest.raises(Locked) as raised:
            store.add_bytes(b"y")
        told.append(raised.value.hint)

    with lock.held(store.root / "lock", exclusive=True, timeout_s=1):
        thread = threading.Thread(target=add)
        thread.start()
        thread.join()
    assert "wait until it has finished" in told[0]
    store.add_bytes(b"y")


def test_threads_add_and_read_together(store, noise):
    pieces = [noise(3000) for _ in range(24)]
    failures = []

    def work(mine):
        try:
            for data in mine:
                assert store.read_bytes(store.add_bytes(data)) == data
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(pieces[n::4] + pieces[:3],)) for n in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failures == []
    assert {digest.of_bytes(data) for data in pieces} == {p.chunk.hex() for p in store.catalog.places()}


def test_case54_a_store_that_cannot_be_written_says_so(tmp_path, model):
    (tmp_path / "file").touch()
    with pytest.raises(GitModelsError, match="cannot write to the object store") as caught:
        ObjectStore(tmp_path / "file" / "store").add_directory(model)
    assert caught.value.hint


def test_leftovers_of_the_cache_are_listed_too(store, tmp_path):
    entry = store.add_bytes(b"abc")
    store.cached(Entry("x", 3, entry))
    name = processes.new_name("object", slow=True).replace(f"-{os.getpid()}-", "-4194999-")
    stale = [store.root / "tmp" / name, store.cache.folder / "tmp" / name]
    for path in stale:
        path.touch()
    assert store.leftovers() == stale


def test_packs_are_named_by_their_records(store, model):
    store.add_directory(model)
    (path,) = store.packs_folder.iterdir()
    assert pack.scan(path).flaws == ()


def test_a_large_file_that_dedupes_nowhere_is_written_beside_hashing(store, tmp_path, noise):
    path = tmp_path / "large.bin"
    with open(path, "wb") as stream:
        for number in range(36):
            # Every other piece shrinks, some are repeated: buffers change hands in every way.
            piece = noise(2 << 20)
            stream.write(piece if number % 6 else piece[: 1 << 20] * 2)
        stream.write(noise(777))
    (entry,) = store.add_file(path).entries
    assert entry.blake3 == digest.of_file(path)
    assert len(os.listdir(store.packs_folder)) == 2
    again = ObjectStore(store.root)
    hashed = digest.blake3()
    for piece in again.pieces(entry):
        hashed.update(piece)
    assert hashed.hexdigest() == entry.blake3
    assert os.listdir(store.root / "tmp") == []


def test_case24_a_pack_the_disk_fails_to_read_is_damage(store, monkeypatch):
    found = store.add_bytes(b"abc")

    def fail(*args):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(pack.os, "pread", fail)
    with pytest.raises(DigestMismatch, match="Input/output error"):
        store.read_bytes(found)
    for path in store.index_folder.iterdir():
        path.unlink()
    with pytest.raises(Corrupt, match="cannot be read"):
        ObjectStore(store.root).read_bytes(found)


def test_packs_that_cannot_be_listed_are_no_empty_store(store, monkeypatch):
    from gitmodels.objects import catalog

    found = store.add_bytes(b"abc")

    def fail(folder):
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(catalog, "_listed", fail)
    with pytest.raises(GitModelsError, match="Permission denied"):
        ObjectStore(store.root).has(found)


def test_a_codec_of_a_later_version_asks_for_a_newer_gitmodels(store, tmp_path):
    from gitmodels.errors import FormatTooNew
    from gitmodels.objects.fsck import fsck

    data = b"from the future"
    chunk = bytes.fromhex(digest.of_bytes(data))
    pile = writer.PackWriter(staging.Staging(store.root), store.packs_folder)
    pile.append(chunk, len(data), 9, b"????")
    store.catalog.publish(pile.publish())
    with pytest.raises(FormatTooNew, match="codec 9"):
        store.read_bytes(digest.of_bytes(data))
    assert [found.kind for found in fsck(store, full=True)] == ["too-new"]
    assert fsck(store) == []
    store.add_bytes(data)  # a copy we can read is written beside it
    assert ObjectStore(store.root).read_bytes(digest.of_bytes(data)) == data
