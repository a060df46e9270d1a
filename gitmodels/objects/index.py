"""Index files: where the chunks of some packs lie, as sorted rows of fixed width, looked up in a memory map.

This room knows the layout of one index file (docs/format/objects.md); which of them a store has is catalog.py's.
An index is a projection: everything in it can be read from the packs. Its bytes are a pure function of the packs
it covers, and its file name is their BLAKE3.
"""

import mmap
import os
import struct
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from gitmodels import digest as digests
from gitmodels.errors import Corrupt
from gitmodels.objects.pack import Place

MAGIC = b"\x93GMIX\r\n\n"
VERSION = 1
SUFFIX = ".idx"
_HEAD = struct.Struct(">8sIIQ")
_PACK = struct.Struct(">32sQ")
_ROW = struct.Struct(">32sIQIIB3x")
ROW_SIZE = _ROW.size
# Up to here the whole file is checked against its name when it is opened; above, only when a lookup looks wrong.
_CHECKED = 1 << 20
# Ids are uniform, so a row stands near where its first bytes say; within this many standard deviations we look first.
_SPREAD = 4


class Index:
    """One index file, open for lookups. Raises Corrupt when it is not one of ours, undamaged.

    ``packs`` maps the ids of the packs it covers to their sizes in bytes.
    """

    def __init__(self, data: "bytes | mmap.mmap", name: str = "") -> None:
        self.name = name
        self.data = data
        if len(data) < _HEAD.size:
            raise Corrupt("an index file is too short")
        magic, version, packs, rows = _HEAD.unpack_from(data)
        self._first = _HEAD.size + packs * _PACK.size
        if magic != MAGIC or version != VERSION or len(data) != self._first + rows * ROW_SIZE:
            raise Corrupt("an index file is damaged or of another version")
        self._count: int = rows
        self._order = [_PACK.unpack_from(data, _HEAD.size + number * _PACK.size) for number in range(packs)]
        self.packs: dict[bytes, int] = dict(self._order)

    @classmethod
    def open(cls, path: Path) -> "Index":
        """The index at ``path``. Raises Corrupt and OSError."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(descriptor).st_size
            if size < _HEAD.size:
                raise Corrupt("an index file is too short")
            index = cls(mmap.mmap(descriptor, size, access=mmap.ACCESS_READ), path.name)
        finally:
            os.close(descriptor)
        if size <= _CHECKED and not index.is_intact():
            raise Corrupt("an index file is damaged: its bytes are not those of its name")
        return index

    def __len__(self) -> int:
        return self._count

    def is_intact(self) -> bool:
        """Whether the file's bytes are those it was named after; reads all of it."""
        return name_of(self.data) == self.name

    def find(self, chunk: bytes) -> list[Place]:
        """Every place the chunk with this id (32 bytes) lies at, among the packs covered."""
        row = self._lower_bound(chunk)
        found = []
        while row < self._count and self._id(row) == chunk:
            found.append(self._place(row))
            row += 1
        return found

    def places(self) -> Iterator[Place]:
        """All rows, sorted by chunk id, then pack id, then offset."""
        return (self._place(row) for row in range(self._count))

    def rows(self) -> bytes:
        """The bytes of all rows, for merging."""
        return self.data[self._first :]

    def order(self) -> list[bytes]:
        """The ids of the packs in the order that the rows' numbers count."""
        return [pack for pack, _ in self._order]

    def _id(self, row: int) -> bytes:
        start = self._first + row * ROW_SIZE
        return self.data[start : start + 32]

    def _place(self, row: int) -> Place:
        start = self._first + row * ROW_SIZE
        chunk, number, offset, raw, encoded, codec = _ROW.unpack(self.data[start : start + ROW_SIZE])
        if number >= len(self._order):
            raise Corrupt("an index file is damaged: a row names no pack")
        return Place(chunk, self._order[number][0], offset, raw, encoded, codec)

    def _lower_bound(self, chunk: bytes) -> int:
        """The first row whose id is not below ``chunk``."""
        low, high = 0, self._count
        if high > 64:
            guess = int.from_bytes(chunk[:8]) * high >> 64
            reach = _SPREAD * int(high**0.5)
            below, above = max(guess - reach, 0), min(guess + reach, high - 1)
            if self._id(below) < chunk:
                low = below + 1
            if self._id(above) >= chunk:
                high = above
        while low < high:
            middle = (low + high) // 2
            if self._id(middle) < chunk:
                low = middle + 1
            else:
                high = middle
        return low


def build(packs: Iterable[tuple[bytes, int]], places: Iterable[Place]) -> bytes:
    """The index file over ``packs`` (id, size in bytes) with these rows, in any order and with repetitions.

    Equal sets give equal bytes.

    >>> len(build([], []))
    24
    """
    table = sorted(set(packs))
    number = {pack: at for at, (pack, _) in enumerate(table)}
    rows = {_ROW.pack(place.chunk, number[place.pack], *place[2:]) for place in places}
    return _assemble(table, sorted(rows))


def merge(indexes: Sequence[Index]) -> bytes:
    """One index file over all packs of ``indexes``: the same bytes that ``build`` would give.

    A pack that two of them cover with other sizes is taken from the first.
    """
    sizes: dict[bytes, int] = {}
    for index in indexes:
        sizes = index.packs | sizes
    table = sorted(sizes.items())
    number = {pack: struct.pack(">I", at) for at, (pack, _) in enumerate(table)}
    merged: list[bytes] = []
    for index in indexes:
        numbers = [number[pack] for pack in index.order()]
        data = index.rows()
        starts = range(0, len(data), ROW_SIZE)
        try:
            merged += [
                data[at : at + 32] + numbers[int.from_bytes(data[at + 32 : at + 36])] + data[at + 36 : at + ROW_SIZE]
                for at in starts
            ]
        except IndexError:
            raise Corrupt("an index file is damaged: a row names no pack") from None
    # Each input is a sorted run, which the sort takes advantage of.
    merged.sort()
    return _assemble(table, list(dict.fromkeys(merged)))


def without(index: Index, gone: Collection[bytes]) -> bytes:
    """The index file over those packs of ``index`` that are not ``gone``. Raises Corrupt for rows without a pack."""
    table = [(pack, index.packs[pack]) for pack in index.order() if pack not in gone]
    number = {pack: struct.pack(">I", at) for at, (pack, _) in enumerate(table)}
    numbers = [number.get(pack) for pack in index.order()]
    data = index.rows()
    rows = []
    for at in range(0, len(data), ROW_SIZE):
        old = int.from_bytes(data[at + 32 : at + 36])
        if old >= len(numbers):
            raise Corrupt("an index file is damaged: a row names no pack")
        new = numbers[old]
        if new is not None:
            rows.append(data[at : at + 32] + new + data[at + 36 : at + ROW_SIZE])
    return _assemble(table, rows)


def name_of(data: "bytes | mmap.mmap") -> str:
    """The file name an index with these bytes has."""
    with memoryview(data) as view:
        return digests.of_bytes(view) + SUFFIX


def _assemble(table: list[tuple[bytes, int]], rows: list[bytes]) -> bytes:
    head = _HEAD.pack(MAGIC, VERSION, len(table), len(rows))
    return b"".join([head, *(_PACK.pack(*pack) for pack in table), *rows])
