"""Work on the pieces of large files, done beside the caller by as many threads as pay, its results taken in order.

This room knows threads and how many bytes may be on their way at once; it does not know what is done to them. What the
caller sees, order and errors, is the same with threads and without.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Self, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

# The bytes that may be on their way at once: four pieces of the largest usual size.
ROOM = 16 << 20
# A second one pays where there is a second core; what more of them would win the disk does not take.
_THREADS = 2
# Shorter pieces are done before a thread has woken up.
_LEAST = 128 << 10
# From this many bytes on threads are started: many operations have fewer.
_STARTED = 8 << 20

Result = TypeVar("Result")


class Ordered(Generic[Result]):
    """A queue of work: ``put`` it at one end, ``take`` what it gave at the other. For one thread to use.

    Leaving the block drops what was not begun and waits for what was, so that no thread is left. Threads start once
    8 MiB went in, and only where there are two cores; without them work is done when its result is taken.
    ``room`` is how many bytes should be on their way at most: ask ``is_full`` before.

    >>> with Ordered() as queue:
    ...     queue.put(lambda: 1, 10)
    ...     queue.put(lambda: 2, 10)
    ...     [queue.take(), queue.take()]
    [1, 2]
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._pool: ThreadPoolExecutor | None = None
        self._waiting: deque[tuple[Future[Result] | _Later[Result], int]] = deque()
        self._bytes = self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.clear()
        self._bytes = 0
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def __len__(self) -> int:
        return len(self._waiting)

    def is_full(self, size: int) -> bool:
        """Whether something should be taken before work on ``size`` bytes is put in. Never when nothing waits."""
        return bool(self._waiting) and (self._pool is None or self._bytes + size > self._room)

    def put(self, work: Callable[[], Result], size: int) -> None:
        """Have ``work``, which is about ``size`` bytes, done."""
        self._seen += size
        self._bytes += size
        threaded = size >= _LEAST and self._started()
        self._waiting.append((threaded.submit(work) if threaded else _Later(work), size))

    def take(self) -> Result:
        """What the oldest work gave; waits for it. Raises what it raised."""
        given, size = self._waiting[0]
        found = given.result()
        self._waiting.popleft()
        self._bytes -= size
        return found

    def _started(self) -> "ThreadPoolExecutor | None":
        if self._pool is None and self._seen >= _STARTED and cores() > 1:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(_THREADS, "gitmodels-piece")
        return self._pool


class _Later(Generic[Result]):
    """Work that is done by who wants its result."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self.result = work


def ahead(work: Iterable[tuple[Callable[[], Result], int]]) -> Iterator[Result]:
    """What each work, about so many bytes, gives, in order: while one result is used, the next are made.

    >>> list(ahead([(lambda: 1, 10), (lambda: 2, 10)]))
    [1, 2]
    """
    with Ordered[Result]() as queue:
        for each, size in work:
            while queue.is_full(size):
                yield queue.take()
            queue.put(each, size)
        while queue:
            yield queue.take()


def cores() -> int:
    """The number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
