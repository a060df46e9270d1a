"""Arrays as PNG: what is written can be read back bit by bit."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gitmodels.api import png
from gitmodels.errors import Invalid

CHANNELS = {0: 1, 2: 3, 6: 4}


def decoded(data: bytes) -> Any:
    """The pixels of a PNG without filters, with every checksum looked at."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(kind + body)
        chunks[kind] = body
        at += 12 + length
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert depth == 8
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), dtype=np.uint8)
    lines = lines.reshape(height, 1 + width * CHANNELS[colour])
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, CHANNELS[colour])


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from([1, 3, 4]))


@given(shapes.flatmap(lambda shape: arrays.arrays(np.uint8, shape)))
def test_bytes_are_kept(pixels: Any) -> None:
    assert (decoded(png.encode(pixels)) == pixels).all()


def test_other_numbers_become_bytes() -> None:
    assert decoded(png.encode(np.array([[True, False]]))).ravel().tolist() == [255, 0]
    assert decoded(png.encode(np.array([[0, 255]], dtype=np.int64))).ravel().tolist() == [0, 255]
    assert decoded(png.encode(np.array([[0.0, 0.5, 1.0]]))).ravel().tolist() == [0, 127, 255]
    with pytest.warns(UserWarning, match="scaled"):
        assert decoded(png.encode(np.array([[-1.0, 3.0]]))).ravel().tolist() == [0, 255]


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 2, 2)),
        np.zeros(3),
        np.zeros((0, 2)),
        np.array([[256]]),
        np.array([[-1]]),
        np.array([[np.nan]]),
        np.array([["a"]]),
        np.zeros((1, 1, 1, 1)),
    ],
)
def test_refusals(wrong: Any) -> None:
    with pytest.raises(Invalid):
        png.encode(wrong)
