"""The catalog: all index files of a store taken together, kept few by merging, renewed when packs appear.

This room knows the folders ``packs/`` and ``index/``; it does not know what is in a chunk or who wants it.

Every operation that writes packs adds one small index file. Whenever the small ones have grown to half of the next
larger one they are merged into it, so n packs are covered by about log2(n) files and each row is rewritten about
log2(n) times. Packs that no index covers (another process was killed in between, or the folder was deleted) are
scanned and get one index file together. Rows of packs that are gone count for nothing.
"""

import contextlib
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt, FormatTooNew
from gitmodels.objects import index as index_file
from gitmodels.objects import pack as pack_file
from gitmodels.objects.doomed import DoomedFile
from gitmodels.objects.index import Index
from gitmodels.objects.pack import Place
from gitmodels.objects.staging import Staging, explained, remove

if TYPE_CHECKING:
    from gitmodels.objects.writer import Pack

# Merging holds all rows in memory; past this an index file is left as it is.
_MAX_MERGED_ROWS = 1_000_000
# Index files past this are synced; smaller ones are checked whenever they are opened.
_SYNCED = 1 << 20
# A folder written to this shortly ago may be written to again without its time changing.
_RACY_NS = 2_000_000_000
_ATTEMPTS = 5


class Catalog:
    """Finds chunks. Readers may be many threads; nothing is read before the first question."""

    def __init__(self, packs: Path, indexes: Path, staging: Staging) -> None:
        self._packs_folder = packs
        self._folder = indexes
        self._staging = staging
        self.doomed = DoomedFile(staging.root, staging)
        self._guard = threading.Lock()
        self._indexes: tuple[Index, ...] = ()
        self._present: frozenset[bytes] = frozenset()
        self._ids: dict[str, bytes] = {}  # by the names of the files
        self._seen: int | None = None
        self.too_new: tuple[str, ...] = ()
        self.unreadable: tuple[str, ...] = ()

    def find(self, chunk: bytes) -> list[Place]:
        """Every place the chunk lies at, as far as known since the last refresh; [] when there is none."""
        if self._seen is None:
            self.refresh()
        if not self._indexes:
            return []
        try:
            found = [place for index in self._indexes for place in index.find(chunk)]
        except Corrupt:
            self.verify()
            found = [place for index in self._indexes for place in index.find(chunk)]
        return [place for place in found if place.pack in self._present]

    def reusable(self, chunk: bytes) -> list[Place]:
        """The places of a chunk that whoever would store it may rely on: not those that gc has doomed."""
        found = self.find(chunk)
        if not found:
            return found
        doomed = self.doomed.read()
        return [place for place in found if (place.pack, chunk) not in doomed] if doomed else found

    def places(self) -> Iterator[Place]:
        """Every row of every pack that is there, each once, sorted by chunk id; index files are verified before."""
        import heapq

        self.verify()
        present = self._present
        last = None
        for place in heapq.merge(*(index.places() for index in self._indexes)):
            if place != last and place.pack in present:
                yield place
            last = place

    def packs(self) -> dict[bytes, int]:
        """The ids of all packs that are there and known, with their sizes in bytes when they were indexed."""
        self.refresh()
        sizes = {pack: size for index in self._indexes for pack, size in index.packs.items()}
        return {pack: sizes[pack] for pack in sorted(self._present) if pack in sizes}

    def size(self, pack: bytes) -> int | None:
        """The size in bytes that a pack had when it was indexed; None for one that is not known."""
        return next((index.packs[pack] for index in self._indexes if pack in index.packs), None)

    def path(self, pack: bytes) -> Path:
        """Where the pack with this id lies."""
        return self._packs_folder / pack_file.name_of(pack)

    def refresh(self, *, if_changed: bool = False) -> None:
        """See the packs and index files that are there now. With ``if_changed`` only when ``packs/`` was written to.

        Raises GitModelsError when the system cannot list the packs. ``too_new`` and ``unreadable`` tell the packs whose
        chunks cannot be known.
        """
        with self._guard, explained("cannot read the object store"):
            if if_changed and self._seen is not None and self._stamp() == self._seen:
                return
            self._renew(verify=False)

    def verify(self) -> None:
        """Check every index file against its name, remove those that fail, scan the packs they covered."""
        with self._guard, explained("cannot read the object store"):
            self._renew(verify=True)

    def publish(self, packs: Iterable["Pack"]) -> None:
        """Cover new packs by an index file, merging the small ones.

        The packs are safe already: when the index file cannot be written, the next process scans them instead.
        """
        with self._guard:
            packs = list(packs)
            self.doomed.drop(pack.id for pack in packs)
            data = index_file.build(
                ((pack.id, pack.size) for pack in packs), (place for pack in packs for place in pack.places)
            )
            fresh = Index(data)
            self._present |= {pack.id for pack in packs}
            self._indexes = (*self._indexes, fresh)
            merging = self._small_ones()
            if fresh in merging and len(merging) > 1:
                # Ours first: it knows the packs it wrote again better than an index made when they were damaged.
                merged = Index(index_file.merge([fresh, *(index for index in merging if index is not fresh)]))
            else:
                merging, merged = [fresh], fresh
            kept = tuple(index for index in self._indexes if index not in merging)
            with contextlib.suppress(OSError):
                self._write(merged, replacing=merging)
            self._indexes = (*kept, merged)

    def rebuild(self) -> str:
        """Scan every pack and write one index file in place of all others; its name, or "" when there is no pack.

        The file is the same, bit for bit, for the same packs, whatever index files there were before.
        """
        with self._guard:
            self._present = self._list_packs()
            fresh = self._scanned(sorted(self._present))
            old = self._index_names()
            name = "" if fresh is None else self._write(fresh)
            for stale in old - {name}:
                remove(self._folder / stale)
            self._indexes = () if fresh is None else (fresh,)
            self._seen = None
            return name

    def forget(self, packs: Iterable[bytes]) -> None:
        """Drop the rows of packs that were removed. Raises OSError; rows that stay count for nothing anyway."""
        with self._guard:
            gone = frozenset(packs)
            self._present -= gone
            kept = []
            for index in self._indexes:
                if not gone & index.packs.keys():
                    kept.append(index)
                    continue
                fresh = Index(index_file.without(index, gone))
                if fresh.packs:
                    self._write(fresh, replacing=[index])
                    kept.append(fresh)
                elif index.name:
                    remove(self._folder / index.name)
            self._indexes = tuple(kept)

    def _renew(self, *, verify: bool) -> None:
        stamp = self._stamp()
        seen = stamp if time.time_ns() - stamp > _RACY_NS else 0
        present = self._list_packs()
        indexes = self._opened()
        for index in [index for index in indexes if verify and not index.is_intact()]:
            # It would mislead every later process; what it said is in the packs.
            remove(self._folder / index.name)
            indexes.remove(index)
        fresh = self._scanned(sorted(present.difference(*(index.packs for index in indexes))))
        if fresh is not None:
            indexes.append(fresh)
            # In a store we may only read, the rows live as long as this object.
            with contextlib.suppress(OSError):
                self._write(fresh)
        self._present, self._indexes = present, tuple(indexes)
        # Last: another thread that finds it set looks into what is known without waiting.
        self._seen = seen

    def _opened(self) -> list[Index]:
        """The index files that are there and undamaged; what a damaged one covered will be scanned."""
        known = {index.name: index for index in self._indexes}
        for _ in range(_ATTEMPTS):
            indexes = []
            try:
                for name in sorted(self._index_names()):
                    try:
                        indexes.append(known.get(name) or Index.open(self._folder / name))
                    except (Corrupt, PermissionError):
                        continue
            except FileNotFoundError:
                continue  # merged into another one since we listed the folder
            return indexes
        return []

    def _scanned(self, packs: list[bytes]) -> Index | None:
        """One index in memory over ``packs``, read from their headers; None when there is none to cover."""
        sizes: list[tuple[bytes, int]] = []
        places: list[Place] = []
        too_new: list[str] = []
        unreadable: list[str] = []
        for pack in packs:
            try:
                found = pack_file.scan(self.path(pack))
            except FileNotFoundError:
                continue
            except FormatTooNew:
                too_new.append(pack.hex())
                continue
            except OSError:
                unreadable.append(pack.hex())
                continue
            sizes.append((pack, found.size))
            places += (
                Place(each.chunk, pack, offset, each.raw_length, each.encoded_length, each.codec)
                for offset, each in found.records
            )
        self.too_new, self.unreadable = tuple(too_new), tuple(unreadable)
        return Index(index_file.build(sizes, places)) if sizes else None

    def _small_ones(self) -> list[Index]:
        """The smallest index files, as many as are not dwarfed by the next larger one."""
        by_size = sorted(self._indexes, key=len)
        rows = 0
        chosen: list[Index] = []
        for index in by_size:
            if chosen and (len(index) > 2 * rows or rows + len(index) > _MAX_MERGED_ROWS):
                break
            chosen.append(index)
            rows += len(index)
        return chosen

    def _write(self, fresh: Index, replacing: Iterable[Index] = ()) -> str:
        data = bytes(fresh.data)
        fresh.name = index_file.name_of(data)
        self._staging.make_folder(self._folder)
        self._staging.write(self._folder / fresh.name, data, sync=len(data) > _SYNCED)
        for index in replacing:
            if index.name and index.name != fresh.name:
                remove(self._folder / index.name)
        return fresh.name

    def _list_packs(self) -> frozenset[bytes]:
        """The ids of the packs that are there. A store has one a version and more: a name is read only once."""
        # Sets, and no loop over all names: this is what a version costs more, the more there are.
        names = frozenset(_listed(self._packs_folder))
        for name in self._ids.keys() - names:
            del self._ids[name]
        for name in names.difference(self._ids):
            pack = pack_file.id_of(name)
            if pack is not None:
                self._ids[name] = pack
        return frozenset(self._ids.values())

    def _index_names(self) -> set[str]:
        try:
            return {name for name in _listed(self._folder) if name.endswith(index_file.SUFFIX)}
        except (NotADirectoryError, PermissionError):
            return set()  # the packs tell the same

    def _stamp(self) -> int:
        try:
            return os.stat(self._packs_folder).st_mtime_ns
        except FileNotFoundError:
            return -1


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except FileNotFoundError:
        return []
