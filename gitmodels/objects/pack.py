"""Pack files, read: one record at a place, or a scan of all of them that needs no index.

This room knows the layout of a pack (docs/format/objects.md) and takes every byte of it for damaged until checked.
It knows neither the index nor the store. Packs are written in writer.py.
"""

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from blake3 import blake3

from gitmodels import digest as digests
from gitmodels.errors import Corrupt, DigestMismatch, FormatTooNew
from gitmodels.objects import codecs, record
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.record import HEADER_SIZE, Record

MAGIC = b"\x93GMPK\r\n\n"
VERSION = 1
SUFFIX = ".pack"
_HEAD = struct.Struct(">8sII")
HEAD = _HEAD.pack(MAGIC, VERSION, 0)
_STRIDE = 1 << 20


Base = Callable[[bytes], Buffer]
"""Gives the verified bytes of the chunk with this id, which is stored without a base."""


class Place(NamedTuple):
    """Where a chunk lies: its id, the id of its pack (32 bytes each), the offset of its record, lengths, codec."""

    chunk: bytes
    pack: bytes
    offset: int
    raw_length: int
    encoded_length: int
    codec: int


class Flaw(NamedTuple):
    """Something a scan found wrong: ``kind`` is header, truncated or name; ``chunk`` the record's id when known."""

    kind: str
    offset: int
    chunk: bytes | None
    detail: str


class Scan(NamedTuple):
    """What a scan found: the pack's true size in bytes, its whole records with their offsets, and what is wrong."""

    size: int
    records: tuple[tuple[int, Record], ...]
    flaws: tuple[Flaw, ...]


def name_of(pack: bytes) -> str:
    """The file name of the pack with this id."""
    return pack.hex() + SUFFIX


def id_of(name: str) -> bytes | None:
    """The id of the pack with this file name; None when it is no pack's name."""
    if len(name) != 64 + len(SUFFIX) or not name.endswith(SUFFIX):
        return None
    try:
        pack = bytes.fromhex(name[:64])
    except ValueError:
        return None
    return pack if pack.hex() == name[:64] else None


def read(path: Path, place: Place, base: Base | None = None) -> Buffer:
    """The raw bytes of the chunk at ``place``, verified; ``base`` gives those of another chunk, where one is needed.

    Raises DigestMismatch when they are not those of its id, Corrupt when the record is not there or damaged,
    FormatTooNew for a codec of a later version, OSError, and what ``base`` raises.
    """
    found, payload = read_record(path, place)
    return decoded(found, payload, base)


def read_record(path: Path, place: Place) -> tuple[Record, Buffer]:
    """The record at ``place`` and its payload, which is not verified. Raises Corrupt and OSError."""
    with open(path, "rb", buffering=0) as stream:
        found = _header_at(stream.fileno(), place)
        return found, _exactly(stream.fileno(), place.encoded_length, place.offset + HEADER_SIZE)


def record_at(path: Path, place: Place) -> Record:
    """The record at ``place`` as its header tells it. Raises Corrupt when another or none stands there, and OSError."""
    with open(path, "rb", buffering=0) as stream:
        return _header_at(stream.fileno(), place)


def probe(path: Path, place: Place) -> None:
    """Check that a record for the chunk stands at ``place`` whole, without reading its payload.

    Raises Corrupt, FormatTooNew and OSError.
    """
    with open(path, "rb", buffering=0) as stream:
        _header_at(stream.fileno(), place)
        if os.fstat(stream.fileno()).st_size < place.offset + HEADER_SIZE + place.encoded_length:
            raise Corrupt(f"a pack ends inside the chunk {place.chunk.hex()}")


def decoded(found: Record, payload: Buffer, base: Base | None = None) -> Buffer:
    """The raw bytes of a record's payload, verified against the chunk's id. Raises as ``read`` does."""
    if found.codec not in codecs.KNOWN:
        raise codecs.too_new(found.codec)
    if found.codec != codecs.RAW and record.payload_check(payload) != found.payload_check:
        raise DigestMismatch(f"the stored bytes of chunk {found.chunk.hex()} are damaged")
    older = base(found.base) if base is not None and found.codec in codecs.BASED else None
    data = codecs.decode(found.codec, payload, found.raw_length, older)
    if digests.of_bytes(data) != found.chunk.hex():
        raise DigestMismatch(f"the stored bytes of chunk {found.chunk.hex()} are damaged")
    return data


def scan(path: Path) -> Scan:
    """Every whole record of the pack, from the headers alone, and every flaw on the way.

    A damaged header does not hide the records behind it: the scan goes on at the next header that checks out.
    Raises FormatTooNew for a pack of a later version, and OSError.
    """
    with open(path, "rb", buffering=0) as stream:
        descriptor = stream.fileno()
        size = os.fstat(descriptor).st_size
        head = os.pread(descriptor, _HEAD.size, 0)
        records: list[tuple[int, Record]] = []
        flaws: list[Flaw] = []
        if head != HEAD:
            _check_version(head, path)
            flaws.append(Flaw("header", 0, None, "the pack's own header is damaged"))
        hasher = blake3(head)
        offset: int | None = min(_HEAD.size, size)
        while offset is not None and offset < size:
            header = os.pread(descriptor, HEADER_SIZE, offset)
            try:
                found = record.from_header(header)
            except Corrupt as error:
                at_end = size - offset < HEADER_SIZE
                flaws.append(Flaw("truncated" if at_end else "header", offset, None, error.message))
                offset = _next_header(descriptor, offset + 1, size)
                continue
            end = offset + HEADER_SIZE + found.encoded_length
            if end > size:
                flaws.append(Flaw("truncated", offset, found.chunk, f"{end - size} bytes are missing at the end"))
                break
            hasher.update(header)
            records.append((offset, found))
            offset = end
    if hasher.hexdigest() + SUFFIX != path.name:
        flaws.append(Flaw("name", 0, None, "its records are not those its name was made from"))
    return Scan(size, tuple(records), tuple(flaws))


def _check_version(head: bytes, path: Path) -> None:
    if len(head) == _HEAD.size:
        magic, version, _ = _HEAD.unpack(head)
        # A flipped bit must not pass for the future: versions grow by one.
        if magic == MAGIC and VERSION < version < 256:
            raise FormatTooNew(
                f"pack {path.name[:16]}… is of version {version}, this gitmodels knows {VERSION}",
                hint="upgrade gitmodels",
            )


def _header_at(descriptor: int, place: Place) -> Record:
    found = record.from_header(os.pread(descriptor, HEADER_SIZE, place.offset))
    wanted = (place.chunk, place.raw_length, place.encoded_length, place.codec)
    if (found.chunk, found.raw_length, found.encoded_length, found.codec) != wanted:
        raise Corrupt(f"another record stands where chunk {place.chunk.hex()} should be")
    return found


def _exactly(descriptor: int, length: int, offset: int) -> Buffer:
    data = os.pread(descriptor, length, offset)
    while len(data) < length:
        more = os.pread(descriptor, length - len(data), offset + len(data))
        if not more:
            raise Corrupt("a pack ends inside a chunk")
        data += more
    return data


def _next_header(descriptor: int, start: int, size: int) -> int | None:
    """The offset of the next header that checks out, at or after ``start``."""
    while start < size:
        window = os.pread(descriptor, _STRIDE + HEADER_SIZE, start)
        position = window.find(record.MAGIC)
        while 0 <= position < _STRIDE:
            try:
                record.from_header(window[position : position + HEADER_SIZE])
            except Corrupt:
                position = window.find(record.MAGIC, position + 1)
            else:
                return start + position
        start += _STRIDE
    return None
