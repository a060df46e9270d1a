"""Words of 2, 4 and 8 bytes as byte planes, block by block: what the codecs for weights have in common.

A plane is written as it is, as a zstd frame, or as a frame that is only a Huffman code, whichever a sample of it
suggests. Knows how planes are written and read, not what the words mean. A payload is hostile: every length is
checked before anything is made of it.
"""

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt
from gitmodels.objects.codecs import frames, scratch
from gitmodels.objects.codecs.frames import Buffer

if TYPE_CHECKING:
    from gitmodels.objects.codecs.scratch import Bytes, Words

WIDTHS = (2, 4, 8)
# The words of a block: few enough for a core's cache, enough for one call to be worth a thread's while.
BLOCK_LOG = 17
# Readers take these. Fewer words a block would let a short payload take long.
LEAST_BLOCK_LOG, MOST_BLOCK_LOG = 10, 20
# Bits a byte: above the first a plane is noise; below the second repetition is worth looking for.
NOISE, REPETITIVE = 7.9, 1.2
_SAMPLE = 4096
_AS_IS, _FRAME = 0, 1
_HEAD = struct.Struct(">BB")
_PLANE = struct.Struct(">I")


class Coder:
    """Writes planes. Keeps compressors between them, so it is not for two threads at once."""

    def __init__(self) -> None:
        self._huffman = frames.huffman()
        self._fast = frames.compressor(1)

    def planes(self, words: "Words") -> list[bytes]:
        """The byte planes of one block, lowest first: their heads, then their bytes."""
        import numpy as np

        plane = scratch.room("plane", len(words))
        heads, bodies = [], []
        for number in range(words.itemsize):
            np.right_shift(words, 8 * number, out=plane, casting="unsafe")
            lead, body = self.plane(plane)
            heads.append(lead)
            bodies.append(body)
        return heads + bodies

    def plane(self, plane: "Bytes") -> tuple[bytes, bytes]:
        """The head of one plane, and its bytes as they are written."""
        bits = entropy(plane)
        if bits <= NOISE:
            body: bytes = self._huffman.compress(plane, self._huffman.FLUSH_FRAME)
            if bits < REPETITIVE:
                body = min(body, self._fast.compress(plane, self._fast.FLUSH_FRAME), key=len)
            if len(body) < len(plane):
                return _PLANE.pack(_FRAME << 24 | len(body)), body
        return _PLANE.pack(_AS_IS << 24 | len(plane)), plane.tobytes()


class Reader:
    """Takes the parts of a payload, in order. Raises Corrupt for one that has not what it must have."""

    def __init__(self, payload: Buffer) -> None:
        self._payload = memoryview(payload)
        self._position = 0

    def head(self) -> tuple[int, int]:
        """The width of the words in bytes, and how many of them a block has."""
        width, block_log = _HEAD.unpack(self.take(_HEAD.size))
        if width not in WIDTHS or not LEAST_BLOCK_LOG <= block_log <= MOST_BLOCK_LOG:
            raise Corrupt("a chunk in planes with an impossible head")
        return width, 1 << block_log

    def take(self, length: int) -> memoryview:
        """The next ``length`` bytes."""
        taken = self._payload[self._position : self._position + length]
        if len(taken) != length:
            raise Corrupt("a chunk in planes that ends too early")
        self._position += length
        return taken

    def heads(self, count: int) -> list[int]:
        """The heads of ``count`` planes."""
        return [lead for (lead,) in _PLANE.iter_unpack(self.take(count * _PLANE.size))]

    def plane(self, lead: int, length: int) -> "Bytes":
        """The ``length`` bytes of the plane with this head."""
        import numpy as np

        kind, encoded = lead >> 24, lead & 0xFFFFFF
        if kind not in (_AS_IS, _FRAME) or (kind == _AS_IS and encoded != length):
            raise Corrupt("a plane of another kind or length than there is")
        body: Buffer = self.take(encoded)
        return np.frombuffer(body if kind == _AS_IS else frames.decode(body, length), np.uint8)

    def words(self, into: "Words") -> None:
        """Fill ``into`` with the words of one block."""
        self.fill(self.heads(into.itemsize), into)

    def fill(self, leads: list[int], into: "Words") -> None:
        """Fill ``into`` with the words whose planes have these heads."""
        import numpy as np

        if into.itemsize == 8:
            strided = into.view(np.uint8).reshape(-1, 8)
            for number, lead in enumerate(leads):
                strided[:, number] = self.plane(lead, len(into))
            return
        found = [self.plane(lead, len(into)) for lead in leads]
        np.copyto(into, found.pop())
        while found:
            np.left_shift(into, 8, out=into)
            np.bitwise_or(into, found.pop(), out=into)

    def finish(self) -> None:
        """Raises Corrupt when something follows."""
        if self._position != len(self._payload):
            raise Corrupt("a chunk in planes with bytes after its end")


def head(width: int) -> bytes:
    """The first bytes of a payload of words of ``width`` bytes."""
    return _HEAD.pack(width, BLOCK_LOG)


def whole(data: Buffer, width: int) -> "Words":
    """The whole words of ``data``, where it lies."""
    import numpy as np

    return np.frombuffer(data, f"<u{width}", len(data) // width)


def blocks(words: "Words") -> "Iterator[Words]":
    """The blocks that ``words`` are written in."""
    return (words[start : start + (1 << BLOCK_LOG)] for start in range(0, len(words), 1 << BLOCK_LOG))


def tail(data: Buffer, width: int) -> memoryview:
    """What follows the last whole word; it is written as it is."""
    return memoryview(data)[len(data) // width * width :]


def empty(raw_length: int, width: int) -> "tuple[memoryview, Words, memoryview]":
    """Room for a chunk, its whole words, and what follows them."""
    import numpy as np

    made = np.empty(raw_length, np.uint8)
    end = raw_length // width * width
    return made.data, made[:end].view(f"<u{width}"), made.data[end:]


def likely_ratio(words: "Words") -> float:
    """Encoded by raw size that planes of these words are likely to have."""
    import numpy as np

    bits = 0.0
    for number in range(words.itemsize):
        found = entropy(np.right_shift(words, 8 * number).astype(np.uint8))
        # Below one bit a Huffman code cannot go, and zstd finds half of what there is.
        bits += 8.0 if found > NOISE else max(found, min(1.0, 2 * found))
    return bits / (8 * words.itemsize)


def entropy(plane: "Bytes") -> float:
    """Bits a byte of a plane, by how often each value stands in a sample of it.

    >>> import numpy as np
    >>> entropy(np.array([1, 1, 2, 2], np.uint8))
    1.0
    """
    import numpy as np

    counts = np.bincount(plane[:: max(1, len(plane) // _SAMPLE)], minlength=1)
    share = counts[counts > 0] / max(1, int(counts.sum()))
    return abs(float((share * np.log2(share)).sum()))
