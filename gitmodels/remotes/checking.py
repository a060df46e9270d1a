"""Whether what a remote gave is what it should be: index files, single records, whole packs. Nothing is believed.

This room knows the layouts of objects/ and what may be wrong with them; it fetches and writes nothing. An index file is
only a claim of where records stand, but it may neither lie out of its pack nor overlap; a record counts when its header
and payload check out and its decoded bytes have its BLAKE3.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, DigestMismatch, GitModelsError, ObjectNotFound
from gitmodels.objects import codecs, pack, record
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.index import Index
from gitmodels.objects.pack import HEAD, Place
from gitmodels.objects.record import HEADER_SIZE, NO_BASE, Record
from gitmodels.objects.spans import MAX_CHUNK
from gitmodels.remotes.backend import MAX_PACK

# Gives the verified bytes of a chunk that is stored without a base; raises ObjectNotFound where there is none.
Base = Callable[[bytes], Buffer]


class Judged(NamedTuple):
    """What a whole pack holds: the places whose chunks were verified, those that wait for a base, those that are bad.

    ``waiting`` maps places to the ids of their bases.
    """

    good: tuple[Place, ...]
    waiting: dict[Place, bytes]
    bad: tuple[Place, ...]


def index_of(data: bytes, pack_id: bytes) -> Index:
    """The index file of one pack. Raises Corrupt unless its rows cover exactly that pack, without gap or overlap."""
    found = Index(data)
    if found.order() != [pack_id]:
        raise Corrupt("an index file of another pack")
    size = found.packs[pack_id]
    if size > MAX_PACK:
        raise Corrupt("an index file of a pack larger than any is")
    if not covers(found.places(), size):
        raise Corrupt("an index file whose rows do not make up its pack")
    return found


def covers(places: Iterable[Place], size: int) -> bool:
    """Whether the records at ``places`` fill a pack of ``size`` bytes from its head to its end."""
    expected = len(HEAD)
    for place in sorted(places, key=lambda place: place.offset):
        if place.offset != expected or max(place.raw_length, place.encoded_length) > MAX_CHUNK:
            return False
        expected = end_of(place)
    return expected == size


def end_of(place: Place) -> int:
    """The offset behind the record at ``place``."""
    return place.offset + length_of(place)


def length_of(place: Place) -> int:
    """The bytes of the record at ``place``: header and payload."""
    return HEADER_SIZE + place.encoded_length


def is_alone(place: Place) -> bool:
    """Whether the record at ``place`` needs no base."""
    return place.codec not in codecs.BASED


def record_of(data: Buffer, place: Place) -> tuple[Record, Buffer]:
    """The record in ``data``, which came for ``place``, and its payload. Raises Corrupt when it is not that, whole."""
    view = memoryview(data)
    found = record.from_header(bytes(view[:HEADER_SIZE]))
    wanted = (place.chunk, place.raw_length, place.encoded_length, place.codec)
    if (found.chunk, found.raw_length, found.encoded_length, found.codec) != wanted:
        raise Corrupt(f"another record stands where chunk {place.chunk.hex()} should be")
    payload = view[HEADER_SIZE:]
    if len(payload) != found.encoded_length:
        raise Corrupt(f"a record of chunk {place.chunk.hex()} of the wrong length")
    # A raw payload is checked by the chunk's id itself, once.
    if found.codec != codecs.RAW and record.payload_check(payload) != found.payload_check:
        raise DigestMismatch(f"the bytes of chunk {place.chunk.hex()} are damaged")
    return found, payload


def judge(path: Path, size: int, base: Base) -> Judged:
    """What the pack in the file ``path``, named as a pack is, really holds; ``base`` gives chunks from elsewhere.

    Raises Corrupt when the file is no undamaged pack of that name and size; OSError.
    """
    scanned = pack.scan(path)
    if scanned.flaws or scanned.size != size:
        raise Corrupt("a pack that is not the one of its name")
    name = pack.id_of(path.name) or bytes(32)
    places = {
        Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec): each
        for offset, each in scanned.records
    }
    alone = {place.chunk: place for place, each in places.items() if each.base == NO_BASE}

    def given(chunk: bytes) -> Buffer:
        return pack.read(path, alone[chunk]) if chunk in alone else base(chunk)

    good, waiting, bad = [], {}, []
    for place, each in places.items():
        try:
            pack.read(path, place, given)
            good.append(place)
        except ObjectNotFound:
            waiting[place] = each.base
        except GitModelsError:
            bad.append(place)
    return Judged(tuple(good), waiting, tuple(bad))


def is_intact(path: Path, places: Iterable[Place]) -> bool:
    """Whether all payloads at ``places`` fit their checks, so that the pack may be handed on. Raises OSError."""
    try:
        for place in places:
            found, payload = pack.read_record(path, place)
            if record.payload_check(payload) != found.payload_check:
                return False
    except Corrupt:
        return False
    return True


def lied(error: GitModelsError, chunk: bytes, address: str) -> DigestMismatch:
    """The error for a chunk of which a remote gave no copy that is what it should be."""
    return DigestMismatch(
        f"the remote {address} gave damaged or wrong bytes for {chunk.hex()}: {error.message}",
        hint="nothing of it was stored; push the model there again from a clone that has it, or use another remote",
        digest=Digest(chunk.hex()),
        remote=address,
    )
