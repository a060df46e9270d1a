import pytest

from gitmodels.errors import Corrupt, FormatTooNew, Invalid
from gitmodels.objects import chunklist
from gitmodels.objects.chunklist import Builder, Chunk, decode


def built(*lengths):
    builder = Builder()
    for number, length in enumerate(lengths):
        builder.add(bytes([number]) * 32, length)
    return builder.data()


def test_round_trip():
    assert decode(built(4, 5), 9) == (Chunk(bytes(32), 4), Chunk(b"\1" * 32, 5))


@pytest.mark.parametrize("size", [0, 8, 10, 2**53])
def test_case51_a_total_that_lies_is_corrupt(size):
    with pytest.raises(Corrupt, match="lengths"):
        decode(built(4, 5), size)


@pytest.mark.parametrize("lengths", [(0, 9), (64 << 20, (64 << 20) + 1)])
def test_case51_impossible_lengths_are_corrupt(lengths):
    with pytest.raises(Corrupt):
        decode(built(*lengths), sum(lengths))


@pytest.mark.parametrize("cut", [0, 5, 15, 16, 20, 87])
def test_case51_a_truncated_list_is_corrupt(cut):
    with pytest.raises(Corrupt):
        decode(built(4, 5)[:cut], 9)


def test_case51_an_extended_list_and_another_magic_are_corrupt():
    data = built(4, 5)
    for bad in (data + b"x", b"X" + data[1:], data[:8] + bytes(4) + data[12:]):
        with pytest.raises(Corrupt):
            decode(bad, 9)


def test_a_later_version_is_named():
    data = built(4)
    with pytest.raises(FormatTooNew):
        decode(data[:8] + b"\0\0\0\2" + data[12:], 4)


def test_more_chunks_than_one_list_names_are_refused(monkeypatch):
    monkeypatch.setattr(chunklist, "MAX_CHUNKS", 2)
    with pytest.raises(Invalid, match="more than 2"):
        built(1, 1, 1)
