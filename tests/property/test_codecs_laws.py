"""Laws of the codecs: what is encoded comes back, and no payload does anything but decode or be called corrupt."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from gitmodels.errors import Corrupt
from gitmodels.objects import codecs
from gitmodels.objects.codecs import planes
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


@given(st.sampled_from(sorted(codecs.KNOWN)), st.binary(max_size=300), st.integers(0, 400))
def test_no_bytes_make_decoding_fail_otherwise_than_as_corrupt(codec, payload, length):
    try:
        data = codecs.decode(codec, payload, length)
    except Corrupt:
        return
    assert len(data) == length


@given(chunks, widths, st.data())
def test_a_changed_payload_decodes_to_the_right_length_or_is_corrupt(data, width, draw):
    payload = bytearray(planes.encode(_coder, data, width))
    for _ in range(draw.draw(st.integers(1, 3))):
        payload[draw.draw(st.integers(0, len(payload) - 1))] ^= draw.draw(st.integers(1, 255))
    try:
        decoded = codecs.decode(codecs.PLANES, bytes(payload), len(data))
    except Corrupt:
        return
    assert len(decoded) == len(data)
