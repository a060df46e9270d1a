"""The formats on disk, byte for byte: what was written by format 1 is read for ever, and written the same today.

The files under v1/ are never regenerated; a change that needs new ones is a new format.
"""

import shutil
import struct
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.objects import chunklist, index, pack, record
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.staging import Staging
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.writer import PackWriter

GOLDEN = Path(__file__).parent / "v1"
CHUNKS = [b"first chunk", b"", bytes(range(256))]
COMPRESSED = b"a line of text\n" * 100


def weights(offset=0.0):
    values = (
        ((number * 2654435761) % 2**32 / 2**32 - 0.5) * 0.04 * (1 + offset * (number % 7)) for number in range(700)
    )
    return struct.pack("<700f", *values) + b"end"


WORDS = [weights(), weights(1e-4), weights(1e-6), b"".join(b"%d " % (number**5) for number in range(300))]
WORDS.append(b"inserted" + WORDS[-1])


def manifest():
    return Manifest(
        (
            Entry("MLmodel", 11, digest.of_bytes(CHUNKS[0])),
            Entry("data/1 'quoted' é.bin", 0, digest.of_bytes(b"")),
            Entry("data/large.bin", 70_000_000, digest.Digest("1" * 64), digest.Digest("f" * 64)),
        )
    )


def write_raw(root):
    writer = PackWriter(Staging(root), root / "packs")
    for data in CHUNKS:
        writer.append(bytes.fromhex(digest.of_bytes(data)), len(data), 0, data)
    return writer.publish()


def test_manifest():
    data = (GOLDEN / "objects" / "manifest.yaml").read_bytes()
    assert manifest().to_yaml() == data
    assert Manifest.from_yaml(data) == manifest()
    assert manifest().digest == (GOLDEN / "objects" / "manifest.digest").read_text().strip()


def test_chunk_list():
    data = (GOLDEN / "objects" / "chunks.bin").read_bytes()
    builder = chunklist.Builder()
    for number, length in enumerate((4 << 20, 4 << 20, 1)):
        builder.add(bytes([number]) * 32, length)
    assert builder.data() == data
    assert [chunk.length for chunk in chunklist.decode(data, (8 << 20) + 1)] == [4 << 20, 4 << 20, 1]


def test_pack_and_index_of_raw_chunks_are_written_the_same(tmp_path):
    (packed,) = write_raw(tmp_path)
    path = tmp_path / "packs" / pack.name_of(packed.id)
    assert path.read_bytes() == (GOLDEN / "objects" / "raw" / path.name).read_bytes()
    data = index.build([(packed.id, packed.size)], packed.places)
    assert data == (GOLDEN / "objects" / "raw" / index.name_of(data)).read_bytes()


@pytest.mark.parametrize(("kind", "contents"), [("raw", CHUNKS), ("zstd", [COMPRESSED]), ("words", WORDS)])
@pytest.mark.parametrize("with_index", [True, False])
def test_a_store_of_format_1_is_read(tmp_path, kind, contents, with_index):
    store = ObjectStore(tmp_path)
    for path in (GOLDEN / "objects" / kind).iterdir():
        folder = store.packs_folder if path.suffix == ".pack" else store.index_folder
        folder.mkdir(exist_ok=True)
        if with_index or path.suffix == ".pack":
            shutil.copyfile(path, folder / path.name)
    for data in contents:
        assert store.read_bytes(digest.of_bytes(data)) == data
    assert fsck(store, full=True) == []
    written = {path.name: path.read_bytes() for path in store.index_folder.iterdir()}
    assert written == {p.name: p.read_bytes() for p in (GOLDEN / "objects" / kind).iterdir() if p.suffix == ".idx"}


def test_the_golden_words_are_in_every_codec_for_words(tmp_path):
    (path,) = (GOLDEN / "objects" / "words").glob("*.pack")
    assert [found.codec for _, found in pack.scan(path).records] == [2, 3, 4, 1, 5]


def test_sizes_that_the_description_names():
    assert (len(pack.HEAD), record.HEADER_SIZE, index.ROW_SIZE) == (16, 104, 56)
    assert len(chunklist.Builder().data()) == 16
    assert len(index.build([], [])) == 24
