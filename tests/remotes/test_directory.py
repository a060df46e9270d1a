"""A remote in a folder: nothing half, nothing followed out of it, and every trouble told as the remote's."""

import os
import threading

import pytest

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.objects import index as index_file
from gitmodels.objects import pack
from gitmodels.remotes import listing
from gitmodels.remotes.directory import DirectoryKeys, DirectoryPacks
from gitmodels.remotes.transfer import upload


def only_pack(store):
    (name,) = store.catalog.packs()
    return name, store.catalog.path(name)


def index_of(store, name):
    path = store.catalog.path(name)
    places = [
        pack.Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec)
        for offset, each in pack.scan(path).records
    ]
    return index_file.build([(name, path.stat().st_size)], places)


def test_the_layout_is_the_documented_one(store, shelf, folder, added):
    upload(store, [added("a", 500)], shelf)
    name, path = only_pack(store)
    spelled = name.hex()
    files = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    ours = {f"packs/{spelled[:2]}/{spelled}.pack", f"packs/{spelled[:2]}/{spelled}.index"}
    assert files == {*ours, "listing", "listing.lock", "listing.lock.gate"}
    assert (folder / "packs" / spelled[:2] / f"{spelled}.pack").read_bytes() == path.read_bytes()
    index = (folder / "packs" / spelled[:2] / f"{spelled}.index").read_bytes()
    assert index == index_of(store, name)
    told = f"gitmodels packs 1\n{spelled} {path.stat().st_size} {len(index)}\nend\n"
    assert (folder / "listing").read_text() == told


def test_a_pack_is_copied_and_never_linked(store, shelf, folder, added):
    upload(store, [added("a", 500)], shelf)
    name, path = only_pack(store)
    there = folder / "packs" / name.hex()[:2] / f"{name.hex()}.pack"
    assert path.stat().st_ino != there.stat().st_ino
    assert there.stat().st_mode & 0o222 == 0


def test_a_folder_that_is_not_there_is_no_empty_remote(tmp_path, store, added):
    shelf = DirectoryPacks(tmp_path / "not-mounted")
    manifest = added("a", 500)
    with pytest.raises(RemoteError, match="is not there") as caught:
        upload(store, [manifest], shelf)
    assert "mkdir -p" in caught.value.hint
    with pytest.raises(RemoteError, match="is not there"):
        shelf.packs()
    assert not (tmp_path / "not-mounted").exists()


def test_links_pipes_and_foreign_files_are_not_read(store, shelf, folder, added, tmp_path):
    upload(store, [added("a", 500)], shelf)
    name, path = only_pack(store)
    there = folder / "packs" / name.hex()[:2] / f"{name.hex()}.pack"
    (folder / "packs" / "readme.txt").write_text("hello")
    (folder / "packs" / "00").mkdir(exist_ok=True)
    (folder / "packs" / "00" / "readme.txt").write_text("hello")
    (folder / "packs" / "zz").symlink_to(tmp_path)
    assert shelf.packs() == {name}
    there.unlink()
    there.symlink_to(path)
    assert shelf.packs() == frozenset()
    with pytest.raises(RemoteError):
        shelf.read(name, 0, 16)
    there.unlink()
    os.mkfifo(there)
    with pytest.raises(RemoteError, match="is no file"):
        shelf.read(name, 0, 16)


def test_a_pack_of_the_wrong_length_is_replaced(store, shelf, folder, added):
    manifest = added("a", 500)
    upload(store, [manifest], shelf)
    name, path = only_pack(store)
    there = folder / "packs" / name.hex()[:2] / f"{name.hex()}.pack"
    there.chmod(0o644)
    there.write_bytes(b"cut")
    assert shelf.put(name, path, index_of(store, name))
    assert there.read_bytes() == path.read_bytes()
    assert not shelf.put(name, path, index_of(store, name))


def test_a_pack_without_its_index_file_is_not_there_and_leftovers_go(store, shelf, folder, added):
    manifest = added("a", 500)
    upload(store, [manifest], shelf)
    name, path = only_pack(store)
    (folder / "packs" / name.hex()[:2] / f"{name.hex()}.index").unlink()
    assert shelf.packs() == frozenset()
    # A process that is gone was writing.
    dead = folder / "tmp" / "slow_object-999999999-1-000000000000-000000000000"
    dead.parent.mkdir(exist_ok=True)
    dead.write_bytes(b"half")
    os.utime(dead, (1, 1))
    assert DirectoryPacks(folder).put(name, path, index_of(store, name))
    assert shelf.packs() == {name}
    assert list((folder / "tmp").iterdir()) == []


@pytest.mark.parametrize("links", [True, False])
def test_a_file_system_without_links_does_too(store, folder, added, monkeypatch, links):
    def refuse(*_, **__):
        raise OSError(95, "Operation not supported")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
        monkeypatch.setattr(os, "copy_file_range", refuse)
    shelf = DirectoryPacks(folder)
    upload(store, [added("a", 500)], shelf)
    name, path = only_pack(store)
    target = folder / "copy"
    shelf.save(name, target)
    assert target.read_bytes() == path.read_bytes()


def test_a_read_only_folder_is_told(store, shelf, folder, added, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(RemoteError, match=f"cannot write to the remote {folder}: Read-only file system") as caught:
        upload(store, [added("a", 500)], shelf)
    assert "another remote" in caught.value.hint
    assert shelf.packs() == frozenset()


def test_the_listing_names_all_packs_whoever_puts_them(store, folder, added):
    for _ in range(8):
        added("a", 500)
    names = sorted(store.catalog.packs())

    def put(some):
        shelf = DirectoryPacks(folder)
        for name in some:
            shelf.put(name, store.catalog.path(name), index_of(store, name))

    threads = [threading.Thread(target=put, args=(names[at::3],)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(listing.read((folder / "listing").read_bytes())) == names
    DirectoryPacks(folder).delete(names[0])
    assert sorted(listing.read((folder / "listing").read_bytes())) == names[1:]


def test_what_is_not_there_is_told_as_that(shelf, folder):
    with pytest.raises(ObjectNotFound, match="lacks the pack abab"):
        shelf.read(b"\xab" * 32, 0, 1)
    assert DirectoryKeys(folder).size("packs/ab/x") is None
