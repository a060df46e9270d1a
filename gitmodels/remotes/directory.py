"""A remote in a folder: a disk, a network mount, or what a web server shows to the world.

This room knows files. What is written appears by a hard link from ``tmp/``, after it was synced, so that nothing is
ever seen half and nothing that is there is replaced; a file system without links renames. The folder itself is never
made: a mount that is not mounted must not be taken for an empty remote. Links and pipes in it are not followed.

Beside the packs stands ``listing``, which tells a reader over HTTP what there is; it is made again at every change.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitmodels.errors import Locked, ObjectNotFound, RemoteError
from gitmodels.objects import lock, staging
from gitmodels.objects.staging import Staging
from gitmodels.remotes import listing
from gitmodels.remotes.backend import Listed, Progress
from gitmodels.remotes.keyed import FOLDER, KeyedPacks, whole

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES})
# While a remote is read these come from the local file that is written.
_LOCAL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EEXIST, errno.EMFILE, errno.ENFILE})
_HINTS = {
    errno.ENOSPC: "free some space there and try again; what arrived is kept",
    errno.EDQUOT: "the quota there is used up: free some space and try again; what arrived is kept",
    errno.EROFS: "the file system is read-only: push to another remote",
    errno.EACCES: "this user may not do that there: check who owns the folder",
    errno.EPERM: "this user may not do that there: check who owns the folder",
    errno.ESTALE: "the network mount was lost: mount it again and try again",
    errno.EIO: "the disk or the network mount reports a failure: check it and try again",
}


class DirectoryPacks(KeyedPacks):
    """Packs in the folder ``root``, which must exist; a ``PackRemote``."""

    def __init__(self, root: Path) -> None:
        self._folder = DirectoryKeys(root)
        super().__init__(self._folder)

    def put(self, pack: bytes, source: Path, index: bytes, progress: Progress | None = None) -> bool:
        """As of every remote; the listing follows."""
        sent = super().put(pack, source, index, progress)
        if sent:
            self.renew_listing()
        return sent

    def delete(self, pack: bytes) -> None:
        """As of every remote; the listing follows."""
        super().delete(pack)
        self.renew_listing()

    def renew_listing(self) -> bool:
        """Write the listing again from what is there; False when it cannot be written, which only HTTP readers mind."""
        root = self._folder.root
        try:
            with lock.held(root / "listing.lock"):
                data = listing.spell(whole(self._folder.list(FOLDER)))
                self._folder.staging.write(root / listing.NAME, data, sync=True)
                self._folder.staging.sync_folder(root)
        except (OSError, Locked, RemoteError):
            return False
        return True


class DirectoryKeys:
    """Names and bytes as files under ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.staging = Staging(self.root)
        self._swept = False

    @property
    def address(self) -> str:
        """The folder's path."""
        return str(self.root)

    @property
    def writable(self) -> bool:
        """Whether this user may write in the folder."""
        return os.access(self.root, os.W_OK | os.X_OK) or not self.root.exists()

    def get(self, name: str, offset: int, length: int) -> bytes:
        """Exactly these bytes of the file."""
        with self._opened(name) as descriptor:
            data = os.pread(descriptor, length, offset)
            while len(data) < length:
                more = os.pread(descriptor, length - len(data), offset + len(data))
                if not more:
                    raise RemoteError(
                        f"{name} on the remote {self.address} is shorter than it should be", **self._where
                    )
                data += more
            return data

    def save(self, name: str, target: Path, limit: int, progress: Progress | None = None) -> None:
        """The whole file, copied by the system where it can."""
        with self._opened(name) as descriptor:
            if os.fstat(descriptor).st_size > limit:
                raise RemoteError(f"{name} on the remote {self.address} is larger than any pack", **self._where)
            made = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o444)
            try:
                staging.copy_range(descriptor, made, limit, progress)
            finally:
                os.close(made)

    def size(self, name: str) -> int | None:
        """The size of the file; None when there is none."""
        try:
            with self._opened(name) as descriptor:
                return os.fstat(descriptor).st_size
        except ObjectNotFound:
            return None

    def put_if_absent(self, name: str, source: Path | bytes, progress: Progress | None = None) -> bool:
        """Link a synced file to ``name``, unless one with these bytes (of a file: as many bytes) is there."""
        target = self.root / name
        if isinstance(source, Path):
            source.stat()  # that it is gone is no trouble of the remote's
        with self._explained("write to"):
            self._check_root()
            held = self._holds(name, source)
            if held:
                return False
            self._sweep()
            self.staging.make_folder(target.parent)
            temporary = self._written(source, progress)
            try:
                made = _replaced(temporary, target) if held is False else _appeared(temporary, target)
                self.staging.sync_folder(target.parent)
            finally:
                staging.remove(temporary)
            return made

    def list(self, prefix: str) -> Iterator[Listed]:
        """Every regular file under the folder ``prefix``, which ends with a slash, two levels deep."""
        with self._explained("list"):
            self._check_root()
            for folder in sorted(_scanned(self.root / prefix), key=lambda entry: entry.name):
                if not folder.is_dir(follow_symlinks=False):
                    continue
                for entry in _scanned(Path(folder.path)):
                    with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                        if entry.is_file(follow_symlinks=False):
                            size = entry.stat(follow_symlinks=False).st_size
                            yield Listed(f"{prefix}{folder.name}/{entry.name}", size)

    def delete(self, name: str) -> None:
        """Remove the file."""
        target = self.root / name
        with self._explained("delete from"):
            self._check_root()
            with contextlib.suppress(FileNotFoundError):
                os.unlink(target)
                self.staging.sync_folder(target.parent)

    def creates_once(self) -> bool:
        """Whether the file system has hard links, which appear once or not at all."""
        with self._explained("write to"):
            self._check_root()
            descriptor, temporary = self.staging.open()
            os.close(descriptor)
            twin = temporary.with_name(f"{temporary.name}-twin")
            try:
                os.link(temporary, twin)
                return not _appeared(temporary, twin)
            except OSError as error:
                if error.errno in _NO_LINKS:
                    return False
                raise
            finally:
                staging.remove(twin)
                staging.remove(temporary)

    @property
    def _where(self) -> dict[str, str]:
        return {"remote": self.address}

    def _holds(self, name: str, source: Path | bytes) -> bool | None:
        """Whether what stands there is what ``source`` is; None when nothing does."""
        size = self.size(name)
        if size is None:
            return None
        if isinstance(source, bytes):
            return size == len(source) and self.get(name, 0, size) == source
        return size == source.stat().st_size

    def _written(self, source: Path | bytes, progress: Progress | None) -> Path:
        descriptor, temporary = self.staging.open()
        try:
            try:
                if isinstance(source, bytes):
                    staging.write_all(descriptor, [source])
                else:
                    with open(source, "rb", buffering=0) as stream:
                        staging.copy_range(stream.fileno(), descriptor, os.fstat(stream.fileno()).st_size, progress)
                self.staging.sync(descriptor)
            finally:
                os.close(descriptor)
        except BaseException:
            staging.remove(temporary)
            raise
        return temporary

    def _sweep(self) -> None:
        """Once a process: remove what killed writers left in ``tmp/``."""
        if not self._swept:
            self._swept = True
            for path in staging.leftovers(self.staging.folder):
                staging.remove_leftover(path)

    def _check_root(self) -> None:
        if not self.root.is_dir():
            raise RemoteError(
                f"the remote {self.address} is not there",
                hint=f"mount it, or make the folder: mkdir -p {self.address}",
                **self._where,
            )

    @contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        with self._explained("read"):
            self._check_root()
            try:
                # Without waiting for whoever might write to a pipe of that name.
                flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
                descriptor = os.open(self.root / name, flags)
            except (FileNotFoundError, NotADirectoryError):
                raise ObjectNotFound(f"the remote {self.address} has no {name}", **self._where) from None
            try:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise RemoteError(f"{name} on the remote {self.address} is no file", **self._where)
                yield descriptor
            finally:
                os.close(descriptor)

    @contextmanager
    def _explained(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if doing == "read" and error.errno in _LOCAL:
                raise
            raise RemoteError(
                f"cannot {doing} the remote {self.address}: {error.strerror or error}",
                hint=_HINTS.get(error.errno or 0, "check the folder and try again"),
                errno=error.errno,
                **self._where,
            ) from error


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _appeared(temporary: Path, target: Path) -> bool:
    """Let the file stand at ``target``, too; False when another one stood there first."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _replaced(temporary, target)
    return True


def _replaced(temporary: Path, target: Path) -> bool:
    os.rename(temporary, target)
    return True
