"""Folders for loaders: verified, private to a process, gone with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels import processes
from gitmodels.errors import Corrupt, InvalidModel
from gitmodels.objects.manifest import Manifest
from gitmodels.objects.scan import scan_directory
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.views import Views


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two files, one in a folder."""
    folder = tmp_path / "source"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"a" * 1000)
    (folder / "inner" / "b.txt").write_text("b")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "store")


@pytest.fixture
def manifest(store: ObjectStore, source: Path) -> Manifest:
    return store.add_directory(source)


def test_a_view_shows_every_file_read_only(store: ObjectStore, manifest: Manifest) -> None:
    views = Views(store)
    folder = views.view(manifest)
    assert (folder / "a.bin").read_bytes() == b"a" * 1000
    assert (folder / "inner" / "b.txt").read_text() == "b"
    assert not (folder / "a.bin").stat().st_mode & 0o222
    assert views.view(manifest) == folder


def test_107_a_changed_file_of_a_view_is_put_right_before_it_is_shown_again(
    store: ObjectStore, manifest: Manifest
) -> None:
    views = Views(store)
    path = views.view(manifest) / "a.bin"
    for spoil in (lambda: path.write_bytes(b"x" * 1000), path.unlink, lambda: (path.unlink(), path.symlink_to("/x"))):
        path.chmod(0o644) if path.exists() else None
        spoil()
        assert (views.view(manifest) / "a.bin").read_bytes() == b"a" * 1000
        assert not path.is_symlink()


def test_107_rot_in_the_cache_that_left_no_trace_is_never_shown(store: ObjectStore, manifest: Manifest) -> None:
    entry = manifest.entry("a.bin")
    path = store.cached(entry)
    times = path.stat()
    path.chmod(0o644)
    path.write_bytes(b"x" * 1000)
    path.chmod(0o444)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (Views(store).view(manifest) / "a.bin").read_bytes() == b"a" * 1000


def test_a_view_of_bytes_that_are_damaged_is_refused(store: ObjectStore, manifest: Manifest) -> None:
    for pack in store.packs_folder.glob("*.pack"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        pack.chmod(0o644)
        pack.write_bytes(data)
    with pytest.raises(Corrupt):
        Views(store).view(manifest)


def test_only_folders_of_processes_that_are_gone_are_swept(
    store: ObjectStore, manifest: Manifest, tmp_path: Path
) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom gitmodels.objects.store import ObjectStore\n"
        "from gitmodels.objects.views import Views\n"
        "store = ObjectStore(Path(sys.argv[1]))\n"
        "print(Views(store).view(store.add_directory(sys.argv[2])), flush=True)\nos.kill(os.getpid(), 9)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "store"), str(tmp_path / "source")]
    left = Path(subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip())
    assert left.is_dir()
    mine = Views(store)
    views = Views(store)
    assert views.leftovers() == [left.parent]
    folder = mine.view(manifest)
    assert not left.exists()
    assert views.leftovers() == []
    views.sweep()
    assert folder.is_dir()


def test_a_folder_whose_process_was_killed_before_it_had_its_lock_goes_too(store: ObjectStore) -> None:
    views = Views(store)
    alive = views.folder / processes.new_name("view")
    left = views.folder / alive.name.replace(f"-{os.getpid()}-", "-999999999-")
    for folder in (alive, left):
        folder.mkdir(parents=True)
        (folder / "lock.new").touch()
    assert views.leftovers() == [left]
    views.sweep()
    assert alive.is_dir()
    assert not left.exists()


def test_a_forked_child_has_a_folder_of_its_own(store: ObjectStore, manifest: Manifest) -> None:
    views = Views(store)
    folder = views.view(manifest)
    with views._lock:  # as if another thread were in the middle of a view
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if views.view(manifest) != folder else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert views.view(manifest) == folder


def test_a_scan_agrees_with_the_store_and_keeps_nothing(
    store: ObjectStore, manifest: Manifest, source: Path, tmp_path: Path
) -> None:
    assert scan_directory(source).digest == manifest.digest
    (source / "link").symlink_to("/etc/passwd")
    with pytest.raises(InvalidModel):
        scan_directory(source)
