"""Git's lock on one ref file, taken so that a killed process never leaves it stuck.

git locks ``<file>`` by creating ``<file>.lock``. Ours is a hard link to a file of our own whose name tells the
process: a lock whose inode is one of those and whose process is gone is ours to remove. Anybody else's lock is
waited for and never removed. This room knows files, no refs.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from gitmodels import processes
from gitmodels.errors import Locked
from gitmodels.git import durable

_KIND = "ref"
_FIRST_PAUSE_S = 0.001
_LONGEST_PAUSE_S = 0.05
# git removes folders that became empty; one that vanishes again and again is somebody's loop.
_MAX_FOLDER_RACES = 20
_FRESH = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class FileLock:
    """The lock on ``target``, as a context manager: inside, ``commit`` replaces the file, leaving releases the lock.

    ``own_folder`` must be on the same file system. Enter it only while holding the repository's queue: two processes
    that both found a dead lock could otherwise remove each other's.
    """

    def __init__(self, target: str, own_folder: Path, timeout_s: float) -> None:
        self._target = target
        self._lock = f"{target}.lock"
        self._own_folder = own_folder
        self._timeout_s = timeout_s
        self._own = ""
        self._fd = -1

    def __enter__(self) -> "FileLock":
        """Take the lock. Raises Locked when a foreign one is not released in time, OSError from the system."""
        self._own = f"{self._own_folder}/{processes.new_name(_KIND)}"
        try:
            self._fd = os.open(self._own, _FRESH, 0o666)
        except FileNotFoundError:
            durable.make_folders(self._own_folder)
            self._fd = os.open(self._own, _FRESH, 0o666)
        try:
            self._link()
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the lock; what was not committed is gone."""
        self._release()

    def write(self, data: bytes) -> None:
        """Write what the target shall hold; nobody sees it before ``commit``."""
        durable.write_all(self._fd, data)
        durable.start_writing(self._fd)

    def commit(self, *, sync_folder: bool = True) -> None:
        """Make what was written the content of the target: synced, renamed, and the folder synced too."""
        durable.sync(self._fd)
        os.rename(self._lock, self._target)
        if sync_folder:
            durable.sync_folder(os.path.dirname(self._target))

    def _link(self) -> None:
        deadline = time.monotonic() + self._timeout_s
        pause = _FIRST_PAUSE_S
        races = 0
        while True:
            try:
                self._take()
                return
            except FileNotFoundError:
                races += 1
                if races > _MAX_FOLDER_RACES:
                    raise
                durable.make_folders(Path(self._target).parent)
            except FileExistsError:
                if remove_abandoned(self._lock, self._own_folder):
                    continue
                if time.monotonic() >= deadline:
                    raise Locked(
                        f"{self._lock} was held by another program for {self._timeout_s:g} s",
                        hint="if no git process is running any more, remove that file and try again",
                        path=self._lock,
                    ) from None
                time.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_S)

    def _take(self) -> None:
        try:
            os.link(self._own, self._lock)
        except OSError as error:
            if error.errno not in durable.NO_LINKS:
                raise
            # The way git does it: as exclusive, but whoever is killed now leaves a lock for a person to remove.
            fd = os.open(self._lock, _FRESH, 0o666)
            os.close(self._fd)
            self._fd = fd

    def _release(self) -> None:
        # By inode, not by a flag: an interrupt may strike between the link and any note of it.
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                held, own = os.lstat(self._lock), os.fstat(self._fd)
                if (held.st_ino, held.st_dev) == (own.st_ino, own.st_dev):
                    os.unlink(self._lock)
            os.close(self._fd)
            self._fd = -1
        durable.unlink_quietly(self._own)


def remove_abandoned(lock: str, own_folder: Path) -> bool:
    """Remove ``lock`` if it is a link to a file in ``own_folder`` whose process is gone; whether it was removed."""
    try:
        held = os.lstat(lock)
    except FileNotFoundError:
        return True
    for name, path, status in _own_files(own_folder):
        if (status.st_ino, status.st_dev) != (held.st_ino, held.st_dev):
            continue
        if not processes.is_abandoned(name, status.st_mtime):
            return False
        os.unlink(lock)
        durable.unlink_quietly(path)
        return True
    return False


def sweep(own_folder: Path) -> None:
    """Remove the files in ``own_folder`` that killed processes left and that lock nothing."""
    for name, path, status in _own_files(own_folder):
        # Two links: it may be the evidence by which a dead lock is known as ours; or the ref itself, which needs none.
        if status.st_nlink == 1 and processes.is_abandoned(name, status.st_mtime):
            durable.unlink_quietly(path)


def _own_files(folder: Path) -> Iterator[tuple[str, str, os.stat_result]]:
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if processes.is_ours(entry.name):
            # Not entry.stat(): that one may answer from the listing, which knows no links.
            with contextlib.suppress(FileNotFoundError):
                yield entry.name, entry.path, os.lstat(entry.path)
