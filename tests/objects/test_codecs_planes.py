import struct

import numpy as np
import pytest
from backports import zstd

from gitmodels.errors import Corrupt
from gitmodels.objects.codecs import PLANES, decode, planes
from gitmodels.objects.codecs.words import BLOCK_LOG, Coder


def by_the_page(payload, raw_length):
    """Codec 2 read by its description alone, a word at a time."""
    width, block_log = payload[:2]
    position, words = 2, []
    while len(words) < raw_length // width:
        count = min(1 << block_log, raw_length // width - len(words))
        heads = struct.unpack_from(f">{width}I", payload, position)
        position += 4 * width
        found = []
        for head in heads:
            body = payload[position : position + (head & 0xFFFFFF)]
            position += head & 0xFFFFFF
            found.append(zstd.decompress(body) if head >> 24 else body)
            assert len(found[-1]) == count
        for index in range(count):
            word = int.from_bytes(bytes(plane[index] for plane in found), "little")
            words.append(word >> 1 | (word & 1) << (8 * width - 1))
    raw = b"".join(word.to_bytes(width, "little") for word in words)
    return raw + payload[position:]


@pytest.mark.parametrize("width", [2, 4, 8])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000, 4099])
def test_planes_are_read_as_the_page_says(noise, width, size):
    data = noise(size // 2) + bytes(size - size // 2)
    payload = planes.encode(Coder(), data, width)
    assert decode(PLANES, payload, size) == data
    assert by_the_page(payload, size) == data


def test_the_sign_lies_last_and_the_exponent_in_the_highest_plane():
    data = np.array([-1.0, 1.0], "<f4").tobytes()
    assert planes.encode(Coder(), data, 4) == bytes([4, BLOCK_LOG]) + b"\0\0\0\2" * 4 + bytes(
        [1, 0, 0, 0, 0, 0, 127, 127]
    )


def test_a_chunk_of_many_blocks_comes_back(noise):
    data = noise(3 * (2 << BLOCK_LOG) + 5)
    assert decode(PLANES, planes.encode(Coder(), data, 2), len(data)) == data


def frame(data):
    return zstd.compress(data)


def payload_of(head, *planes_given, end=b""):
    leads = b"".join(struct.pack(">I", kind << 24 | len(body)) for kind, body in planes_given)
    return bytes(head) + leads + b"".join(body for _, body in planes_given) + end


GOOD = ((2, 17), (0, b"abcd"), (1, frame(b"efgh")))


def test_the_hostile_payloads_are_near_a_good_one():
    assert len(decode(PLANES, payload_of(*GOOD, end=b"!"), 9)) == 9


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\2",
        b"\2\x11",
        payload_of((3, 17), *GOOD[1:], end=b"!"),
        payload_of((0, 17), *GOOD[1:], end=b"!"),
        payload_of((2, 9), *GOOD[1:], end=b"!"),
        payload_of((2, 21), *GOOD[1:], end=b"!"),
        payload_of((2, 255), *GOOD[1:], end=b"!"),
        payload_of(*GOOD),
        payload_of(*GOOD, end=b"!!"),
        payload_of(GOOD[0], (2, b"abcd"), GOOD[2], end=b"!"),
        payload_of(GOOD[0], (0, b"abc"), GOOD[2], end=b"!"),
        payload_of(GOOD[0], (0, b"abcde"), GOOD[2], end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, b"efgh"), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, b""), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, frame(b"efg")), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, frame(b"efghi")), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, frame(b"efgh") * 2), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, frame(b"efgh")[:-1]), end=b"!"),
        payload_of(GOOD[0], GOOD[1], (1, frame(bytes(1 << 28))), end=b"!"),
        payload_of(GOOD[0], GOOD[1], end=b"!")[:6] + b"\0\xff\xff\xff",
    ],
)
def test_a_payload_of_odd_planes_is_corrupt(payload):
    with pytest.raises(Corrupt):
        decode(PLANES, payload, 9)


def test_a_payload_for_another_length_is_corrupt(noise):
    data = noise(1000)
    payload = planes.encode(Coder(), data, 4)
    for length in (0, 1, 996, 999, 1001, 1004, 2000, 64 << 20):
        with pytest.raises(Corrupt):
            decode(PLANES, payload, length)
