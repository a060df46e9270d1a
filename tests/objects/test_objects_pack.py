import os

import pytest

from gitmodels.errors import Corrupt, DigestMismatch, FormatTooNew
from gitmodels.objects import pack, record
from gitmodels.objects.pack import HEAD, Place
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.staging import Staging
from gitmodels.objects.writer import PackWriter


@pytest.fixture
def written(tmp_path, noise):
    """A pack of three raw chunks: its path and their places."""
    writer = PackWriter(Staging(tmp_path), tmp_path / "packs")
    for size in (100, 0, 300):
        data = noise(size)
        writer.append(bytes.fromhex(_digest(data)), size, 0, data)
    (found,) = writer.publish()
    return tmp_path / "packs" / pack.name_of(found.id), found.places


def _digest(data):
    from gitmodels import digest

    return digest.of_bytes(data)


def damaged(path, offset, data=None):
    os.chmod(path, 0o644)
    with open(path, "r+b") as stream:
        stream.seek(offset)
        byte = stream.read(1)
        stream.seek(offset)
        stream.write(data if data is not None else bytes([byte[0] ^ 1]))


def places_of(path, scan):
    name = pack.id_of(path.name)
    return [Place(r.chunk, name, o, r.raw_length, r.encoded_length, r.codec) for o, r in scan.records]


def test_a_scan_finds_what_was_written(written):
    path, places = written
    scan = pack.scan(path)
    assert scan.flaws == ()
    assert scan.size == path.stat().st_size == len(HEAD) + 3 * HEADER_SIZE + 400
    assert tuple(places_of(path, scan)) == places
    for place in places:
        assert len(pack.read(path, place)) == place.raw_length
        pack.probe(path, place)


def test_the_name_is_that_of_head_and_record_headers(written):
    path, places = written
    data = path.read_bytes()
    headers = b"".join(data[p.offset : p.offset + HEADER_SIZE] for p in places)
    assert path.name == _digest(HEAD + headers) + ".pack"


def test_names_of_packs():
    assert pack.id_of("ab" * 32 + ".pack") == b"\xab" * 32
    for other in (
        "ab" * 32,
        "AB" * 32 + ".pack",
        "ab" * 31 + ".pack",
        "zz" * 32 + ".pack",
        " a" * 32 + ".pack",
        ".pack",
    ):
        assert pack.id_of(other) is None


def test_case46_a_truncated_tail_is_reported_and_the_rest_is_read(written):
    path, places = written
    os.chmod(path, 0o644)
    os.truncate(path, path.stat().st_size - 1)
    scan = pack.scan(path)
    assert places_of(path, scan) == list(places[:2])
    assert [(flaw.kind, flaw.offset, flaw.chunk) for flaw in scan.flaws] == [
        ("truncated", places[2].offset, places[2].chunk),
        ("name", 0, None),
    ]
    with pytest.raises(Corrupt):
        pack.read(path, places[2])
    with pytest.raises(Corrupt):
        pack.probe(path, places[2])


@pytest.mark.parametrize("left", [0, 5, 16, 17, 50])
def test_case46_a_pack_cut_in_its_first_bytes_is_reported(written, left):
    path, places = written
    os.chmod(path, 0o644)
    os.truncate(path, left)
    scan = pack.scan(path)
    assert scan.records == ()
    assert scan.flaws[-1].kind == "name"
    with pytest.raises(Corrupt):
        pack.read(path, places[0])


def test_a_pack_cut_between_two_records_is_seen_by_its_name(written):
    path, places = written
    os.chmod(path, 0o644)
    os.truncate(path, places[2].offset)
    scan = pack.scan(path)
    assert places_of(path, scan) == list(places[:2])
    assert [flaw.kind for flaw in scan.flaws] == ["name"]


def test_a_damaged_header_does_not_hide_the_records_behind_it(written):
    path, places = written
    damaged(path, places[0].offset + 9)
    scan = pack.scan(path)
    assert places_of(path, scan) == list(places[1:])
    assert [(flaw.kind, flaw.offset) for flaw in scan.flaws] == [("header", places[0].offset), ("name", 0)]


def test_a_damaged_payload_is_seen_on_reading(written):
    path, places = written
    damaged(path, places[2].offset + HEADER_SIZE + 299)
    assert pack.scan(path).flaws == ()
    pack.probe(path, places[2])
    with pytest.raises(DigestMismatch):
        pack.read(path, places[2])


def test_case49_another_record_at_the_place_is_refused(written):
    path, places = written
    with pytest.raises(Corrupt, match="another record"):
        pack.read(path, places[0]._replace(chunk=places[2].chunk))
    with pytest.raises(Corrupt, match="another record"):
        pack.probe(path, places[0]._replace(raw_length=7))


def test_a_pack_of_a_later_version_is_not_damage(written):
    path, _ = written
    damaged(path, 8, b"\0\0\0\2")
    with pytest.raises(FormatTooNew):
        pack.scan(path)


def test_a_damaged_head_is_a_flaw(written):
    path, places = written
    damaged(path, 1)
    scan = pack.scan(path)
    assert [flaw.kind for flaw in scan.flaws] == ["header", "name"]
    assert tuple(places_of(path, scan)) == places


def test_resynchronising_finds_headers_across_windows(tmp_path, monkeypatch):
    monkeypatch.setattr(pack, "_STRIDE", 7)
    good = record.to_header(record.describe(bytes.fromhex(_digest(b"abc")), 3, 0, b"abc")) + b"abc"
    for junk in range(1, 30):
        path = tmp_path / f"{junk}.pack"
        path.write_bytes(HEAD + b"\x93" * junk + good)
        scan = pack.scan(path)
        assert [offset for offset, _ in scan.records] == [len(HEAD) + junk]


def test_a_pack_inside_a_payload_is_only_content(tmp_path, store, written):
    path, _ = written
    manifest = store.add_file(path.rename(tmp_path / "weird.bin"))
    assert store.read(manifest.entries[0]) == (tmp_path / "weird.bin").read_bytes()
    assert len(store.catalog.packs()) == 1


def test_a_large_add_spans_packs(tmp_path, monkeypatch, noise):
    from gitmodels.objects import writer as room

    monkeypatch.setattr(room, "TARGET", 1000)
    writer = PackWriter(Staging(tmp_path), tmp_path / "packs")
    data = [noise(400) for _ in range(20)]
    for each in data:
        writer.append(bytes.fromhex(_digest(each)), 400, 0, each)
    packs = writer.publish()
    assert len(packs) == 10
    for found in packs:
        path = tmp_path / "packs" / pack.name_of(found.id)
        assert pack.scan(path).flaws == ()
        assert path.stat().st_size == found.size
        assert path.stat().st_mode & 0o222 == 0
    assert os.listdir(tmp_path / "tmp") == []


def test_nothing_appended_writes_nothing(tmp_path):
    writer = PackWriter(Staging(tmp_path), tmp_path / "packs")
    assert writer.publish() == []
    assert os.listdir(tmp_path) == []


def test_abort_removes_all(tmp_path, monkeypatch, noise):
    from gitmodels.objects import writer as room

    monkeypatch.setattr(room, "TARGET", 1000)
    writer = PackWriter(Staging(tmp_path), tmp_path / "packs")
    for _ in range(7):
        each = noise(400)
        writer.append(bytes.fromhex(_digest(each)), 400, 0, each)
    writer.abort()
    assert os.listdir(tmp_path / "tmp") == []
    assert not (tmp_path / "packs").exists()
