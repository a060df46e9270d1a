import numpy as np
import pytest
from backports import zstd

from gitmodels.errors import Corrupt, FormatTooNew
from gitmodels.objects import codecs
from gitmodels.objects.codecs import PLANES, RAW, ZSTD, decode
from gitmodels.objects.codecs.encoder import Encoder


@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000, 16 << 10, (16 << 10) + 1, 48 << 10, 100_000, 3_000_000])
def test_incompressible_bytes_stay_raw(noise, size):
    data = noise(size)
    codec, payload = Encoder().encode(data)
    assert codec == RAW
    assert payload is data
    assert decode(codec, payload, size) == data


@pytest.mark.parametrize("size", [64, 1000, 16 << 10, (16 << 10) + 1, 48 << 10, 100_000, 3_000_000])
def test_compressible_bytes_shrink_and_come_back(size):
    data = (b"0123456789" * (size // 10 + 1))[:size]
    codec, payload = Encoder().encode(data)
    assert codec == ZSTD
    assert len(payload) < size * 0.97
    assert decode(codec, payload, size) == data


def test_a_gain_below_3_percent_is_not_kept(noise):
    data = bytearray(noise(1 << 20))
    data[: 1 << 14] = bytes(1 << 14)  # the sample promises much, the whole gives 1.6 %
    assert Encoder().encode(data)[0] == RAW


def test_weights_take_the_fast_level(noise):
    data = bytes(byte & 0x3F | 0x40 for byte in noise(100_000))  # 6 bits of 8: about .76
    codec, payload = Encoder().encode(data)
    assert codec == ZSTD
    assert decode(codec, payload, len(data)) == data


def test_one_encoder_serves_many_chunks(noise):
    encoder = Encoder()
    for size in (100, 50_000, 200, 3_000_000, 10):
        data = noise(size // 2) + bytes(size // 2)
        codec, payload = encoder.encode(data)
        assert decode(codec, payload, len(data)) == data


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"nonsense",
        zstd.compress(b"a" * 99),
        zstd.compress(b"a" * 101),
        zstd.compress(b"a" * 100) + b"x",
        zstd.compress(b"a" * 100) * 2,
        zstd.compress(b"a" * 100)[:-1],
        zstd.compress(bytes(1 << 28)),
    ],
)
def test_a_payload_that_holds_other_than_it_should_is_corrupt(payload):
    with pytest.raises(Corrupt):
        decode(ZSTD, payload, 100)


def test_a_frame_without_its_size_is_refused():
    compressor = zstd.ZstdCompressor()
    payload = compressor.compress(b"a" * 100) + compressor.flush()
    assert zstd.get_frame_info(payload).decompressed_size is None
    with pytest.raises(Corrupt):
        decode(ZSTD, payload, 100)


def test_an_empty_frame_is_empty():
    assert decode(ZSTD, zstd.compress(b""), 0) == b""


def test_a_raw_payload_of_another_length_is_corrupt():
    with pytest.raises(Corrupt, match="3 bytes"):
        decode(RAW, b"abc", 4)


@pytest.mark.parametrize("codec", [6, 255])
def test_an_unknown_codec_asks_for_a_newer_gitmodels(codec):
    with pytest.raises(FormatTooNew, match=f"codec {codec}") as caught:
        decode(codec, b"", 0)
    assert caught.value.hint == "upgrade gitmodels"


def test_numbers_of_the_codecs_are_the_formats():
    assert (codecs.RAW, codecs.ZSTD, codecs.PLANES) == (0, 1, 2)
    assert {0, 1, 2} == codecs.KNOWN


def weights(dtype, count=100_000):
    return (np.random.default_rng(5).standard_normal(count) * 0.02).astype(dtype).tobytes()


@pytest.mark.parametrize(("dtype", "width", "most"), [("<f2", 2, 0.9), ("<f4", 4, 0.85), ("<f8", 8, 0.9)])
@pytest.mark.parametrize("told", [True, False])
def test_float_weights_become_planes_whether_their_width_is_told_or_not(dtype, width, most, told):
    data = weights(dtype)
    codec, payload = Encoder().encode(data, width if told else 0)
    assert codec == PLANES
    assert len(payload) < most * len(data)
    assert decode(codec, payload, len(data)) == data


def test_a_short_tensor_becomes_planes_when_its_width_is_told():
    data = weights("<f4", 1500)
    codec, payload = Encoder().encode(data, 4)
    assert codec == PLANES
    assert decode(codec, payload, len(data)) == data


@pytest.mark.parametrize("width", [0, 4])
def test_equal_weights_are_left_to_zstd(width):
    codec, payload = Encoder().encode(weights("<f4", 500) * 40, width)
    assert codec == ZSTD
    assert len(payload) < 3000


def test_a_wrong_width_costs_nothing_but_the_trial(noise):
    data = noise(300_000)
    assert Encoder().encode(data, 4) == (RAW, data)


def test_the_same_chunk_is_encoded_the_same_whatever_came_before(noise):
    data, used = weights("<f4"), Encoder()
    used.encode(noise(1 << 20))
    used.encode(weights("<f8"), 8)
    assert used.encode(data, 4) == Encoder().encode(data, 4)
