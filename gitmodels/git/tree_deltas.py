"""Trees in a pack as differences: of a folder that grew by one name, what is kept is that name and two ranges.

This room is pure. It knows records of packs and git's delta form, and neither files nor which packs exist. Deltas name
their base by its id (git's REF_DELTA), so a record can be copied to another pack as it is.
"""

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

# As git has it: whoever reads an object at the end of a chain makes all of the chain.
DEEPEST = 50
TREE, ID_DELTA = 2, 7
# A smaller tree is left as it is: its delta would hardly be smaller.
_LEAST = 256
_LARGEST = 16 << 20
# So many bytes at the beginning or at the end tell trees that are likely to be alike: an entry or two.
_KEY = 64
_COPY_MOST = 0xFFFF
_INSERT_MOST = 0x7F
_ZLIB_LEVEL = 1


@dataclass(slots=True)
class _Seen:
    """The trees looked at last, by how they begin and how they end; the smaller the later."""

    heads: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    tails: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)

    def like(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        found = (self.heads.get(data[:_KEY]), self.tails.get(data[-_KEY:]))
        return (each for each in dict.fromkeys(found) if each is not None)

    def add(self, oid: bytes, data: bytes) -> None:
        self.heads[data[:_KEY]] = self.tails[data[-_KEY:]] = (oid, data)


def with_deltas(pieces: Mapping[bytes, bytes], id_size: int) -> dict[bytes, bytes] | None:
    """The records of a pack by the ids of their objects, with deltas for the trees that are like larger ones.

    The largest of trees that are alike stays whole: it is the newest of a folder that only grows, and is read most.
    None when a record cannot be read, or is a delta whose base is not among them.
    """
    heights = _heights(pieces, id_size)
    if heights is None:
        return None
    trees: list[tuple[bytes, bytes]] = []
    for oid, piece in pieces.items():
        number, size, start = header(piece)
        if number == TREE and _LEAST <= size <= _LARGEST:
            data = _inflated(piece[start:], size)
            if data is None:
                return None
            trees.append((oid, data))
    # Of equal sizes the later ones first, as those are newer.
    trees.reverse()
    trees.sort(key=lambda tree: len(tree[1]), reverse=True)
    made = dict(pieces)
    depths: dict[bytes, int] = {}
    seen = _Seen()
    for oid, data in trees:
        delta, base = min(((difference(near, data), name) for name, near in seen.like(data)), default=(data, b""))
        depth = depths[base] + 1 if base else 0
        if not base or 2 * len(delta) > len(data) or depth + heights.get(oid, 0) > DEEPEST:
            depth = 0
        else:
            made[oid] = _record(ID_DELTA, len(delta)) + base + zlib.compress(delta, _ZLIB_LEVEL)
        depths[oid] = depth
        seen.add(oid, data)
    return made


def difference(base: bytes, target: bytes) -> bytes:
    r"""What makes ``target`` of ``base`` in git's form: what both begin with, what differs, what both end with.

    >>> difference(b"abcdefgh", b"abcXefgh")
    b'\x08\x08\x90\x03\x01X\x91\x04\x04'
    """
    limit = min(len(base), len(target))
    start = _common(base, target, limit)
    end = _common_end(base, target, limit - start)
    middle = target[start : len(target) - end]
    inserts = (middle[at : at + _INSERT_MOST] for at in range(0, len(middle), _INSERT_MOST))
    return b"".join(
        (
            _size(len(base)),
            _size(len(target)),
            _copies(0, start),
            *(bytes((len(piece),)) + piece for piece in inserts),
            _copies(len(base) - end, end),
        )
    )


def header(piece: bytes) -> tuple[int, int, int]:
    """Number of the kind, size of the object, and length of the header of a record. Raises IndexError."""
    byte = piece[0]
    number, size = (byte >> 4) & 7, byte & 15
    place, shift = 1, 4
    while byte & 0x80:
        byte = piece[place]
        size |= (byte & 0x7F) << shift
        place += 1
        shift += 7
    return number, size, place


def _inflated(packed: bytes, size: int) -> bytes | None:
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, size + 1)
    except zlib.error:
        return None
    return data if len(data) == size and stream.eof else None


def _heights(pieces: Mapping[bytes, bytes], id_size: int) -> dict[bytes, int] | None:
    """How long the longest chain of deltas is that ends at each whole object, where there is one."""
    bases: dict[bytes, bytes] = {}
    for oid, piece in pieces.items():
        try:
            number, _, start = header(piece)
        except IndexError:
            return None
        if number == ID_DELTA:
            bases[oid] = piece[start : start + id_size]
            if bases[oid] not in pieces:
                return None
    ends: dict[bytes, tuple[bytes, int]] = {}
    heights: dict[bytes, int] = {}
    for oid in bases:
        chain = []
        here = oid
        while here in bases and here not in ends:
            chain.append(here)
            here = bases[here]
            if len(chain) > len(bases):
                return None  # a circle
        end, depth = ends.get(here, (here, 0))
        for each in reversed(chain):
            depth += 1
            ends[each] = (end, depth)
        heights[end] = max(heights.get(end, 0), depth)
    return heights


def _common(first: bytes, second: bytes, limit: int) -> int:
    """How many bytes both begin with, ``limit`` at most. Halving: comparing ranges is quicker than counting."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_end(first: bytes, second: bytes, limit: int) -> int:
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if first[len(first) - middle : len(first) - low] == second[len(second) - middle : len(second) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _copies(start: int, length: int) -> bytes:
    """The commands that copy ``length`` bytes of the base from ``start``."""
    made = bytearray()
    while length:
        piece = min(length, _COPY_MOST)
        code, operands = 0x80, bytearray()
        for bit, byte in enumerate(struct.pack("<I", start)):
            if byte:
                code |= 1 << bit
                operands.append(byte)
        for bit, byte in enumerate(struct.pack("<H", piece)):
            if byte:
                code |= 0x10 << bit
                operands.append(byte)
        made.append(code)
        made += operands
        start, length = start + piece, length - piece
    return bytes(made)


def _record(number: int, size: int) -> bytes:
    """The header of a record of this kind and size."""
    head = bytearray([(number << 4) | (size & 15)])
    size >>= 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head)


def _size(number: int) -> bytes:
    made = bytearray()
    while number >> 7:
        made.append(0x80 | (number & 0x7F))
        number >>= 7
    made.append(number)
    return bytes(made)
