import os
import shutil

from gitmodels import digest
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Entry
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.store import ObjectStore


def change(path, at, data):
    os.chmod(path, 0o644)
    with open(path, "r+b") as stream:
        stream.seek(at)
        stream.write(data)


def only(store, folder="packs"):
    (path,) = (store.root / folder).iterdir()
    return path


def test_a_healthy_store_has_no_damage(store, model):
    manifest = store.add_directory(model)
    store.cached(manifest.entry("MLmodel"))
    store.add_bytes(b"more")
    for full in (False, True):
        assert fsck(store, full=full) == []
    assert fsck(ObjectStore(store.root / "absent"), full=True) == []


def test_case113_a_damaged_chunk_is_named(store, model):
    entry = store.add_directory(model).entry("weights.bin")
    place = store.catalog.find(bytes.fromhex(entry.blake3))[0]
    change(only(store), place.offset + HEADER_SIZE + 9, b"?????")
    assert fsck(store) == []
    (found,) = fsck(store, full=True)
    assert (found.kind, found.offset, found.chunk, found.healed) == ("content", place.offset, entry.blake3, False)
    assert found.file == f"packs/{only(store).name}"


def test_a_damaged_chunk_with_a_whole_copy_counts_as_healed(store, model, tmp_path):
    entry = store.add_directory(model).entry("weights.bin")
    place = store.catalog.find(bytes.fromhex(entry.blake3))[0]
    change(only(store), place.offset + HEADER_SIZE + 9, b"?????")
    store.add_file(model / "weights.bin")
    (found,) = fsck(store, full=True)
    assert found.healed
    assert digest.of_bytes(store.read(entry)) == entry.blake3


def test_a_truncated_pack_is_named(store, model):
    store.add_directory(model)
    path = only(store)
    os.chmod(path, 0o644)
    os.truncate(path, path.stat().st_size - HEADER_SIZE - 1)  # the last record is that of the empty file
    kinds = [(found.kind, found.chunk is not None) for found in fsck(store)]
    assert ("truncated", True) in kinds
    assert ("index", False) in kinds  # it says another size
    assert ("name", False) in kinds


def test_a_pack_under_another_name_is_named(store, model):
    store.add_directory(model)
    path = only(store)
    path.rename(path.with_name("0" * 64 + ".pack"))
    assert [found.kind for found in fsck(store)] == ["name"]
    (store.packs_folder / "stray.pack").touch()
    assert [found.kind for found in fsck(store)] == ["name", "name"]


def test_a_damaged_index_is_named_and_rebuilt(store, model):
    store.add_directory(model)
    change(only(store, "index"), 50, b"?")
    assert [found.kind for found in fsck(store)] == ["index"]
    store.rebuild_index()
    assert fsck(store, full=True) == []


def test_an_index_of_other_packs_is_named(store, model, tmp_path):
    from gitmodels.objects import index as room

    store.add_directory(model)
    index = room.Index.open(only(store, "index"))
    places = list(index.places())
    for rows, detail in ((places[1:], "lacks a record"), ([*places, places[0]._replace(offset=9)], "not there")):
        data = room.build(index.packs.items(), rows)
        (store.index_folder / room.name_of(data)).write_bytes(data)
        (found,) = fsck(store)
        assert detail in found.detail
        store.rebuild_index()
    assert fsck(store) == []


def test_a_damaged_cached_file_is_named(store, model):
    path = store.cached(store.add_directory(model).entry("MLmodel"))
    status = path.stat()
    change(path, 3, b"?")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.chmod(path, 0o444)
    assert fsck(store) == []
    (found,) = fsck(store, full=True)
    assert (found.kind, found.file) == ("cache", path.relative_to(store.root).as_posix())


def test_what_only_a_newer_version_reads_is_told_apart(store, model):
    store.add_directory(model)
    change(only(store), 8, b"\0\0\0\2")
    assert [found.kind for found in fsck(store)] == ["too-new"]


def test_fsck_changes_nothing(store, model):
    store.add_directory(model)
    shutil.rmtree(store.index_folder)
    fsck(store, full=True)
    assert not store.index_folder.exists()


def test_case23_damage_in_one_pack_hurts_no_other(store, noise):
    one, two = store.add_bytes(noise(500)), store.add_bytes(noise(500))
    place = store.catalog.find(bytes.fromhex(one))[0]
    path = store.catalog.path(place.pack)
    os.chmod(path, 0o644)
    path.write_bytes(b"")
    assert store.read(Entry("x", 500, two))
    assert {found.chunk for found in fsck(store)} <= {None, one}
