"""Sending: which chunks a remote lacks, in which packs they travel, and in which order, so that a kill harms nothing.

This room plans over the local store and a remote's catalogue. What is wanted counts with its chunk lists and with the
bases its records need. A pack goes as it is when nearly all of it is lacking there and nothing in it is unwanted, so
that no model travels unasked; all other records are copied, as they are encoded, into new packs in ``tmp/``. A base is
there before what needs it. Equal records give equal packs, so after a kill the same call goes on where it stopped.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, DigestMismatch, GitModelsError, ObjectNotFound
from gitmodels.objects import chunklist, codecs, pack, record
from gitmodels.objects import index as index_file
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE
from gitmodels.objects.staging import Staging, explained, remove
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import TARGET, PackWriter
from gitmodels.remotes import checking
from gitmodels.remotes.backend import PackRemote, Progress, read_only
from gitmodels.remotes.catalogue import Catalogue
from gitmodels.remotes.crew import Crew
from gitmodels.values import frozen

# What can be asked for: all files of a model, one file, or one chunk by its id (32 bytes).
Wanted = Manifest | Entry | bytes
# A pack is sent as it is when this share of its bytes is lacking there.
_NEARLY_ALL = 0.9


@frozen
class Uploaded:
    """What was sent: packs, chunks and bytes; and how many of the wanted chunks were there before."""

    packs: int
    chunks: int
    size: int
    present: int


@frozen
class Job:
    """Records that travel in one pack; ``whole`` is the local pack when it goes as it is.

    ``needs`` are the bases that must be there first, ``gives`` the chunks that are there without a base afterwards.
    """

    places: tuple[Place, ...]
    whole: bytes | None
    needs: frozenset[bytes]
    gives: frozenset[bytes]

    @property
    def size(self) -> int:
        """About how many bytes it sends."""
        return sum(map(checking.length_of, self.places))


class Upload:
    """What has to be sent to ``remote`` so that all of ``wanted`` can be read from there; ``run`` sends it.

    With ``again`` the remote is not asked what is there where something is new and no more than so many bytes were
    known to be there: all is sent.
    What lies in the packs ``damaged`` there counts as lacking, and is not sent in a pack of the same id: a git server
    that holds damaged objects keeps them, and believes it has what is sent again.

    Raises ObjectNotFound for what neither the store nor the remote has, Corrupt, RemoteError.
    """

    def __init__(
        self,
        store: ObjectStore,
        wanted: Iterable[Wanted],
        remote: PackRemote,
        *,
        again: int | None = None,
        damaged: frozenset[bytes] = frozenset(),
    ) -> None:
        self._store = store
        self._remote = remote
        self.catalogue = Catalogue(store, remote)
        self.catalogue.out = self._damaged = damaged
        store.catalog.refresh(if_changed=True)
        wanted = list(wanted)
        if again is None or not self._planned_unasked(wanted, again):
            self.catalogue.refresh()
            self._damaged |= self.catalogue.lost
            self._plan(wanted)
        if self._jobs and not remote.writable:
            raise read_only(remote.address)

    def _plan(self, wanted: list[Wanted]) -> None:
        self._wanted = self._chunks(wanted)
        # Chunks that shall travel, and where a copy lies here; a base travels without a base.
        self._chosen: dict[bytes, Place] = {}
        self._bases: dict[Place, bytes] = {}
        self._choose()
        self._jobs = list(self._planned())
        self.size = sum(job.size for job in self._jobs)

    def _planned_unasked(self, wanted: list[Wanted], again: int) -> bool:
        """Plan to send everything; False where that would send more than ``again`` bytes that may well be there."""
        is_known = self.catalogue.recall()
        try:
            self._plan(wanted)
        except ObjectNotFound:
            return False  # it may be there and not here
        there = [place for chunk, place in self._chosen.items() if not is_known or self.catalogue.recalls(chunk)]
        is_news = not is_known or len(there) < len(self._chosen)
        return is_news and sum(map(checking.length_of, there)) <= again

    def run(self, progress: Progress | None = None) -> Uploaded:
        """Send it, by several threads. Raises RemoteError, Corrupt for damage here, and GitModelsError."""
        crew = Crew(progress)
        packs = size = 0
        try:
            with self._store.work_folder() as folder, explained("cannot read the object store"):
                for ready in self._rounds():
                    for sent in crew.each(partial(self._send, job, folder, crew) for job in ready):
                        packs += len(sent)
                        size += sum(sent)
        finally:
            self.catalogue.keep()
        return Uploaded(packs, len(self._chosen), size, len(self._wanted) - len(self._wanted & self._chosen.keys()))

    def _chunks(self, wanted: Iterable[Wanted]) -> set[bytes]:
        """The ids of all chunks and chunk lists that ``wanted`` consists of, as far as known here."""
        found: set[bytes] = set()
        for each in wanted:
            if isinstance(each, bytes):
                found.add(each)
                continue
            for entry in each.entries if isinstance(each, Manifest) else (each,):
                found.add(bytes.fromhex(entry.chunks or entry.blake3))
                if entry.chunks is not None:
                    found.update(self._members(entry))
        return found

    def _members(self, entry: Entry) -> list[bytes]:
        listed = bytes.fromhex(entry.chunks or "")
        # Where only the remote has the list, it was published with all it names.
        if not self._store.catalog.find(listed) and self.catalogue.has(listed):
            return []
        return [chunk.id for chunk in chunklist.decode(self._store.contents.read(listed, entry.path), entry.size)]

    def _choose(self) -> None:
        """Decide which copy of each lacking chunk travels, and add the bases that these copies need."""
        waiting = [(chunk, False) for chunk in sorted(self._wanted) if not self.catalogue.has(chunk)]
        # What is there may stand on a base that was lost there; what it stands on here is looked for, too.
        for chunk in sorted(self._wanted):
            if self.catalogue.has(chunk) and not self.catalogue.has(chunk, alone=True):
                waiting += [(base, True) for base in self._known_bases(chunk)]
        while waiting:
            chunk, alone = waiting.pop()
            known = self._chosen.get(chunk)
            if self.catalogue.has(chunk, alone=True) or (known and not (alone and known in self._bases)):
                continue
            place = self._place(chunk, alone)
            self._chosen[chunk] = place
            if known is not None:
                self._bases.pop(known, None)
            base = self._store.contents.base_of(place)
            if base != NO_BASE:
                self._bases[place] = base
                waiting.append((base, True))

    def _known_bases(self, chunk: bytes) -> set[bytes]:
        places = self._store.contents.places(chunk, alone=False)
        if not places or any(place.codec not in codecs.BASED for place in places):
            return set()
        return {self._store.contents.base_of(place) for place in places}

    def _place(self, chunk: bytes, alone: bool) -> Place:
        """The smallest copy that has a whole header."""
        damage: GitModelsError | None = None
        for place in sorted(self._store.contents.places(chunk, alone=alone), key=lambda place: place.encoded_length):
            try:
                pack.probe(self._store.catalog.path(place.pack), place)
            except Corrupt as error:
                damage = error
            except FileNotFoundError:
                continue
            else:
                return place
        if damage is not None:
            raise damage
        raise ObjectNotFound(
            f"neither this store nor the remote {self._remote.address} has {chunk.hex()}",
            hint="push from a clone that has the model; git models fsck tells which models need it",
            digest=Digest(chunk.hex()),
            remote=self._remote.address,
        )

    def _planned(self) -> Iterator[Job]:
        """The jobs: packs that go as they are, then other records in new packs, bases apart from their deltas."""
        by_pack: dict[bytes, list[Place]] = {}
        for place in self._chosen.values():
            by_pack.setdefault(place.pack, []).append(place)
        rest: list[Place] = []
        for name, places in sorted(by_pack.items()):
            whole = self._whole(name, places)
            if whole is None:
                rest += places
            else:
                yield whole
        rest.sort(key=lambda place: (place in self._bases, place.pack, place.offset))
        for batch in _batches(rest, self._bases):
            needs = frozenset(self._bases[place] for place in batch if place in self._bases)
            gives = frozenset(place.chunk for place in batch if place not in self._bases)
            yield Job(tuple(batch), None, needs, gives)

    def _whole(self, name: bytes, chosen: list[Place]) -> Job | None:
        """The job of sending this pack as it is; None when it should not be."""
        path = self._store.catalog.path(name)
        size = self._store.catalog.size(name) or 0
        if name in self._damaged or sum(map(checking.length_of, chosen)) < _NEARLY_ALL * size:
            return None
        try:
            scanned = pack.scan(path)
        except (GitModelsError, OSError):
            return None
        unwanted = any(each.chunk not in self._wanted and each.chunk not in self._chosen for _, each in scanned.records)
        if unwanted or scanned.flaws:
            return None
        gives = frozenset(each.chunk for _, each in scanned.records if each.base == NO_BASE)
        needs = frozenset(each.base for _, each in scanned.records if each.base != NO_BASE) - gives
        if any(base not in self._chosen and not self.catalogue.has(base, alone=True) for base in needs):
            return None
        places = tuple(
            Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec)
            for offset, each in scanned.records
        )
        return Job(places, name, needs, gives)

    def _rounds(self) -> Iterator[list[Job]]:
        """The jobs in rounds, each of which needs only what earlier ones gave or what was there."""
        waiting = self._jobs
        while waiting:
            ready = [job for job in waiting if all(self.catalogue.has(base, alone=True) for base in job.needs)]
            if not ready:
                # Two packs hold bases of one another: those travel first, once more.
                needed = frozenset().union(*(job.needs for job in waiting))
                places = [
                    self._chosen_alone(base) for base in sorted(needed) if not self.catalogue.has(base, alone=True)
                ]
                ready = [Job(tuple(batch), None, frozenset(), frozenset()) for batch in _batches(places, {})]
            else:
                waiting = [job for job in waiting if job not in ready]
            yield ready

    def _chosen_alone(self, chunk: bytes) -> Place:
        place = self._chosen.get(chunk)
        return place if place is not None and place not in self._bases else self._place(chunk, True)

    def _send(self, job: Job, folder: Path, crew: Crew) -> list[int]:
        """Send one job; the sizes of the packs that were sent."""
        if job.whole is not None:
            path = self._store.catalog.path(job.whole)
            try:
                if checking.is_intact(path, job.places):
                    size = path.stat().st_size
                    return [size] if self._put(job.whole, size, job.places, path, crew) else []
            except FileNotFoundError:
                pass  # repacked meanwhile: its records are somewhere
            lacking = [self._chosen[place.chunk] for place in job.places if place.chunk in self._chosen]
            return self._copied(lacking, folder, crew)
        return self._copied(job.places, folder, crew)

    def _copied(self, places: Sequence[Place], folder: Path, crew: Crew) -> list[int]:
        """Send records in new packs, which are removed again."""
        staging = Staging(folder, durable=False)
        target = folder / places[0].chunk.hex()  # no two jobs begin with the same record
        writer = PackWriter(staging, target)
        try:
            if self._damaged:
                # One record more makes another pack of it.
                salt = os.urandom(16)
                writer.append(bytes.fromhex(digests.of_bytes(salt)), len(salt), codecs.RAW, salt)
            for place in places:
                written = writer.copy(*self._record(place))
                if written is not None:
                    written.result()
            made = writer.publish()
        except BaseException:
            writer.abort()
            raise
        sent = []
        for each in made:
            path = target / pack.name_of(each.id)
            if self._put(each.id, each.size, each.places, path, crew):
                sent.append(each.size)
            remove(path)
        return sent

    def _record(self, place: Place) -> tuple[record.Record, codecs.Buffer]:
        """The record at ``place``, or of another copy of its chunk where that one is damaged or gone."""
        base = self._bases.get(place, NO_BASE)
        damage: GitModelsError | None = None
        for again in (False, True):
            if again:
                self._store.catalog.refresh()
            others = self._store.contents.places(place.chunk, alone=base == NO_BASE)
            for each in (place, *(other for other in others if other != place)):
                try:
                    found, payload = pack.read_record(self._store.catalog.path(each.pack), each)
                except FileNotFoundError:
                    continue
                except Corrupt as error:
                    damage = error
                    continue
                if record.payload_check(payload) != found.payload_check:
                    damage = DigestMismatch(f"the stored bytes of chunk {place.chunk.hex()} are damaged")
                elif found.base in (NO_BASE, base):
                    return found, payload
        raise DigestMismatch(
            damage.message if damage else f"the chunk {place.chunk.hex()} went away",
            hint="run 'git models fsck --repair', then push again",
            digest=Digest(place.chunk.hex()),
        )

    def _put(self, name: bytes, size: int, places: Iterable[Place], path: Path, crew: Crew) -> bool:
        index = index_file.build([(name, size)], [place._replace(pack=name) for place in places])
        if name in self._damaged:
            self._remote.delete(name)  # all that was in it is in what is sent now
            self.catalogue.out -= {name}
        sent = self._remote.put(name, path, index, crew.moved)
        self.catalogue.add(name, index)
        return sent


def _batches(places: Iterable[Place], bases: dict[Place, bytes]) -> Iterator[list[Place]]:
    """Runs of places that fill one pack each, those with a base apart from those without."""
    batch: list[Place] = []
    size = 0
    for place in places:
        if batch and (size >= TARGET or (place in bases) != (batch[0] in bases)):
            yield batch
            batch, size = [], 0
        batch.append(place)
        size += checking.length_of(place)
    if batch:
        yield batch
