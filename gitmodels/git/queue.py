"""The queue of writers on one host: an flock on a file beside the repository, with its holder written inside.

The kernel drops the lock with the process that held it, so it is never stale. This room knows one file, no git.
"""

import contextlib
import fcntl
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from gitmodels.errors import Locked
from gitmodels.git import durable

DEFAULT_TIMEOUT_S = 30.0
_FIRST_PAUSE_S = 0.0005
_LONGEST_PAUSE_S = 0.008
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
        try:
            self._poll(fd, time.monotonic() + timeout_s, timeout_s)
            _open_fds.add(fd)
            with contextlib.suppress(OSError):  # a full disk must not stop who only needs the lock
                os.pwrite(fd, _describe(), 0)
        except BaseException:
            _open_fds.discard(fd)
            os.close(fd)
            raise
        return fd

    def _poll(self, fd: int, deadline: float, timeout_s: float) -> None:
        pause = _FIRST_PAUSE_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise Locked(
                        f"another writer held the repository for {timeout_s:g} s: {self.holder() or 'unknown'}",
                        hint="wait for it or stop it; the lock ends with its process and no file need be removed",
                        path=str(self.path),
                    ) from None
            # The spread keeps many waiters from asking in step.
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
            pause = min(pause * 1.5, _LONGEST_PAUSE_S)


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
