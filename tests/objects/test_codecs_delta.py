import struct

import numpy as np
import pytest
from backports import zstd

from gitmodels.errors import Corrupt
from gitmodels.objects.codecs import AFTER_BASE, DELTA, PACKED_DELTA, RAW, decode, delta, frames
from gitmodels.objects.codecs.words import BLOCK_LOG, Coder

SMALL = np.array([0, 0, 1, -1, 2, 70_000], "<i4")


def planes_by_the_page(payload, position, width, count):
    heads = struct.unpack_from(f">{width}I", payload, position)
    position += 4 * width
    found = []
    for head in heads:
        body = payload[position : position + (head & 0xFFFFFF)]
        position += head & 0xFFFFFF
        found.append(zstd.decompress(body) if head >> 24 else body)
        assert len(found[-1]) == count
    return found, position


def by_the_page(payload, base, packed):
    """Codecs 3 and 4 read by their description alone, a word at a time."""
    width, block_log = payload[:2]
    position, words, total = 2, [], len(base) // width
    while len(words) < total:
        count = min(1 << block_log, total - len(words))
        if packed:
            heads = struct.unpack_from(f">{width + 1}I", payload, position)
            position += 4 * (width + 1)
            bodies = []
            for head in heads:
                bodies.append(payload[position : position + (head & 0xFFFFFF)])
                position += head & 0xFFFFFF
                bodies[-1] = zstd.decompress(bodies[-1]) if head >> 24 else bodies[-1]
            codes = [bodies[0][index // 4] >> 2 * (index % 4) & 3 for index in range(count)]
            rest = iter(zip(*bodies[1:], strict=True))
            zigzags = [code if code < 3 else 3 + int.from_bytes(bytes(next(rest)), "little") for code in codes]
            assert next(rest, None) is None
        else:
            bodies, position = planes_by_the_page(payload, position, width, count)
            zigzags = [int.from_bytes(bytes(each), "little") for each in zip(*bodies, strict=True)]
        for zigzag in zigzags:
            old = int.from_bytes(base[len(words) * width :][:width], "little")
            change = zigzag >> 1 if zigzag % 2 == 0 else -(zigzag + 1 >> 1)
            words.append((old + change) % (1 << 8 * width))
    return b"".join(word.to_bytes(width, "little") for word in words) + payload[position:]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000, 4099])
def test_deltas_are_read_as_the_page_says(noise, packed, width, size):
    base = noise(size)
    data = bytearray(base)
    data[::3] = noise(len(data[::3]))
    payload = delta.encode(Coder(), data, base, width, packed=packed)
    assert decode(PACKED_DELTA if packed else DELTA, payload, size, base) == data
    assert by_the_page(payload, base, packed) == data


def test_small_differences_of_either_sign_are_small():
    base = np.full(6, 100, "<i4")
    data = (base + SMALL).tobytes()
    head, leads = bytes([4, BLOCK_LOG]), b"\0\0\0\6" * 4
    low = bytes([0, 0, 2, 1, 4, 140_000 & 0xFF])
    rest = bytes([0, 0, 0, 0, 0, 140_000 >> 8 & 0xFF]) + bytes([0, 0, 0, 0, 0, 140_000 >> 16]) + bytes(6)
    assert delta.encode(Coder(), data, base.tobytes(), 4, packed=False) == head + leads + low + rest


def test_four_small_differences_take_one_byte():
    base = np.full(6, 100, "<i4")
    data = (base + SMALL).tobytes()
    head, leads = bytes([4, BLOCK_LOG]), b"\0\0\0\2" * 5
    codes = bytes([0 | 0 << 2 | 2 << 4 | 1 << 6, 3 | 3 << 2])
    escaped = [(4 - 3).to_bytes(4, "little"), (140_000 - 3).to_bytes(4, "little")]
    planes = b"".join(bytes(pair) for pair in zip(*escaped, strict=True))
    assert delta.encode(Coder(), data, base.tobytes(), 4, packed=True) == head + leads + codes + planes


@pytest.mark.parametrize("packed", [False, True])
def test_a_delta_of_many_blocks_comes_back(noise, packed):
    base = noise(3 * (2 << BLOCK_LOG) + 5)
    data = bytearray(base)
    data[1::50] = noise(len(data[1::50]))
    codec = PACKED_DELTA if packed else DELTA
    assert decode(codec, delta.encode(Coder(), data, base, 2, packed=packed), len(data), base) == data


@pytest.mark.parametrize("packed", [False, True])
def test_a_base_of_another_length_is_corrupt(noise, packed):
    base = noise(400)
    payload = delta.encode(Coder(), base, base, 4, packed=packed)
    for length in (0, 384, 401, 404):
        with pytest.raises(Corrupt, match="against a chunk of"):
            decode(PACKED_DELTA if packed else DELTA, payload, 400, base[:length] + bytes(max(0, length - 400)))
        with pytest.raises(Corrupt):
            decode(PACKED_DELTA if packed else DELTA, payload, length, (base * 2)[:length])


@pytest.mark.parametrize("codec", [DELTA, PACKED_DELTA, AFTER_BASE])
def test_a_delta_without_its_base_is_corrupt(codec):
    with pytest.raises(Corrupt, match="base"):
        decode(codec, b"", 0)


def test_a_base_for_what_has_none_is_corrupt():
    with pytest.raises(Corrupt, match="base"):
        decode(RAW, b"abc", 3, b"abc")


def packed_payload(codes, *planes, end=b""):
    bodies = [codes, *planes]
    return bytes([2, 17]) + b"".join(struct.pack(">I", len(body)) for body in bodies) + b"".join(bodies) + end


def test_the_hostile_packed_payloads_are_near_a_good_one():
    # the second word stands elsewhere: 3 + 1 = 4 is the difference +2
    payload = packed_payload(b"\x0c", b"\1", b"\0", end=b"!")
    assert decode(PACKED_DELTA, payload, 9, bytes(9)) == bytes([0, 0, 2]) + bytes(5) + b"!"


@pytest.mark.parametrize(
    "payload",
    [
        packed_payload(b"\x0c", b"\1", b"", end=b"!"),
        packed_payload(b"\x0c", b"\1", b"\0\0", end=b"!"),
        packed_payload(b"\x0c", b"", b"", end=b"!"),
        packed_payload(b"\x00", b"\1", b"\0", end=b"!"),
        packed_payload(b"\xff", b"\1", b"\0", end=b"!"),
        packed_payload(b"\x0c\x0c", b"\1", b"\0", end=b"!"),
        packed_payload(b"", b"\1", b"\0", end=b"!"),
        packed_payload(b"\x0c", b"\1", b"\0"),
        packed_payload(b"\x0c", b"\1", b"\0", end=b"!!"),
        packed_payload(b"\x0c", b"\1", end=b"!"),
        bytes([2, 17]),
    ],
)
def test_a_packed_payload_with_odd_planes_is_corrupt(payload):
    with pytest.raises(Corrupt):
        decode(PACKED_DELTA, payload, 9, bytes(9))


def after(base, data):
    return bytes(frames.encode(frames.compressor_after(base, len(data), level=3), data))


@pytest.mark.parametrize("size", [8, 5000, 3_000_000])
def test_a_frame_after_its_base_comes_back(noise, size):
    base = noise(size)
    data = noise(10) + base + noise(10)
    payload = after(base, data)
    assert zstd.get_frame_info(payload).decompressed_size == len(data)
    assert decode(AFTER_BASE, payload, len(data), base) == data


def test_a_frame_after_another_base_does_not_give_other_bytes_than_the_length(noise):
    base, other = noise(5000), noise(5000)
    payload = after(base, base)
    try:
        assert len(decode(AFTER_BASE, payload, 5000, other)) == 5000
    except Corrupt:
        return


@pytest.mark.parametrize("length", [0, 4999, 5001, 64 << 20])
def test_a_frame_after_its_base_of_another_length_is_corrupt(noise, length):
    base = noise(5000)
    with pytest.raises(Corrupt):
        decode(AFTER_BASE, after(base, base), length, base)


def test_a_base_of_a_few_bytes_is_corrupt():
    with pytest.raises(Corrupt, match="7 bytes"):
        decode(AFTER_BASE, zstd.compress(b"abc"), 3, bytes(7))


def test_a_frame_that_reaches_before_its_base_is_corrupt(noise):
    base = noise(5000)
    with pytest.raises(Corrupt):
        decode(AFTER_BASE, after(base, base), 5000, base[-10:])
