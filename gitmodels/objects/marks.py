"""What must be kept of a store, from the ids that somebody names: their chunks, and the bases of these.

This room follows chunk lists and delta bases; who names what, the caller tells. Lists are read once, so asking again
after little has changed costs little.
"""

from collections.abc import Set
from typing import NamedTuple

from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, FormatTooNew, GitModelsError, ObjectNotFound
from gitmodels.objects import chunklist, codecs, pack
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE
from gitmodels.objects.store import ObjectStore


class Named(NamedTuple):
    """Ids of 32 bytes that are named: of chunks or files (a file's own id counts where it is one chunk), of lists."""

    ids: Set[bytes] = frozenset()
    lists: Set[bytes] = frozenset()


class Wanted(NamedTuple):
    """What is to be kept, and the part of it that may never be lost: what a published version names."""

    kept: Named
    published: Named = Named()


class Marks:
    """Follows names to chunks in one store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lists: dict[bytes, frozenset[bytes]] = {}

    def chunks(self, named: Named) -> set[bytes]:
        """Every id that ``named`` needs, stored or not: chunks, lists, and what stored chunks are deltas against.

        Raises Corrupt for a chunk list that is damaged, or gone from a store with packs in quarantine: nobody knows
        then which chunks belong to it.
        """
        found = set(named.ids)
        for each in named.lists:
            found.add(each)
            found |= self._members(each)
        self._add_bases(found)
        return found

    def _members(self, each: bytes) -> frozenset[bytes]:
        known = self._lists.get(each)
        if known is None:
            try:
                chunks = chunklist.members(self._store.read_bytes(Digest(each.hex())))
            except ObjectNotFound:
                # In a clone that never fetched the file: its chunks are not here by right.
                if self._quarantined():
                    raise _unknown(each, "is not in the store, perhaps in quarantine") from None
                return frozenset()
            except FormatTooNew:
                raise
            except GitModelsError as error:
                raise _unknown(each, "cannot be read") from error
            known = self._lists[each] = frozenset(chunk.id for chunk in chunks)
        return known

    def _quarantined(self) -> bool:
        folder = self._store.root / "quarantine"
        return folder.is_dir() and any(folder.iterdir())

    def _add_bases(self, found: set[bytes]) -> None:
        catalog = self._store.catalog
        deltas = [place for place in catalog.places() if place.codec in codecs.BASED and place.chunk in found]
        while deltas:
            bases = {base for place in deltas if (base := self._base(place)) not in found} - {NO_BASE}
            found |= bases
            # Deltas are one deep; whatever else a store may hold is followed all the same.
            deltas = [place for base in bases for place in catalog.find(base) if place.codec in codecs.BASED]

    def _base(self, place: Place) -> bytes:
        try:
            return pack.record_at(self._store.catalog.path(place.pack), place).base
        except (Corrupt, FileNotFoundError):
            return NO_BASE  # a delta that cannot be read needs no base


def _unknown(each: bytes, what: str) -> Corrupt:
    return Corrupt(
        f"the chunk list {each.hex()} {what}: nobody knows which chunks belong to it",
        hint="nothing was removed; git models fsck --full tells the models it hurts; add their files again first",
    )
