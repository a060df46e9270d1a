"""Change every byte of a small store, one after the other: no reader may hand out a wrong byte, fsck must find it."""

import os
import random

import pytest

from gitmodels.errors import DigestMismatch, GitModelsError
from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore


@pytest.fixture
def filled(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "noise").write_bytes(random.Random(5).randbytes(90))
    (source / "text").write_bytes(b"0123456789" * 40)
    (source / "empty").touch()
    store = ObjectStore(tmp_path / "store")
    return store.root, store.add_directory(source), {path.name: path.read_bytes() for path in source.iterdir()}


def files(root, folder):
    (path,) = (root / folder).iterdir()
    os.chmod(path, 0o644)
    return path, path.read_bytes()


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
@pytest.mark.parametrize("folder", ["packs", "index"])
def test_case46_every_changed_byte_is_found(filled, folder, flip):
    root, manifest, contents = filled
    path, good = files(root, folder)
    _, index = files(root, "index")
    (index_path,) = (root / "index").iterdir()
    for at in range(len(good)):
        path.unlink()
        path.write_bytes(good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :])
        store = ObjectStore(root)
        assert fsck(store, full=True), f"byte {at} of {folder}"
        for entry in manifest.entries:
            try:
                assert store.read(entry) == contents[entry.path]
            except GitModelsError as error:
                assert folder == "packs"
                assert isinstance(error, DigestMismatch) or "lacks" in error.message  # noqa: PT017
        for stale in (root / "index").iterdir():
            stale.unlink()
        index_path.write_bytes(index)
    path.unlink()
    path.write_bytes(good)
    assert fsck(ObjectStore(root), full=True) == []


def test_case46_every_truncation_is_found_and_healed_by_adding_again(filled, tmp_path):
    root, manifest, contents = filled
    path, good = files(root, "packs")
    for length in range(0, len(good), 7):
        path.unlink()
        path.write_bytes(good[:length])
        store = ObjectStore(root)
        assert fsck(store)
        assert store.add_directory(tmp_path / "source") == manifest
        for entry in manifest.entries:
            assert ObjectStore(root).read(entry) == contents[entry.path]
        for folder in ("packs", "index"):
            for other in (root / folder).iterdir():
                other.unlink()
        store = ObjectStore(root)
        store.add_directory(tmp_path / "source")


def test_every_changed_byte_of_a_pack_heals_when_the_file_is_added_again(filled, tmp_path):
    root, manifest, contents = filled
    path, good = files(root, "packs")
    _, index = files(root, "index")
    (index_path,) = (root / "index").iterdir()
    for at in range(len(good)):
        path.unlink(missing_ok=True)
        path.write_bytes(good[:at] + bytes([good[at] ^ 0x10]) + good[at + 1 :])
        ObjectStore(root).add_directory(tmp_path / "source")
        fresh = ObjectStore(root)
        for entry in manifest.entries:
            assert fresh.read(entry) == contents[entry.path], f"byte {at}"
        for folder in ("packs", "index"):
            for other in (root / folder).iterdir():
                other.unlink()
        index_path.write_bytes(index)
