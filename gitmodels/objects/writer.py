"""Pack files, written: records appended to temporary files, published together or not at all.

This room knows the layout of a pack and the staging folder. It does not know which chunks are worth storing.
One writer serves one operation. Packs close at about 64 MiB and are synced beside the writing of the next.
"""

import os
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from gitmodels.objects import record
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.pack import HEAD, Place, name_of
from gitmodels.objects.record import HEADER_SIZE, NO_BASE
from gitmodels.objects.staging import Staging, remove, write_all

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

TARGET = 64 << 20
# Small records gather to this many bytes before they are written.
_GATHER = 1 << 20
# An operation up to here starts no threads.
_SMALL = 16 << 20


class Pack(NamedTuple):
    """A published pack: its id (32 bytes), its size in bytes and where its chunks lie."""

    id: bytes
    size: int
    places: tuple[Place, ...]


class _Open:
    """A pack that is being written."""

    def __init__(self, staging: Staging) -> None:
        self.descriptor, self.temporary = staging.open()
        self.hasher = blake3(HEAD)
        self.size = len(HEAD)
        self.waiting: list[Buffer] = [HEAD]
        self.waiting_bytes = len(HEAD)
        self.rows: list[tuple[bytes, int, int, int, int]] = []

    def append(self, described: record.Record, payload: Buffer) -> None:
        header = record.to_header(described)
        codec, raw_length, encoded_length, chunk, _, _ = described
        self.hasher.update(header)
        self.rows.append((chunk, self.size, raw_length, encoded_length, codec))
        self.waiting += (header, payload)
        self.size += HEADER_SIZE + encoded_length
        self.waiting_bytes += HEADER_SIZE + encoded_length

    def take_waiting(self) -> list[Buffer]:
        waiting, self.waiting, self.waiting_bytes = self.waiting, [], 0
        return waiting

    def settle(self, staging: Staging, written: "Future[None] | None" = None) -> None:
        """Sync and close. A failed sync is final: the kernel may have dropped the pages, so nobody tries again."""
        if written is not None:
            written.result()
        staging.sync(self.descriptor)
        self.close()

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class _Lane:
    """One thread that does its tasks in order, with few of them waiting. Started by the first task."""

    def __init__(self, name: str, queue: int) -> None:
        self._name = name
        self._queue = queue
        self._pool: ThreadPoolExecutor | None = None
        self._tasks: deque[Future[None]] = deque()

    @property
    def started(self) -> bool:
        return self._pool is not None

    def submit(self, task: Callable[[], None]) -> "Future[None]":
        """Queue a task; wait for the oldest when too many are queued. Raises what that one raised."""
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, self._name)
        future = self._pool.submit(task)
        self._tasks.append(future)
        while len(self._tasks) > self._queue:
            self._tasks.popleft().result()
        return future

    def finish(self) -> None:
        """Wait for all tasks. Raises what the first of them raised."""
        while self._tasks:
            self._tasks.popleft().result()

    def stop(self) -> None:
        """Drop what is queued, wait for what runs. Never raises."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
            self._tasks.clear()


class PackWriter:
    """Appends chunks to packs in ``staging`` and moves them to ``folder`` on ``publish``.

    Not for two threads at once. Every way out of an operation ends in ``publish`` or ``abort``.
    """

    def __init__(self, staging: Staging, folder: Path) -> None:
        self._staging = staging
        self._folder = folder
        self._current: _Open | None = None
        self._closed: list[_Open] = []
        self._writes = _Lane("gitmodels-write", 1)
        self._syncs = _Lane("gitmodels-sync", 2)
        self._chunks: set[bytes] = set()

    def holds(self, chunk: bytes) -> bool:
        """Whether the chunk was appended here before."""
        return chunk in self._chunks

    def append(
        self, chunk: bytes, raw_length: int, codec: int, payload: Buffer, base: bytes = NO_BASE
    ) -> "Future[None] | None":
        """Add one encoded chunk, made with the chunk ``base`` if any. Raises OSError, perhaps of an earlier chunk.

        A payload of 1 MiB or more is written when this returns, or when the future it returns is done; a shorter one
        must never change afterwards.
        """
        return self.copy(record.describe(chunk, raw_length, codec, payload, base), payload)

    def copy(self, described: record.Record, payload: Buffer) -> "Future[None] | None":
        """Add one record as it stands in another pack. Raises and returns as ``append``."""
        if self._current is None:
            self._current = _Open(self._staging)
        self._current.append(described, payload)
        self._chunks.add(described.chunk)
        written = None
        if self._current.waiting_bytes >= _GATHER:
            written = self._flush(self._current)
        if self._current.size >= TARGET:
            self._close_in_background(self._current)
        return written

    def publish(self) -> list[Pack]:
        """Sync all packs, give them their names, sync the folder; nothing appended means nothing written."""
        if self._current is not None:
            last, self._current = self._current, None
            self._closed.append(last)
            last.settle(self._staging, self._flush(last))
        self._writes.finish()
        self._syncs.finish()
        self._stop()
        packs: list[Pack] = []
        if not self._closed:
            return packs
        self._staging.make_folder(self._folder)
        while self._closed:
            written = self._closed[0]
            pack = written.hasher.digest()
            # A pack of the same records may stand there, perhaps damaged: ours takes its place.
            os.rename(written.temporary, self._folder / name_of(pack))
            self._closed.pop(0)
            places = tuple([tuple.__new__(Place, (row[0], pack, *row[1:])) for row in written.rows])
            packs.append(Pack(pack, written.size, places))
        self._staging.sync_folder(self._folder)
        return packs

    def abort(self) -> None:
        """Remove what was written and not yet published. Never raises."""
        self._stop()
        for opened in [*self._closed, *([self._current] if self._current else [])]:
            opened.close()
            remove(opened.temporary)
        self._closed.clear()
        self._current = None

    def _flush(self, current: _Open) -> "Future[None] | None":
        """Write what waits: here while the operation is small, beside the hashing of what follows when it is not."""
        waiting = current.take_waiting()
        if self._writes.started or current.size > _SMALL:
            return self._writes.submit(partial(write_all, current.descriptor, waiting))
        write_all(current.descriptor, waiting)
        return None

    def _close_in_background(self, current: _Open) -> None:
        """Let the disk work on this pack while the next is filled; wait when two are already in its queue."""
        self._closed.append(current)
        self._current = None
        self._syncs.submit(partial(current.settle, self._staging, self._flush(current)))

    def _stop(self) -> None:
        # Syncs wait for writes, so the writes are stopped last.
        self._syncs.stop()
        self._writes.stop()
