"""Fetching: which chunks the store lacks, whole packs or ranges of them, and what is asked when a copy is bad.

This room plans over a remote's catalogue and has ``receiving`` take in what came. A pack is streamed whole when most of
it is needed, else its records are read in ranges, near ones together. The store is locked against gc while it runs.
What arrived and was verified stays, however it ends: the same call goes on from there.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, FormatTooNew, GitModelsError, ObjectNotFound
from gitmodels.objects import chunklist, codecs, pack
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE
from gitmodels.objects.rewrite import rewrite
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes import checking
from gitmodels.remotes.backend import PackRemote, Progress
from gitmodels.remotes.catalogue import Catalogue
from gitmodels.remotes.crew import Crew
from gitmodels.remotes.receiving import Receiver
from gitmodels.values import frozen

# What can be asked for: all files of a model, one file, or one chunk by its id (32 bytes).
Wanted = Manifest | Entry | bytes
# A pack is streamed whole when this share of it is needed.
_MOST = 0.6
# Bytes between two records that are read rather than asked around, and how long one range may become.
_GAP = 1 << 20
_RANGE = 16 << 20
_NAMED = 3


@frozen
class Downloaded:
    """What was fetched: packs written here, chunks and bytes taken from the remote; and how many chunks were here."""

    packs: int
    chunks: int
    size: int
    present: int


@frozen
class Fetch:
    """Records of one pack that are asked for together: all of it (``whole``), or the range they lie in."""

    pack: bytes
    places: tuple[Place, ...]
    start: int
    end: int
    whole: bool


class Download:
    """What has to be fetched from ``remote`` so that all of ``wanted`` can be read here; ``run`` fetches it.

    Chunk lists are fetched at once, so that ``size`` is what is left; bases come on top. Raises as ``run``.
    """

    def __init__(self, store: ObjectStore, wanted: Iterable[Wanted], remote: PackRemote) -> None:
        self._store = store
        self._remote = remote
        self.catalogue = Catalogue(store, remote)
        self.catalogue.refresh()
        self._moved = self._packs = 0
        self._fetched: set[bytes] = set()
        self._alone: set[bytes] = set()
        wanted = list(wanted)
        entries = [
            entry
            for each in wanted
            if not isinstance(each, bytes)
            for entry in (each.entries if isinstance(each, Manifest) else (each,))
        ]
        self._paths = {bytes.fromhex(entry.chunks or entry.blake3): entry.path for entry in entries}
        lists = [entry for entry in entries if entry.chunks is not None]
        self._get([bytes.fromhex(entry.chunks or "") for entry in lists], None)
        needed = dict.fromkeys([*self._paths, *(each for each in wanted if isinstance(each, bytes))])
        for entry in lists:
            listed = store.contents.read(bytes.fromhex(entry.chunks or ""), entry.path)
            for chunk in chunklist.decode(listed, entry.size):
                needed[chunk.id] = None
                self._paths.setdefault(chunk.id, entry.path)
        self._needed = list(needed)
        lacking = self._lacking(self._needed)
        self._present = len(self._needed) - len(lacking)
        self.size = sum(fetch.end - fetch.start for fetch in self._planned(lacking, {}))

    def run(self, progress: Progress | None = None) -> Downloaded:
        """Fetch it, by several threads.

        Raises ObjectNotFound for what the remote lacks, DigestMismatch when it gives no sound copy, RemoteError when
        it cannot be read, Locked, and GitModelsError when the store cannot be written.
        """
        self._get(self._needed, progress)
        return Downloaded(self._packs, len(self._fetched), self._moved, self._present)

    def _get(self, chunks: Sequence[bytes], progress: Progress | None) -> None:
        """Fetch those of ``chunks`` that are lacking, and the bases they need."""
        if not chunks:
            return
        with self._store.receiving("cannot store what was fetched") as staging:
            self._renew(chunks)
            lacking = self._lacking(chunks)
            if not lacking:
                return
            with self._store.work_folder() as folder:
                receiver = Receiver(self._store, staging, folder)
                try:
                    self._rounds(lacking, receiver, folder, Crew(progress))
                finally:
                    receiver.close()
                    self._packs += receiver.packs
                    self._fetched.update(receiver.received)

    def _renew(self, chunks: Sequence[bytes]) -> None:
        """Write anew what is here but doomed, as whoever would store it must; no byte of it travels."""
        doomed: list[Place] = []
        waiting, seen = list(chunks), set(chunks)
        while waiting:
            chunk = waiting.pop()
            if self._store.catalog.reusable(chunk):
                continue
            for place in self._store.catalog.find(chunk):
                doomed.append(place)
                base = self._store.contents.base_of(place)
                if base != NO_BASE and base not in seen:
                    seen.add(base)
                    waiting.append(base)
        if doomed:
            rewrite(self._store, doomed)

    def _lacking(self, chunks: Sequence[bytes]) -> list[bytes]:
        """What of ``chunks`` cannot be read here, or else the bases that are lacking for it; each once."""
        self._store.catalog.refresh(if_changed=True)
        found: dict[bytes, None] = {}
        for chunk in chunks:
            lacking = self._store.contents.lacking(chunk)
            if lacking is not None:
                found[lacking] = None
                if lacking != chunk:
                    self._alone.add(lacking)
        return list(found)

    def _rounds(self, lacking: list[bytes], receiver: Receiver, folder: Path, crew: Crew) -> None:
        """Fetch, then the bases that turned out to be needed, then from other places what was bad."""
        tried: dict[bytes, set[Place]] = {}
        while lacking:
            fetches = list(self._planned(lacking, tried))
            for moved in crew.each(partial(self._take, fetch, receiver, folder, crew) for fetch in fetches):
                self._moved += moved
            receiver.settle()
            bad, receiver.bad = receiver.bad, {}
            for chunk, error in bad.items():
                if not self._places(chunk, tried):
                    raise self._explained(chunk, error)
            bases = {base: None for base in receiver.waiting.values() if base not in bad}
            self._alone.update(bases)
            lacking = [*bases, *bad]

    def _explained(self, chunk: bytes, error: GitModelsError) -> GitModelsError:
        if isinstance(error, ObjectNotFound):
            return self._not_there([chunk])
        if isinstance(error, FormatTooNew):
            return error
        return checking.lied(error, chunk, self._remote.address)

    def _planned(self, lacking: Iterable[bytes], tried: dict[bytes, set[Place]]) -> Iterator[Fetch]:
        """What to ask for; ``tried`` are the places that were asked before, which grow by those now chosen."""
        by_pack: dict[bytes, list[Place]] = {}
        nowhere = []
        for chunk in lacking:
            places = self._places(chunk, tried)
            if not places:
                nowhere.append(chunk)
                continue
            tried.setdefault(chunk, set()).add(places[0])
            by_pack.setdefault(places[0].pack, []).append(places[0])
        if nowhere:
            raise self._not_there(nowhere)
        for name, chosen in sorted(by_pack.items()):
            size = self.catalogue.size(name)
            again = any(len(tried[place.chunk]) > 1 for place in chosen)
            if sum(map(checking.length_of, chosen)) >= _MOST * size and not again:
                yield Fetch(name, tuple(chosen), 0, size, whole=True)
            else:
                yield from _ranges(name, sorted(chosen, key=lambda place: place.offset))

    def _places(self, chunk: bytes, tried: dict[bytes, set[Place]]) -> list[Place]:
        before = tried.get(chunk, set())
        alone = chunk in self._alone
        found = (place for place in self.catalogue.find(chunk) if place not in before)
        return [place for place in found if not (alone and place.codec in codecs.BASED)]

    def _take(self, fetch: Fetch, receiver: Receiver, folder: Path, crew: Crew) -> int:
        """Fetch and hand over; how many bytes came. A pack that is not there any more leaves its chunks bad."""
        chunks = frozenset(place.chunk for place in fetch.places)
        try:
            if fetch.whole:
                # A folder of its own: the file is called as the pack, and might be fetched once more.
                path = Path(tempfile.mkdtemp(dir=folder)) / pack.name_of(fetch.pack)
                self._remote.save(fetch.pack, path, crew.moved)
                receiver.whole(path, fetch.end, chunks)
                return fetch.end
            data = memoryview(self._remote.read(fetch.pack, fetch.start, fetch.end - fetch.start))
        except ObjectNotFound as error:
            receiver.refuse(chunks, error)
            return 0
        crew.moved(len(data))
        for place in fetch.places:
            at = place.offset - fetch.start
            receiver.record(place, data[at : at + checking.length_of(place)])
        return len(data)

    def _not_there(self, chunks: Sequence[bytes]) -> GitModelsError:
        named = ", ".join(f"{self._paths.get(chunk, '')} ({chunk.hex()})".lstrip() for chunk in chunks[:_NAMED])
        more = f" and {len(chunks) - _NAMED} more" if len(chunks) > _NAMED else ""
        doubtful = next(iter(self.catalogue.doubtful.values()), None)
        if doubtful is not None:
            return Corrupt(
                f"the remote {self._remote.address} lacks {named}{more}, and {len(self.catalogue.doubtful)} of its"
                f" packs cannot be believed: {doubtful.message}",
                hint="push the model there again from a clone that has it",
                digest=Digest(chunks[0].hex()),
                remote=self._remote.address,
            )
        return ObjectNotFound(
            f"neither this store nor the remote {self._remote.address} has {named}{more}",
            hint="push it from a clone that has it: git models push; or fetch from another remote",
            digest=Digest(chunks[0].hex()),
            remote=self._remote.address,
        )


def _ranges(name: bytes, places: list[Place]) -> Iterator[Fetch]:
    """The places, sorted by offset, in as few ranges as pay."""
    run: list[Place] = []
    for place in places:
        far = run and (
            place.offset - checking.end_of(run[-1]) > _GAP or checking.end_of(place) - run[0].offset > _RANGE
        )
        if far:
            yield _range(name, run)
            run = []
        run.append(place)
    if run:
        yield _range(name, run)


def _range(name: bytes, run: list[Place]) -> Fetch:
    return Fetch(name, tuple(run), run[0].offset, checking.end_of(run[-1]), whole=False)
