"""Reading git packs: one object by its offset, deltas resolved, through an index of version 2.

This room knows the bytes of packs and indexes for ids of any length, and nothing of folders or repositories. Every
byte is somebody else's: counts, offsets and sizes are checked before they are believed, and whoever asks verifies the
object against its id.
"""

import mmap
import os
import struct
import zlib
from itertools import pairwise

# Larger than anything a registry holds; a size is only a claim until that many bytes came out.
LARGEST_OBJECT = 1 << 30
KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}

_INDEX_MAGIC = b"\377tOc\0\0\0\2"
_IDS_START = 8 + 4 * 256
_HEADER_SIZE = 12
_OFFSET_DELTA, _ID_DELTA = 6, 7
_BLOCK = 4096
_LARGER_BLOCK = 256 << 10
# git itself never writes longer chains than 4095.
_LONGEST_CHAIN = 4096
_NARROW = 256
_BASES_BUDGET = 16 << 20
_LARGEST_BASE = 1 << 20


class Damaged(ValueError):
    """Bytes that cannot be what they claim to be."""


class UnknownForm(ValueError):
    """An index of another version than 2: nothing is wrong with it, but it is not read here."""


class PackIndex:
    """The index file of one pack, mapped into memory.

    Raises Damaged when its size and its tables do not fit together, UnknownForm for another version, OSError.
    """

    def __init__(self, path: str, id_size: int) -> None:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            if size < _IDS_START + 2 * id_size:
                raise Damaged("a pack index is too short")
            self._data = mmap.mmap(fd, size, access=mmap.ACCESS_READ)
        finally:
            os.close(fd)
        if self._data[:8] != _INDEX_MAGIC:
            raise UnknownForm("a pack index of another version")
        self._fanout = struct.unpack_from(">256I", self._data, 8)
        if any(low > high for low, high in pairwise(self._fanout)):
            raise Damaged("the fan-out of a pack index does not rise")
        self.count = self._fanout[-1]
        self._id_size = id_size
        self._offsets = _IDS_START + self.count * (id_size + 4)
        self._large = self._offsets + 4 * self.count
        rest = size - 2 * id_size - self._large
        if rest < 0 or rest % 8 or rest // 8 > self.count:
            raise Damaged("a pack index has another size than its tables")
        self._large_count = rest // 8
        self.pack_hash = bytes(self._data[size - 2 * id_size : size - id_size])

    def find(self, oid: bytes) -> int | None:
        """The offset of object ``oid`` in the pack, as the index claims it; None when it does not hold it."""
        low = self._fanout[oid[0] - 1] if oid[0] else 0
        high = self._fanout[oid[0]]
        size, data = self._id_size, self._data
        while high - low > _NARROW:
            middle = (low + high) // 2
            if data[_IDS_START + middle * size : _IDS_START + (middle + 1) * size] <= oid:
                low = middle
            else:
                high = middle
        start, end = _IDS_START + low * size, _IDS_START + high * size
        place = data.find(oid, start, end)
        while place >= 0 and (place - _IDS_START) % size:  # bytes of two ids that happen to read like this one
            place = data.find(oid, place + 1, end)
        return None if place < 0 else self._offset((place - _IDS_START) // size)

    def _offset(self, row: int) -> int:
        (offset,) = struct.unpack_from(">I", self._data, self._offsets + 4 * row)
        if offset >> 31 == 0:
            return int(offset)
        place = offset & 0x7FFFFFFF
        if place >= self._large_count:
            raise Damaged("a pack index points past its table of large offsets")
        (offset,) = struct.unpack_from(">Q", self._data, self._large + 8 * place)
        return int(offset)


class PackFile:
    """One pack with its index: ``<stem>.pack`` and ``<stem>.idx``. The file stays open while the value lives.

    Raises what ``PackIndex`` raises.
    """

    def __init__(self, stem: str, id_size: int) -> None:
        self._fd = -1
        self._stem = stem
        self._id_size = id_size
        self._end = 0
        self._bases: dict[int, tuple[int, bytes]] = {}
        self._bases_size = 0
        self._index = PackIndex(f"{stem}.idx", id_size)

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def find(self, oid: bytes) -> int | None:
        """The offset of ``oid``, None when the pack does not hold it. Raises Damaged."""
        return self._index.find(oid)

    def read(self, offset: int) -> tuple[str, bytes]:
        """Kind and bytes of the object at ``offset``. Raises Damaged, or OSError when the pack cannot be opened."""
        if self._fd < 0:
            self._open()
        chain: list[tuple[int, bytes]] = []
        while (known := self._bases.get(offset)) is None:
            number, base, data = self._record(offset)
            if base is None:
                known = (number, data)
                break
            chain.append((offset, data))
            if len(chain) > _LONGEST_CHAIN:
                raise Damaged("a chain of deltas does not end")
            offset = base
        number, data = known
        for place, delta in reversed(chain):
            self._remember(offset, number, data)
            data = apply_delta(data, delta)
            offset = place
        if number not in KINDS:
            raise Damaged("a pack holds an object of no known kind")
        return KINDS[number], data

    def _open(self) -> None:
        fd = os.open(f"{self._stem}.pack", os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(fd).st_size
            head = os.pread(fd, _HEADER_SIZE, 0)
            if size < _HEADER_SIZE + self._id_size or head[:4] != b"PACK":
                raise Damaged("a pack does not begin like one")
            version, count = struct.unpack(">II", head[4:])
            if version not in (2, 3) or count != self._index.count:
                raise Damaged("a pack and its index hold different numbers of objects")
            if os.pread(fd, self._id_size, size - self._id_size) != self._index.pack_hash:
                raise Damaged("a pack and its index do not belong together")
        except BaseException:
            os.close(fd)
            raise
        self._end = size - self._id_size
        self._fd = fd

    def _record(self, offset: int) -> tuple[int, int | None, bytes]:
        """Number of the kind, offset of the base (None: it is no delta), and what is stored."""
        if not _HEADER_SIZE <= offset < self._end:
            raise Damaged("an object lies outside of its pack")
        block = os.pread(self._fd, min(_BLOCK, self._end - offset), offset)
        try:
            number, size, place = _header(block)
            base: int | None = None
            if number == _OFFSET_DELTA:
                back, place = _backwards(block, place)
                base = offset - back
            elif number == _ID_DELTA:
                base = self._index.find(block[place : place + self._id_size].ljust(self._id_size, b"\0"))
                place += self._id_size
                if base is None:
                    raise Damaged("the base of a delta is not in its pack")
        except IndexError:
            raise Damaged("the header of an object in a pack is cut off") from None
        if base is not None and base < _HEADER_SIZE:
            raise Damaged("the base of a delta lies outside of its pack")
        return number, base, self._inflate(block[place:], offset + len(block), size)

    def _inflate(self, block: bytes, following: int, size: int) -> bytes:
        stream = zlib.decompressobj()
        pieces: list[bytes] = []
        left = size + 1  # one byte more than claimed, to see that there is none
        try:
            while True:
                piece = stream.decompress(block, left)
                pieces.append(piece)
                left -= len(piece)
                if stream.eof or left <= 0:
                    break
                block = stream.unconsumed_tail
                if not block:
                    # What does not shrink grows by less than this; more would be read for nothing.
                    more = min(left + left // 512 + 128, _LARGER_BLOCK, self._end - following)
                    block = os.pread(self._fd, more, following)
                    following += len(block)
                    if not block:
                        break
        except zlib.error as error:
            raise Damaged(f"an object in a pack cannot be inflated: {error}") from None
        if not stream.eof or left != 1:
            raise Damaged("an object in a pack has another size than it claims")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _remember(self, offset: int, number: int, data: bytes) -> None:
        if len(data) > _LARGEST_BASE or offset in self._bases:
            return
        if self._bases_size + len(data) > _BASES_BUDGET:
            self._bases, self._bases_size = {}, 0
        self._bases[offset] = (number, data)
        self._bases_size += len(data)


def apply_delta(base: bytes, delta: bytes) -> bytes:
    r"""What ``delta``, in git's form, makes of ``base``. Raises Damaged for one that does not fit.

    >>> apply_delta(b"hello world", b"\x0b\x08" + b"\x90\x05" + b"\x03ish")
    b'helloish'
    """
    try:
        base_size, place = _size(delta, 0)
        size, place = _size(delta, place)
        if base_size != len(base):
            raise Damaged("a delta was made for another base")
        pieces: list[bytes] = []
        left = size
        end = len(delta)
        while place < end:
            code = delta[place]
            place += 1
            if code & 0x80:
                start, length, place = _copied(delta, place, code)
                piece = base[start : start + length]
            else:
                length = code
                piece = delta[place : place + length]
                place += length
            left -= length
            if not length or len(piece) != length or left < 0:
                raise Damaged("a delta reaches past what it is made of")
            pieces.append(piece)
    except IndexError:
        raise Damaged("a delta is cut off") from None
    if left:
        raise Damaged("a delta makes another size than it claims")
    return b"".join(pieces)


def _copied(delta: bytes, place: int, code: int) -> tuple[int, int, int]:
    start = length = 0
    for bit in range(4):
        if code & (1 << bit):
            start |= delta[place] << (8 * bit)
            place += 1
    for bit in range(3):
        if code & (0x10 << bit):
            length |= delta[place] << (8 * bit)
            place += 1
    return start, length or 0x10000, place


def _header(block: bytes) -> tuple[int, int, int]:
    """Number of the kind, size and length of the header."""
    byte = block[0]
    number = (byte >> 4) & 7
    size = byte & 15
    place, shift = 1, 4
    while byte & 0x80:
        byte = block[place]
        size |= (byte & 0x7F) << shift
        place += 1
        shift += 7
        if size > LARGEST_OBJECT:
            raise Damaged("an object in a pack claims more than a gibibyte")
        if shift > 63:
            raise Damaged("the size of an object in a pack does not end")
    return number, size, place


def _size(delta: bytes, place: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = delta[place]
        place += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if size > LARGEST_OBJECT or shift > 70:
            raise Damaged("a delta claims more than a gibibyte")
        if not byte & 0x80:
            return size, place


def _backwards(block: bytes, place: int) -> tuple[int, int]:
    byte = block[place]
    place += 1
    back = byte & 0x7F
    while byte & 0x80:
        byte = block[place]
        place += 1
        back = ((back + 1) << 7) | (byte & 0x7F)
        if back >> 63:
            raise Damaged("the base of a delta lies outside of its pack")
    if not back:
        raise Damaged("a delta is its own base")
    return back, place
