"""Writing files so that they survive a crash: all bytes, then fsync, then the name, then the folder.

This room knows files and folders only, nothing of git's formats.
"""

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from gitmodels.errors import Conflict, GitModelsError

_HINTS = {
    errno.ENOSPC: "free some space and try again; nothing was lost",
    errno.EDQUOT: "your disk quota is used up; free some space and try again",
    errno.EROFS: "the file system is mounted read-only",
    errno.EACCES: "check who owns the repository's files",
    errno.EPERM: "check who owns the repository's files",
}
# What file systems without hard links answer (FAT, some network and container mounts).
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})


def write_all(fd: int, data: bytes) -> None:
    """Write every byte of ``data`` to ``fd``; a single write may take only a part."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync(fd: int) -> None:
    """Return when what was written to ``fd`` is on the device."""
    if sys.platform == "darwin":  # fsync there stops at the drive's cache
        fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
    else:
        os.fsync(fd)


def start_writing(fd: int) -> None:
    """Let the system begin to write ``fd`` to the device, without waiting; a later ``sync`` has less to do."""
    if hasattr(os, "posix_fadvise"):
        with contextlib.suppress(OSError):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)


def write_new(path: str, data: bytes, mode: int = 0o666, *, durable: bool = True) -> None:
    """Create ``path`` with ``data``. Raises FileExistsError when it is there; leaves no half-written file behind."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        try:
            write_all(fd, data)
            if durable:
                sync(fd)
        finally:
            os.close(fd)
    except BaseException:
        unlink_quietly(path)
        raise


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Return when the names in the folder ``path`` are on the device."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(fd)
    finally:
        os.close(fd)


def make_folders(path: Path, mode: int = 0o777) -> None:
    """Create ``path`` and its missing parents, each durable in its parent."""
    if os.path.isdir(path):
        return
    make_folders(path.parent, mode)
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, mode)
        sync_folder(path.parent)
    if not path.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))


def unlink_quietly(path: str | os.PathLike[str]) -> None:
    """Remove ``path`` if that is possible."""
    with contextlib.suppress(OSError):
        os.unlink(path)


@contextlib.contextmanager
def storage_errors(doing: str) -> Iterator[None]:
    """Turn the operating system's refusals into one line: ``cannot <doing>: No space left on device``.

    Raises Conflict for a file that vanished or appeared under us (a retry helps), GitModelsError for the rest.
    """
    try:
        yield
    except (FileNotFoundError, FileExistsError) as error:
        raise Conflict(
            f"cannot {doing}: {error.strerror}", hint="something changed the repository meanwhile; try again"
        ) from error
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "")
        raise GitModelsError(f"cannot {doing}: {error.strerror or type(error).__name__}", hint=hint) from error
