"""The queue of writers on one host: an flock on a file beside the repository, with its holder written inside.

The kernel drops the lock with the process that held it, so it is never stale. This room knows one file, no git.
"""

import contextlib
import fcntl
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from gitmodels.errors import Locked
from gitmodels.git import durable

DEFAULT_TIMEOUT_S = 30.0
_MAX_HOLDER_BYTES = 512

# (lock file, thread) -> how often that thread has entered: one operation may be part of another.
_depths: dict[tuple[str, int], int] = {}
_open_fds: set[int] = set()


class Queue:
    """Writers of one repository, one at a time; a thread that is in may enter again."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def wait(self, timeout_s: float = DEFAULT_TIMEOUT_S) -> Iterator[None]:
        """Hold the lock for the block. Raises Locked, naming the holder, when it is not free in ``timeout_s``."""
        key = (str(self.path), threading.get_ident())
        if _depths.get(key):
            _depths[key] += 1
            try:
                yield
            finally:
                _depths[key] -= 1
            return
        with durable.storage_errors(f"lock {self.path}"):
            fd = self._acquire(timeout_s)
        _depths[key] = 1
        try:
            yield
        finally:
            _depths.pop(key, None)
            _open_fds.discard(fd)
            # Unlocked by name: a child forked meanwhile shares the open file and would keep the lock alive.
            fcntl.flock(fd, fcntl.LOCK_UN)
            os.close(fd)

    def holder(self) -> str:
        """Who wrote itself into the lock file last: ``pid 41 (trainer.py) since 2026-11-23T03:10:04Z``, or ``""``."""
        try:
            with open(self.path, "rb") as stream:
                text = stream.read(_MAX_HOLDER_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""
        return "".join(char if char.isprintable() else " " for char in text).strip()

    def _acquire(self, timeout_s: float) -> int:
        durable.make_folders(self.path.parent)
        # Opened for writing even to wait only: network file systems refuse an exclusive lock on a read-only file.
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        attempt = Attempt(fd)
        try:
            if not attempt.at_once() and not attempt.within(timeout_s):
                raise Locked(
                    f"another writer held the repository for {timeout_s:g} s: {self.holder() or 'unknown'}",
                    hint="wait for it or stop it; the lock ends with its process and no file need be removed",
                    path=str(self.path),
                )
            _open_fds.add(fd)
            with contextlib.suppress(OSError):  # a full disk must not stop who only needs the lock
                os.pwrite(fd, _describe(), 0)
        except BaseException:
            _open_fds.discard(fd)
            attempt.give_up()
            raise
        return fd


class Attempt:
    """One try to lock ``fd``. The kernel queues who waits; asking again and again would let late comers pass."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._turn = threading.Lock()
        self._ended = threading.Event()
        self._waiting = False
        self._given_up = False
        self._error: OSError | None = None

    def at_once(self) -> bool:
        """Take the lock if it is free; whether it was."""
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def within(self, timeout_s: float) -> bool:
        """Wait for the lock; whether it came in time. May be called again when it did not."""
        if not self._waiting:
            self._waiting = True
            # flock knows no timeout, so the waiting is done by a thread that can be left behind.
            threading.Thread(target=self._wait, daemon=True, name="gitmodels-queue").start()
        self._ended.wait(max(timeout_s, 0.0))
        with self._turn:
            if self._error is not None:
                raise self._error
            return not self._waiting

    def give_up(self) -> None:
        """Close ``fd``, now or when the thread that waits for it has had its turn."""
        with self._turn:
            self._given_up = True
            if not self._waiting:
                os.close(self._fd)

    def _wait(self) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as error:
            self._error = error
        with self._turn:
            self._waiting = False
            if self._given_up:
                os.close(self._fd)  # and with it the lock that nobody wants any more
        self._ended.set()


def _describe() -> bytes:
    command = os.path.basename(sys.argv[0]) if sys.argv and sys.argv[0] else "python"
    since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # Padded instead of truncated: one write, and a reader never sees an empty file.
    text = f"pid {os.getpid()} ({command[:200]}) since {since}".encode("utf-8", "replace")
    return text.ljust(320)[:_MAX_HOLDER_BYTES] + b"\n"


def _forget_in_child() -> None:
    # The parent goes on holding what it holds; the child holds nothing.
    _depths.clear()
    for fd in _open_fds:
        with contextlib.suppress(OSError):
            os.close(fd)
    _open_fds.clear()


os.register_at_fork(after_in_child=_forget_in_child)
