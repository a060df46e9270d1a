"""The cache: whole files, verified, read-only, bounded, each under its BLAKE3; whoever needs a path gets one here.

This room knows files and ids. It knows no packs: the bytes are handed to it. All of it may be deleted at any time.

A file is verified when it is made, and again on every use by ``verified``. ``find`` compares only its size, kind, mode
and time: the time of last modification is set to one that only its id gives, so whatever writes to the file shows. A
file that differs is made anew. The time of last access is set on every use and tells which files to drop when the
cache has grown past its limit. Nothing is synced: what a power cut spoils is found out by its bytes and made anew.
"""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import DigestMismatch, Invalid
from gitmodels.objects.staging import Staging, remove, write_all

Pieces = Callable[[], Iterable[bytes | bytearray | memoryview]]

LIMIT = 20 << 30
# A file used this shortly ago may be about to be opened.
GRACE_S = 60.0
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
# A file up to here is read in one call.
_SMALL = 1 << 20
# Dropping goes down to this share of the limit, so that not every new file drops one.
_KEPT = 0.9


class Cache:
    """Whole files in ``folder``, at most about ``limit`` bytes of them. Folders are made on the first use."""

    def __init__(self, folder: Path, *, limit: int = LIMIT, grace_s: float = GRACE_S) -> None:
        self.folder = folder
        self._root = os.fspath(folder)
        self._limit = limit
        self._grace_s = grace_s
        self._staging = Staging(folder, durable=False)
        self._total: int | None = None

    def path(self, digest: Digest) -> Path:
        """Where the file with this id lies or would lie."""
        # Once for every file of a checkout: joining paths takes three times as long.
        return Path(f"{self._root}/{digest[:2]}/{digests.parse(digest)}")

    def find(self, digest: Digest, size: int) -> Path | None:
        """The path of the file with this id and size in bytes; None when it is not here or not what it should be."""
        path = self.path(digest)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        trusted = stat.S_ISREG(status.st_mode) and status.st_size == size and not status.st_mode & 0o222
        if not trusted or status.st_mtime_ns != mark(digest):
            if not stat.S_ISREG(status.st_mode) or not self._is_whole(path, digest, size):
                remove(path)
                return None
            os.chmod(path, 0o444)
            os.utime(path, ns=(status.st_atime_ns, mark(digest)))
        with contextlib.suppress(OSError):  # a store we may only read can be used all the same
            os.utime(path, ns=(time.time_ns(), mark(digest)))
        return path

    def verified(self, digest: Digest, size: int, pieces: Pieces) -> Path:
        """The path of the file with this id, every byte of it verified now, or made from ``pieces`` now.

        Raises as ``fill``.
        """
        path = self.path(digest)
        if self._is_plainly_whole(path, digest, size):
            return path
        found = self.find(digest, size)
        if found is not None:
            if self._is_whole(found, digest, size):
                return found
            # Rot that left size and time alone: the packs still have the right bytes.
            remove(found)
        return self.fill(digest, size, pieces)

    def adopt(self, digest: Digest, path: Path) -> bool:
        """Take over the file at ``path``, which should have this id, by a rename; whether it came in.

        Nothing is read: like every file here it is hashed when it is used. Not where the cache lies on another file
        system or cannot be written to, has the file already, or the file has other names that could be written to.
        """
        target = self.path(digest)
        try:
            descriptor = os.open(path, _OPEN)
            try:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or target.exists():
                    return False
                for folder in (self.folder, target.parent):
                    self._own(folder)
                os.fchmod(descriptor, 0o444)
                os.utime(descriptor, ns=(time.time_ns(), mark(digest)))
            finally:
                os.close(descriptor)
            os.rename(path, target)
        except (OSError, Invalid):
            return False
        size = status.st_size
        self._grown(size)
        return True

    def make(self) -> None:
        """Make the folder of the cache, for this user alone. Raises OSError, and Invalid when it is not ours."""
        self._own(self.folder)

    def fill(self, digest: Digest, size: int, pieces: Pieces) -> Path:
        """The path of the file with this id, made from ``pieces`` when it is not here.

        Raises DigestMismatch when the pieces are not its bytes, Invalid when the cache folder is not ours, OSError.
        """
        found = self.find(digest, size)
        if found is not None:
            return found
        path = self.path(digest)
        for folder in (self.folder, path.parent, self._staging.folder):
            self._own(folder)
        descriptor, temporary = self._staging.open()
        try:
            try:
                for piece in pieces():
                    write_all(descriptor, [piece])
                os.fchmod(descriptor, 0o444)
                os.utime(descriptor, ns=(time.time_ns(), mark(digest)))
            finally:
                os.close(descriptor)
            if os.lstat(temporary).st_size != size:
                raise DigestMismatch(f"the bytes of {digest} are not {size}")
            os.rename(temporary, path)
        except BaseException:
            remove(temporary)
            raise
        self._grown(size)
        return path

    def files(self) -> list[tuple[Path, os.stat_result]]:
        """Every file in the cache with its status, in no order."""
        found = []
        for folder in _listed(self.folder):
            if len(folder) != 2:
                continue
            for name in _listed(self.folder / folder):
                path = self.folder / folder / name
                try:
                    found.append((path, os.lstat(path)))
                except FileNotFoundError:
                    continue
        return found

    def surplus(self) -> list[tuple[Path, os.stat_result]]:
        """The files to drop for the cache to be within its limit again: those not used for longest."""
        return self._surplus(self.files())

    def drop(self) -> int:
        """Drop the files not used for longest until the cache is within its limit; the bytes it holds then."""
        files = self.files()
        total = sum(status.st_size for _, status in files)
        for path, status in self._surplus(files):
            remove(path)
            total -= status.st_size
        return total

    def _surplus(self, files: list[tuple[Path, os.stat_result]]) -> list[tuple[Path, os.stat_result]]:
        total = sum(status.st_size for _, status in files)
        if total <= self._limit:
            return []
        newest = time.time() - self._grace_s
        chosen = []
        for path, status in sorted(files, key=lambda item: (item[1].st_atime_ns, item[0])):
            if total <= self._limit * _KEPT or status.st_atime > newest:
                break
            chosen.append((path, status))
            total -= status.st_size
        return chosen

    def _grown(self, size: int) -> None:
        if self._total is None:
            self._total = sum(status.st_size for _, status in self.files())
        else:
            self._total += size
        if self._total > self._limit:
            self._total = self.drop()

    def _is_plainly_whole(self, path: Path, digest: Digest, size: int) -> bool:
        """Whether nothing is to be mended: what ``find`` and reading all of it would tell, with fewer system calls."""
        try:
            descriptor = os.open(path, _OPEN)
        except OSError:
            return False
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size != size or status.st_mode & 0o222:
                return False
            marked = mark(digest)
            if status.st_mtime_ns != marked or size > _SMALL:
                return False
            data = os.read(descriptor, size + 1)
            if len(data) != size or digests.of_bytes(data) != digest:
                return False
            with contextlib.suppress(OSError):
                os.utime(descriptor, ns=(time.time_ns(), marked))
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _is_whole(self, path: Path, digest: Digest, size: int) -> bool:
        descriptor = os.open(path, _OPEN)
        with open(descriptor, "rb", buffering=0) as stream:
            return os.fstat(descriptor).st_size == size and digests.of_stream(stream) == digest

    def _own(self, folder: Path) -> None:
        """Make a folder that only this user can enter; refuse one that somebody else could swap files in."""
        self._staging.make_folder(folder, 0o700)
        status = os.lstat(folder)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (os.geteuid(), 0) or status.st_mode & 0o022:
            raise Invalid(
                f"the cache folder {folder} belongs to somebody else or others may write to it",
                hint=f"choose another cache folder, or: chmod go-w {folder}",
            )


def mark(digest: Digest) -> int:
    """The modification time in nanoseconds of the file with this id: some second of the years 1970 to 1987."""
    return (int(digest[:8], 16) >> 3) * 1_000_000_000


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
