"""A few threads that wait for a remote together: tasks in, results out as they come, and a quick end on trouble.

This room knows threads; it does not know what the tasks do. The first error, or an interrupt of whoever takes the
results, stops the others at the next piece they move: ``moved`` is what tasks call with each.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from gitmodels.remotes.backend import Progress

THREADS = 4

Result = TypeVar("Result")


class Stopped(Exception):
    """Raised inside a task that is no longer wanted."""


class Moved:
    """Called with each piece that moved, by one thread at a time; raises in tasks that shall end."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        # Whether somebody watches, or all of this only stops.
        self.is_shown = progress is not None
        self.stopped = threading.Event()
        self._guard = threading.Lock()

    def __call__(self, count: int) -> None:
        """``count`` bytes moved."""
        if self.stopped.is_set():
            raise Stopped
        if self._progress is not None:
            with self._guard:
                self._progress(count)


class Crew:
    """Does tasks with up to ``THREADS`` threads, which call ``moved`` with the bytes of each piece."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.moved = Moved(progress)

    def each(self, tasks: Iterable[Callable[[], Result]]) -> Iterator[Result]:
        """What the tasks give, as they are done. Raises the first error, once every thread has ended.

        >>> sorted(Crew().each([lambda: 2, lambda: 1]))
        [1, 2]
        """
        waiting = list(tasks)
        if len(waiting) == 1:
            yield waiting[0]()
            return
        if not waiting:
            return
        from concurrent.futures import ThreadPoolExecutor, as_completed

        pool = ThreadPoolExecutor(min(THREADS, len(waiting)), "gitmodels-remote")
        try:
            for done in as_completed([pool.submit(task) for task in waiting]):
                yield done.result()
        except BaseException:
            self.moved.stopped.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
