import os
import time

import pytest

from gitmodels import digest
from gitmodels.errors import DigestMismatch, Invalid
from gitmodels.objects.cache import Cache
from gitmodels.objects.manifest import Entry
from gitmodels.objects.store import ObjectStore

DATA = b"some bytes"
ID = digest.of_bytes(DATA)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def fill(cache, data=DATA):
    return cache.fill(digest.of_bytes(data), len(data), lambda: [data[:4], data[4:]])


def never():
    raise AssertionError("the cache should have had it")


def test_a_file_is_read_only_in_folders_of_ours(cache):
    path = fill(cache)
    assert path == cache.folder / ID[:2] / ID
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o444
    assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in (cache.folder, path.parent, cache.folder / "tmp"))
    assert os.listdir(cache.folder / "tmp") == []


def test_a_second_use_makes_nothing(cache):
    path = fill(cache)
    inode = path.stat().st_ino
    assert cache.fill(ID, len(DATA), never) == path
    assert Cache(cache.folder).find(ID, len(DATA)) == path
    assert path.stat().st_ino == inode


def test_case58_a_changed_file_is_made_anew(cache):
    path = fill(cache)
    for change in (b"other byte", b"longer than it was before"):
        os.chmod(path, 0o644)
        path.write_bytes(change)
        os.chmod(path, 0o444)
        assert cache.find(ID, len(DATA)) is None
        assert fill(cache).read_bytes() == DATA


def test_case58_a_touched_or_writable_file_is_verified_and_kept(cache):
    path = fill(cache)
    inode = path.stat().st_ino
    os.utime(path)
    assert fill(cache).stat().st_ino == inode
    os.chmod(path, 0o644)
    assert fill(cache).stat().st_ino == inode
    assert path.stat().st_mode & 0o222 == 0


def test_case58_a_link_in_the_cache_is_not_followed(cache, tmp_path):
    path = fill(cache)
    (tmp_path / "evil").write_bytes(DATA)
    path.unlink()
    path.symlink_to(tmp_path / "evil")
    assert not fill(cache).is_symlink()
    assert (tmp_path / "evil").exists()


def test_another_size_is_not_the_file(cache):
    fill(cache)
    assert cache.find(ID, 3) is None


def test_a_source_that_fails_leaves_nothing(cache):
    def broken():
        yield DATA[:3]
        raise DigestMismatch("bad")

    for pieces in (broken, lambda: [DATA[:3]]):
        with pytest.raises(DigestMismatch):
            cache.fill(ID, len(DATA), pieces)
        assert not cache.path(ID).exists()
        assert os.listdir(cache.folder / "tmp") == []


def test_the_least_used_files_go_first(tmp_path):
    cache = Cache(tmp_path / "cache", limit=1000, grace_s=0)
    old, used, newer = (fill(cache, bytes([n]) * 300) for n in range(3))
    for path, age in ((old, 30), (used, 20), (newer, 10)):
        os.utime(path, ns=(time.time_ns() - age * 10**9, path.stat().st_mtime_ns))
    assert cache.find(digest.Digest(old.name), 300)  # a use makes it young
    last = fill(cache, b"x" * 300)
    assert not used.exists()
    assert old.exists()
    assert last.exists()
    assert sum(status.st_size for _, status in cache.files()) <= 900


def test_what_was_just_used_stays(tmp_path):
    cache = Cache(tmp_path / "cache", limit=100)
    paths = [fill(cache, bytes([n]) * 300) for n in range(3)]
    assert all(path.exists() for path in paths)
    assert cache.drop() == 900


def test_case106_a_folder_others_may_write_to_is_refused(tmp_path):
    (tmp_path / "cache").mkdir()
    os.chmod(tmp_path / "cache", 0o777)
    with pytest.raises(Invalid, match="others may write"):
        fill(Cache(tmp_path / "cache"))


def test_case106_umask_does_not_open_it(tmp_path):
    before = os.umask(0)
    try:
        path = fill(Cache(tmp_path / "deep" / "cache"))
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_case46_a_damaged_cached_file_is_never_handed_out(store):
    entry = Entry("x", len(DATA), store.add_bytes(DATA))
    path = store.cached(entry)
    for at in range(len(DATA)):
        data = bytearray(DATA)
        data[at] ^= 1
        os.chmod(path, 0o644)
        path.write_bytes(data)
        assert store.cached(entry).read_bytes() == DATA


def test_deleting_the_cache_costs_time_never_data(store):
    import shutil

    entry = Entry("x", len(DATA), store.add_bytes(DATA))
    store.cached(entry)
    shutil.rmtree(store.cache.folder)
    assert store.cached(entry).read_bytes() == DATA


def test_the_cache_may_lie_elsewhere(tmp_path):
    store = ObjectStore(tmp_path / "s", cache=tmp_path / "fast", cache_limit=10)
    entry = Entry("x", len(DATA), store.add_bytes(DATA))
    assert store.cached(entry).is_relative_to(tmp_path / "fast")
    assert not (tmp_path / "s" / "cache").exists()


def test_a_saved_file_is_adopted_without_being_written_again(store, model):
    manifest = store.add_directory(model)
    inode = (model / "data/deep/twin.bin").stat().st_ino
    store.adopt(manifest, model)
    entry = manifest.entry("data/deep/twin.bin")
    path = store.cached(entry)
    assert path.stat().st_mode & 0o777 == 0o444
    assert path.stat().st_ino == inode
    assert (model / "weights.bin").exists()  # its twin came first
    assert digest.of_file(path) == entry.blake3


def test_case58_what_was_adopted_is_not_believed(store, model):
    manifest = store.add_directory(model)
    (model / "MLmodel").write_text("x" * manifest.entry("MLmodel").size)
    store.adopt(manifest, model)
    assert store.cached(manifest.entry("MLmodel")).read_bytes() == b"flavors: {}\n" * 40


def test_case57_what_cannot_be_adopted_stays(cache, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(DATA)
    os.link(path, tmp_path / "another name")
    assert not cache.adopt(ID, path)
    (tmp_path / "link").symlink_to(path)
    assert not cache.adopt(ID, tmp_path / "link")
    assert not cache.adopt(ID, tmp_path / "absent")
    (tmp_path / "another name").unlink()
    (tmp_path / "in the way").touch()
    assert not Cache(tmp_path / "in the way" / "cache").adopt(ID, path)
    assert cache.adopt(ID, path)
    assert not path.exists()
    path.write_bytes(DATA)
    assert not cache.adopt(ID, path)
    assert path.exists()


def test_a_model_too_large_to_be_kept_twice_is_not_adopted(store, model, monkeypatch):
    from gitmodels.objects import store as store_room

    monkeypatch.setattr(store_room, "_ADOPTED", 1000)
    store.adopt(store.add_directory(model), model)
    assert (model / "MLmodel").exists()


@pytest.mark.parametrize("size", [5, 1 << 20, (1 << 20) + 1])
def test_case58_rot_that_leaves_size_and_time_alone_is_found_on_use(cache, size):
    data = bytes(size)
    name = digest.of_bytes(data)
    path = cache.verified(name, size, lambda: [data])
    assert cache.verified(name, size, never) == path
    times = path.stat()
    path.chmod(0o644)
    with open(path, "rb+") as stream:
        stream.seek(size - 1)
        stream.write(b"!")
    path.chmod(0o444)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert cache.verified(name, size, lambda: [data]).read_bytes() == data
