"""The store's lock: writers share it, whoever deletes takes it alone. Knows one file and ``flock``, no objects.

The kernel lets go of it when a process dies, so no lock is ever stale.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitmodels.errors import Locked

TIMEOUT_S = 60.0
_PAUSE_S = 0.02


@contextmanager
def held(path: Path, *, exclusive: bool = False, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock file at ``path``, shared or alone, for the time of the block; its folder must exist.

    Raises Locked when others hold it in a way that excludes us for ``timeout_s`` seconds, and OSError.
    """
    # Opened for writing because NFS maps flock to locks that need it.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        _take(descriptor, path, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, time.monotonic() + timeout_s)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, path: Path, mode: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise Locked(
                    f"the object store is locked by another process: {path}",
                    hint="wait until it has finished (a gc or repack), then try again",
                ) from None
            time.sleep(_PAUSE_S)
        else:
            return
