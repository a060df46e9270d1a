"""Pack files, written: records appended to temporary files, published together or not at all.

This room knows the layout of a pack and the staging folder. It does not know which chunks are worth storing.
One writer serves one operation. Packs close at about 64 MiB and are synced beside the writing of the next.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from gitmodels.objects import record
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.pack import HEAD, Place, name_of
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.staging import Staging, remove, write_all

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

TARGET = 64 << 20
# Small records gather to this many bytes before they are written.
_GATHER = 1 << 20
_QUEUE = 2


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
        self.hasher.update(header)
        self.rows.append(
            (described.chunk, self.size, described.raw_length, described.encoded_length, described.codec),
        )
        self.waiting += (header, payload)
        self.size += HEADER_SIZE + len(payload)
        self.waiting_bytes += HEADER_SIZE + len(payload)
        if self.waiting_bytes >= _GATHER:
            self.flush()

    def flush(self) -> None:
        write_all(self.descriptor, self.waiting)
        self.waiting.clear()
        self.waiting_bytes = 0

    def settle(self, staging: Staging) -> None:
        """Sync and close. A failed sync is final: the kernel may have dropped the pages, so nobody tries again."""
        staging.sync(self.descriptor)
        self.close()

    def close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class PackWriter:
    """Appends chunks to packs in ``staging`` and moves them to ``folder`` on ``publish``.

    Not for two threads at once. Every way out of an operation ends in ``publish`` or ``abort``.
    """

    def __init__(self, staging: Staging, folder: Path) -> None:
        self._staging = staging
        self._folder = folder
        self._current: _Open | None = None
        self._closed: list[_Open] = []
        self._syncs: list[Future[None]] = []
        self._pool: ThreadPoolExecutor | None = None
        self._chunks: set[bytes] = set()

    def holds(self, chunk: bytes) -> bool:
        """Whether the chunk was appended here before."""
        return chunk in self._chunks

    def append(self, chunk: bytes, raw_length: int, codec: int, payload: Buffer) -> None:
        """Add one encoded chunk. Raises OSError.

        A payload of 1 MiB or more is written before this returns; a shorter one must never change afterwards.
        """
        if self._current is None:
            self._current = _Open(self._staging)
        self._current.append(record.describe(chunk, raw_length, codec, payload), payload)
        self._chunks.add(chunk)
        if self._current.size >= TARGET:
            self._close_in_background()

    def publish(self) -> list[Pack]:
        """Sync all packs, give them their names, sync the folder; nothing appended means nothing written."""
        if self._current is not None:
            self._closed.append(self._current)
            self._current = None
            self._closed[-1].flush()
            self._closed[-1].settle(self._staging)
        for sync in self._syncs:
            sync.result()
        self._stop_pool()
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
            places = tuple(Place(row[0], pack, *row[1:]) for row in written.rows)
            packs.append(Pack(pack, written.size, places))
        self._staging.sync_folder(self._folder)
        return packs

    def abort(self) -> None:
        """Remove what was written and not yet published. Never raises."""
        self._stop_pool()
        for opened in [*self._closed, *([self._current] if self._current else [])]:
            opened.close()
            remove(opened.temporary)
        self._closed.clear()
        self._current = None

    def _close_in_background(self) -> None:
        """Let the disk work on this pack while the next is filled; wait when two are already in its queue."""
        current = self._current
        assert current is not None
        current.flush()
        self._closed.append(current)
        self._current = None
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(1, "gitmodels-sync")
        self._syncs.append(self._pool.submit(current.settle, self._staging))
        if len(self._syncs) > _QUEUE:
            self._syncs.pop(0).result()

    def _stop_pool(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True)
            self._pool = None
