"""Long opaque files cut where their content says: FastCDC of 2020, so that what is inserted moves no later cut.

Knows bytes only. With ``pyfastcdc`` (the extra ``cdc``) a gigabyte takes half a second, without it the same cuts are
found with numpy in about eight.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

from gitmodels.objects.spans.pieces import Span
from gitmodels.objects.spans.window import Read

if TYPE_CHECKING:
    import numpy as np

MIN, AVERAGE, MAX = 64 << 10, 256 << 10, 1 << 20
# Before the average length a cut needs 19 zero bits, after it 17.
STRICT, EASY = 0x0000D91707537000, 0x0000D90703537000
# No bit of the masks depends on bytes further back than this.
_SEEN = 48
_BITS = (1 << 64) - 1
_BLOCK = 8 << 20
_TILE = 64 << 10


def spans(read: Read, size: int) -> Iterator[Span]:
    """The spans of an opaque file of ``size`` bytes, in order. Ends early where ``read`` gives less than it should."""
    lengths = _with_pyfastcdc() or _lengths
    start = 0
    block = b""
    while start < size:
        # What is left of the block before is shorter than a chunk may be: it is looked at again with more after it.
        more = read(start + len(block), min(_BLOCK, size - start - len(block)))
        block += more
        is_last = start + len(block) == size
        if not more and not is_last:
            return
        at = 0
        for length in lengths(block):
            if not is_last and len(block) - at < MAX:
                break
            yield Span(length)
            at += length
        start += at
        block = block[at:]


@cache
def _with_pyfastcdc() -> Callable[[bytes], Iterator[int]] | None:
    try:
        from pyfastcdc.cy import FastCDC
    except ImportError:  # without its compiled part it would take minutes
        return None
    chunker = partial(FastCDC, AVERAGE, min_size=MIN, max_size=MAX, normalized_chunking=1)
    return lambda block: (chunk.length for chunk in chunker().cut_buf(block))


@cache
def gear() -> list[int]:
    """The number that each byte adds to the hash: the first 8 bytes of the MD5 of 64 such bytes.

    >>> hex(gear()[0])
    '0x3b5d3c7d207e37dc'
    """
    return [
        int.from_bytes(hashlib.md5(bytes([byte]) * 64, usedforsecurity=False).digest()[:8], "big")
        for byte in range(256)
    ]


def _lengths(block: bytes) -> Iterator[int]:
    """The lengths of the chunks of a whole file of these bytes."""
    strict, easy = _candidates(block)
    start = 0
    while start < len(block):
        length = _next(block, start, strict, easy)
        yield length
        start += length


def _next(block: bytes, start: int, strict: "np.ndarray", easy: "np.ndarray") -> int:
    """The length of the chunk at ``start``: up to the first place whose hash has the bits, else as long as may be."""
    left = min(len(block) - start, MAX)
    if left <= MIN:
        return left
    middle, end = min(AVERAGE, left) & ~1, left & ~1
    # The hash starts anew in each chunk: here it has not yet seen all the bytes that the candidates' have.
    value = 0
    table = gear()
    settled = min(MIN + _SEEN - 1, end)
    for at in range(MIN, settled):
        value = (value << 1) + table[block[start + at]] & _BITS
        if not value & (STRICT if at < middle else EASY):
            return at
    for places, first, last in ((strict, settled, middle), (easy, max(settled, middle), end)):
        at = bisect_left(places, start + first)
        if at < len(places) and places[at] < start + last:
            return int(places[at]) - start
    return left


def _candidates(block: bytes) -> tuple["np.ndarray", "np.ndarray"]:
    """The places where the hash of the 48 bytes up to there has the bits of STRICT, and those of EASY."""
    import numpy as np

    data = np.frombuffer(block, np.uint8)
    table = np.array(gear(), np.uint64)
    low = table.astype(np.uint32)
    bits = np.uint32(EASY & 0xFFFFFFFF)
    found = [np.empty(0, np.int64)]
    for start in range(0, max(len(data) - 31, 0), _TILE):
        # The low half of the hash of 32 bytes, by doubling: it rules out all but one place in 512.
        values = low[data[start : start + _TILE + 31]]
        for width in (1, 2, 4, 8, 16):
            values = values[width:] + (values[:-width] << np.uint32(width))
        found.append(np.flatnonzero((values & bits) == 0) + (start + 31))
    places = np.concatenate(found)
    places = places[places >= _SEEN - 1]
    hashes = np.zeros(len(places), np.uint64)
    for back in range(_SEEN):
        hashes += table[data[places - back]] << np.uint64(back)
    return places[hashes & np.uint64(STRICT) == 0], places[hashes & np.uint64(EASY) == 0]
