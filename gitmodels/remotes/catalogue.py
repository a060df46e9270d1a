"""What a remote holds, known here: the index files of its packs, fetched once each and kept beside the local store.

This room knows index files and where they are kept, ``remotes/<blake3 of the address>/`` in the store; it moves no
chunks. A pack never changes, so what was fetched of it stays true as long as the remote lists the pack. All of it may
be deleted at any time.
"""

import contextlib
import threading
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.errors import Corrupt, GitModelsError, ObjectNotFound
from gitmodels.objects import codecs
from gitmodels.objects import index as index_file
from gitmodels.objects.index import Index
from gitmodels.objects.pack import Place
from gitmodels.objects.staging import Staging, remove
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.backend import PackRemote
from gitmodels.remotes.crew import Crew

FOLDER = "remotes"


class Catalogue:
    """The chunks of one remote. ``refresh`` first; then questions cost nothing. May be shared by threads.

    ``doubtful`` are the packs whose index file could not be believed, with what was wrong, ``lost`` those that the
    remote names and could not give the index file of: they count as not there. So do those that are left ``out``.
    """

    def __init__(self, store: ObjectStore, remote: PackRemote) -> None:
        self._remote = remote
        self._staging = Staging(store.root, durable=False)
        self.folder = store.root / FOLDER / digests.of_bytes(remote.address.encode())
        self._guard = threading.Lock()
        self._index = Index(index_file.build([], []))
        self._added: dict[bytes, Index] = {}
        self._recalled: Index | None = None
        self.doubtful: dict[bytes, GitModelsError] = {}
        self.lost: frozenset[bytes] = frozenset()
        self.out: frozenset[bytes] = frozenset()

    def refresh(self, *, anew: bool = False) -> None:
        """See what is there now: fetch the index files that are not known, forget the packs that are gone.

        With ``anew`` all index files are fetched, whatever is known. Raises RemoteError.
        """
        present = self._remote.packs()
        kept = self._kept() if not anew else Index(index_file.build([], []))
        gone = kept.packs.keys() - present
        fresh = self._fetched(sorted(present - kept.packs.keys()))
        if gone or fresh or anew:
            known = Index(index_file.without(kept, gone)) if gone else kept
            kept = Index(index_file.merge([known, *fresh]))
            self._keep(kept)
        with self._guard:
            self._index, self._added, self._recalled = kept, {}, None
            self.lost = frozenset(present - kept.packs.keys() - self.doubtful.keys())

    def recall(self) -> bool:
        """Read what an earlier process saw there, for ``recalls`` alone; whether any did. The remote is not asked."""
        self._recalled = self._kept()
        return bool(self._recalled.packs)

    @property
    def is_in_use(self) -> bool:
        """Whether any pack is there, or was, as far as was recalled."""
        return bool(self._index.packs or self._added or (self._recalled is not None and self._recalled.packs))

    def recalls(self, chunk: bytes) -> bool:
        """Whether the chunk was there, as far as was recalled; it may be gone."""
        return self._recalled is not None and bool(self._recalled.find(chunk))

    def add(self, pack: bytes, index: bytes) -> None:
        """Note a pack that was just put there, with its index file."""
        with self._guard:
            self._added[pack] = Index(index)

    def keep(self) -> None:
        """Keep what was added for the next process, too."""
        with self._guard:
            if self._added:
                known = self._index if self._recalled is None else self._recalled
                known = Index(index_file.merge([known, *self._added.values()]))
                if self._recalled is None:
                    self._index, self._added = known, {}
                self._keep(known)

    def find(self, chunk: bytes) -> list[Place]:
        """Where the chunk lies there, those places that need no base first."""
        with self._guard:
            indexes = (self._index, *self._added.values())
        found = [place for index in indexes for place in index.find(chunk) if place.pack not in self.out]
        return sorted(found, key=lambda place: (place.codec in codecs.BASED, place.encoded_length))

    def has(self, chunk: bytes, *, alone: bool = False) -> bool:
        """Whether the chunk is there; with ``alone`` whether it is there without a base."""
        return any(not alone or place.codec not in codecs.BASED for place in self.find(chunk))

    def packs(self) -> frozenset[bytes]:
        """The packs whose content is known."""
        with self._guard:
            return frozenset(self._index.packs) | self._added.keys()

    def places(self, pack: bytes) -> set[Place]:
        """Where its index file says that records stand in a pack."""
        with self._guard:
            index = self._added.get(pack, self._index)
        return {place for place in index.places() if place.pack == pack}

    def chunks(self) -> dict[bytes, set[bytes]]:
        """The ids of the chunks in each pack whose content is known."""
        with self._guard:
            indexes = (self._index, *self._added.values())
        found: dict[bytes, set[bytes]] = {}
        for index in indexes:
            for place in index.places():
                found.setdefault(place.pack, set()).add(place.chunk)
        return found

    def kept(self) -> dict[bytes, set[bytes]]:
        """The same as an earlier process knew it, also of packs that are not there any more."""
        found: dict[bytes, set[bytes]] = {}
        for place in self._kept().places():
            found.setdefault(place.pack, set()).add(place.chunk)
        return found

    def size(self, pack: bytes) -> int:
        """The size in bytes of a pack that is there."""
        with self._guard:
            index = self._added.get(pack, self._index)
        return index.packs[pack]

    def _fetched(self, packs: list[bytes]) -> list[Index]:
        """The index files of these packs; what cannot be believed is noted, what is gone meanwhile left out."""
        self.doubtful = {}
        found = (taken for taken in Crew().each(partial(self._taken, pack) for pack in packs))
        return [index for index in found if index is not None]

    def _taken(self, pack: bytes) -> Index | None:
        try:
            return checking.index_of(self._remote.index(pack), pack)
        except ObjectNotFound:
            return None
        except Corrupt as error:
            self.doubtful[pack] = error
            return None

    def _kept(self) -> Index:
        """What an earlier process kept; nothing where it is gone or damaged."""
        for path in self._files():
            with contextlib.suppress(Corrupt, OSError):
                index = Index.open(path)
                if index.is_intact() and all(number < len(index.packs) for number in _numbers(index)):
                    return index
            remove(path)
        return Index(index_file.build([], []))

    def _keep(self, index: Index) -> None:
        """In a store that may only be read nothing is kept."""
        data = bytes(index.data)
        with contextlib.suppress(OSError):
            self._staging.make_folder(self.folder)
            target = self.folder / index_file.name_of(data)
            old = self._files()
            self._staging.write(target, data, sync=False)
            for path in old:
                if path != target:
                    remove(path)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob(f"*{index_file.SUFFIX}"))


def _numbers(index: Index) -> Iterable[int]:
    rows = index.rows()
    return (int.from_bytes(rows[at + 32 : at + 36]) for at in range(0, len(rows), index_file.ROW_SIZE))
