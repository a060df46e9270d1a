"""Choosing how a chunk is written: a trial on samples of it, then the whole in the one way that promised most.

This room knows all codecs and what they are worth; how each works stands in its own file.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gitmodels.objects.codecs import AFTER_BASE, DELTA, PACKED_DELTA, PLANES, RAW, ZSTD, frames
from gitmodels.objects.codecs.frames import Buffer

if TYPE_CHECKING:
    from gitmodels.objects.codecs.words import Coder

# Encoding must save this much, or decoding is not worth its time.
KEEP = 0.97
# A base must save this much more, or the chunk had better stand on its own and be one itself.
KEEP_BASE = 0.75
# Shorter chunks are not worth a look; and below the second not the trouble of words or of a base.
_LEAST, LEAST_BASED = 64, 4 << 10
# The sample is three pieces of this size; a shorter chunk is its own sample.
_SAMPLE = 16 << 10
# High-entropy data (weights) gains nothing from the slower level: .915 against .916 at half the speed.
_DENSE = 0.75
# In bytes of unknown kind words are looked for where zstd left much, and where it left all only if much is at stake.
_UNCLEAR = 0.6
_MUCH = 1 << 20
# The window over a base and a chunk takes as much memory as both.
MOST_AFTER_BASE = 32 << 20


class Encoder:
    """Encodes chunks one after another, keeping the compressors' memory between them. Not for two threads at once.

    >>> Encoder().encode(b"a" * 1000)[0] == ZSTD
    True
    """

    def __init__(self) -> None:
        self._fast: Any = None
        self._thorough: Any = None
        self._words: Coder | None = None

    def encode(self, data: Buffer, width: int = 0, base: Buffer | None = None) -> tuple[int, Buffer]:
        """The codec chosen for ``data`` on a sample of it, and the encoded bytes (``data`` itself when raw).

        ``width`` is the number of bytes of one float where ``data`` holds nothing else, 0 where that is not known.
        A codec that needs a base is chosen only when ``base``, the bytes of another chunk, is given and saves much.
        """
        if len(data) < _LEAST:
            return RAW, data
        if self._fast is None:
            self._fast, self._thorough = frames.compressor(1), frames.compressor(3)
        if len(data) <= _SAMPLE and not width and (base is None or len(data) < LEAST_BASED):
            # One of many small files: the trial is all there is to do.
            frame = self._fast.compress(data, self._fast.FLUSH_FRAME)
            return (ZSTD, frame) if len(frame) <= len(data) * KEEP else (RAW, data)
        codec, payload = self._tried(memoryview(data), width, base)
        return (codec, payload) if len(payload) <= len(data) * KEEP else (RAW, data)

    def _tried(self, view: memoryview, width: int, base: Buffer | None) -> tuple[int, Buffer]:
        """The way that does best on the sample, and what it makes of the whole; it may still make too little."""
        pieces = sample(view)
        frame = b"".join(self._fast.compress(piece, self._fast.FLUSH_FRAME) for piece in pieces)
        ratio = len(frame) / sum(len(piece) for piece in pieces)
        width, words_ratio = _best_width(pieces, _widths(len(view), width, ratio))
        if base is not None and len(view) >= LEAST_BASED:
            solo = KEEP_BASE * min(ratio, words_ratio, 1.0)
            found = self._against(view, width, memoryview(base), solo)
            if found is not None:
                return found
        if words_ratio < KEEP * min(ratio, 1.0):
            from gitmodels.objects.codecs import planes

            return PLANES, planes.encode(self._coder(), view, width)
        if len(pieces) == 1:
            return ZSTD, frame
        if ratio > KEEP:
            return RAW, view
        return ZSTD, frames.encode(self._thorough if ratio <= _DENSE else self._fast, view)

    def _against(self, view: memoryview, width: int, base: memoryview, most: float) -> tuple[int, Buffer] | None:
        """What a base makes of the chunk; None when that is likely to be more than ``most`` of it."""
        if width and len(base) == len(view):
            from gitmodels.objects.codecs import delta, words

            joined = (words.whole(b"".join(sample(each)), width) for each in (view, base))
            planes, packed = delta.likely_ratios(*joined)
            if min(planes, packed) <= most:
                codec = PACKED_DELTA if packed < KEEP * planes else DELTA
                return codec, delta.encode(self._coder(), view, base, width, packed=codec == PACKED_DELTA)
        if not base or max(len(view), len(base)) > MOST_AFTER_BASE:
            return None
        if len(view) > _MUCH:
            made = frames.compressor_after(base, 3 * _SAMPLE, level=1)
            pieces = b"".join(sample(view))
            if len(frames.encode(made, pieces)) > most * len(pieces):
                return None
        payload = frames.encode(frames.compressor_after(base, len(view), level=3), view)
        return (AFTER_BASE, payload) if len(payload) <= most * len(view) else None

    def _coder(self) -> "Coder":
        from gitmodels.objects.codecs import words

        if self._words is None:
            self._words = words.Coder()
        return self._words


def sample(view: memoryview) -> list[memoryview]:
    """The start, the middle and the end of a chunk, or all of it; every piece starts at a multiple of 8."""
    size = len(view)
    if size <= 3 * _SAMPLE:
        return [view]
    return [view[start : start + _SAMPLE] for start in (0, size // 2 & ~7, size - _SAMPLE & ~7)]


def _widths(size: int, width: int, ratio: float) -> Sequence[int]:
    """The widths to try for a chunk whose sample zstd made smaller by ``ratio``."""
    if size < LEAST_BASED:
        return ()
    if width:
        return (width,)
    return (4, 2, 8) if size > _SAMPLE and ratio > _UNCLEAR and (ratio < 1 or size >= _MUCH) else ()


def _best_width(pieces: list[memoryview], widths: Sequence[int]) -> tuple[int, float]:
    """The width whose planes are smallest, and how small they are likely to be."""
    if not widths:
        return 0, 1.0
    from gitmodels.objects.codecs import planes, words

    found = []
    for width in widths:
        turned = planes.rotated(words.whole(b"".join(pieces), width))
        found.append((words.likely_ratio(turned), width))
    ratio, width = min(found)
    return width, ratio
