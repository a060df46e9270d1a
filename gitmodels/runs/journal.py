"""The journal of an active run: one file, one JSON line a fact, appended by one unbuffered write.

This room knows lines, locks and files; what a fact means stands in ``replay``. A killed process loses at most the
line it was writing, for each line is one ``O_APPEND`` write. The process that runs the run holds an flock on the
file: a journal without it is a leftover. Other processes may append; they hold no lock. When the run ends the file
takes another name first, so that from then on nobody else finds it to append to.
"""

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gitmodels import processes
from gitmodels.errors import Conflict
from gitmodels.git import durable
from gitmodels.runs.layout import is_run_id

SUFFIX = ".jsonl"
ENDING = ".ending"
Fact = list[Any]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
# By folder and run id as strings: a training loop asks at every metric, and a Path costs more than the write.
_held: dict[tuple[str, str], "Journal"] = {}
_guard = threading.Lock()


class Journal:
    """One journal file, open for appending. ``owned`` journals hold the lock that marks the run as alive."""

    def __init__(self, path: Path, fd: int, *, owned: bool) -> None:
        """Use ``begin``, ``adopt`` or ``join``."""
        self.path = path
        self.run_id = path.stem
        self._key = (str(path.parent), self.run_id)
        self.owned = owned
        self._fd = fd
        self._read = 0
        # A sync that failed is final: asked again, the kernel says that all is well, and what it dropped is gone.
        self.can_sync = True

    def append(self, fact: Fact, *, sync: bool = False) -> None:
        """Write one fact; with ``sync`` it is on the device when this returns. Raises Conflict when it cannot be.

        Once that failed, ``can_sync`` is false and nothing is promised any more; ending the run still commits it.
        """
        self.append_line(_encode(fact), sync=sync)

    def append_line(self, text: str, *, sync: bool = False) -> None:
        """Write one fact that is already JSON."""
        if sync and not self.can_sync:
            raise Conflict(
                f"the journal of run {self.run_id} could not be written to the device before",
                hint="end the run: it is committed then; what is logged after that goes to a new one",
            )
        try:
            durable.write_all(self._fd, f"{text}\n".encode())
            if sync:
                self.can_sync = False
                durable.sync(self._fd)
                self.can_sync = True
        except OSError as error:
            raise Conflict(f"cannot write to the journal of run {self.run_id}: {error.strerror}") from error

    def new_facts(self) -> Iterator[Fact]:
        """The facts that were appended, by whomever, since this was last asked. An unfinished last line waits."""
        size = os.fstat(self._fd).st_size
        while self._read < size:
            data = os.pread(self._fd, size - self._read, self._read)
            end = data.rfind(b"\n") + 1
            if not end:
                return
            self._read += end
            yield from _facts(data[:end], self.path)

    def modified_ms(self) -> int:
        """When the last fact was written, milliseconds since the epoch."""
        return os.fstat(self._fd).st_mtime_ns // 1_000_000

    def retire(self) -> None:
        """Take the name under which others find the journal away from it; what was written before is still read."""
        target = self.path.with_suffix(ENDING)
        if self.path != target:
            with durable.storage_errors(f"end the journal of run {self.run_id}"):
                os.rename(self.path, target)
            self.path = target

    def retired(self) -> bool:
        """Whether the journal lost its name while we held it open, so that a fact just written may not be read."""
        try:
            named, found = os.stat(self.path), os.fstat(self._fd)
        except FileNotFoundError:
            return True
        return (named.st_ino, named.st_dev) != (found.st_ino, found.st_dev)

    def close(self, *, remove: bool = False) -> None:
        """Let go of the file; with ``remove`` the run is settled elsewhere and the journal goes."""
        with _guard:
            _held.pop(self._key, None)
        if remove:
            durable.unlink_quietly(self.path)
        if self.owned:
            # Unlocked by name: a child forked meanwhile shares the open file and would keep the run alive.
            with contextlib.suppress(OSError):
                fcntl.flock(self._fd, fcntl.LOCK_UN)
        os.close(self._fd)


def begin(folder: Path, run_id: str, first: Fact) -> Journal:
    """A new journal that this process owns, with its first fact. Raises Conflict when the run has one already."""
    path = folder / f"{run_id}{SUFFIX}"
    with durable.storage_errors(f"begin the journal of run {run_id}"):
        durable.make_folders(folder)
        # Locked before it has its name, so that nobody takes the new journal for a leftover.
        durable.make_folders(folder.parent / "tmp")
        temporary = folder.parent / "tmp" / processes.new_name("journal")
        fd = os.open(temporary, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            durable.write_all(fd, f"{_encode(first)}\n".encode())
            os.link(temporary, path)
        except BaseException:
            os.close(fd)
            raise
        finally:
            durable.unlink_quietly(temporary)
    return _hold(Journal(path, fd, owned=True))


def held(folder: str, run_id: str) -> Journal | None:
    """The journal of ``run_id`` in ``folder`` that this process owns already, or None."""
    return _held.get((folder, run_id))


def adopt(path: Path) -> Journal | None:
    """Own a leftover journal; None when its process lives, when it is gone or belongs to somebody else."""
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found, named = os.fstat(fd), os.stat(path)
        if (found.st_ino, found.st_dev) != (named.st_ino, named.st_dev):
            raise FileNotFoundError(path)
    except (BlockingIOError, FileNotFoundError):
        os.close(fd)
        return None
    _finish_line(fd)
    return _hold(Journal(path, fd, owned=True))


def join(path: Path) -> Journal | None:
    """A journal that another process owns, to read it or append to it; None when there is none.

    Nor is there one for us when it is another user's: a run is its user's own until it is committed.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return None
    return Journal(path, fd, owned=False)


def found_in(folder: Path) -> list[Path]:
    """Every journal in ``folder``, living or left over, by run id."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    paths = [folder / name for name in names]
    return sorted(path for path in paths if path.suffix in (SUFFIX, ENDING) and is_run_id(path.stem))


def _hold(journal: Journal) -> Journal:
    with _guard:
        _held[journal._key] = journal
    return journal


def _finish_line(fd: int) -> None:
    """End the line that a killed process left torn, so that what is appended next stands on its own."""
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) != b"\n":
        durable.write_all(fd, b"\n")


def _facts(data: bytes, path: Path) -> Iterator[Fact]:
    for line in data.split(b"\n"):
        if not line:
            continue
        try:
            fact = json.loads(line)
        except (ValueError, RecursionError):
            fact = None
        if isinstance(fact, list) and fact and isinstance(fact[0], str):
            yield fact
        else:
            import logging  # most readers meet no torn line

            logging.getLogger(__name__).warning("a torn line in %s is left out", path.name)


def _forget_in_child() -> None:
    # A forked child must not keep its parent's runs alive; to log to them it joins their journals by name.
    global _guard
    _guard = threading.Lock()
    for journal in _held.values():
        with contextlib.suppress(OSError):
            os.close(journal._fd)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
