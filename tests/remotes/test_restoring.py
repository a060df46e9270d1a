"""A remote that lost packs, or holds damaged ones, is put right from a clone that has them; each kind of remote is."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest

from gitmodels.errors import GitModelsError, ObjectNotFound, RemoteError
from gitmodels.git.repository import GitRepository
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import git as git_remote
from gitmodels.remotes import git_layout
from gitmodels.remotes.keyed import index_name, pack_name
from gitmodels.remotes.opening import open_remote
from gitmodels.remotes.restoring import Examination
from gitmodels.remotes.transfer import download, upload


class Shelf:
    """A folder, and what may happen to it."""

    def __init__(self, remote, root: Path) -> None:
        self.remote = remote
        self._root = root

    def again(self):
        return self.remote

    def lose(self, pack: bytes) -> None:
        (self._root / pack_name(pack)).unlink()

    def flip(self, pack: bytes) -> None:
        flip(self._root / pack_name(pack))

    def cut(self, pack: bytes) -> None:
        os.truncate(self._root / pack_name(pack), 100)

    def spoil_index(self, pack: bytes) -> None:
        flip(self._root / index_name(pack))


class Bucket:
    """A folder in a bucket, likewise."""

    def __init__(self, remote) -> None:
        self.remote = remote
        self._keys = remote._keys

    def again(self):
        return self.remote

    def lose(self, pack: bytes) -> None:
        self._keys.delete(pack_name(pack))

    def flip(self, pack: bytes) -> None:
        self._change(pack_name(pack), flipped)

    def cut(self, pack: bytes) -> None:
        self._change(pack_name(pack), lambda data: data[:100])

    def spoil_index(self, pack: bytes) -> None:
        self._change(index_name(pack), flipped)

    def _change(self, name, change) -> None:
        self._keys._written(name, change(self._keys.get(name, 0, self._keys.size(name))))


class Host:
    """A bare repository on a server, whose disk loses and spoils what it holds."""

    def __init__(self, git, repo: Path, served) -> None:
        self._git = git
        self._repo = repo
        self._server = served.path
        self._address = f"git+{served.address}"
        self.remote = self.again()

    def again(self):
        """As a process that begins sees it."""
        return open_remote(self._address, git=GitRepository.open(self._repo))

    def lose(self, pack: bytes) -> None:
        """All that only this pack's ref leads to."""
        for path in self._files(pack):
            path.unlink()

    def flip(self, pack: bytes) -> None:
        """One bit of a part of the pack."""
        commit = self._commit(pack)
        part = self._git("rev-parse", f"{commit}^:00000", cwd=self._server).strip()
        loose = self._server / "objects" / part[:2] / part[2:]
        flip(loose if loose.exists() else next(self._server.glob("objects/pack/*.pack")))

    def cut(self, pack: bytes) -> None:
        """The parts alone are lost."""
        commit = self._commit(pack)
        part = self._git("rev-parse", f"{commit}^:00000", cwd=self._server).strip()
        (self._server / "objects" / part[:2] / part[2:]).unlink()

    def spoil_index(self, pack: bytes) -> None:
        index = self._git("rev-parse", f"{self._commit(pack)}:index", cwd=self._server).strip()
        (self._server / "objects" / index[:2] / index[2:]).unlink()

    def _commit(self, pack: bytes) -> str:
        return self._git("rev-parse", git_layout.ref_of(pack), cwd=self._server).strip()

    def _files(self, pack: bytes) -> list[Path]:
        listed = self._git("rev-list", "--objects", git_layout.ref_of(pack), cwd=self._server)
        found = [self._server / "objects" / line[:2] / line[2:40] for line in listed.splitlines()]
        if not all(path.exists() for path in found):
            assert len(list(self._server.glob("objects/pack/*.pack"))) == 1
            return list(self._server.glob("objects/pack/*"))
        return found


def flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flip(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(flipped(path.read_bytes()))


@pytest.fixture(params=["directory", "s3", "git over http"])
def kept(request, git, serve, git_repo):
    """A remote of each kind with somebody who spoils it."""
    if request.param == "directory":
        return Shelf(request.getfixturevalue("shelf"), request.getfixturevalue("folder"))
    if request.param == "s3":
        return Bucket(request.getfixturevalue("s3"))
    return Host(git, git_repo, serve("http"))


@pytest.fixture
def two(store, added, kept):
    """Two models in packs of their own, both there; their manifests and packs."""
    found = []
    for number in range(2):
        before = set(store.catalog.packs())
        manifest = added("a", 20_000, "b", 3000 + number)
        (pack,) = set(store.catalog.packs()) - before
        upload(store, [manifest], kept.remote)
        found.append((manifest, pack))
    return found


def chunks(*manifests):
    return [bytes.fromhex(entry.blake3) for manifest in manifests for entry in manifest.entries]


def reads(remote, manifest, tmp_path) -> bool:
    """Whether somebody who has nothing gets the model from there."""
    other = ObjectStore(tmp_path / "reader", durability="batch")
    try:
        download(other, [manifest], remote)
        return True
    except GitModelsError:
        return False
    finally:
        shutil.rmtree(other.root, ignore_errors=True)


@pytest.mark.parametrize("harm", ["lose", "cut", "flip", "spoil_index"])
def test_what_a_remote_lost_is_put_back_by_who_has_it(kept, store, two, tmp_path, harm):
    (first, pack), (second, _) = two
    getattr(kept, harm)(pack)
    assert not reads(kept.again(), first, tmp_path) or harm == "spoil_index"
    # The other model is none the worse.
    assert reads(kept.again(), second, tmp_path)
    found = Examination(store, kept.again(), full=True)
    assert [flaw.pack for flaw in found.flaws] == [pack]
    assert set(chunks(first)) <= found.flaws[0].chunks
    assert "\n" not in found.flaws[0].detail
    found.heal(chunks(first, second))
    assert found.flaws == []
    assert reads(kept.again(), first, tmp_path)
    again = Examination(store, kept.again(), full=True)
    assert again.flaws == []
    assert all(map(again.has, chunks(first, second)))


def test_a_whole_remote_is_found_whole_and_left_alone(kept, store, two):
    before = kept.again().packs()
    found = Examination(store, kept.again(), full=True)
    assert found.flaws == []
    done = found.heal(chunks(*(manifest for manifest, _ in two)))
    assert (done.packs, done.size) == (0, 0)
    assert kept.again().packs() == before


def test_nothing_is_removed_that_nobody_here_has(kept, two, added, tmp_path):
    (first, pack), (second, other_pack) = two
    kept.flip(pack)
    stranger = ObjectStore(tmp_path / "stranger", durability="batch")
    found = Examination(stranger, kept.again(), full=True)
    assert [flaw.pack for flaw in found.flaws] == [pack]
    found.heal(chunks(first, second))
    assert [flaw.pack for flaw in found.flaws] == [pack]
    assert kept.again().packs() == {pack, other_pack}


def test_a_push_sends_again_what_is_lost_there_or_names_the_way_out(kept, store, two, added, tmp_path):
    (first, pack), (second, _) = two
    kept.lose(pack)
    # A process that knows nothing of the remote sees what is gone, and sends it again.
    shutil.rmtree(store.root / "remotes")
    if isinstance(kept, Host):
        # A git server takes nothing as long as it has a ref to nothing.
        with pytest.raises(RemoteError, match="bad object") as caught:
            upload(store, [first, second], kept.again())
        assert caught.value.kind == "damaged"
        assert "fsck --repair --remote" in str(caught.value.hint)
    else:
        upload(store, [first, second], kept.again())
        assert reads(kept.again(), first, tmp_path)


def test_an_interrupted_repair_goes_on(kept, store, two, tmp_path, monkeypatch):
    (first, pack), (second, _) = two
    kept.flip(pack)
    found = Examination(store, kept.again(), full=True)

    def gone(self, pack):
        raise RemoteError("the connection ended")

    with monkeypatch.context() as patch:
        patch.setattr(type(found._remote), "delete", gone)
        with pytest.raises(RemoteError, match="ended"):
            found.heal(chunks(first, second))
    assert reads(kept.again(), first, tmp_path)
    sent = kept.again().packs()
    found = Examination(store, kept.again(), full=True)
    assert found.heal(chunks(first, second)).packs == 0
    assert found.flaws == []
    assert kept.again().packs() == sent - {pack}


def test_a_group_that_is_lost_hides_no_other_pack(git, git_repo, serve, store, added, tmp_path, monkeypatch):
    monkeypatch.setattr(git_remote, "MOST_SINGLE", 2)
    host = Host(git, git_repo, serve("http"))
    manifests = [added("a", 5000 + number) for number in range(3)]
    for manifest in manifests:
        upload(store, [manifest], host.remote)
    (group,) = [ref for ref in host.remote._refs if git_layout.is_group(ref)]
    alone = added("b", 4000)
    upload(store, [alone], host.again())
    commit = git("rev-parse", group, cwd=host._server).strip()
    (host._server / "objects" / commit[:2] / commit[2:]).unlink()
    found = Examination(store, host.again())
    assert [(flaw.kind, flaw.name) for flaw in found.flaws] == [("ruin", group)]
    assert reads(host.again(), alone, tmp_path)
    assert not reads(host.again(), manifests[0], tmp_path)
    found.heal(chunks(*manifests, alone))
    assert found.flaws == []
    assert Examination(store, host.again(), full=True).flaws == []
    for manifest in manifests:
        assert reads(host.again(), manifest, tmp_path)


def test_a_remote_that_can_only_be_read_is_told_so(web, shelf, folder, store, added):
    manifest = added("a", 5000)
    upload(store, [manifest], shelf)
    (pack,) = shelf.packs()
    flip(folder / pack_name(pack))
    found = Examination(store, web, full=True)
    assert [flaw.kind for flaw in found.flaws] == ["content"]
    with pytest.raises(RemoteError, match="only be read"):
        found.heal(chunks(manifest))


def test_a_store_without_a_copy_tells_what_it_is_asked_for(kept, two, tmp_path):
    (first, pack), _ = two
    kept.lose(pack)
    stranger = ObjectStore(tmp_path / "stranger", durability="batch")
    with pytest.raises(ObjectNotFound), contextlib.suppress(RemoteError):
        download(stranger, [first], kept.again())
