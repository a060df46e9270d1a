import os

import pytest

from gitmodels.errors import Corrupt
from gitmodels.objects import index as room
from gitmodels.objects.index import Index, build, merge, name_of
from gitmodels.objects.pack import Place

PACKS = [(bytes([n]) * 32, 1000 + n) for n in range(4)]


def place(number, pack=0, offset=16):
    chunk = (
        number.to_bytes(32, "little")[::-1]
        if number < 0
        else bytes(room.digests.of_bytes(b"%d" % number), "ascii")[:32]
    )
    return Place(chunk, PACKS[pack][0], offset, 7, 5, 1)


def test_finds_every_place_and_nothing_else():
    places = [place(n, n % 4, n) for n in range(500)]
    index = Index(build(PACKS, places))
    assert len(index) == 500
    for each in places:
        assert index.find(each.chunk) == [each]
    assert index.find(bytes(32)) == index.find(b"\xff" * 32) == index.find(place(500).chunk) == []
    assert index.packs == dict(PACKS)


def test_a_chunk_in_two_packs_has_two_places():
    twice = [place(1, 0, 16), place(1, 2, 99)]
    assert Index(build(PACKS, twice)).find(twice[0].chunk) == twice


def test_ids_that_are_not_uniform_are_found():
    places = [Place(bytes(28) + n.to_bytes(4), PACKS[0][0], n, 1, 1, 0) for n in range(1000)]
    places += [Place(b"\xff" * 28 + n.to_bytes(4), PACKS[0][0], n, 1, 1, 0) for n in range(1000)]
    index = Index(build(PACKS, places))
    assert all(index.find(each.chunk) == [each] for each in places)


def test_order_and_repetition_do_not_matter():
    places = [place(n, n % 4, n) for n in range(50)]
    assert build(PACKS, places) == build(PACKS[::-1] * 2, places[::-1] * 2)


def test_merging_gives_what_building_gives():
    places = [place(n, n % 4, n) for n in range(100)]
    parts = [Index(build([pack], [each for each in places if each.pack == pack[0]])) for pack in PACKS]
    whole = build(PACKS, places)
    assert merge(parts) == merge([Index(merge(parts[:2])), parts[3], parts[2], parts[2]]) == whole
    assert list(Index(whole).places()) == sorted(places)


def test_merging_takes_the_first_size_of_a_pack():
    one, two = Index(build([(PACKS[0][0], 5)], [])), Index(build([(PACKS[0][0], 6)], []))
    assert Index(merge([one, two])).packs == {PACKS[0][0]: 5}


def test_opened_from_a_file(tmp_path):
    data = build(PACKS, [place(1)])
    path = tmp_path / name_of(data)
    path.write_bytes(data)
    index = Index.open(path)
    assert index.find(place(1).chunk) == [place(1)]
    assert index.is_intact()


def test_case46_every_damaged_byte_and_every_length_is_seen_on_opening(tmp_path):
    data = bytearray(build(PACKS, [place(1), place(2)]))
    path = tmp_path / name_of(data)
    for at in range(len(data)):
        data[at] ^= 4
        path.write_bytes(data)
        with pytest.raises(Corrupt):
            Index.open(path)
        data[at] ^= 4
        path.write_bytes(data[:at])
        with pytest.raises(Corrupt):
            Index.open(path)
    path.write_bytes(data + b"x")
    with pytest.raises(Corrupt):
        Index.open(path)


def test_a_row_that_names_no_pack_is_corrupt():
    data = bytearray(build(PACKS, [place(1)]))
    at = len(data) - room.ROW_SIZE + 32
    data[at : at + 4] = b"\0\0\0\x09"
    index = Index(bytes(data))
    with pytest.raises(Corrupt, match="no pack"):
        index.find(place(1).chunk)
    with pytest.raises(Corrupt, match="no pack"):
        merge([index])


def test_a_large_file_is_checked_when_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "_CHECKED", 10)
    data = bytearray(build(PACKS, [place(1)]))
    path = tmp_path / name_of(data)
    data[-1] ^= 1
    path.write_bytes(data)
    assert not Index.open(path).is_intact()
    os.unlink(path)
