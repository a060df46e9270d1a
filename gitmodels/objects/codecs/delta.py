"""Weights as differences from those of an older version (codecs 3 and 4): small numbers where training changed little.

Each word's integer difference from the base's word at the same place, modulo 2^w, is zigzagged so that small ones of
either sign are small. Codec 3 writes these words in planes. Codec 4 first puts what is below 3 into two bits, four
words a byte, and only the rest into planes: with bf16 most differences are. Knows words; where a base comes from, and
that it is the right one, is known to who reads it.
"""

from functools import cache
from typing import TYPE_CHECKING

from gitmodels.errors import Corrupt
from gitmodels.objects.codecs import scratch
from gitmodels.objects.codecs import words as words_room
from gitmodels.objects.codecs.frames import Buffer
from gitmodels.objects.codecs.words import Coder, Reader

if TYPE_CHECKING:
    from gitmodels.objects.codecs.scratch import Bytes, Words

# Two bits say 0, 1, 2, or that the word stands elsewhere.
_ESCAPE = 3


def encode(coder: Coder, data: Buffer, base: Buffer, width: int, *, packed: bool) -> bytes:
    """The payload of codec 3, or 4 when ``packed``, for words of ``width`` bytes; ``base`` is as long as ``data``."""
    parts: list[Buffer] = [words_room.head(width)]
    both = words_room.whole(data, width), words_room.whole(base, width)
    for words, old in zip(*map(words_room.blocks, both), strict=True):
        changes = differences(words, old)
        parts += _packed(coder, changes) if packed else coder.planes(changes)
    parts.append(words_room.tail(data, width))
    return b"".join(parts)


def decode(payload: Buffer, raw_length: int, base: Buffer, *, packed: bool) -> memoryview:
    """The ``raw_length`` bytes that a payload of codec 3 or 4 makes of ``base``. Raises Corrupt for anything odd."""
    if len(base) != raw_length:
        raise Corrupt(f"a delta of {raw_length} bytes against a chunk of {len(base)}")
    reader = Reader(payload)
    width, block = reader.head()
    data, words, rest = words_room.empty(raw_length, width)
    old = words_room.whole(base, width)
    for start in range(0, len(words), block):
        into = words[start : start + block]
        changes = scratch.words("changes", width, len(into))
        if packed:
            _unpack(reader, changes)
        else:
            reader.words(changes)
        _apply(changes, old[start : start + block], into)
    rest[:] = reader.take(len(rest))
    reader.finish()
    return data


def differences(words: "Words", old: "Words") -> "Words":
    """The zigzagged differences, until the next call in this thread."""
    import numpy as np

    width = words.itemsize
    changes, signs = (scratch.words(name, width, len(words)) for name in ("changes", "signs"))
    np.subtract(words, old, out=changes)
    # Of the signed number the shift makes all ones where the difference is negative.
    np.right_shift(changes.view(f"<i{width}"), 8 * width - 1, out=signs.view(f"<i{width}"))
    np.left_shift(changes, 1, out=changes)
    np.bitwise_xor(changes, signs, out=changes)
    return changes


def _apply(changes: "Words", old: "Words", into: "Words") -> None:
    import numpy as np

    np.right_shift(changes, 1, out=into)
    np.bitwise_and(changes, 1, out=changes)
    np.negative(changes, out=changes)
    np.bitwise_xor(into, changes, out=into)
    np.add(into, old, out=into)


def likely_ratios(words: "Words", old: "Words") -> tuple[float, float]:
    """Encoded by raw size that codecs 3 and 4 are likely to have for these words."""
    changes = differences(words, old)
    planes = words_room.likely_ratio(changes)
    small, escaped = _split(changes)
    room = words_room.likely_ratio(small) * small.nbytes + words_room.likely_ratio(escaped) * escaped.nbytes
    return planes, room / max(1, words.nbytes)


def _packed(coder: Coder, changes: "Words") -> list[bytes]:
    small, escaped = _split(changes)
    lead, body = coder.plane(small)
    planes = coder.planes(escaped)
    width = changes.itemsize
    return [lead, *planes[:width], body, *planes[width:]]


def _split(changes: "Words") -> "tuple[Bytes, Words]":
    """Two bits a word, four words a byte, the first in the lowest; and what is left of the words that need more."""
    import numpy as np

    room = scratch.room("small", -len(changes) // 4 * -4)
    room[len(changes) :] = 0
    np.minimum(changes, _ESCAPE, out=room[: len(changes)], casting="unsafe")
    escaped = changes[room[: len(changes)] == _ESCAPE] - changes.dtype.type(_ESCAPE)
    fours = room.view("<u4")
    fours |= fours >> 6
    fours |= fours >> 12
    return fours.astype(np.uint8), escaped


def _unpack(reader: Reader, changes: "Words") -> None:
    import numpy as np

    width = changes.itemsize
    lead, *leads = reader.heads(1 + width)
    small = _spread()[reader.plane(lead, (len(changes) + 3) // 4)].view(np.uint8)[: len(changes)]
    places = np.flatnonzero(small == _ESCAPE)
    escaped = np.empty(len(places), changes.dtype)
    reader.fill(leads, escaped)
    np.copyto(changes, small)
    changes[places] += escaped


@cache
def _spread() -> "Words":
    """For each byte its four pairs of bits as four bytes."""
    import numpy as np

    pairs = np.arange(256, dtype=np.uint8)[:, None] >> np.array([0, 2, 4, 6], np.uint8) & 3
    return np.ascontiguousarray(pairs).view("<u4").ravel()
