import pytest

from gitmodels.errors import Corrupt
from gitmodels.objects import record
from gitmodels.objects.record import HEADER_SIZE, Record, describe, from_header, to_header

CHUNK = bytes(range(32))


def test_round_trip_and_size():
    for codec, payload in ((0, b"12345"), (1, b"123")):
        described = describe(CHUNK, 5, codec, payload)
        header = to_header(described)
        assert len(header) == HEADER_SIZE == 104
        assert from_header(header) == described


def test_a_raw_payload_is_checked_by_the_chunks_id():
    assert describe(CHUNK, 5, 0, b"12345").payload_check == CHUNK[:16]
    assert describe(CHUNK, 5, 1, b"123").payload_check == record.payload_check(b"123")


def test_every_flipped_bit_is_seen():
    header = bytearray(to_header(describe(CHUNK, 5, 0, b"12345")))
    for bit in range(8 * len(header)):
        header[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Corrupt):
            from_header(bytes(header))
        header[bit // 8] ^= 1 << bit % 8
    from_header(bytes(header))


@pytest.mark.parametrize("size", [0, 4, 103])
def test_a_short_header_is_corrupt(size):
    with pytest.raises(Corrupt):
        from_header(to_header(describe(CHUNK, 5, 0, b"12345"))[:size])


@pytest.mark.parametrize(
    "bad",
    [
        Record(0, 5, 4, CHUNK, bytes(32), bytes(16)),
        Record(0, (64 << 20) + 1, (64 << 20) + 1, CHUNK, bytes(32), bytes(16)),
        Record(1, 5, 2**32 - 1, CHUNK, bytes(32), bytes(16)),
        Record(1, 5, 4, CHUNK, CHUNK, bytes(16)),
    ],
)
def test_impossible_fields_under_a_right_check_are_corrupt(bad):
    with pytest.raises(Corrupt, match="impossible"):
        from_header(to_header(bad))


def test_a_later_codec_may_have_a_base():
    later = Record(7, 5, 4, CHUNK, CHUNK, bytes(16))
    assert from_header(to_header(later)) == later
