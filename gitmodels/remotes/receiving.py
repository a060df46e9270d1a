"""Taking in what a remote gave: verified, then into packs of the local store; nothing unverified gets a name there.

This room knows the store's staging folder and pack writer, and joins the threads that fetch. Whole packs that are sound
in all they hold are moved into the store as they are; single records are copied into new packs, of which each is
published when it is full, so that a kill costs little. A record whose base is not here yet waits in a file.
"""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from gitmodels.errors import DigestMismatch, GitModelsError, ObjectNotFound
from gitmodels.objects import codecs, pack
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE, Record
from gitmodels.objects.staging import Staging, remove
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import TARGET, Pack, PackWriter
from gitmodels.remotes import checking


class Receiver:
    """Takes records and packs into ``store``, which the caller holds locked; ``folder`` is for what waits.

    May be shared by threads. ``bad`` maps chunks to what was wrong with the copy that came; ``waiting`` maps chunks
    whose record came to the base that it needs first. ``received`` maps the chunks that came to whether one of their
    copies needs no base.
    """

    def __init__(self, store: ObjectStore, staging: Staging, folder: Path) -> None:
        self._store = store
        self._staging = staging
        self._folder = folder
        self._guard = threading.Lock()
        self._writer = PackWriter(staging, store.packs_folder)
        self._written = 0
        self._spooled: dict[bytes, tuple[Record, Place, int]] = {}
        self._spool = os.open(folder / "waiting", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._spool_end = 0
        self._held: list[tuple[Path, int, frozenset[bytes]]] = []
        self.bad: dict[bytes, GitModelsError] = {}
        self.waiting: dict[bytes, bytes] = {}
        self.received: dict[bytes, bool] = {}
        self.packs = 0

    def record(self, place: Place, data: Buffer) -> None:
        """Take in the record that came for ``place``. Raises GitModelsError and OSError when writing fails."""
        try:
            found, payload = checking.record_of(data, place)
            pack.decoded(found, payload, self._base)
        except ObjectNotFound:
            self._wait(found, place, payload)
        except GitModelsError as error:
            self.refuse([place.chunk], error)
        else:
            self._append(found, payload)

    def whole(self, path: Path, size: int, wanted: frozenset[bytes]) -> None:
        """Take in the pack in the file ``path``, of which the chunks ``wanted`` are needed."""
        name = pack.id_of(path.name) or bytes(32)
        try:
            judged = checking.judge(path, size, self._base)
        except GitModelsError as error:
            remove(path)
            self.refuse(wanted, error)
            return
        waiting = {place.chunk: base for place, base in judged.waiting.items() if place.chunk in wanted}
        good = {place.chunk for place in judged.good}
        if not judged.bad and not judged.waiting:
            self._adopt(path, name, size, judged.good)
            return
        if waiting.keys() - good:
            with self._guard:
                self.waiting |= waiting
                self._held.append((path, size, wanted))
            return
        self._salvage(path, judged, wanted)

    def refuse(self, chunks: Iterable[bytes], error: GitModelsError) -> None:
        """Note that what came for these chunks, if anything, was wrong."""
        with self._guard:
            self.bad |= {chunk: error for chunk in chunks if chunk not in self.received}

    def settle(self) -> None:
        """Publish what came, then look again at what waited for a base that may be here now."""
        self.publish()
        spooled, self._spooled = self._spooled, {}
        held, self._held = self._held, []
        self.waiting = {}
        for found, place, offset in spooled.values():
            payload = os.pread(self._spool, found.encoded_length, offset)
            try:
                pack.decoded(found, payload, self._base)
            except ObjectNotFound:
                self._spooled[place.chunk] = (found, place, offset)
                self.waiting[place.chunk] = found.base
            except GitModelsError as error:
                self.refuse([place.chunk], error)
            else:
                self._append(found, payload)
        for path, size, wanted in held:
            self.whole(path, size, wanted)
        self.publish()

    def publish(self) -> None:
        """Give what was taken in its place in the store."""
        with self._guard:
            self._publish()

    def close(self) -> None:
        """Publish what was verified, whatever went wrong with the rest, and let go of the files."""
        try:
            self.publish()
        finally:
            self._writer.abort()
            os.close(self._spool)

    def _base(self, chunk: bytes) -> Buffer:
        if not self._store.contents.places(chunk, alone=True):
            raise ObjectNotFound(f"the object store lacks the base {chunk.hex()}")
        return self._store.contents.base(chunk)

    def _wait(self, found: Record, place: Place, payload: Buffer) -> None:
        with self._guard:
            offset, self._spool_end = self._spool_end, self._spool_end + len(payload)
            self._spooled[place.chunk] = (found, place, offset)
            self.waiting[place.chunk] = found.base
        view = memoryview(payload)
        while view:
            written = os.pwrite(self._spool, view, offset)
            view, offset = view[written:], offset + written

    def _append(self, found: Record, payload: Buffer) -> None:
        alone = found.base == NO_BASE
        with self._guard:
            known = self.received.get(found.chunk)
            if known or known is alone:
                return
            written = self._writer.copy(found, payload)
            if written is not None:
                written.result()
            self._take({found.chunk: alone})
            self._written += len(payload)
            if self._written >= TARGET:
                self._publish()

    def _take(self, chunks: Mapping[bytes, bool]) -> None:
        for chunk, alone in chunks.items():
            self.received[chunk] = alone or self.received.get(chunk, False)
            self.bad.pop(chunk, None)

    def _publish(self) -> None:
        packs = self._writer.publish()
        self._writer = PackWriter(self._staging, self._store.packs_folder)
        self._written = 0
        if packs:
            self._store.catalog.publish(packs)
            self.packs += len(packs)

    def _adopt(self, path: Path, name: bytes, size: int, places: tuple[Place, ...]) -> None:
        """Move a sound pack into the store."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            self._staging.sync(descriptor)
        finally:
            os.close(descriptor)
        with self._guard:
            self._staging.make_folder(self._store.packs_folder)
            os.rename(path, self._store.packs_folder / path.name)
            self._staging.sync_folder(self._store.packs_folder)
            self._store.catalog.publish([Pack(name, size, places)])
            self.packs += 1
            self._take({place.chunk: place.codec not in codecs.BASED for place in places})

    def _salvage(self, path: Path, judged: checking.Judged, wanted: frozenset[bytes]) -> None:
        """Copy what is wanted and good out of a pack that holds something else, too."""
        good = {place.chunk for place in judged.good}
        for place in judged.good:
            if place.chunk in wanted:
                self._append(*pack.read_record(path, place))
        for place in judged.bad:
            if place.chunk in wanted and place.chunk not in good:
                known = place.codec in codecs.KNOWN
                error = DigestMismatch("its bytes are not those of its id") if known else codecs.too_new(place.codec)
                self.refuse([place.chunk], error)
        remove(path)
