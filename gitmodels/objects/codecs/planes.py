"""Float weights (codec 2): each word rotated by one bit, so that the sign lies last and the exponent in one byte.

The exponents of weights have few values; the other bytes are nearly noise. Apart from each other, as planes, the
first shrink to a third. Knows the rotation; how planes are written stands in words.py.
"""

from typing import TYPE_CHECKING

from gitmodels.objects.codecs import scratch
from gitmodels.objects.codecs import words as words_room
from gitmodels.objects.codecs.frames import Buffer
from gitmodels.objects.codecs.words import Coder, Reader

if TYPE_CHECKING:
    from gitmodels.objects.codecs.scratch import Words


def encode(coder: Coder, data: Buffer, width: int) -> bytes:
    """The payload of codec 2 for ``data``, taken for words of ``width`` bytes (2, 4 or 8)."""
    parts: list[Buffer] = [words_room.head(width)]
    for words in words_room.blocks(words_room.whole(data, width)):
        parts += coder.planes(rotated(words))
    parts.append(words_room.tail(data, width))
    return b"".join(parts)


def decode(payload: Buffer, raw_length: int) -> memoryview:
    """The ``raw_length`` bytes that a payload of codec 2 holds. Raises Corrupt when it holds anything else."""
    import numpy as np

    reader = Reader(payload)
    width, block = reader.head()
    data, words, rest = words_room.empty(raw_length, width)
    for start in range(0, len(words), block):
        into = words[start : start + block]
        turned = scratch.words("turned", width, len(into))
        reader.words(turned)
        np.right_shift(turned, 1, out=into)
        np.left_shift(turned, 8 * width - 1, out=turned)
        np.bitwise_or(into, turned, out=into)
    rest[:] = reader.take(len(rest))
    reader.finish()
    return data


def rotated(words: "Words") -> "Words":
    """The words with the sign in the lowest bit, until the next call in this thread."""
    import numpy as np

    width = words.itemsize
    turned, sign = (scratch.words(name, width, len(words)) for name in ("turned", "sign"))
    np.left_shift(words, 1, out=turned)
    np.right_shift(words, 8 * width - 1, out=sign)
    np.bitwise_or(turned, sign, out=turned)
    return turned
