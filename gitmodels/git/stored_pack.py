"""A git pack whose objects stand in it as they are: nothing compressed, no deltas, written as a stream.

For bytes that do not shrink: compressing them is most of what writing them costs, and git sends on what stands in a
pack as it stands there. This room knows the pack format and deflate's stored blocks; what the objects are, it does not.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gitmodels.git.packs import Record, encode_index, record_header
from gitmodels.git.raw import ObjectFormat

# The longest block that deflate stores.
_BLOCK = 65535


class StoredPack:
    """A pack of exactly ``count`` objects in ``folder``, an ``objects/pack``; nothing of it is synced.

    ``add`` the objects, then ``finish``; the pack is not there for git before. Raises OSError.
    """

    def __init__(self, folder: Path, fmt: ObjectFormat, count: int) -> None:
        self._folder = folder
        self._fmt = fmt
        self._count = count
        self._records: list[Record] = []
        self._seen: set[str] = set()
        self._hasher = fmt.hasher()
        self._offset = 0
        self._path = folder / "tmp_gitmodels"
        self._stream: BinaryIO = open(self._path, "xb", buffering=0)  # noqa: SIM115 (closed by finish and close)
        self._write(struct.pack(">4sII", b"PACK", 2, count))

    def add(self, kind: str, data: bytes) -> str:
        """Append an object of ``kind`` (blob, tree or commit) unless it stands in the pack; its id."""
        oid = self._fmt.id_of(kind, data)
        if oid in self._seen:
            return oid
        self._seen.add(oid)
        record = b"".join((record_header(kind, len(data)), *_stored(data)))
        self._records.append(Record(bytes.fromhex(oid), zlib.crc32(record), self._offset))
        self._write(record)
        return oid

    def finish(self) -> None:
        """Give the pack its index and its name."""
        if len(self._records) != self._count:
            raise ValueError(f"a pack of {self._count} objects got {len(self._records)}")
        checksum = self._hasher.digest()
        self._stream.write(checksum)
        self.close()
        stem = self._folder / f"pack-{checksum.hex()}"
        stem.with_suffix(".idx").write_bytes(encode_index(self._records, checksum, self._fmt))
        os.rename(self._path, stem.with_suffix(".pack"))

    def close(self) -> None:
        """Close the file; what was not finished stays behind in the folder."""
        self._stream.close()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._stream.write(view) :]
        self._hasher.update(data)
        self._offset += len(data)


def _stored(data: bytes) -> Iterator[bytes]:
    """``data`` as zlib reads it, in stored blocks."""
    yield b"\x78\x01"
    view = memoryview(data)
    for start in range(0, len(data) or 1, _BLOCK):
        block = view[start : start + _BLOCK]
        yield struct.pack("<BHH", start + _BLOCK >= len(data), len(block), len(block) ^ 0xFFFF)
        yield bytes(block)
    yield struct.pack(">I", zlib.adler32(data))
