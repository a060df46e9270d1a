"""Refs by name: moved by compare-and-swap, replaced and deleted, besides being read (ref_files).

This room knows the files backend of git's refs and knows nothing of what a ref means. Writing never goes through
libgit2: its locks stay behind when a process is killed (see ref_lock).
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gitmodels.errors import Conflict, RefChanged
from gitmodels.git import durable, ref_lock, reflog
from gitmodels.git.raw import Identity, check_oid
from gitmodels.git.ref_files import VALUE, RefFiles, check_ref
from gitmodels.git.repository import GitRepository

DEFAULT_TIMEOUT_S = 10.0


class Any_:
    """The type of ``ANY``: an update that does not care what the ref was."""


ANY: Final = Any_()


class Refs(RefFiles):
    """The refs of one repository, to be read and moved."""

    def __init__(self, repo: GitRepository) -> None:
        super().__init__(repo.common_dir)
        self._repo = repo
        self._own = repo.own_dir / "tmp"

    def update(
        self,
        name: str,
        new: str,
        expected: str | Any_ | None = ANY,
        *,
        durable_folder: bool = True,
        log: tuple[Identity, int, str] | None = None,
    ) -> None:
        """Point ``name`` at ``new`` if it is at ``expected`` (None: if it does not exist).

        ``log`` is who, when (s since the epoch) and why, for the reflog. ``durable_folder=False`` leaves the folder
        unsynced, for refs that can be derived again. Raises RefChanged when the ref is elsewhere, Locked when
        somebody else's lock stays, Conflict when a ref above or below is in the way or a work tree has it checked
        out.
        """
        with self.moving(name, new, expected, durable_folder=durable_folder, log=log):
            pass

    @contextlib.contextmanager
    def moving(
        self,
        name: str,
        new: str,
        expected: str | Any_ | None = ANY,
        *,
        durable_folder: bool = True,
        log: tuple[Identity, int, str] | None = None,
    ) -> Iterator[None]:
        """``update`` around a block: locked and compared before it, moved after it unless it raises.

        For writing what the ref will point to: nobody can take the ref meanwhile, and the device has less to wait for.
        """
        check_oid(new)
        final = self._final(check_ref(name))
        with self._repo.queue(), durable.storage_errors(f"update {name}"):
            self._refuse_checked_out(final)
            self._refuse_clash(final)
            with self._lock(f"{self._root}/{final}") as lock:
                current = self._value(final)
                _compare(name, current, expected)
                lock.write(f"{new}\n".encode())
                yield
                if log is not None:
                    reflog.append(self._repo, final, (current, new), log)
                self._commit(lock, final, durable_folder)

    def delete(self, name: str, expected: str | Any_ | None = ANY) -> bool:
        """Remove ``name`` and its reflog if it is at ``expected``; whether it was there. A symbolic ref is refused."""
        check_ref(name)
        if self._final(name) != name:
            raise Conflict(f"{name} is a symbolic ref", hint=f"git symbolic-ref --delete {name}")
        with self._repo.queue(), durable.storage_errors(f"delete {name}"):
            self._refuse_checked_out(name)
            path = self._root / name
            if self._value(name) is None and not path.is_file():
                _compare(name, None, expected)
                return False
            with self._lock(str(path)):
                _compare(name, self._value(name), expected)
                self._remove(name)
            _remove_empty_folders(path.parent, self._root / "refs")
            return True

    def replace(self, name: str, new: str | None) -> bool:
        """Make ``name`` a plain ref at ``new`` (None: no ref), whatever its file holds; whether anything changed.

        For refs that can be derived again: a symbolic ref is replaced and never followed, a damaged file overwritten,
        and the folder is left unsynced. Raises Locked or Conflict as ``update`` does.
        """
        path = self._root / check_ref(name)
        with self._repo.queue(), durable.storage_errors(f"update {name}"):
            text = self._loose(name)
            match = VALUE.fullmatch(text) if text is not None else None
            current = self._packed_refs().get(name) if text is None else match[1].decode() if match else ""
            if current == new:
                return False
            if new is not None:
                self._refuse_clash(name)
            with self._lock(str(path)) as lock:
                if new is None:
                    self._remove(name)
                else:
                    lock.write(f"{check_oid(new)}\n".encode())
                    self._commit(lock, name, durable_folder=False)
            if new is None:
                _remove_empty_folders(path.parent, self._root / "refs")
            return True

    def _remove(self, name: str) -> None:
        # Packed first: the other way round an old packed value would show up again after a crash.
        self._unpack(name)
        path = self._root / name
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            durable.sync_folder(path.parent)
        reflog.remove(self._repo, name)

    def sweep(self) -> None:
        """Remove what killed processes of ours left in the folder for locks."""
        with self._repo.queue():
            ref_lock.sweep(self._own)

    def _lock(self, target: str) -> ref_lock.FileLock:
        return ref_lock.FileLock(target, self._own, DEFAULT_TIMEOUT_S)

    def _commit(self, lock: ref_lock.FileLock, name: str, durable_folder: bool) -> None:
        try:
            lock.commit(sync_folder=durable_folder)
        except OSError as error:
            if error.errno not in (errno.EISDIR, errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise Conflict(f"refs below {name}/ are in the way", hint=f"delete or rename {name}/…") from None

    def _unpack(self, name: str) -> None:
        path = self._root / "packed-refs"
        if name not in self._packed_refs():
            return
        with self._lock(str(path)) as lock:
            lines = path.read_bytes().splitlines(keepends=True)
            lock.write(b"".join(_without(lines, name.encode("utf-8", "surrogateescape"))))
            lock.commit()
        self._packed = None

    def _refuse_checked_out(self, name: str) -> None:
        folder = self._repo.checked_out(name)
        if folder is not None:
            branch = name.removeprefix("refs/heads/")
            raise Conflict(
                f"the branch {branch!r} is checked out in a work tree ({folder}), whose files would no longer match",
                hint="switch that work tree to another branch: git switch -",
            )

    def _refuse_clash(self, name: str) -> None:
        packed = self._packed_refs()
        parts = name.split("/")
        above = ["/".join(parts[:end]) for end in range(2, len(parts))]
        for other in above:
            if other in packed or os.path.isfile(f"{self._root}/{other}"):
                raise Conflict(f"the ref {other} is in the way of {name}", hint=f"delete or rename {other}")
        if name not in packed and any(other.startswith(name + "/") for other in packed):
            raise Conflict(f"refs below {name}/ are in the way", hint=f"delete or rename {name}/…")
        if os.path.isdir(f"{self._root}/{name}"):
            _remove_empty_tree(self._root / name)


def _compare(name: str, current: str | None, expected: str | Any_ | None) -> None:
    if not isinstance(expected, Any_) and current != expected:
        raise RefChanged(
            f"{name} moved: expected {(expected or 'no ref')[:10]}, found {(current or 'no ref')[:10]}",
            hint="read it again and try again",
            ref=name,
            current=current,
            expected=expected,
        )


def _without(lines: list[bytes], name: bytes) -> Iterator[bytes]:
    dropping = False
    for line in lines:
        # A line that opens with ^ belongs to the one before it.
        if not (dropping and line.startswith(b"^")):
            dropping = line.rstrip(b"\r\n").partition(b" ")[2] == name and not line.startswith(b"#")
        if not dropping:
            yield line


def _remove_empty_folders(folder: Path, stop: Path) -> None:
    # refs/heads, refs/tags and their like stay, as git keeps them.
    while folder != stop and folder.parent != stop:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = folder.parent


def _remove_empty_tree(folder: Path) -> None:
    for inner, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(inner)
