"""The records of a pack: a fixed header that describes one encoded chunk, then its payload.

This room packs and checks headers; it opens no files. The layout stands in docs/format/objects.md. A header carries
its own check and one of the payload, so a scan finds what is damaged without any index and without decoding.
"""

import struct
from typing import NamedTuple

from blake3 import blake3

from gitmodels.errors import Corrupt
from gitmodels.objects import codecs
from gitmodels.objects.codecs import Buffer
from gitmodels.objects.spans import MAX_CHUNK

MAGIC = b"\x93GMR"
NO_BASE = bytes(32)
_BODY = struct.Struct(">4sB3xII32s32s16s")
_CHECK = 8
HEADER_SIZE = _BODY.size + _CHECK


class Record(NamedTuple):
    """One header: how the chunk is encoded, its lengths in bytes, its id, the id of its delta base, a payload check."""

    codec: int
    raw_length: int
    encoded_length: int
    chunk: bytes
    base: bytes
    payload_check: bytes


def describe(chunk: bytes, raw_length: int, codec: int, payload: Buffer, base: bytes = NO_BASE) -> Record:
    """The record of a chunk with this id, encoded as ``payload``, with the help of the chunk ``base`` if any."""
    # A raw payload's BLAKE3 is the chunk's id, so it need not be hashed again.
    check = chunk[:16] if codec == codecs.RAW else payload_check(payload)
    return Record(codec, raw_length, len(payload), chunk, base, check)


def payload_check(payload: Buffer) -> bytes:
    """The first 16 bytes of the payload's BLAKE3."""
    return blake3(payload, max_threads=blake3.AUTO if len(payload) >= 1 << 20 else 1).digest(length=16)


def to_header(record: Record) -> bytes:
    """The 104 bytes of the record's header."""
    body = _BODY.pack(MAGIC, *record)
    return body + blake3(body).digest(length=_CHECK)


def from_header(header: bytes) -> Record:
    """The record that ``header`` describes. Raises Corrupt when it is not a whole and undamaged header."""
    body = header[: _BODY.size]
    if len(header) != HEADER_SIZE or not header.startswith(MAGIC):
        raise Corrupt("not a record: it opens with other bytes")
    if blake3(body).digest(length=_CHECK) != header[_BODY.size :]:
        raise Corrupt("a damaged record header: its check does not fit")
    record = Record(*_BODY.unpack(body)[1:])
    if max(record.raw_length, record.encoded_length) > MAX_CHUNK:
        raise Corrupt("a record header with impossible fields")
    based = record.base != NO_BASE
    if record.codec in codecs.KNOWN and based is not (record.codec in codecs.BASED and record.base != record.chunk):
        raise Corrupt("a record header with impossible fields")
    if record.codec == codecs.RAW and record.raw_length != record.encoded_length:
        raise Corrupt("a record header with impossible fields")
    return record
