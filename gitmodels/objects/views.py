"""Folders that show a manifest's files to a loader, for as long as this process lives.

A loader wants a folder, and may keep paths into it (memory maps, artifacts) as long as the model lives. So each
process has a folder of its own in the cache, with one view per manifest made of hard links to cached files (copies
where links are not to be had), and a lock file that tells others when the process is gone and the folder may go.
This room knows files and manifests; what is loaded from a view is not its business.
"""

import atexit
import fcntl
import os
import shutil
import stat
import threading
from contextlib import ExitStack
from pathlib import Path
from weakref import WeakSet

from gitmodels import digest as digests
from gitmodels import processes
from gitmodels.objects import placing
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.staging import remove
from gitmodels.objects.store import ObjectStore

_FOLDER = "views"
_KIND = "view"


class Views:
    """The views of one process into ``store``; thread-safe. Nothing is made before the first view."""

    def __init__(self, store: ObjectStore) -> None:
        self.store = store
        self.folder = store.cache.folder / _FOLDER
        self._lock = threading.Lock()
        self._own: Path | None = None
        self._descriptor = -1
        _living.add(self)

    def forget(self) -> None:
        """In a forked child: the folder is the parent's, and whoever held the lock is not here."""
        self._lock = threading.Lock()
        self._own = None

    def view(self, manifest: Manifest) -> Path:
        """The folder of this process with all files of ``manifest``, every byte verified now.

        The files are read-only and must not be changed. Raises what reading the store raises, and OSError.
        """
        with self._lock, self.store.contents.expecting(manifest.entries):
            folder = self._folder() / manifest.digest
            for entry in manifest.entries:
                self._show(entry, folder / entry.path)
            return folder

    def _show(self, entry: Entry, path: Path) -> None:
        if _is_file(path) and digests.of_file(path) == entry.blake3:
            return
        remove(path)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        cached = self.store.cached(entry)
        if not placing.link(cached, path):
            placing.copy(cached, path, entry.blake3, 0o444)

    def _folder(self) -> Path:
        if self._own is None or not self._own.is_dir():
            self.sweep()
            own = self.folder / processes.new_name(_KIND)
            own.mkdir(parents=True, mode=0o700)
            # Locked for the life of the process: whoever can take the lock knows that it is gone.
            # It gets its name when it is locked, so that nobody finds it free in between.
            self._descriptor = os.open(own / "lock.new", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            os.rename(own / "lock.new", own / "lock")
            self._own = own
            atexit.register(_remove_own, own, os.getpid())
        return self._own

    def leftovers(self) -> list[Path]:
        """The folders of processes that are gone."""
        with ExitStack() as held:
            return [folder for folder in self._folders() if _taken(folder, held)]

    def sweep(self) -> None:
        """Remove the folders of processes that are gone."""
        for folder in self._folders():
            with ExitStack() as held:
                if _taken(folder, held):
                    shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        try:
            return sorted(self.folder / name for name in os.listdir(self.folder))
        except FileNotFoundError:
            return []


_living: WeakSet[Views] = WeakSet()


def _forget_all() -> None:
    for views in list(_living):
        views.forget()


os.register_at_fork(after_in_child=_forget_all)


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _taken(folder: Path, held: ExitStack) -> bool:
    """Whether the lock of a folder could be taken, so that its process is gone; it is kept until ``held`` closes."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        # Killed before it had its lock, or while it was removed: only the name tells whose it was.
        return _is_abandoned(folder)
    except OSError:
        return False
    held.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_abandoned(folder: Path) -> bool:
    try:
        return processes.is_abandoned(folder.name, folder.lstat().st_mtime)
    except FileNotFoundError:
        return False


def _remove_own(folder: Path, pid: int) -> None:
    # A forked child inherits the registration, not the folder.
    if os.getpid() == pid:
        shutil.rmtree(folder, ignore_errors=True)
