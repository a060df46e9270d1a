"""Zstandard frames: one for a whole chunk (codec 1), or one for a plane of another codec.

Knows zstd and its parameters, not when which is worth it. Every frame names its content size, so that what is to come
is refused before a byte of it is decoded.
"""

import sys
from functools import cache
from typing import Any

from gitmodels.errors import Corrupt

Buffer = bytes | bytearray | memoryview

# A shorter base than this zstd does not take.
LEAST_BASE = 8
_MAX_WINDOW_LOG = 27
_STEP = 1 << 20


def zstd() -> Any:
    """The zstd module: the standard library's, or its backport."""
    if sys.version_info >= (3, 14):
        from compression import zstd as module
    else:
        from backports import zstd as module
    return module


def compressor(level: int) -> Any:
    """A compressor of this level. Not for two threads at once."""
    return zstd().ZstdCompressor(level=level)


def huffman() -> Any:
    """A compressor that finds no repetition and so is a Huffman coder, three times as fast as level 1.

    With a target length above 0 the strategy would leave the bytes uncompressed.
    """
    names = zstd().CompressionParameter
    options = {
        names.strategy: zstd().Strategy.fast,
        names.window_log: 17,
        names.hash_log: 6,
        names.chain_log: 6,
        names.search_log: 1,
        names.min_match: 7,
        names.target_length: 0,
    }
    return zstd().ZstdCompressor(options=options)


def compressor_after(base: Buffer, size: int, level: int) -> Any:
    """A compressor for one frame of ``size`` bytes that may repeat what stands in ``base`` (8 bytes or more)."""
    names = zstd().CompressionParameter
    options = {
        names.compression_level: level,
        names.enable_long_distance_matching: 1,
        # The window has to reach back over all of both.
        names.window_log: min(_MAX_WINDOW_LOG, max(10, (len(base) + size).bit_length())),
    }
    prefix = zstd().ZstdDict(bytes(base), is_raw=True).as_prefix
    return zstd().ZstdCompressor(options=options, zstd_dict=prefix)


def encode(made: Any, data: Buffer) -> Buffer:
    """One frame that names its size; long data goes in step by step, so that the output is never held twice."""
    view = memoryview(data)
    if len(view) <= _STEP:
        whole: bytes = made.compress(view, made.FLUSH_FRAME)
        return whole
    made.set_pledged_input_size(len(view))
    encoded = bytearray()
    for start in range(0, len(view), _STEP):
        encoded += made.compress(view[start : start + _STEP])
    encoded += made.flush(made.FLUSH_FRAME)
    return encoded


def decode(payload: Buffer, raw_length: int, base: Buffer | None = None) -> Buffer:
    """The ``raw_length`` bytes of the one frame that ``payload`` is, made with ``base`` as its prefix if any.

    Raises Corrupt when it is anything else.
    """
    module = zstd()
    try:
        if module.get_frame_info(payload).decompressed_size != raw_length:
            raise _other_length(raw_length)
        if base is not None and len(base) < LEAST_BASE:
            raise Corrupt(f"a zstd frame with only {len(base)} bytes before it")
        prefix = None if base is None else module.ZstdDict(bytes(base), is_raw=True).as_prefix
        decompressor = module.ZstdDecompressor(zstd_dict=prefix, options=_options())
        data = _all_of(decompressor, memoryview(payload), raw_length)
    except module.ZstdError as error:
        raise Corrupt(f"a zstd frame cannot be decoded: {error}") from None
    if len(data) != raw_length or not decompressor.eof or decompressor.unused_data:
        raise _other_length(raw_length)
    return data


def _all_of(decompressor: Any, payload: memoryview, raw_length: int) -> Buffer:
    # One byte more than there should be, so that excess shows.
    if len(payload) <= _STEP:
        whole: bytes = decompressor.decompress(payload, max_length=raw_length + 1)
        return whole
    data = bytearray()
    for start in range(0, len(payload), _STEP):
        if decompressor.eof:
            raise _other_length(raw_length)
        piece: Buffer = payload[start : start + _STEP]
        while not decompressor.eof and (piece or not decompressor.needs_input):
            data += decompressor.decompress(piece, max_length=raw_length - len(data) + 1)
            piece = b""
            if len(data) > raw_length:
                raise _other_length(raw_length)
    return data


@cache
def _options() -> dict[Any, int]:
    return {zstd().DecompressionParameter.window_log_max: _MAX_WINDOW_LOG}


def _other_length(raw_length: int) -> Corrupt:
    return Corrupt(f"a zstd frame does not hold the {raw_length} bytes it should")
