"""Checking out: the files of a manifest written into a folder of the user's, all of them or none.

This room knows paths, cached files and the bytes handed to it; it knows no packs. The files are written to a hidden
folder beside the target, which then takes the target's place in one step. They are their owner's to change: clones
or copies. Who asks for links gets read-only files that the cache shares.
"""

import os
import shutil
import stat
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from gitmodels.errors import AlreadyExists, FileMissing, GitModelsError
from gitmodels.objects import placing
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.sources import State, state_of
from gitmodels.objects.staging import write_all

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ_ONLY = 0o444
# More bytes than this are worth waiting for the clock to tick on, so that they need not be read again.
_WAITED = 16 << 20
_TICK_S = 0.025


class Source(Protocol):
    """Where the bytes come from: the object store."""

    def pieces(self, entry: Entry) -> Iterable[bytes | bytearray | memoryview]:
        """The bytes of a file, verified."""

    def cached(self, entry: Entry) -> Path:
        """A read-only file with the bytes of ``entry``, verified now."""

    def cache_folder(self) -> Path | None:
        """The folder of the cache, made when it is missing; None when it cannot be written to."""


class Placed(NamedTuple):
    """How the files got there: numbers of links, clones and copies; and each file's state, by path."""

    linked: int
    cloned: int
    copied: int
    states: dict[str, State]
    since_ns: int


def checkout(manifest: Manifest, target: Path, source: Source, *, link: bool = False) -> Placed:
    """Write every file of ``manifest`` under ``target``, a folder that must be empty or not exist yet.

    With ``link`` the files are read-only and hard links of cached ones where that can be, else copies.
    Raises AlreadyExists when something is there (links are not followed), FileMissing when the folder above does not
    exist, GitModelsError when the system cannot write, and whatever ``source`` raises; the target is untouched then.
    """
    target = Path(os.path.abspath(target))
    _refuse_occupied(target)
    beside = target.parent / f".{target.name[:100]}.gitmodels-{os.getpid()}-{os.urandom(6).hex()}"
    try:
        os.mkdir(beside)
    except FileNotFoundError:
        raise FileMissing(f"no such folder: {target.parent}", hint="make it first") from None
    except OSError as error:
        raise GitModelsError(
            f"cannot write to {target.parent}: {error.strerror}", hint="nothing was changed"
        ) from error
    try:
        placer = _Placer(beside, source, link)
        for entry in manifest.entries:
            placer.place(entry)
        since = placer.settled_since()
        _refuse_occupied(target)
        os.rename(beside, target)
    except BaseException as error:
        shutil.rmtree(beside, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, GitModelsError):
            raise GitModelsError(
                f"cannot check out to {target}: {error.strerror or error}", hint="nothing was changed"
            ) from error
        raise
    return Placed(placer.linked, placer.cloned, placer.copied, placer.states, since)


class _Placer:
    """Places files in one folder nobody else knows yet."""

    def __init__(self, folder: Path, source: Source, link: bool) -> None:
        self._folder = os.fspath(folder)
        self._source = source
        self._mode = _READ_ONLY if link else 0o666
        # Where files can be neither linked nor cloned, the bytes go straight to their place: filling the cache would
        # write them twice.
        cache = source.cache_folder()
        self._link = link and cache is not None and os.stat(cache).st_dev == os.stat(folder).st_dev
        self._clone = not link and cache is not None and placing.can_clone(cache, folder)
        self._made = {""}
        self.linked = self.cloned = self.copied = 0
        self.states: dict[str, State] = {}

    def place(self, entry: Entry) -> None:
        """Let the file appear."""
        # Plain strings: making paths would cost as much as making links.
        path = f"{self._folder}/{entry.path}"
        parent = entry.path.rpartition("/")[0]
        if parent not in self._made:
            os.makedirs(f"{self._folder}/{parent}", exist_ok=True)
            self._made.add(parent)
        if self._link and placing.link(self._source.cached(entry), path):
            self.linked += 1
        elif self._clone:
            placing.clone(self._source.cached(entry), path)
            self.cloned += 1
        else:
            _write(path, self._source.pieces(entry), self._mode)
            self.copied += 1
        self.states[entry.path] = state_of(os.lstat(path))

    def settled_since(self) -> int:
        """A moment (nanoseconds since 1970) since which nothing was written; waits for it when that is worth it."""
        now = time.time_ns()
        recent = now - int(_TICK_S * 1e9)
        if sum(state.size for state in self.states.values() if state.modified_ns > recent) > _WAITED:
            time.sleep(_TICK_S)
            now = time.time_ns()
        return now


def _write(path: str, pieces: Iterable[bytes | bytearray | memoryview], mode: int) -> None:
    descriptor = os.open(path, _CREATE, mode)
    try:
        for piece in pieces:
            write_all(descriptor, [piece])
    finally:
        os.close(descriptor)


def _refuse_occupied(target: Path) -> None:
    try:
        status = os.lstat(target)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(status.st_mode) or os.listdir(target):
        raise AlreadyExists(f"{target} is there already", hint="choose another folder or remove it first")
