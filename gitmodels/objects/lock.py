"""The store's lock: writers share it, whoever deletes takes it alone. Knows two files and ``flock``, no objects.

The kernel lets go of a lock when a process dies, so no lock is ever stale. Who wants it alone stands at the gate (the
lock's name and ``.gate``) while it waits, and nobody new comes in by then: a stream of writers cannot keep it out for
ever. A thread that is in may come in again, so one operation may be part of another.
"""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gitmodels.errors import Locked

TIMEOUT_S = 60.0
_PAUSE_S = 0.02

# (lock file, thread) -> how often that thread came in, and whether alone.
_inside: dict[tuple[str, int], tuple[int, bool]] = {}
_open: set[int] = set()


@contextmanager
def held(path: Path, *, exclusive: bool = False, timeout_s: float = TIMEOUT_S) -> Iterator[None]:
    """Hold the lock file at ``path``, shared or alone, for the time of the block; its folder must exist.

    Raises Locked when others hold it in a way that excludes us for ``timeout_s`` seconds, also when this very thread
    shares it and asks to be alone; and OSError.
    """
    key = (str(path), threading.get_ident())
    depth, alone = _inside.get(key, (0, False))
    if depth and (alone or not exclusive):
        _inside[key] = (depth + 1, alone)
        try:
            yield
        finally:
            _inside[key] = (depth, alone)
        return
    descriptor = _opened(path)
    try:
        _enter(descriptor, path, exclusive, time.monotonic() + timeout_s)
        _inside[key] = (1, exclusive)
        yield
    finally:
        if not depth:
            _inside.pop(key, None)
        _close(descriptor)


def _enter(descriptor: int, path: Path, exclusive: bool, deadline: float) -> None:
    mode = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    gate = _opened(path.with_name(f"{path.name}.gate"))
    try:
        _take(gate, path, mode, deadline)
        _take(descriptor, path, mode, deadline)
    finally:
        _close(gate)


def _opened(path: Path) -> int:
    # Opened for writing because NFS maps flock to locks that need it.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    _open.add(descriptor)
    return descriptor


def _close(descriptor: int) -> None:
    if descriptor not in _open:
        return  # closed when this process was forked
    _open.discard(descriptor)
    # Unlocked by name: a child forked meanwhile shares the open file and would keep the lock.
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
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


def _forget_in_child() -> None:
    # The parent goes on holding what it holds; the child holds nothing.
    _inside.clear()
    for descriptor in _open:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _open.clear()


os.register_at_fork(after_in_child=_forget_in_child)
