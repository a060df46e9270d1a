import os
import shutil
import threading

import pytest

from gitmodels.objects import catalog as room
from gitmodels.objects import index as index_file
from gitmodels.objects import pack as pack_file
from gitmodels.objects.store import ObjectStore


def snapshot(folder):
    return {name: (folder / name).read_bytes() for name in os.listdir(folder)}


def test_many_small_adds_leave_few_index_files(store, noise):
    ids = [store.add_bytes(noise(50)) for _ in range(60)]
    assert len(os.listdir(store.packs_folder)) == 60
    assert len(os.listdir(store.index_folder)) <= 6
    other = ObjectStore(store.root)
    assert all(other.has(each) for each in ids)
    assert len(list(other.catalog.places())) == 60


def test_deleting_the_index_and_rebuilding_gives_the_same_bytes(store, noise):
    for _ in range(7):
        store.add_bytes(noise(50))
    store.rebuild_index()
    first = snapshot(store.index_folder)
    assert len(first) == 1
    shutil.rmtree(store.index_folder)
    store.rebuild_index()
    assert snapshot(store.index_folder) == first
    shutil.rmtree(store.index_folder)
    other = ObjectStore(store.root)
    list(other.catalog.places())
    assert snapshot(store.index_folder) == first
    store.rebuild_index()
    assert snapshot(store.index_folder) == first


def test_rebuilding_an_empty_store(store):
    store.rebuild_index()
    assert not store.index_folder.exists()
    store.add_bytes(b"x")
    shutil.rmtree(store.packs_folder)
    store.rebuild_index()
    assert os.listdir(store.index_folder) == []


def test_a_thread_that_asks_while_another_looks_waits_for_what_is_found(store, noise, monkeypatch):
    chunk = bytes.fromhex(store.add_bytes(noise(50)))
    fresh = ObjectStore(store.root).catalog
    opened, found = fresh._opened, []
    asking = threading.Thread(target=lambda: found.extend(fresh.find(chunk)))

    def slowly():
        monkeypatch.setattr(fresh, "_opened", opened)
        asking.start()
        asking.join(0.2)
        return opened()

    monkeypatch.setattr(fresh, "_opened", slowly)
    fresh.refresh()
    asking.join()
    assert [place.chunk for place in found] == [chunk]


def test_packs_of_other_processes_are_seen(store, noise):
    other = ObjectStore(store.root)
    first = store.add_bytes(noise(50))
    assert other.has(first)
    second = store.add_bytes(noise(50))
    assert other.has(second)
    third = store.add_bytes(noise(50))
    assert other.read_bytes(third) == store.read_bytes(third)


def test_a_pack_without_index_is_scanned(store, noise):
    digest = store.add_bytes(noise(50))
    shutil.rmtree(store.index_folder)
    assert ObjectStore(store.root).has(digest)
    assert len(os.listdir(store.index_folder)) == 1


def test_case54_without_a_writable_index_folder_reading_works(store, noise):
    digest = store.add_bytes(noise(50))
    shutil.rmtree(store.index_folder)
    store.index_folder.write_text("a file where the folder should be")
    assert len(ObjectStore(store.root).read_bytes(digest)) == 50


def test_rows_of_packs_that_are_gone_do_not_count(store, noise):
    one, two = store.add_bytes(noise(50)), store.add_bytes(noise(50))
    place = store.catalog.find(bytes.fromhex(one))[0]
    os.unlink(store.catalog.path(place.pack))
    other = ObjectStore(store.root)
    assert not other.has(one)
    assert other.has(two)
    assert len(other.catalog.packs()) == 1


def test_a_damaged_index_file_is_left_aside(store, noise):
    digest = store.add_bytes(noise(50))
    (path,) = store.index_folder.iterdir()
    good = path.read_bytes()
    os.chmod(path, 0o644)
    path.write_bytes(good[:-1] + b"\xff")
    assert len(ObjectStore(store.root).read_bytes(digest)) == 50
    assert path.read_bytes() == good  # the same packs give the same file


def test_a_large_damaged_index_file_is_found_out_by_reading(store, noise, monkeypatch):
    monkeypatch.setattr(index_file, "_CHECKED", 10)
    digest = store.add_bytes(noise(50))
    (path,) = store.index_folder.iterdir()
    data = bytearray(path.read_bytes())
    for at in range(len(data) - index_file.ROW_SIZE, len(data)):
        data[at] ^= 16
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        other = ObjectStore(store.root)
        assert len(other.read_bytes(digest)) == 50
        list(other.catalog.places())
        assert path.read_bytes() != bytes(data)  # it misleads nobody any more
        data[at] ^= 16
        path.unlink()


def test_large_index_files_are_not_merged_further(store, noise, monkeypatch):
    monkeypatch.setattr(room, "_MAX_MERGED_ROWS", 4)
    for _ in range(9):
        store.add_bytes(noise(50))
    sizes = [len(index_file.Index.open(path)) for path in store.index_folder.iterdir()]
    assert sum(sizes) == 9
    assert max(sizes) <= 4


def test_a_pack_of_a_later_version_asks_for_a_newer_gitmodels(store, noise):
    from gitmodels.errors import FormatTooNew

    digest = store.add_bytes(noise(50))
    (path,) = store.packs_folder.iterdir()
    shutil.rmtree(store.index_folder)
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[:8] + b"\0\0\0\2" + data[12:])
    with pytest.raises(FormatTooNew):
        ObjectStore(store.root).read_bytes(digest)


def test_an_index_file_that_vanishes_is_looked_for_again(store, noise, monkeypatch):
    digest = store.add_bytes(noise(50))
    other = ObjectStore(store.root)
    names = [{"f" * 64 + ".idx"}]
    real = room.Catalog._index_names
    monkeypatch.setattr(room.Catalog, "_index_names", lambda self: names.pop() if names else real(self))
    monkeypatch.setattr(pack_file, "scan", None)
    assert other.has(digest)
