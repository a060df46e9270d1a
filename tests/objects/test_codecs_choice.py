import numpy as np
import pytest
from backports import zstd

from gitmodels.errors import Corrupt, FormatTooNew
from gitmodels.objects import codecs
from gitmodels.objects.codecs import AFTER_BASE, BASED, DELTA, PACKED_DELTA, PLANES, RAW, ZSTD, decode, encoder
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
    assert (codecs.DELTA, codecs.PACKED_DELTA, codecs.AFTER_BASE) == (3, 4, 5)
    assert set(range(6)) == codecs.KNOWN
    assert {3, 4, 5} == codecs.BASED


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


def tuned(data, dtype, relative):
    values = np.frombuffer(data, dtype)
    noise = np.random.default_rng(6).standard_normal(len(values))
    return (values * (1 + relative * noise)).astype(dtype).tobytes()


@pytest.mark.parametrize(("dtype", "width"), [("<f2", 2), ("<f4", 4), ("<f8", 8)])
def test_tuned_weights_become_a_delta(dtype, width):
    base = weights(dtype)
    data = tuned(base, dtype, 1e-4)
    codec, payload = Encoder().encode(data, width, base)
    assert codec in (DELTA, PACKED_DELTA)
    assert len(payload) < 0.75 * len(Encoder().encode(data, width)[1])
    assert decode(codec, payload, len(data), base) == data


def test_a_few_changed_words_become_a_packed_delta():
    base = weights("<f4")
    values = np.frombuffer(base, "<f4").copy()
    values[::100] *= 1.1
    codec, payload = Encoder().encode(values.tobytes(), 4, base)
    assert codec == PACKED_DELTA
    assert len(payload) < 0.03 * len(base)


def test_a_delta_that_saves_little_is_not_kept():
    base = weights("<f4")
    data = tuned(base, "<f4", 0.3)
    assert Encoder().encode(data, 4, base) == Encoder().encode(data, 4)


def test_a_base_of_another_length_is_no_use_to_weights():
    data = weights("<f4")
    assert Encoder().encode(data, 4, weights("<f4", 200_000)[400_004:-4])[0] == PLANES


def test_a_short_chunk_stands_alone():
    base = weights("<f4", 1000)
    assert Encoder().encode(tuned(base, "<f4", 1e-4), 4, base)[0] not in BASED


@pytest.mark.parametrize("size", [5000, 200_000, 3_000_000])
def test_bytes_that_moved_are_found_in_the_base(noise, size):
    base = noise(size)
    data = base[size // 3 :] + noise(50) + base[: size // 3]
    codec, payload = Encoder().encode(data, 0, base)
    assert codec == AFTER_BASE
    assert len(payload) < 1000
    assert decode(codec, payload, len(data), base) == data


@pytest.mark.parametrize("size", [5000, 200_000, 3_000_000])
def test_a_base_that_has_nothing_in_common_is_not_used(noise, size):
    data = noise(size)
    assert Encoder().encode(data, 0, noise(size)) == (RAW, data)


def test_a_base_past_the_limit_is_not_searched(monkeypatch, noise):
    monkeypatch.setattr(encoder, "MOST_AFTER_BASE", 10_000)
    data = noise(9000)
    assert Encoder().encode(data, 0, data + bytes(2000))[0] == RAW
    assert Encoder().encode(data, 0, data + bytes(1000))[0] == AFTER_BASE
