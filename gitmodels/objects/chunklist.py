"""The chunk list: the binary object that says of which chunks a file consists, itself stored under its BLAKE3.

This room knows ids and lengths; it reads and writes no files. The layout stands in docs/format/objects.md.
"""

import struct
from typing import NamedTuple

from gitmodels.errors import Corrupt, FormatTooNew, Invalid
from gitmodels.objects.spans import MAX_CHUNK

MAGIC = b"\x93GMLST\r\n"
VERSION = 1
_HEAD = struct.Struct(">8sII")
_ROW = struct.Struct(">32sI")
# A chunk list is one chunk, so it must fit into one.
MAX_CHUNKS = (MAX_CHUNK - _HEAD.size) // _ROW.size


class Chunk(NamedTuple):
    """One chunk of a file: the id of its raw bytes (32 bytes) and how many they are."""

    id: bytes
    length: int


class Builder:
    """Gathers the chunks of one file and gives the list's bytes; 36 bytes of memory a chunk.

    >>> builder = Builder()
    >>> builder.add(bytes(32), 5)
    >>> decode(builder.data(), 5)[0].length
    5
    """

    def __init__(self) -> None:
        self._rows = bytearray()

    def add(self, chunk: bytes, length: int) -> None:
        """Append the next chunk. Raises Invalid when one list cannot name more."""
        if len(self._rows) >= MAX_CHUNKS * _ROW.size:
            raise Invalid(f"a file of more than {MAX_CHUNKS} chunks", hint="split the file")
        self._rows += _ROW.pack(chunk, length)

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    def data(self) -> bytes:
        """The chunk list as bytes."""
        return _HEAD.pack(MAGIC, VERSION, len(self)) + self._rows


def decode(data: bytes | bytearray | memoryview, size: int) -> tuple[Chunk, ...]:
    """The chunks that ``data`` names, of a file of ``size`` bytes.

    Raises Corrupt when it is no chunk list or its lengths do not add up to ``size``; FormatTooNew for a later version.
    """
    chunks = members(data)
    if sum(chunk.length for chunk in chunks) != size:
        raise Corrupt(f"a chunk list whose lengths do not make the {size} bytes of the file")
    return chunks


def members(data: bytes | bytearray | memoryview) -> tuple[Chunk, ...]:
    """The chunks that ``data`` names, of a file whose size is not known. Raises as ``decode``."""
    if len(data) < _HEAD.size:
        raise Corrupt("not a chunk list: too short")
    magic, version, count = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise Corrupt("not a chunk list: it opens with other bytes")
    if version > VERSION:
        raise FormatTooNew(
            f"a chunk list of version {version}, this gitmodels knows {VERSION}", hint="upgrade gitmodels"
        )
    if version != VERSION or len(data) != _HEAD.size + count * _ROW.size:
        raise Corrupt("a damaged chunk list: its length is not what its head says")
    chunks = tuple(Chunk(*row) for row in _ROW.iter_unpack(memoryview(data)[_HEAD.size :]))
    if any(not 0 < chunk.length <= MAX_CHUNK for chunk in chunks):
        raise Corrupt("a chunk list with a length that no chunk has")
    return chunks
