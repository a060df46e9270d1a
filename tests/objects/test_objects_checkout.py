import os
import shutil
import time
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.errors import AlreadyExists, FileMissing, GitModelsError, ObjectNotFound
from gitmodels.objects import checkout as checkout_room
from gitmodels.objects import placing
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.store import ObjectStore


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


@pytest.fixture
def elsewhere():
    """A folder on another file system than the temporary ones."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not os.access(shm, os.W_OK):
        pytest.skip("no second file system here")
    folder = shm / f"gitmodels-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_links_share_the_cache_and_are_read_only(store, model, tmp_path):
    manifest = store.add_directory(model)
    placed = store.checkout(manifest, tmp_path / "out", link=True)
    assert (placed.linked, placed.cloned, placed.copied) == (4, 0, 0)
    for entry in manifest.entries:
        path = tmp_path / "out" / entry.path
        assert path.read_bytes() == (model / entry.path).read_bytes()
        assert path.samefile(store.cache.path(entry.blake3))
        assert path.stat().st_mode & 0o777 == 0o444


@pytest.mark.parametrize("link", [True, False])
def test_packs_are_never_linked(store, model, tmp_path, link):
    store.checkout(store.add_directory(model), tmp_path / "out", link=link)
    assert all(path.stat().st_nlink == 1 for path in store.packs_folder.iterdir())


def test_case58_an_edit_of_a_linked_file_is_noticed_and_healed(store, model, tmp_path):
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out", link=True)
    path = tmp_path / "out" / "MLmodel"
    path.chmod(0o644)
    path.write_text("spoiled")
    assert store.changes(tmp_path / "out", manifest).modified == ("MLmodel",)
    store.checkout(manifest, tmp_path / "again", link=True)
    assert (tmp_path / "again" / "MLmodel").read_bytes() == (model / "MLmodel").read_bytes()
    assert store.cached(manifest.entry("MLmodel")).read_bytes() == (model / "MLmodel").read_bytes()
    assert path.read_text() == "spoiled"  # the user's own folder stays the user's


@pytest.mark.parametrize("link", [True, False])
def test_case46_rot_in_the_cache_is_never_checked_out(store, model, tmp_path, link):
    manifest = store.add_directory(model)
    path = store.cached(manifest.entry("weights.bin"))
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    store.checkout(manifest, tmp_path / "out", link=link)
    assert (tmp_path / "out" / "weights.bin").read_bytes() == (model / "weights.bin").read_bytes()


@pytest.mark.parametrize("link", [True, False])
def test_case57_a_target_on_another_file_system_gets_copies(store, model, elsewhere, link):
    manifest = store.add_directory(model)
    placed = store.checkout(manifest, elsewhere / "out", link=link)
    assert (placed.linked, placed.copied) == (0, 4)
    for entry in manifest.entries:
        path = elsewhere / "out" / entry.path
        assert path.read_bytes() == (model / entry.path).read_bytes()
        assert bool(path.stat().st_mode & 0o200) is not link
    assert not store.changes(elsewhere / "out", manifest)


def test_case57_a_cache_on_another_file_system_gives_copies(model, tmp_path, elsewhere):
    store = ObjectStore(tmp_path / "store", cache=elsewhere / "cache")
    placed = store.checkout(store.add_directory(model), tmp_path / "out", link=True)
    assert (placed.linked, placed.copied) == (0, 4)


@pytest.mark.parametrize("link", [True, False])
def test_case54_a_cache_that_cannot_be_made_gives_copies(model, tmp_path, link):
    (tmp_path / "in the way").touch()
    store = ObjectStore(tmp_path / "store", cache=tmp_path / "in the way" / "cache")
    placed = store.checkout(store.add_directory(model), tmp_path / "out", link=link)
    assert (placed.linked, placed.copied) == (0, 4)


def test_one_link_too_many_of_a_file_is_a_copy(store, model, tmp_path, monkeypatch):
    manifest = store.add_directory(model)
    twin = manifest.entry("weights.bin").blake3
    real = os.link

    def full(source, target, **options):
        if os.path.basename(source) == twin:
            raise OSError(31, "Too many links")
        return real(source, target, **options)

    monkeypatch.setattr(os, "link", full)
    placed = store.checkout(manifest, tmp_path / "out", link=True)
    assert (placed.linked, placed.copied) == (2, 2)
    assert (tmp_path / "out" / "weights.bin").stat().st_mode & 0o777 == 0o444


def test_the_file_system_is_asked_once_whether_it_clones(store, model, tmp_path, monkeypatch):
    monkeypatch.setattr(placing, "_clones", {})
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out")
    (answer,) = placing._clones.values()
    monkeypatch.setattr(placing, "_try_clone", None)
    placed = store.checkout(manifest, tmp_path / "again")
    assert (placed.cloned, placed.copied) == ((4, 0) if answer else (0, 4))
    assert sorted(os.listdir(store.cache.folder)) == [] or answer
    assert sorted(os.listdir(tmp_path)) == ["again", "model", "out", "store"]


def test_clones_are_writable_and_leave_the_cache_alone(store, model, tmp_path, monkeypatch):
    monkeypatch.setattr(placing, "can_clone", lambda *_: True)
    monkeypatch.setattr(placing, "clone", shutil.copyfile)  # few test machines have a file system with clones
    manifest = store.add_directory(model)
    assert store.checkout(manifest, tmp_path / "out").cloned == 4
    (tmp_path / "out" / "MLmodel").write_text("mine")
    assert store.cached(manifest.entry("MLmodel")).read_bytes() == (model / "MLmodel").read_bytes()


@pytest.mark.parametrize("link", [True, False])
def test_a_checked_out_folder_is_known(store, model, tmp_path, link, monkeypatch):
    manifest = store.add_directory(model)
    monkeypatch.setattr(checkout_room, "_WAITED", 0)
    store.checkout(manifest, tmp_path / "out", link=link)
    survey = store.survey(tmp_path / "out")
    assert survey.known_as == survey.digest == manifest.digest
    assert len(store.stats.load(tmp_path / "out").rows) == 4


def test_further_links_of_a_file_do_not_make_it_unknown(store, model, tmp_path):
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out", link=True)
    known = store.stats.load(tmp_path / "out")
    time.sleep(0.03)
    store.checkout(manifest, tmp_path / "again", link=True)
    store.survey(tmp_path / "out")
    assert store.stats.load(tmp_path / "out") == known


def test_what_was_checked_out_can_be_added_again(store, model, tmp_path):
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out")
    assert store.add_directory(tmp_path / "out") == manifest
    store.checkout(manifest, tmp_path / "linked", link=True)
    assert store.add_directory(tmp_path / "linked") == manifest
