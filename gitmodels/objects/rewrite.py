"""Copying records from packs into new ones: as they are, verified, or encoded anew where that is smaller.

This room knows packs, the writer and the encoder. Which records are worth keeping, and when the old packs may go, its
callers decide. The new packs are published before it returns, synced whatever the store's durability: what stands in
them may be the only copy from then on.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gitmodels.errors import DigestMismatch, GitModelsError
from gitmodels.objects import codecs, pack, record
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.codecs.encoder import Encoder
from gitmodels.objects.pack import Place
from gitmodels.objects.record import NO_BASE, Record
from gitmodels.objects.staging import Staging, explained
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import Pack, PackWriter

# A payload longer than this is on its way to the disk before the next is read: memory stays bounded.
_WAITED = 16 << 20


class Rewritten(NamedTuple):
    """New packs, and the records that could not be copied because they are damaged or gone."""

    packs: tuple[Pack, ...]
    failed: tuple[Place, ...]


class Recoder:
    """Encodes what is stored with the encoder of today, against a base where ``bases`` proposes one.

    ``bases`` maps chunks to chunks like them. A chunk that is somebody's base is never made to need one itself.
    """

    def __init__(self, store: ObjectStore, bases: Mapping[bytes, bytes]) -> None:
        self._store = store
        self._encoder = Encoder()
        used = {self._base_of(place) for place in store.catalog.places() if place.codec in codecs.BASED}
        self._alone = used | set(bases.values())
        self._bases = bases

    def smaller(self, place: Place) -> tuple[Record, Buffer] | None:
        """A record of the chunk at ``place`` that takes less room than the one there, or None.

        Raises Corrupt when the chunk cannot be read whole, and OSError.
        """
        data = self._store.contents.at(place)
        base = self._bases.get(place.chunk, NO_BASE) if place.chunk not in self._alone else NO_BASE
        older = self._older(base)
        codec, payload = self._encoder.encode(data, base=older)
        if len(payload) >= place.encoded_length:
            return None
        return record.describe(
            place.chunk, len(data), codec, payload, base if codec in codecs.BASED else NO_BASE
        ), payload

    def _older(self, base: bytes) -> Buffer | None:
        if base == NO_BASE or not self._store.contents.places(base, alone=True):
            return None
        try:
            return self._store.contents.base(base)
        except GitModelsError:
            return None

    def _base_of(self, place: Place) -> bytes:
        try:
            return self._store.contents.base_of(place)
        except (GitModelsError, OSError):
            return NO_BASE


def rewrite(store: ObjectStore, places: Iterable[Place], *, recoder: Recoder | None = None) -> Rewritten:
    """Write the records at ``places``, each chunk once, into new packs in that order; ``recoder`` encodes them anew.

    Raises Locked, and GitModelsError when writing fails; nothing is published then.
    """
    failed: list[Place] = []
    with store.locked(), explained("cannot rewrite the packs"):
        writer = PackWriter(Staging(store.root, durable=True), store.packs_folder)
        try:
            for place in _each_once(list(places)):
                if not _copied(store, writer, place, recoder):
                    failed.append(place)
                if store.progress is not None:
                    store.progress(record.HEADER_SIZE + place.encoded_length)
            packs = writer.publish()
        except BaseException:
            writer.abort()
            raise
        if packs:
            store.catalog.publish(packs)
    return Rewritten(tuple(packs), tuple(failed))


def _each_once(places: list[Place]) -> Iterable[Place]:
    """One record of each chunk; of several one that needs no base, for others may need it so."""
    best: dict[bytes, Place] = {}
    for place in places:
        known = best.setdefault(place.chunk, place)
        if known.codec in codecs.BASED and place.codec not in codecs.BASED:
            best[place.chunk] = place
    return (place for place in places if best[place.chunk] == place)


def _copied(store: ObjectStore, writer: PackWriter, place: Place, recoder: Recoder | None) -> bool:
    try:
        made = None if recoder is None else recoder.smaller(place)
        if made is None:
            made = found, payload = pack.read_record(store.catalog.path(place.pack), place)
            if record.payload_check(payload) != found.payload_check:
                raise DigestMismatch(f"the stored bytes of chunk {place.chunk.hex()} are damaged")
    except (GitModelsError, FileNotFoundError):
        return False
    written = writer.copy(*made)
    if written is not None and len(made[1]) > _WAITED:
        written.result()
    return True
