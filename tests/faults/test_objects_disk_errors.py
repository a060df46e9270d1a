"""Let the disk fail at every call in turn: the operation must fail in one line, leave no trace, and then succeed."""

import errno
import os
import random

import pytest

from gitmodels.errors import GitModelsError
from gitmodels.objects import writer
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Entry
from gitmodels.objects.store import ObjectStore

CALLS = ("writev", "write", "fsync", "rename", "mkdir", "open")


class Disk:
    """Counts the calls that reach the disk and fails the n-th with ``number``."""

    def __init__(self, monkeypatch, number):
        self.number = number
        self.count = 0
        self.fatal = 0
        for name in CALLS:
            monkeypatch.setattr(os, name, self.wrapped(name, getattr(os, name)))

    def wrapped(self, name, real):
        def call(*args, **more):
            if name != "open" or args[1] & os.O_CREAT:
                self.count += 1
                if self.count == self.fatal:
                    if name == "writev":
                        real(args[0], [b"".join(args[1])[:5]])
                    raise OSError(self.number, os.strerror(self.number))
            return real(*args, **more)

        return call


def failure(operation):
    try:
        operation()
    except GitModelsError as error:
        return error
    return None


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "TARGET", 4000)
    monkeypatch.setattr(writer, "_GATHER", 1500)
    noise = random.Random(3).randbytes
    folder = tmp_path / "source"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.bin").write_bytes(noise(1800))
    return folder


@pytest.mark.parametrize("small", [1 << 20, 0], ids=["one-thread", "lanes"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE])
def test_case55_case56_adding(tmp_path, source, monkeypatch, number, small):
    monkeypatch.setattr(writer, "_SMALL", small)
    disk = Disk(monkeypatch, number)
    for fatal in range(1, 200):
        disk.count, disk.fatal = 0, fatal
        store = ObjectStore(tmp_path / f"store-{fatal}")
        failed = failure(lambda: store.add_directory(source))  # noqa: B023
        if disk.count < fatal:
            assert fatal > 15
            assert failed is None
            break
        if failed is None:
            # Only the index could not be written: the packs are safe, and the next process scans them.
            disk.fatal = 0
            assert ObjectStore(store.root).missing(store.add_directory(source)) == []
            continue
        assert os.strerror(number) in failed.message
        assert "\n" not in failed.message
        assert failed.hint
        disk.fatal = 0
        tmp = store.root / "tmp"
        assert not tmp.exists() or os.listdir(tmp) == []
        assert [each for each in fsck(store, full=True) if each.kind != "index"] == []
        manifest = ObjectStore(store.root).add_directory(source)
        assert ObjectStore(store.root).missing(manifest) == []
        for entry in manifest.entries:
            assert store.read(entry) == (source / entry.path).read_bytes()
        assert fsck(store, full=True) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_case55_the_cache_and_a_checkout(tmp_path, source, monkeypatch, number):
    store = ObjectStore(tmp_path / "store")
    manifest = store.add_directory(source)
    entry: Entry = manifest.entries[0]
    disk = Disk(monkeypatch, number)
    for operation in (lambda: store.cached(entry), lambda: store.checkout(manifest, tmp_path / "out")):
        for fatal in range(1, 200):
            disk.count, disk.fatal = 0, fatal
            failed = failure(operation)
            if failed is None:
                assert fatal > 1
                break
            assert failed.hint
            disk.fatal = 0
            assert not store.cache.path(entry.blake3).exists() or store.cache.find(entry.blake3, entry.size)
            assert not (tmp_path / "out").exists()
            assert list(tmp_path.glob(".out*")) == []
            tmp = store.cache.folder / "tmp"
            assert not tmp.exists() or os.listdir(tmp) == []
        disk.fatal = 0
    assert store.cached(entry).read_bytes() == (source / entry.path).read_bytes()
