"""Laws of the codecs: what is encoded comes back, and no payload does anything but decode or be called corrupt."""

import struct

from hypothesis import assume, given
from hypothesis import strategies as st

from gitmodels.errors import Corrupt
from gitmodels.objects import codecs
from gitmodels.objects.codecs import delta, frames, planes
from gitmodels.objects.codecs.encoder import Encoder
from gitmodels.objects.codecs.words import Coder

floats = st.lists(st.floats(width=32), max_size=400).map(lambda values: struct.pack(f"<{len(values)}f", *values))
constant = st.tuples(st.binary(min_size=1, max_size=8), st.integers(1, 3000)).map(lambda pair: pair[0] * pair[1])
chunks = st.one_of(st.binary(max_size=600), floats, floats.map(lambda data: data * 30), constant)
widths = st.sampled_from([2, 4, 8])

_coder, _encoder = Coder(), Encoder()


@given(chunks, st.sampled_from([0, 2, 4, 8]))
def test_whatever_codec_is_chosen_the_chunk_comes_back_and_is_not_larger(data, width):
    codec, payload = _encoder.encode(data, width)
    assert codecs.decode(codec, payload, len(data)) == data
    assert codec == codecs.RAW or len(payload) <= 0.97 * len(data)


@given(chunks, widths)
def test_planes_of_any_bytes_come_back(data, width):
    assert codecs.decode(codecs.PLANES, planes.encode(_coder, data, width), len(data)) == data


@st.composite
def pairs(draw):
    """A chunk, and another of the same length that has much in common with it."""
    base = draw(chunks)
    data = bytearray(base)
    for _ in range(draw(st.integers(0, 10)) if data else 0):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data), base


@given(pairs(), widths, st.booleans())
def test_deltas_of_any_bytes_come_back(pair, width, packed):
    data, base = pair
    payload = delta.encode(_coder, data, base, width, packed=packed)
    assert codecs.decode(codecs.PACKED_DELTA if packed else codecs.DELTA, payload, len(data), base) == data


@given(chunks, chunks.filter(lambda base: len(base) >= frames.LEAST_BASE))
def test_frames_after_any_base_come_back(data, base):
    payload = frames.encode(frames.compressor_after(base, len(data), level=1), data)
    assert codecs.decode(codecs.AFTER_BASE, payload, len(data), base) == data


@given(pairs(), st.sampled_from([0, 2, 4, 8]), st.sampled_from([1, 30]))
def test_whatever_codec_is_chosen_with_a_base_the_chunk_comes_back(pair, width, times):
    data, base = (each * times for each in pair)
    codec, payload = _encoder.encode(data, width, base)
    given_base = base if codec in codecs.BASED else None
    assert codecs.decode(codec, payload, len(data), given_base) == data
    assert codec == codecs.RAW or len(payload) <= 0.97 * len(data)


@given(st.sampled_from(sorted(codecs.KNOWN)), st.binary(max_size=300), st.binary(max_size=400))
def test_no_bytes_make_decoding_fail_otherwise_than_as_corrupt(codec, payload, base):
    try:
        data = codecs.decode(codec, payload, len(base), base if codec in codecs.BASED else None)
    except Corrupt:
        return
    assert len(data) == len(base)


@given(pairs(), widths, st.sampled_from(sorted(codecs.KNOWN - {codecs.RAW, codecs.ZSTD})), st.data())
def test_a_changed_payload_decodes_to_the_right_length_or_is_corrupt(pair, width, codec, draw):
    data, base = pair
    assume(codec != codecs.AFTER_BASE or len(base) >= frames.LEAST_BASE)
    if codec == codecs.PLANES:
        payload = bytearray(planes.encode(_coder, data, width))
    elif codec == codecs.AFTER_BASE:
        payload = bytearray(frames.encode(frames.compressor_after(base, len(data), level=1), data))
    else:
        payload = bytearray(delta.encode(_coder, data, base, width, packed=codec == codecs.PACKED_DELTA))
    for _ in range(draw.draw(st.integers(1, 3))):
        payload[draw.draw(st.integers(0, len(payload) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        decoded = codecs.decode(codec, bytes(payload), len(data), base if codec in codecs.BASED else None)
    except Corrupt:
        return
    assert len(decoded) == len(data)
