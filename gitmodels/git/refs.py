"""Refs by name: read, listed, moved by compare-and-swap, deleted; loose files and packed-refs alike.

This room knows the files backend of git's refs and knows nothing of what a ref means. Writing never goes through
libgit2: its locks stay behind when a process is killed (see ref_lock).
"""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gitmodels.errors import Conflict, Corrupt, InvalidName, RefChanged
from gitmodels.git import durable, ref_lock, reflog
from gitmodels.git.raw import Identity, check_oid
from gitmodels.git.repository import GitRepository

DEFAULT_TIMEOUT_S = 10.0
_MAX_SYMBOLIC = 5
_MAX_REF_BYTES = 4096
# git check-ref-format, for names below refs/.
_BAD = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(/|$)|\.$|/$|\./")
_VALUE = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64})\s*")


class Any_:
    """The type of ``ANY``: an update that does not care what the ref was."""


ANY: Final = Any_()


class Refs:
    """The refs of one repository, read from disk at every call (packed-refs only when it changed)."""

    def __init__(self, repo: GitRepository) -> None:
        self._repo = repo
        self._root = repo.common_dir
        self._own = repo.own_dir / "tmp"
        self._packed: tuple[tuple[int, int, int], dict[str, str]] | None = None

    def read(self, name: str) -> str | None:
        """The object id that ``name`` points to, through symbolic refs; None when there is no such ref.

        Raises InvalidName for a malformed name, Corrupt for a ref file that holds no id.
        """
        return self._value(self._final(check_ref(name)))

    def list(self, prefix: str) -> dict[str, str]:
        """Every ref below ``prefix`` (``refs/gitmodels/aliases/``) with its id, by name, sorted.

        Refs whose file holds no id (left by a power cut) are skipped: they are rebuilt or reported when read.
        """
        start = prefix.rstrip("/") + "/"
        check_ref(start + "x")
        found = {name: oid for name, oid in self._packed_refs().items() if name.startswith(start)}
        for name in _loose_names(self._root, start):
            with contextlib.suppress(Corrupt, InvalidName):
                oid = self.read(name)
                if oid is not None:
                    found[name] = oid
        return dict(sorted(found.items()))

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
            match = _VALUE.fullmatch(text) if text is not None else None
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

    def _value(self, name: str) -> str | None:
        text = self._loose(name)
        if text is None:
            return self._packed_refs().get(name)
        match = _VALUE.fullmatch(text)
        if match is None:
            raise Corrupt(
                f"the file of {name} holds no object id",
                hint=f"look for its last value in logs/{name}, or fetch it; then git update-ref {name} <id>",
                ref=name,
            )
        return match[1].decode()

    def _final(self, name: str) -> str:
        for _ in range(_MAX_SYMBOLIC):
            text = self._loose(name)
            if text is None or not text.startswith(b"ref:"):
                return name
            name = check_ref(text[4:].strip().decode("utf-8", "surrogateescape"))
        raise Corrupt(f"{name} is a symbolic ref that leads in circles")

    def _loose(self, name: str) -> bytes | None:
        try:
            with open(f"{self._root}/{name}", "rb", buffering=0) as stream:
                return stream.read(_MAX_REF_BYTES)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def _packed_refs(self) -> dict[str, str]:
        path = f"{self._root}/packed-refs"
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return {}
        # git replaces the file by rename, so every change is another inode, time or size.
        key = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._packed is None or self._packed[0] != key:
            with open(path, "rb") as stream:
                self._packed = (key, _parse_packed(stream.read()))
        return self._packed[1]

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


def check_ref(name: str) -> str:
    """``name`` if git accepts it as a ref below ``refs/``; raises InvalidName otherwise.

    >>> check_ref("refs/gitmodels/aliases/fraud/champion")
    'refs/gitmodels/aliases/fraud/champion'
    """
    if not name.startswith("refs/") or name.count("/") < 2 or _BAD.search(name) or len(name) > _MAX_REF_BYTES:
        raise InvalidName(f"not a ref name: {name[:100]!r}")
    return name


def _compare(name: str, current: str | None, expected: str | Any_ | None) -> None:
    if not isinstance(expected, Any_) and current != expected:
        raise RefChanged(
            f"{name} moved: expected {(expected or 'no ref')[:10]}, found {(current or 'no ref')[:10]}",
            hint="read it again and try again",
            ref=name,
            current=current,
            expected=expected,
        )


def _parse_packed(data: bytes) -> dict[str, str]:
    found = {}
    for line in data.split(b"\n"):
        oid, _, name = line.partition(b" ")
        if name and _VALUE.fullmatch(oid):
            found[name.rstrip(b"\r").decode("utf-8", "surrogateescape")] = oid.decode()
    return found


def _without(lines: list[bytes], name: bytes) -> Iterator[bytes]:
    dropping = False
    for line in lines:
        # A line that opens with ^ belongs to the one before it.
        if not (dropping and line.startswith(b"^")):
            dropping = line.rstrip(b"\r\n").partition(b" ")[2] == name and not line.startswith(b"#")
        if not dropping:
            yield line


def _loose_names(root: Path, prefix: str) -> Iterator[str]:
    for folder, folders, files in os.walk(root / prefix):
        folders.sort()
        base = os.path.relpath(folder, root).replace(os.sep, "/")
        for file in files:
            if not file.endswith(".lock"):
                yield f"{base}/{file}"


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
