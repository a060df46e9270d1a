"""A remote that lies, in each of the ways of the list of bad input: nothing of it is stored, and it is told."""

import os
import shutil
import struct

import pytest
from blake3 import blake3

from gitmodels.errors import Corrupt, DigestMismatch, FormatTooNew, GitModelsError, ObjectNotFound
from gitmodels.objects import codecs, pack, record
from gitmodels.objects import index as index_file
from gitmodels.objects.fsck import fsck
from gitmodels.objects.staging import Staging
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import PackWriter
from gitmodels.remotes import checking
from gitmodels.remotes.directory import DirectoryPacks
from gitmodels.remotes.transfer import download, source, upload


@pytest.fixture
def packs(store, shelf, folder, added):
    """Two models on the shelf, and the files of their packs; of the first all is wanted, of the second a part."""
    whole = added("a", 9000, "b", 700)
    part = added("c", 60_000, "d", 60_000, "e", 60_000)
    upload(store, [whole, part], shelf)
    return whole, part


def files_of(store, folder, manifest):
    (name,) = {store.catalog.find(bytes.fromhex(entry.blake3))[0].pack for entry in manifest.entries}
    base = folder / "packs" / name.hex()[:2] / name.hex()
    return base.with_suffix(".pack"), base.with_suffix(".index")


def rewrite(path, change):
    data = change(bytearray(path.read_bytes()))
    path.chmod(0o644)
    path.write_bytes(data)


def flipped(at):
    def change(data):
        data[at] ^= 4
        return data

    return change


BENT = {
    "46-flipped-payload": flipped(-1),
    "46-flipped-header": flipped(16 + 20),
    "46-flipped-head": flipped(3),
    "46-truncated": lambda data: data[:-40],
    "46-empty": lambda data: b"",
    "46-extended": lambda data: data + b"more",
    "48-login-page": lambda data: b"<html>please sign in</html>".ljust(len(data)),
    "48-shifted": lambda data: data[1:] + data[:1],
}


@pytest.mark.parametrize("bent", BENT)
@pytest.mark.parametrize("which", ["whole", "part"])
def test_bytes_that_are_not_those_of_the_pack_are_never_stored(store, other, shelf, folder, packs, bent, which):
    manifest = packs[which == "part"]
    path, _ = files_of(store, folder, manifest)
    good = path.read_bytes()
    rewrite(path, BENT[bent])
    wanted = [manifest] if which == "whole" else [manifest.entries[0], manifest.entries[2]][:1]
    first = manifest.entries[0]
    if bent == "46-flipped-payload":
        # The last payload is of the last record.
        place = max((p for p in store.catalog.places() if p.pack.hex() == path.stem), key=lambda p: p.offset)
        first = next(entry for entry in manifest.entries if entry.blake3 == place.chunk.hex())
        wanted = [manifest] if which == "whole" else [first]
    if which == "part" and bent in ("46-flipped-head", "46-extended", "46-truncated"):
        download(other, [manifest.entries[0]], shelf)  # the range that is asked for is whole
        assert other.read(manifest.entries[0]) == store.read(manifest.entries[0])
    else:
        with pytest.raises(GitModelsError) as caught:
            download(other, wanted, shelf)
        assert str(folder) in caught.value.message
        assert not caught.value.message.count("\n")
        assert not other.has(first.blake3)
    assert not fsck(other, full=True)
    rewrite(path, lambda _: good)
    download(ObjectStore(other.root), [manifest], DirectoryPacks(folder))
    assert not ObjectStore(other.root).missing(manifest)


def test_46_a_flipped_bit_names_the_digest_and_the_remote(store, other, shelf, folder, packs):
    path, _ = files_of(store, folder, packs[0])
    rewrite(path, flipped(16 + 104 + 5))
    with pytest.raises(DigestMismatch) as caught:
        download(other, [packs[0]], shelf)
    assert caught.value.fields["digest"] in caught.value.message
    assert caught.value.fields["remote"] == str(folder)
    assert "push the model there again" in caught.value.hint


def test_46_what_is_whole_in_a_damaged_pack_is_kept(store, other, shelf, folder, packs):
    manifest = packs[1]
    path, _ = files_of(store, folder, manifest)
    places = sorted((p for p in store.catalog.places() if p.pack.hex() == path.stem), key=lambda p: p.offset)
    rewrite(path, flipped(places[1].offset + 104 + 9))
    with pytest.raises(DigestMismatch, match=places[1].chunk.hex()):
        download(other, [manifest], shelf)
    assert other.has(places[0].chunk.hex())
    assert other.has(places[2].chunk.hex())
    assert not other.has(places[1].chunk.hex())
    assert not fsck(other, full=True)


def test_46_another_copy_of_the_remote_is_taken_instead_of_a_bad_one(store, other, shelf, folder, added, noise):
    data = noise(5000)
    first = added("a", data)
    upload(store, [first], shelf)
    elsewhere = ObjectStore(store.root / "elsewhere")
    second_remote = folder.parent / "second"
    second_remote.mkdir()
    more = added("a", data, "b", 40, to=elsewhere)
    upload(elsewhere, [more], DirectoryPacks(second_remote))
    shutil.copytree(second_remote / "packs", folder / "packs", dirs_exist_ok=True)
    path, _ = files_of(store, folder, first)
    rewrite(path, flipped(-1))
    download(other, [first], shelf)
    assert other.read(first.entries[0]) == data


def test_47_a_pack_that_went_away_and_one_that_never_was_are_told_with_the_digest(store, other, shelf, folder, packs):
    path, index = files_of(store, folder, packs[0])
    names = shelf.packs()
    index.unlink()
    path.unlink()

    class Late(DirectoryPacks):
        def packs(self):
            super().packs()
            return names

    with pytest.raises(ObjectNotFound, match=packs[0].entries[0].blake3):
        download(other, [packs[0]], shelf)
    # Known from the time before, and gone when it is asked for.
    download(store, [packs[0]], Late(folder))
    (kept,) = (store.root / "remotes").rglob("*.idx")
    there = other.root / kept.relative_to(store.root)
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(kept, there)
    with pytest.raises(ObjectNotFound, match=packs[0].entries[0].blake3):
        download(ObjectStore(other.root), [packs[0]], Late(folder))


def lie(index, change):
    rows = [list(place) for place in index.places()]
    change(rows)
    size = next(iter(index.packs.values()))
    return index_file.build([(pack_id, size) for pack_id in index.packs], [pack.Place(*row) for row in rows])


def swap(rows):
    rows[0][0], rows[1][0] = rows[1][0], rows[0][0]


def overlap(rows):
    rows[1][2] = rows[0][2]


def outside(rows):
    rows[0][2] += 1 << 40


def long(rows):
    rows[0][4] = 2**32 - 1


@pytest.mark.parametrize("change", [overlap, outside, long], ids=lambda change: change.__name__)
def test_51_an_index_file_that_does_not_make_up_its_pack_counts_for_nothing(store, other, shelf, folder, packs, change):
    _, path = files_of(store, folder, packs[1])
    rewrite(path, lambda data: lie(index_file.Index(bytes(data)), change))
    with pytest.raises(Corrupt, match="cannot be believed"):
        download(other, [packs[1]], shelf)
    download(other, [packs[0]], shelf)
    assert not other.missing(packs[0])


NO_INDEX = {"empty": b"", "cut": b"\x93GMIX\r\n\n", "html": b"<html>", "noise": bytes(range(200))}


@pytest.mark.parametrize("bent", NO_INDEX.values(), ids=NO_INDEX)
def test_46_an_index_file_that_is_none_counts_for_nothing_and_is_put_back(store, other, shelf, folder, packs, bent):
    _, path = files_of(store, folder, packs[0])
    rewrite(path, lambda data: bent)
    with pytest.raises(Corrupt, match="cannot be believed"):
        download(other, [packs[0]], shelf)
    store = ObjectStore(store.root)
    shutil.rmtree(store.root / "remotes")
    upload(store, [packs[0]], DirectoryPacks(folder))
    download(ObjectStore(other.root), [packs[0]], DirectoryPacks(folder))
    assert not ObjectStore(other.root).missing(packs[0])


def test_49_two_chunks_that_change_places_are_told_apart(store, other, shelf, folder, packs):
    _, path = files_of(store, folder, packs[1])
    first = next(index_file.Index(path.read_bytes()).places()).chunk
    rewrite(path, lambda data: lie(index_file.Index(bytes(data)), swap))
    with pytest.raises(DigestMismatch, match=first.hex()):
        download(other, [first], shelf)
    assert not other.has(first.hex())
    # What a whole pack holds is read from the pack itself.
    download(other, [packs[1]], shelf)
    assert not other.missing(packs[1])


def test_49_a_record_that_claims_to_be_another_chunk_is_not_believed(store, other, shelf, folder, noise, added):
    """Every check fits but the one that counts: the bytes are those of somebody else's weights."""
    right, wrong = noise(4000), noise(4000)
    claimed = blake3(right).digest()
    forge(folder, [(claimed, codecs.RAW, wrong), (blake3(wrong).digest(), codecs.RAW, wrong)])
    manifest = added("a", right)
    with pytest.raises(DigestMismatch, match=claimed.hex()):
        download(other, [manifest], shelf)
    assert source(other, shelf)(claimed) is None
    assert not other.has(claimed.hex())


def test_50_a_codec_of_a_later_version_asks_for_an_upgrade(store, other, shelf, folder, noise, added):
    data = noise(4000)
    forge(folder, [(blake3(data).digest(), 77, data)])
    manifest = added("a", data)
    with pytest.raises(FormatTooNew, match="77"):
        download(other, [manifest], shelf)


def test_51_a_delta_whose_base_nobody_has_is_told(store, other, shelf, folder, noise, added):
    data = noise(4000)
    base = blake3(b"gone").digest()
    forge(folder, [(blake3(data).digest(), 5, b"(\xb5/\xfd" + noise(300))], base=base)
    manifest = added("a", data)
    with pytest.raises(ObjectNotFound, match=base.hex()):
        download(other, [manifest], shelf)
    assert not fsck(other, full=True)


def test_a_small_payload_that_decodes_to_much_is_refused(store, other, shelf, folder, added):
    from backports.zstd import compress

    bomb = compress(bytes(60 << 20))
    forge(folder, [(blake3(b"x").digest(), codecs.ZSTD, bomb)])
    manifest = added("a", b"x")
    with pytest.raises(DigestMismatch):
        download(other, [manifest], shelf)


def forge(folder, records, base=record.NO_BASE):
    """Put a pack there whose records say what they like, with every check that can be made to fit."""
    work = folder.parent / f"forged-{os.urandom(4).hex()}"
    writer = PackWriter(Staging(work, durable=False), work / "packs")
    for chunk, codec, payload in records:
        described = record.Record(
            codec,
            1 if chunk == blake3(b"x").digest() else 4000,
            len(payload),
            chunk,
            base,
            record.payload_check(payload),
        )
        writer.copy(described, payload)
    (made,) = writer.publish()
    index = index_file.build([(made.id, made.size)], made.places)
    DirectoryPacks(folder).put(made.id, work / "packs" / pack.name_of(made.id), index)


def test_the_rows_of_an_index_file_must_fill_their_pack():
    row = pack.Place(bytes(32), b"\1" * 32, 16, 10, 10, 0)
    assert checking.covers([row], 16 + 104 + 10)
    assert not checking.covers([row], 16 + 104 + 11)
    assert not checking.covers([row._replace(offset=17)], 16 + 104 + 11)
    assert not checking.covers([row, row], 16 + 104 + 10)
    assert checking.covers([], 16)
    with pytest.raises(Corrupt, match="of another pack"):
        checking.index_of(index_file.build([(b"\1" * 32, 130)], [row]), b"\2" * 32)
    with pytest.raises(Corrupt):
        checking.index_of(struct.pack(">8sIIQ", index_file.MAGIC, 1, 2**32 - 1, 2**60), b"\2" * 32)
