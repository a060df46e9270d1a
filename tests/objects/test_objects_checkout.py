import os

import pytest

from gitmodels import digest
from gitmodels.errors import AlreadyExists, FileMissing, GitModelsError, ObjectNotFound
from gitmodels.objects.manifest import Entry, Manifest


def test_every_file_is_there_and_writable(store, model, tmp_path):
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out")
    for entry in manifest.entries:
        path = tmp_path / "out" / entry.path
        assert path.read_bytes() == (model / entry.path).read_bytes()
        assert path.stat().st_nlink == 1
        path.write_bytes(b"mine")
    assert store.add_directory(model) == manifest
    assert sorted(os.listdir(tmp_path)) == ["model", "out", "store"]


def test_an_empty_folder_is_filled(store, model, tmp_path):
    (tmp_path / "out").mkdir()
    store.checkout(store.add_directory(model), tmp_path / "out")
    assert (tmp_path / "out" / "MLmodel").exists()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling"])
def test_what_is_there_is_never_overwritten(store, model, tmp_path, kind):
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    elif kind == "folder":
        out.mkdir()
        (out / "mine").touch()
    else:
        if kind == "link":
            (tmp_path / "elsewhere").mkdir()
        out.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AlreadyExists, match="out is there already"):
        store.checkout(store.add_directory(model), out)
    assert not (tmp_path / "elsewhere" / "MLmodel").exists()


def test_something_that_appears_meanwhile_is_not_overwritten(store, model, tmp_path):
    manifest = store.add_directory(model)
    real = store.pieces

    def pieces(entry):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / "mine").touch()
        return real(entry)

    store.pieces = pieces
    with pytest.raises(AlreadyExists):
        store.checkout(manifest, tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["mine"]


def test_a_folder_above_that_is_missing_is_named(store, model, tmp_path):
    with pytest.raises(FileMissing, match="nowhere"):
        store.checkout(store.add_directory(model), tmp_path / "nowhere" / "out")


def test_nothing_is_left_when_an_object_is_missing(store, model, tmp_path):
    manifest = store.add_directory(model)
    more = Manifest((*manifest.entries, Entry("zz", 1, digest.of_bytes(b"absent"))))
    with pytest.raises(ObjectNotFound):
        store.checkout(more, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["model", "store"]


def test_case15_a_path_too_long_for_the_system_leaves_nothing(store, model, tmp_path):
    found = store.add_bytes(b"x")
    path = "/".join(["d" * 200] * 5)
    deep = tmp_path
    for _ in range(15):
        deep /= "e" * 200
        os.mkdir(deep)
    before = os.listdir(deep)
    for _ in range(4):
        deep /= "f" * 240
        try:
            os.mkdir(deep)
        except OSError:
            deep = deep.parent
            break
    with pytest.raises(GitModelsError):
        store.checkout(Manifest((Entry(path, 1, found),)), deep / "out")
    assert before == []
    assert os.listdir(deep) == []


def test_a_relative_target_and_a_trailing_slash(store, model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    store.checkout(store.add_directory(model), "out/")
    assert (tmp_path / "out" / "weights.bin").exists()
