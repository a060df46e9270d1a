"""A remote that fails at any call, and clients that stop there: nothing half is seen, and the next try ends well."""

import threading

import pytest

from gitmodels.errors import RemoteError
from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import download, upload


class Failing:
    """Another remote that fails at its ``count``-th call, before or after it did what was asked, or half-way."""

    def __init__(self, inner, count, when):
        self.inner = inner
        self.address = inner.address
        self.writable = True
        self._left = count
        self._when = when
        self._guard = threading.Lock()

    @property
    def failed(self):
        return self._left <= 0

    def __getattr__(self, name):
        method = getattr(self.inner, name)

        def call(*arguments):
            with self._guard:
                self._left -= 1
                now = self._left == 0
            if not now:
                return method(*arguments)
            if self._when == "after":
                method(*arguments)
            elif self._when == "half-way" and name in ("put", "save"):
                method(*arguments[:-1], self._break)
            raise RemoteError(f"the network went away at {name}")

        return call

    def _break(self, count):
        raise RemoteError("the network went away half-way")


@pytest.mark.parametrize("when", ["before", "half-way", "after"])
def test_52_an_upload_may_fail_at_any_call(store, other, folder, added, when):
    manifests = [added("a", 3000), added("b", 9 << 20)]
    for count in range(1, 100):
        shelf = Failing(DirectoryPacks(folder), count, when)
        try:
            upload(ObjectStore(store.root), manifests, shelf)
        except RemoteError:
            seen = DirectoryPacks(folder)
            for name in seen.packs():
                checking.index_of(seen.index(name), name)
                path = folder / "packs" / name.hex()[:2] / f"{name.hex()}.pack"
                assert path.read_bytes() == store.catalog.path(name).read_bytes()
        if not shelf.failed:
            break
    assert count > 2
    download(other, manifests, DirectoryPacks(folder))
    assert not fsck(other, full=True)
    assert not any(map(other.missing, manifests))


@pytest.mark.parametrize("when", ["before", "half-way", "after"])
def test_52_a_download_may_fail_at_any_call(store, tmp_path, folder, added, when):
    manifests = [added("a", 3000), added("b", 9 << 20, "c", 700)]
    upload(store, manifests, DirectoryPacks(folder))
    wanted = [manifests[0], manifests[1].entries[1]]
    for count in range(1, 100):
        other = ObjectStore(tmp_path / f"there-{count}")
        shelf = Failing(DirectoryPacks(folder), count, when)
        try:
            download(other, wanted, shelf)
        except RemoteError:
            assert not fsck(ObjectStore(other.root), full=True)
            assert not list((other.root / "tmp").glob("*"))
        download(ObjectStore(other.root), wanted, DirectoryPacks(folder))
        assert not ObjectStore(other.root).missing(manifests[0])
        if not shelf.failed:
            break
    assert count > 2


def test_52_two_who_send_the_same_at_once_leave_one_valid_copy(store, other, folder, added):
    manifests = [added("a", 200_000) for _ in range(6)]
    sent, trouble = [], []

    def send():
        try:
            sent.append(upload(ObjectStore(store.root), manifests, DirectoryPacks(folder)).packs)
        except Exception as error:  # noqa: BLE001 - told by the test below
            trouble.append(error)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert len(DirectoryPacks(folder).packs()) == 6
    download(other, manifests, DirectoryPacks(folder))
    assert not fsck(other, full=True)
