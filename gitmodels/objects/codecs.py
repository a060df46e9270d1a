"""How a chunk's bytes are written: one codec byte per record, raw or zstd today.

This room turns bytes into fewer bytes and back. It knows no ids: whoever reads checks the decoded bytes against
theirs. A codec may change when packs are rewritten; ids, made of the raw bytes, never do.
"""

import sys
from typing import Any

from gitmodels.errors import Corrupt, FormatTooNew

RAW = 0
ZSTD = 1

Buffer = bytes | bytearray | memoryview

# Encoding must save this much, or decoding is not worth its time.
_KEEP = 0.97
# Up to here the whole chunk is its own sample.
_WHOLE = 16 << 10
_SAMPLE = 16 << 10
# High-entropy data (weights) gains nothing from the slower level: .915 against .916 at half the speed.
_DENSE = 0.75
_MAX_WINDOW_LOG = 27
_STEP = 1 << 20


class Encoder:
    """Encodes chunks one after another, keeping the compressors' memory between them. Not for two threads at once.

    >>> Encoder().encode(b"a" * 1000)[0] == ZSTD
    True
    """

    def __init__(self) -> None:
        self._fast: Any = None
        self._thorough: Any = None

    def encode(self, data: Buffer) -> tuple[int, Buffer]:
        """The codec chosen for ``data`` on a sample of it, and the encoded bytes (``data`` itself when raw)."""
        size = len(data)
        if size < 64:
            return RAW, data
        if self._fast is None:
            zstd = _zstd()
            self._fast = zstd.ZstdCompressor(level=1)
            self._thorough = zstd.ZstdCompressor(level=3)
        if size > _WHOLE:
            ratio = self._sampled(memoryview(data))
            if ratio > _KEEP:
                return RAW, data
            compressor = self._thorough if ratio <= _DENSE else self._fast
        else:
            compressor = self._fast
        encoded = _compressed(compressor, memoryview(data))
        return (ZSTD, encoded) if len(encoded) <= size * _KEEP else (RAW, data)

    def _sampled(self, view: memoryview) -> float:
        """Encoded by raw size of three places: start, middle, end."""
        size = len(view)
        if size <= 3 * _SAMPLE:
            pieces = [view]
        else:
            middle = (size - _SAMPLE) // 2
            pieces = [view[:_SAMPLE], view[middle : middle + _SAMPLE], view[-_SAMPLE:]]
        encoded = sum(len(self._fast.compress(piece, self._fast.FLUSH_FRAME)) for piece in pieces)
        return encoded / sum(len(piece) for piece in pieces)


def _compressed(compressor: Any, view: memoryview) -> Buffer:
    """One frame that names its size; long chunks go in step by step, so that the output is never held twice."""
    if len(view) <= _STEP:
        whole: bytes = compressor.compress(view, compressor.FLUSH_FRAME)
        return whole
    compressor.set_pledged_input_size(len(view))
    encoded = bytearray()
    for start in range(0, len(view), _STEP):
        encoded += compressor.compress(view[start : start + _STEP])
    encoded += compressor.flush(compressor.FLUSH_FRAME)
    return encoded


def decode(codec: int, payload: Buffer, raw_length: int) -> Buffer:
    """The ``raw_length`` raw bytes that ``payload`` holds.

    Never makes more than ``raw_length`` bytes, whatever the payload claims. Raises Corrupt when it holds other than
    that many, and FormatTooNew for a codec this version does not know.

    >>> decode(RAW, b"abc", 3)
    b'abc'
    """
    if codec == RAW:
        if len(payload) != raw_length:
            raise Corrupt(f"a raw chunk of {len(payload)} bytes should have {raw_length}")
        return payload
    if codec == ZSTD:
        return _unzstd(payload, raw_length)
    raise too_new(codec)


def too_new(codec: int) -> FormatTooNew:
    """The error for a codec number past those of this version."""
    return FormatTooNew(
        f"a chunk is written with codec {codec}, which this gitmodels does not know", hint="upgrade gitmodels"
    )


def _unzstd(payload: Buffer, raw_length: int) -> bytearray:
    zstd = _zstd()
    data = bytearray()
    try:
        # The frame must name its size: it lets us refuse before a byte is decoded.
        if zstd.get_frame_info(payload).decompressed_size != raw_length:
            raise _other_length(raw_length)
        options = {zstd.DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}
        decompressor = zstd.ZstdDecompressor(options=options)
        for start in range(0, len(payload), _STEP):
            if decompressor.eof:
                raise _other_length(raw_length)
            piece: Buffer = memoryview(payload)[start : start + _STEP]
            while not decompressor.eof and (piece or not decompressor.needs_input):
                # One byte more than there should be, so that excess shows.
                data += decompressor.decompress(piece, max_length=raw_length - len(data) + 1)
                piece = b""
                if len(data) > raw_length:
                    raise _other_length(raw_length)
    except zstd.ZstdError as error:
        raise Corrupt(f"a zstd chunk cannot be decoded: {error}") from None
    if len(data) != raw_length or not decompressor.eof or decompressor.unused_data:
        raise _other_length(raw_length)
    return data


def _other_length(raw_length: int) -> Corrupt:
    return Corrupt(f"a zstd chunk does not hold the {raw_length} bytes it should")


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
