"""Packs whose bytes are made to mislead are refused, each for its own reason."""

import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from gitmodels.git.object_files import Absent, ObjectFiles, read_loose
from gitmodels.git.pack_reading import Damaged, PackFile, UnknownForm, apply_delta
from gitmodels.git.packs import Record, encode_index
from gitmodels.git.raw import SHA1, SHA256, ObjectFormat
from gitmodels.git.repository import GitRepository

Git = Callable[..., str]


def pack(folder: Path, records: list[bytes], ids: list[bytes], fmt: ObjectFormat = SHA1) -> PackFile:
    """A pack of raw records under ids of one's own choice."""
    body = struct.pack(">4sII", b"PACK", 2, len(records))
    rows = []
    for oid, record in zip(ids, records, strict=True):
        rows.append(Record(oid, zlib.crc32(record), len(body)))
        body += record
    checksum = fmt.hasher(body).digest()
    (folder / "p.pack").write_bytes(body + checksum)
    (folder / "p.idx").write_bytes(encode_index(rows, checksum, fmt))
    return PackFile(str(folder / "p"), fmt.size)


def record(number: int, data: bytes, size: int | None = None, before: bytes = b"") -> bytes:
    size = len(data) if size is None else size
    head = bytearray([(number << 4) | (size & 15)])
    size >>= 4
    while size:
        head[-1] |= 0x80
        head.append(size & 0x7F)
        size >>= 7
    return bytes(head) + before + zlib.compress(data)


ONE, TWO = b"\x01" * 20, b"\x02" * 20


@pytest.mark.parametrize(
    "made",
    {
        "a size too small": record(3, b"hello", size=4),
        "a size too large": record(3, b"hello", size=6),
        "more than a gibibyte": record(3, b"x", size=1 << 40),
        "a size without an end": b"\xbf" + b"\xff" * 20,
        "no kind": record(5, b"x"),
        "kind zero": record(0, b"x"),
        "bytes that do not inflate": record(3, b"")[:1] + b"not zlib at all",
        "a cut-off stream": record(3, os.urandom(200))[:30],
        "a base before the pack": record(6, b"\x00\x00", before=b"\x7f"),
        "itself as base": record(6, b"\x00\x00", before=b"\x00"),
        "a base without an end": b"\x62" + b"\xff" * 30,
        "a base of nowhere": record(7, b"\x00\x00", before=b"\x09" * 20),
        "a base in circles": record(7, b"\x00\x00", before=ONE),
        "a cut-off base": b"\x72\x01",
    }.items(),
    ids=lambda item: item[0].replace(" ", "-"),
)
def test_a_misleading_record_is_refused(made: tuple[str, bytes], tmp_path: Path) -> None:
    opened = pack(tmp_path, [made[1]], [ONE])
    offset = opened.find(ONE)
    assert offset == 12
    with pytest.raises(Damaged) as caught:
        opened.read(offset)
    assert str(caught.value)


def test_chains_of_deltas_are_followed_by_offset_and_by_id(tmp_path: Path) -> None:
    base = record(3, b"hello world")
    by_id = record(7, b"\x0b\x08\x90\x05\x03ish", before=ONE)
    by_offset = record(6, b"\x08\x05\x90\x05", before=bytes([len(by_id)]))
    opened = pack(tmp_path, [base, by_id, by_offset], [ONE, TWO, b"\x03" * 20])
    found = [opened.read(opened.find(bytes([number]) * 20) or 0) for number in (3, 2, 1, 3)]
    assert found == [("blob", b"hello"), ("blob", b"helloish"), ("blob", b"hello world"), ("blob", b"hello")]


@pytest.mark.parametrize(
    "delta",
    [b"", b"\x0b", b"\x0c\x01\x01a", b"\x0b\x02\x01a", b"\x0b\x01\x00", b"\x0b\x05\x91\x09\x05", b"\x0b\x01\x05ab",
     b"\x0b\x01\x02ab", b"\x0b\xff\xff\xff\xff\xff\xff\x01a", b"\x0b\x01\x91"],
)  # fmt: skip
def test_a_delta_that_does_not_fit_is_refused(delta: bytes) -> None:
    with pytest.raises(Damaged):
        apply_delta(b"hello world", delta)


def test_ids_of_either_length_are_found_where_their_bytes_run_into_each_other(tmp_path: Path) -> None:
    for fmt in (SHA1, SHA256):
        folder = tmp_path / fmt.name
        folder.mkdir()
        # Rows of one byte: the id 07 01 01 … starts inside other rows at every place.
        ids = [b"\x07" + bytes([one]) * (fmt.size - 1) for one in range(7)]
        ids += [b"\x07" * (fmt.size - 1) + bytes([one]) for one in range(4, 12)]
        opened = pack(folder, [record(3, bytes([place])) for place in range(len(ids))], ids, fmt)
        for place, oid in enumerate(ids):
            assert opened.read(opened.find(oid) or 0) == ("blob", bytes([place]))
        assert opened.find(b"\x05" * fmt.size) is None
        assert opened.find(b"\x06" * fmt.size) is None
        assert opened.find(b"\xff" * fmt.size) is None


def test_a_large_index_is_searched_by_halves(tmp_path: Path) -> None:
    ids = [b"\x42" + hashlib.sha1(bytes([high, low])).digest()[:19] for high in range(8) for low in range(256)]
    opened = pack(tmp_path, [record(3, oid) for oid in ids], ids)
    assert all(opened.read(opened.find(oid) or 0)[1] == oid for oid in ids[::37])
    assert opened.find(b"\x42" + b"\x99" * 19) is None


@pytest.mark.parametrize("what", ["short", "falling", "sizes", "first version", "another pack", "no pack magic", "cut"])
def test_an_index_and_its_pack_must_fit_together(what: str, tmp_path: Path) -> None:
    opened = pack(tmp_path, [record(3, b"x")], [ONE])
    index, body = (tmp_path / "p.idx").read_bytes(), (tmp_path / "p.pack").read_bytes()
    changed = {
        "short": (index[:100], body),
        "falling": (index[:8] + b"\xff\xff\xff\xff" + index[12:], body),
        "sizes": (index + b"1234", body),
        "first version": (b"\0\0\0\0" + index[4:], body),
        "another pack": (index[:-40] + b"\x01" * 20 + index[-20:], body),
        "no pack magic": (index, b"KCAP" + body[4:]),
        "cut": (index, body[:-1]),
    }[what]
    del opened
    (tmp_path / "p.idx").write_bytes(changed[0])
    (tmp_path / "p.pack").write_bytes(changed[1])
    with pytest.raises(UnknownForm if what == "first version" else Damaged):
        PackFile(str(tmp_path / "p"), 20).read(12)


def test_an_offset_outside_of_the_pack_is_refused(tmp_path: Path) -> None:
    pack(tmp_path, [record(3, b"x")], [ONE])
    body = (tmp_path / "p.pack").read_bytes()
    for offset in (0, 11, len(body) - 20, 1 << 30, 1 << 40):
        (tmp_path / "p.idx").write_bytes(encode_index([Record(ONE, 0, offset)], body[-20:], SHA1))
        opened = PackFile(str(tmp_path / "p"), 20)
        with pytest.raises(Damaged, match="outside"):
            opened.read(opened.find(ONE) or 0)
    index = bytearray(encode_index([Record(ONE, 0, 1 << 40)], body[-20:], SHA1))
    index[8 + 1024 + 24 : 8 + 1024 + 28] = b"\x80\0\0\x09"
    (tmp_path / "p.idx").write_bytes(index)
    with pytest.raises(Damaged, match="large offsets"):
        PackFile(str(tmp_path / "p"), 20).find(ONE)


@pytest.mark.parametrize(
    "data",
    [b"", b"blob", b"blob 1", b"blob x\0x", b"blob 2\0x", b"blob 0\0x", b"blob 01\0x", b"blob -1\0x", b"file 1\0x",
     b"blob 99999999999\0x", b"blob  1\0x", b"\0", b"blob 1\0xy"],
)  # fmt: skip
def test_a_loose_object_that_misleads_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "o").write_bytes(zlib.compress(data))
    with pytest.raises(Damaged):
        read_loose(str(tmp_path / "o"))


def test_a_small_file_that_inflates_without_end_is_stopped_at_its_own_claim(tmp_path: Path) -> None:
    (tmp_path / "o").write_bytes(zlib.compress(b"blob 5\0" + b"\0" * (64 << 20)))
    with pytest.raises(Damaged, match="another size"):
        read_loose(str(tmp_path / "o"))


def test_a_reader_finds_what_was_repacked_pruned_or_written_since(git_repo: Path, git: Git) -> None:
    oids = []
    for text in ("one", "two"):
        (git_repo / "f").write_text(text)
        git("add", "f", cwd=git_repo)
        git("commit", "--quiet", "-m", text, cwd=git_repo)
        oids.append(git("rev-parse", "HEAD:f", cwd=git_repo).strip())
    reader = GitRepository.open(git_repo).objects
    assert reader.read(oids[0], "blob") == b"one"
    git("gc", "--quiet", "--prune=now", cwd=git_repo)
    assert [reader.read(oid, "blob") for oid in oids] == [b"one", b"two"]
    later = git("hash-object", "-w", "f", cwd=git_repo, GIT_OBJECT_DIRECTORY=str(git_repo / ".git/objects")).strip()
    git("commit", "--quiet", "--allow-empty", "-m", "more", cwd=git_repo)
    git("repack", "-adfq", cwd=git_repo)
    assert reader.read(later, "blob") == b"two"
    assert reader.missing([oids[1], "0" * 40, "0" * 40]) == ["0" * 40]


@pytest.mark.sha1
def test_one_whole_copy_is_enough(git_repo: Path, git: Git, tmp_path: Path) -> None:
    (git_repo / "f").write_text("text")
    oid = git("hash-object", "-w", "f", cwd=git_repo).strip()
    shared = tmp_path / "shared"
    (shared / oid[:2]).mkdir(parents=True)
    loose = git_repo / ".git" / "objects" / oid[:2] / oid[2:]
    (shared / oid[:2] / oid[2:]).write_bytes(loose.read_bytes())
    loose.chmod(0o644)
    loose.write_bytes(zlib.compress(b"blob 4\0lies"))
    with pytest.raises(Damaged, match="another id"):
        ObjectFiles(str(git_repo / ".git" / "objects"), SHA1).read(oid)
    (git_repo / ".git" / "objects" / "info" / "alternates").write_text(f"# old\n/nowhere\n{shared}\n")
    assert ObjectFiles(str(git_repo / ".git" / "objects"), SHA1).read(oid) == ("blob", b"text")


def test_folders_that_borrow_from_each_other_end(tmp_path: Path) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / one / "info").mkdir(parents=True)
        (tmp_path / one / "info" / "alternates").write_text(f"../{other}\n" * 3)
    with pytest.raises(Absent):
        ObjectFiles(str(tmp_path / "a"), SHA1).read("0" * 40)
