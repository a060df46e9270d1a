"""Files that appear whole or not at all: temporary names, full writes, fsync, rename, fsync of the folder.

This room knows the file system and nothing of what the files hold. A process that is killed leaves its temporary
files and folders behind; their names tell which process they belong to, so they can be found and removed later.
"""

import errno
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gitmodels import processes
from gitmodels.errors import GitModelsError
from gitmodels.patterns import pattern

Buffer = bytes | bytearray | memoryview

# What gitmodels 0.1 called its temporary files. Their writers cannot be asked; nothing took a week.
_EARLIER_NAME = pattern(r"[0-9]{1,10}-[0-9a-f]{8}-[0-9a-f]{1,16}")
_EARLIER_AGE_S = 7 * 86_400
# writev takes at most 1,024 buffers on Linux and macOS.
_IOV_MAX = 1024
_PIECE = 8 << 20
# The kernel cannot copy between these two; nothing is wrong with either.
_NO_COPY_RANGE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM})


class Staging:
    """The temporary files of one root folder, and their way to their final names.

    With ``durable`` False nothing is synced to the disk: a power cut may lose what was written, a kill may not.
    Folders are made on the first write.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        self.root = root
        self.folder = root / "tmp"
        self.durable = durable

    def open(self) -> tuple[int, Path]:
        """A new file in ``tmp/``, open for reading and writing, read-only for everybody who opens it later."""
        path = self.folder / processes.new_name("object", slow=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            return os.open(path, flags, 0o444), path
        except FileNotFoundError:
            self.make_folder(self.folder)
            return os.open(path, flags, 0o444), path

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """A folder in ``tmp/`` for this user alone to make files in; it is removed at the end. Raises OSError."""
        path = self.folder / processes.new_name("object", slow=True)
        self.make_folder(self.folder)
        os.mkdir(path, 0o700)
        try:
            yield path
        finally:
            _remove_tree(path)

    def sync(self, descriptor: int) -> None:
        """Wait until the file's bytes are on the disk; nothing when not durable."""
        if self.durable:
            os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Wait until the folder's names are on the disk; nothing when not durable."""
        if not self.durable:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make_folder(self, folder: Path, mode: int = 0o777) -> None:
        """Make ``folder`` and what is missing above it; the names of new folders are synced."""
        missing = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            try:
                os.mkdir(new, mode)
            except FileExistsError:
                continue
            self.sync_folder(new.parent)

    def write(self, target: Path, data: bytes, *, sync: bool) -> None:
        """Let ``data`` appear at ``target``, replacing what is there. The folder must exist; it is not synced."""
        descriptor, temporary = self.open()
        try:
            try:
                write_all(descriptor, [data])
                if sync:
                    self.sync(descriptor)
            finally:
                os.close(descriptor)
            os.rename(temporary, target)
        except BaseException:
            remove(temporary)
            raise


def write_all(descriptor: int, buffers: Sequence[Buffer]) -> None:
    """Write every byte of every buffer at the descriptor's position. Raises OSError as ``writev`` does."""
    for start in range(0, len(buffers), _IOV_MAX):
        batch = buffers[start : start + _IOV_MAX]
        written = os.writev(descriptor, batch)
        for buffer in batch:
            skipped = min(written, len(buffer))
            written -= skipped
            rest = memoryview(buffer)[skipped:]
            while rest:
                rest = rest[os.write(descriptor, rest) :]


def copy_range(source: int, target: int, limit: int, progress: Callable[[int], None] | None = None) -> None:
    """Copy at most ``limit`` bytes from the start of one file to another, inside the kernel where it can."""
    done = 0
    within = hasattr(os, "copy_file_range")
    while done < limit:
        count = min(_PIECE, limit - done)
        if within:
            try:
                moved = os.copy_file_range(source, target, count, done)
            except OSError as error:
                if error.errno not in _NO_COPY_RANGE:
                    raise
                within = False
                continue
        else:
            data = os.pread(source, count, done)
            moved = len(data)
            write_all(target, [data])
        if not moved:
            return
        done += moved
        if progress is not None:
            progress(moved)


def remove(path: Path) -> None:
    """Remove a file if it can be: what stays is garbage that ``leftovers`` names."""
    try:
        os.unlink(path)
    except OSError:
        return


def remove_leftover(path: Path) -> None:
    """Remove what ``leftovers`` named, a file or a folder with all in it, if it can be."""
    remove(path)
    _remove_tree(path)


def _remove_tree(path: Path) -> None:
    import shutil  # it loads three compressors, and who only reads removes nothing

    shutil.rmtree(path, ignore_errors=True)


def leftovers(folder: Path) -> list[Path]:
    """The temporary files and folders in ``folder`` whose process is gone: nobody needs them, anybody may remove them.

    Files of other hosts (a shared file system) count once they are a week old.
    """
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return []
    return [folder / name for name in names if _is_stale(folder / name)]


def _is_stale(path: Path) -> bool:
    earlier = _EARLIER_NAME.fullmatch(path.name) is not None
    if not earlier and not processes.is_ours(path.name):
        return False
    try:
        modified_s = path.lstat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - modified_s > _EARLIER_AGE_S if earlier else processes.is_abandoned(path.name, modified_s)


_HINTS: dict[int, str] = {
    errno.ENOSPC: "free some space on that disk and try again; nothing was changed",
    errno.EDQUOT: "your disk quota is used up: free some space and try again; nothing was changed",
    errno.EROFS: "the file system is read-only; nothing was changed",
    errno.EACCES: "you may not write there: check who owns the folder; nothing was changed",
    errno.EPERM: "you may not write there: check who owns the folder; nothing was changed",
    errno.EIO: "the disk reports a failure: check it before you try again; nothing was changed",
    errno.EMFILE: "too many files are open in this process; nothing was changed",
}
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)


@contextmanager
def explained(doing: str, *, disk_only: bool = False) -> Iterator[None]:
    """Turn an OSError inside the block into a one-line GitModelsError: ``doing``, what failed, and the way out.

    With ``disk_only`` only when the disk is to blame: full, failing or read-only. Where the block runs a caller's code,
    that a file of theirs is missing is theirs to hear as it is.
    """
    try:
        yield
    except OSError as error:
        if disk_only and error.errno not in _DISK:
            raise
        hint = _HINTS.get(error.errno or 0, "nothing was changed")
        name = f" ({error.filename})" if isinstance(error.filename, str) else ""
        raise GitModelsError(f"{doing}: {error.strerror or error}{name}", hint=hint, errno=error.errno) from error
