import os
import socket
import stat

import pytest

from gitmodels.errors import FileMissing, Invalid, InvalidModel, InvalidName, InvalidRecord
from gitmodels.objects import intake, manifest, sources


def added(store, root):
    return [entry.path for entry in store.add_directory(root).entries]


def test_files_of_all_folders_are_found(store, model):
    assert added(store, model) == ["MLmodel", "data/deep/twin.bin", "data/empty", "weights.bin"]


def test_case10_a_git_folder_inside_is_refused(store, model):
    (model / ".git").mkdir()
    (model / ".git" / "config").touch()
    with pytest.raises(InvalidName):
        store.add_directory(model)
    assert not store.packs_folder.exists()


@pytest.mark.parametrize(("one", "two"), [("Weights.bin", "weights.bin"), ("caf\u00e9", "cafe\u0301")])
def test_case11_twins_on_other_systems_are_refused(store, model, one, two):
    (model / one).touch()
    (model / two).touch()
    with pytest.raises(InvalidName, match="one name"):
        store.add_directory(model)


def test_case12_a_name_that_is_not_utf8_is_refused_in_hex(store, model):
    (model / os.fsdecode(b"data/caf\xe9")).touch()
    with pytest.raises(InvalidName, match="636166e9"):
        store.add_directory(model)
    with pytest.raises(InvalidName, match="636166e9"):
        store.add_file(model / os.fsdecode(b"data/caf\xe9"))


def test_case13_a_leading_dash_is_data(store, model):
    (model / "-rf").write_text("x")
    (model / "--upload-pack=x").write_text("y")
    assert added(store, model)[:2] == ["--upload-pack=x", "-rf"]


@pytest.mark.parametrize("target", ["/etc/passwd", "weights.bin", "link", "nowhere", "data"])
def test_case16_symbolic_links_are_refused(store, model, target):
    (model / "link").symlink_to(target)
    with pytest.raises(InvalidModel, match="'link' is a symbolic link"):
        store.add_directory(model)
    with pytest.raises(InvalidModel, match="symbolic link"):
        store.add_file(model / "link")
    assert not store.packs_folder.exists()


def test_case16_the_folder_given_may_be_reached_by_a_link(store, model, tmp_path):
    (tmp_path / "current").symlink_to(model)
    assert len(added(store, tmp_path / "current")) == 4


def test_case17_a_file_swapped_for_a_link_after_listing_is_refused(store, model, monkeypatch):
    real = sources.walk

    def walk(root, leave_out):
        found = real(root, leave_out)
        (model / "weights.bin").unlink()
        (model / "weights.bin").symlink_to("/etc/passwd")
        return found

    monkeypatch.setattr(sources, "walk", walk)
    with pytest.raises(InvalidModel, match="symbolic link"):
        store.add_directory(model)


def test_case17_a_folder_swapped_for_a_link_after_listing_is_refused(store, model, tmp_path, monkeypatch):
    real = sources.walk

    def walk(root, leave_out):
        found = real(root, leave_out)
        (model / "data").rename(tmp_path / "moved")
        (model / "data").symlink_to(tmp_path / "moved")
        return found

    monkeypatch.setattr(sources, "walk", walk)
    with pytest.raises(InvalidModel, match="cannot open folder 'data"):
        store.add_directory(model)


def test_case18_a_pipe_is_refused_without_waiting(store, model):
    os.mkfifo(model / "pipe")
    with pytest.raises(InvalidModel, match="'pipe' is a named pipe"):
        store.add_directory(model)
    with pytest.raises(InvalidModel, match="named pipe"):
        store.add_file(model / "pipe")


def test_case18_a_socket_is_refused(store, tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    monkeypatch.chdir(tmp_path / "m")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
        with pytest.raises(InvalidModel, match="'socket' is a socket"):
            store.add_directory(tmp_path / "m")
        with pytest.raises(InvalidModel, match="is a socket"):
            store.add_file(tmp_path / "m" / "socket")


def test_case18_a_device_is_refused(store):
    with pytest.raises(InvalidModel, match="a device"):
        store.add_file("/dev/null")


def test_case18_a_folder_is_no_file_and_a_file_no_folder(store, model):
    with pytest.raises(InvalidModel, match="a folder"):
        store.add_file(model)
    with pytest.raises(InvalidModel, match="not a folder"):
        store.add_directory(model / "MLmodel")


def test_case19_a_tree_without_files_is_refused(store, tmp_path):
    (tmp_path / "hollow" / "inner").mkdir(parents=True)
    with pytest.raises(InvalidModel, match="no file"):
        store.add_directory(tmp_path / "hollow")


def test_case19_an_empty_file_is_fine(store, tmp_path):
    (tmp_path / "empty").touch()
    manifest = store.add_file(tmp_path / "empty")
    assert store.read(manifest.entries[0]) == b""


def test_case19_a_sparse_file_is_streamed_and_takes_no_room(store, tmp_path):
    with open(tmp_path / "sparse", "wb") as stream:
        stream.truncate(200 << 20)
    (entry,) = store.add_file(tmp_path / "sparse").entries
    assert entry.chunks is not None
    assert sum(path.stat().st_size for path in store.packs_folder.iterdir()) < 10_000
    assert sum(len(piece) for piece in store.pieces(entry)) == 200 << 20


def test_what_is_not_there_is_named(store, tmp_path):
    with pytest.raises(FileMissing):
        store.add_file(tmp_path / "absent")
    with pytest.raises(FileMissing):
        store.add_directory(tmp_path / "absent")


class Writer:
    """Changes a file whenever the store asks for its state after reading."""

    def __init__(self, monkeypatch, change, times):
        self.left = times
        self.change = change
        self.real = sources.state
        monkeypatch.setattr(sources, "state", self)

    def __call__(self, descriptor):
        if self.left:
            self.left -= 1
            self.change()
        return self.real(descriptor)


@pytest.mark.parametrize("size", [1000, (64 << 20) + 10])
def test_case20_a_file_that_changes_once_is_read_again(store, tmp_path, monkeypatch, size):
    path = tmp_path / "moving"
    path.write_bytes(bytes(size))

    def change():
        with open(path, "r+b") as stream:
            stream.write(b"new")
        os.utime(path, ns=(0, 5))

    Writer(monkeypatch, change, 1)
    (entry,) = store.add_file(path).entries
    assert store.read(entry) == b"new" + bytes(size - 3)


def test_case20_a_file_that_goes_on_changing_is_refused(store, tmp_path, monkeypatch):
    path = tmp_path / "moving"
    path.write_bytes(bytes(1000))
    stamps = iter(range(100))
    Writer(monkeypatch, lambda: os.utime(path, ns=(0, next(stamps))), 9)
    with pytest.raises(Invalid, match="changed while it was read"):
        store.add_file(path)
    assert not store.packs_folder.exists()
    assert store.leftovers() == []


@pytest.mark.parametrize("size", [1000, (64 << 20) + 10])
@pytest.mark.parametrize("by", [-5, 5])
def test_case21_a_file_that_shrinks_or_grows_while_read_is_refused(store, tmp_path, monkeypatch, size, by):
    path = tmp_path / "log"
    path.write_bytes(bytes(size))
    real = sources.open_file

    def open_file(folder, name):
        descriptor, state = real(folder, name)
        return descriptor, state._replace(size=size - by)  # as it was when it was opened

    monkeypatch.setattr(sources, "open_file", open_file)
    with pytest.raises(Invalid, match="changed while it was read"):
        store.add_file(path)
    assert os.listdir(store.root / "tmp") == [] if (store.root / "tmp").exists() else True


def test_case22_modes_are_dropped(store, model, tmp_path):
    os.chmod(model / "MLmodel", 0o6777)
    manifest = store.add_directory(model)
    store.checkout(manifest, tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out" / "MLmodel").stat().st_mode) & 0o7111 == 0


def test_case23_too_many_files_are_refused_before_reading(store, model, monkeypatch):
    monkeypatch.setattr(sources, "MAX_FILES", 3)
    monkeypatch.setattr(intake.Intake, "file", None)
    with pytest.raises(InvalidModel, match="at most 3"):
        store.add_directory(model)
    monkeypatch.undo()
    monkeypatch.setattr(manifest, "MAX_FILES", 3)
    with pytest.raises(InvalidRecord, match="at most 3"):
        store.add_directory(model)


def test_case23_folders_nested_too_deep_are_refused(store, tmp_path):
    inner = tmp_path / "m"
    for _ in range(40):
        inner /= "d"
    inner.mkdir(parents=True)
    with pytest.raises(InvalidName):
        store.add_directory(tmp_path / "m")


@pytest.mark.parametrize("size", [1000, (64 << 20) + 10])
def test_case24_a_disk_that_fails_in_the_middle_writes_nothing(store, tmp_path, monkeypatch, size):
    path = tmp_path / "bad"
    path.write_bytes(bytes(size))

    def fail(*args):
        raise OSError(5, "Input/output error")

    if size == 1000:
        monkeypatch.setattr(intake.os, "read", fail)
    else:
        monkeypatch.setattr(intake, "FileIO", lambda *args, **more: Broken(*args, **more))
    with pytest.raises(Invalid, match=r"cannot read .*Input/output error"):
        store.add_file(path)
    assert not store.packs_folder.exists()


class Broken(intake.FileIO):
    def readinto(self, buffer):
        if self.tell() >= 8 << 20:
            raise OSError(5, "Input/output error")
        return super().readinto(buffer)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_case24_an_unreadable_file_is_refused(store, model):  # pragma: no cover - depends on the user
    os.chmod(model / "MLmodel", 0)
    with pytest.raises(Invalid, match="Permission denied"):
        store.add_directory(model)


def test_what_is_left_out_may_be_anything(store, model):
    before = store.add_directory(model)
    (model / ".git").mkdir()
    (model / ".git" / "HEAD").write_text("x")
    os.mkfifo(model / "data" / "pipe")
    assert store.add_directory(model, leave_out={".git", "data/pipe"}) == before
