"""Checking the store: every byte of it is compared with what it should be, nothing is changed.

This room reads packs, index files and cached files by itself, so that damage to an index cannot hide damage to a
pack. It knows no models: callers match the chunk ids of the damage with manifests.

The way out of damage: fetch the model again, or add the same files again (``ObjectStore.add_directory`` with
``heal=True``), which stores a second copy that readers take instead; index files are made anew by ``rebuild_index``.
``repair`` saves what is whole and puts the rest aside.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from gitmodels import digest as digests
from gitmodels.digest import Digest
from gitmodels.errors import Corrupt, FormatTooNew
from gitmodels.objects import codecs, pack
from gitmodels.objects import index as index_file
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.index import Index
from gitmodels.objects.pack import Place, Scan
from gitmodels.objects.record import HEADER_SIZE, NO_BASE, Record
from gitmodels.objects.rounds import Round
from gitmodels.objects.store import ObjectStore
from gitmodels.values import frozen, replace

Kind = Literal["header", "truncated", "name", "content", "base", "index", "cache", "unreadable", "too-new"]


@frozen
class Damage:
    """One thing wrong with the store.

    ``kind``: header (a pack's or record's head), truncated (a pack ends too early), name (a pack's records are not
    those it was named after), content (a chunk's bytes), base (the chunk it was made from is not stored), index,
    cache, unreadable (the system fails to read it), too-new (not damage: only a newer gitmodels can tell).
    ``file`` is relative to the store (absolute when the cache lies elsewhere); ``offset`` counts bytes in it;
    ``chunk`` is the id of the chunk hurt, when known; ``healed`` says that an intact copy of it is stored elsewhere.
    """

    kind: Kind
    file: str
    offset: int
    chunk: Digest | None
    detail: str
    healed: bool = False


class Bases:
    """The chunks that others were made from, found and read by the packs alone."""

    def __init__(self, folder: Path, scans: dict[bytes, Scan]) -> None:
        self._folder = folder
        needed = {record.base for scan in scans.values() for _, record in scan.records} - {NO_BASE}
        self._places: dict[bytes, list[Place]] = {}
        for name, scan in scans.items():
            for offset, each in scan.records:
                if each.chunk in needed and each.codec not in codecs.BASED:
                    place = Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec)
                    self._places.setdefault(each.chunk, []).append(place)

    def have(self, chunk: bytes) -> bool:
        """Whether the chunk is stored without a base itself."""
        return chunk in self._places

    def read(self, chunk: bytes) -> Buffer:
        """Its verified bytes, from whichever copy is whole. Raises Corrupt."""
        for place in self._places[chunk]:
            with contextlib.suppress(Corrupt, FormatTooNew, OSError):
                return pack.read(self._folder / pack.name_of(place.pack), place)
        raise Corrupt(f"its base {chunk.hex()} is damaged")


def fsck(store: ObjectStore, *, full: bool = False, limited: Round | None = None) -> list[Damage]:
    """Everything that is wrong with the store, by file and offset; [] when nothing is.

    ``limited`` says which packs a full check still has to read, and for how long; cached files come when none is left.

    Quick: pack heads, record headers, lengths and names of all packs; index files against their names and the packs.
    ``full`` also decodes and hashes every chunk and every cached file. Takes no lock: packs and index files that come
    or go meanwhile are left out.

    >>> fsck(ObjectStore(Path("/nowhere/at/all")))
    []
    """
    found: list[Damage] = []
    scans: dict[bytes, Scan] = {}
    good: set[bytes] = set()
    packs = _files(store.packs_folder, pack.SUFFIX)
    for path in packs:
        found += _scan(path, scans)
    bases = Bases(store.packs_folder, scans)
    for path in packs:
        name = pack.id_of(path.name) or b""
        due = full and (limited is None or limited.is_due(name))
        damages, whole = _check_pack(path, scans, bases, full=due)
        found += damages
        good |= whole
        if due and limited is not None and not damages:
            limited.note(name)
        if due and name in scans and store.progress is not None:
            store.progress(scans[name].size)
    found += _check_indexes(store.index_folder, scans)
    if full and not (limited and limited.left):
        found += _check_cache(store)
    if limited is not None:
        limited.end()
    marked = (replace(each, healed=bool(each.chunk) and bytes.fromhex(each.chunk or "") in good) for each in found)
    return sorted((_relative(each, store.root) for each in marked), key=lambda each: (each.file, each.offset))


def _scan(path: Path, scans: dict[bytes, Scan]) -> list[Damage]:
    """Note what a pack holds, and give what its headers and its length show to be wrong."""
    name = pack.id_of(path.name)
    if name is None:
        return [Damage("name", str(path), 0, None, "not a pack's name")]
    try:
        scans[name] = scan = pack.scan(path)
    except FileNotFoundError:
        return []
    except FormatTooNew as error:
        return [Damage("too-new", str(path), 0, None, error.message)]
    except OSError as error:
        return [Damage("unreadable", str(path), 0, None, str(error.strerror))]
    return [Damage(_kind(flaw.kind), str(path), flaw.offset, _digest(flaw.chunk), flaw.detail) for flaw in scan.flaws]


def _check_pack(path: Path, scans: dict[bytes, Scan], bases: Bases, *, full: bool) -> tuple[list[Damage], set[bytes]]:
    """The damage in a pack's records, and the ids of its chunks that are whole as far as looked."""
    scan = scans.get(pack.id_of(path.name) or b"")
    if scan is None:
        return [], set()
    found = [
        Damage("base", str(path), offset, _digest(record.chunk), f"its base {record.base.hex()} is not stored")
        for offset, record in scan.records
        if record.base != NO_BASE and not bases.have(record.base)
    ]
    try:
        found += _check_payloads(path, scan, bases) if full else ()
    except FileNotFoundError:
        return [], set()
    except OSError as error:
        found.append(Damage("unreadable", str(path), 0, None, str(error.strerror)))
        return found, set()
    bad = {damage.offset for damage in found}
    return found, {record.chunk for offset, record in scan.records if offset not in bad}


def _check_payloads(path: Path, scan: Scan, bases: Bases) -> Iterator[Damage]:
    # One room for all of them: fresh pages cost as much as hashing what is read into them.
    room = memoryview(bytearray(max((record.encoded_length for _, record in scan.records), default=0)))
    with open(path, "rb", buffering=0) as stream:
        for offset, found in scan.records:
            if found.base != NO_BASE and not bases.have(found.base):
                continue
            try:
                pack.decoded(found, _payload(stream.fileno(), found, offset, room), bases.read)
                # Of a raw payload this is the beginning of its id, which is that of these bytes as was just seen.
                if found.codec == codecs.RAW and found.payload_check != found.chunk[: len(found.payload_check)]:
                    raise Corrupt("its payload is not the one its header was written for")
            except FormatTooNew as error:
                yield Damage("too-new", str(path), offset, _digest(found.chunk), error.message)
            except Corrupt as error:
                yield Damage("content", str(path), offset, _digest(found.chunk), error.message)
            except OSError as error:
                yield Damage("unreadable", str(path), offset, _digest(found.chunk), str(error.strerror))


def _payload(descriptor: int, found: Record, offset: int, room: memoryview) -> memoryview:
    """The payload of the record at ``offset``, in ``room``; shorter where the file was cut since it was scanned."""
    payload = room[: found.encoded_length]
    return payload[: os.preadv(descriptor, [payload], offset + HEADER_SIZE)]


def _check_indexes(folder: Path, scans: dict[bytes, Scan]) -> Iterator[Damage]:
    for path in _files(folder, index_file.SUFFIX):
        try:
            with open(path, "rb", buffering=0) as stream:
                if digests.of_stream(stream) + index_file.SUFFIX != path.name:
                    raise Corrupt("its bytes are not those of its name")
            index = Index.open(path)
            yield from _check_rows(path, index, scans)
        except FileNotFoundError:
            continue
        except Corrupt as error:
            yield Damage("index", str(path), 0, None, error.message)
            continue
        for name in sorted(index.packs.keys() & scans.keys()):
            if index.packs[name] != scans[name].size:
                detail = f"pack {name.hex()[:16]}… has {scans[name].size} bytes, the index says {index.packs[name]}"
                yield Damage("index", str(path), 0, None, detail)


def _check_rows(path: Path, index: Index, scans: dict[bytes, Scan]) -> Iterator[Damage]:
    """Rows that the packs do not have; records that the index lacks."""
    covered = index.packs.keys() & scans.keys()
    rows = {place for place in index.places() if place.pack in covered}
    records = {
        Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec)
        for name in covered
        for offset, each in scans[name].records
    }
    for place in sorted(rows ^ records):
        side = "the index names a record that is not there" if place in rows else "the index lacks a record"
        yield Damage("index", str(path), 0, _digest(place.chunk), f"{side}: {place.offset} in {place.pack.hex()[:16]}…")


def _check_cache(store: ObjectStore) -> Iterator[Damage]:
    for path, _ in sorted(store.cache.files(), key=lambda item: item[0]):
        try:
            if digests.of_file(path) != path.name:
                yield Damage("cache", str(path), 0, None, "a cached file's bytes are not those of its id: delete it")
        except FileNotFoundError:
            continue
        except OSError as error:
            yield Damage("unreadable", str(path), 0, None, str(error.strerror))


def _kind(kind: str) -> Kind:
    kinds: dict[str, Kind] = {"header": "header", "truncated": "truncated", "name": "name"}
    return kinds[kind]


def _digest(chunk: bytes | None) -> Digest | None:
    return None if chunk is None else Digest(chunk.hex())


def _relative(damage: Damage, root: Path) -> Damage:
    path = Path(damage.file)
    return replace(damage, file=path.relative_to(root).as_posix()) if path.is_relative_to(root) else damage


def _files(folder: Path, suffix: str) -> list[Path]:
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith(suffix))
    except FileNotFoundError:
        return []
