"""Whose turn it is on this host to do what one can do for all who wait: a lock that nobody waits for in vain.

Who holds it shows again and again that it goes on, by touching the lock's file. When one shows nothing for a while,
because somebody paused it or it hangs, the next in line puts a fresh file in its place and goes on without it. So
after a pause two may be at it, which must do no harm: this is for what is quicker done once, not for what may be done
only once (queue.py). This room knows one file, no git.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from gitmodels.git import durable
from gitmodels.git.queue import Attempt

# How often a holder shows that it goes on, and how long who waits believes one that does not, in seconds.
BEAT_S = 1.0
PATIENCE_S = 10.0


@contextlib.contextmanager
def turn(path: Path) -> Iterator[None]:
    """Wait for the turn that the file ``path`` stands for, and have it for the block.

    Raises Conflict when the file cannot be written.
    """
    with durable.storage_errors(f"lock {path}"):
        durable.make_folders(path.parent)
        fd = _taken(path)
    ended = threading.Event()
    beat = threading.Thread(target=_beat, args=(fd, ended), daemon=True, name="gitmodels-turn")
    beat.start()
    try:
        yield
    finally:
        ended.set()
        beat.join()
        # Unlocked by name: a child forked meanwhile shares the open file and would keep the lock alive.
        fcntl.flock(fd, fcntl.LOCK_UN)
        os.close(fd)


def _taken(path: Path) -> int:
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        attempt = Attempt(fd)
        try:
            # A lock on a file that was replaced is nobody's turn.
            is_ours = (attempt.at_once() or _waited(attempt, fd, path)) and _stands_at(fd, path)
        except BaseException:
            attempt.give_up()
            raise
        if is_ours:
            os.utime(fd)
            return fd
        attempt.give_up()


def _waited(attempt: Attempt, fd: int, path: Path) -> bool:
    """Wait for the lock; False when another file stands there now, put there by us or by others."""
    seen, changed = os.fstat(fd).st_mtime_ns, time.monotonic()
    while not attempt.within(PATIENCE_S / 10):
        if not _stands_at(fd, path):
            return False
        beaten, now = os.fstat(fd).st_mtime_ns, time.monotonic()
        if beaten != seen:
            seen, changed = beaten, now
        elif now - changed > PATIENCE_S:
            durable.unlink_quietly(path)
            return False
    return True


def _stands_at(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except FileNotFoundError:
        return False


def _beat(fd: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT_S):
        with contextlib.suppress(OSError):
            os.utime(fd)
