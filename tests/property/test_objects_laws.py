"""Laws of the object store: what goes in comes out, ids are those of the bytes, order and repetition do not matter."""

import string
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gitmodels import digest, yaml
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.objects import chunklist, codecs, index, pack, spans
from gitmodels.objects.chunklist import Builder
from gitmodels.objects.fsck import fsck
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.pack import Place
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.store import ObjectStore

parts = st.text(string.ascii_letters + string.digits + "_-+@ .'\"#&*!é文", min_size=1, max_size=12)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)
digests = st.binary(min_size=32, max_size=32).map(lambda raw: digest.Digest(raw.hex()))
entries = st.builds(Entry, st.just("x"), st.integers(0, 2**53), digests, st.none() | digests)
blobs = st.one_of(
    st.binary(max_size=300),
    st.tuples(st.binary(min_size=1, max_size=20), st.integers(1, 5000)).map(lambda pair: pair[0] * pair[1]),
)


@st.composite
def manifests(draw):
    made = []
    for path in draw(st.lists(paths, min_size=1, max_size=12, unique_by=str.casefold)):
        model = draw(entries)
        try:
            made.append(Entry(path, model.size, model.blake3, model.chunks))
            Manifest(tuple(made))
        except Invalid:
            made = made[:-1] if made and made[-1].path == path else made
    return Manifest(tuple(made or [draw(entries)]))


@given(manifests(), st.randoms())
def test_manifest_yaml_is_canonical_and_order_does_not_matter(manifest, random):
    data = manifest.to_yaml()
    assert Manifest.from_yaml(data) == manifest
    assert yaml.dump(yaml.load(data)) == data
    shuffled = list(manifest.entries)
    random.shuffle(shuffled)
    assert Manifest(tuple(shuffled)).to_yaml() == data
    assert Manifest(tuple(shuffled)).digest == manifest.digest


@given(manifests())
def test_both_readers_of_a_manifest_agree(manifest):
    data = manifest.to_yaml()
    assert Manifest.from_yaml(b"# a comment sends it to the general reader\n" + data) == manifest


@given(manifests(), st.data())
def test_a_changed_manifest_never_reads_as_the_same_model(manifest, data):
    spelled = bytearray(manifest.to_yaml())
    at = data.draw(st.integers(0, len(spelled) - 1))
    spelled[at] ^= data.draw(st.integers(1, 255))
    try:
        read = Manifest.from_yaml(bytes(spelled))
    except Invalid:
        return
    assert read != manifest or yaml.load(bytes(spelled)) == yaml.load(manifest.to_yaml())


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_parsers(data):
    for parse in (
        Manifest.from_yaml,
        lambda raw: Manifest.from_yaml(b"format: 1\nfiles:\n" + raw),
        lambda raw: chunklist.decode(raw, 5),
        lambda raw: chunklist.decode(chunklist.MAGIC + raw, 5),
        index.Index,
        lambda raw: index.Index(index.MAGIC + raw),
        lambda raw: codecs.decode(codecs.ZSTD, raw, 100),
        lambda raw: codecs.decode(codecs.ZSTD, b"\x28\xb5\x2f\xfd" + raw, 100),
    ):
        try:
            parse(data)
        except GitModelsError:
            continue


@given(st.binary(max_size=600))
def test_no_bytes_crash_a_scan(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("0" * 64 + ".pack")
        path.write_bytes(pack.HEAD + data)
        assert pack.scan(path).flaws


@given(st.lists(st.tuples(st.binary(min_size=32, max_size=32), st.integers(1, spans.MAX_CHUNK)), max_size=20))
def test_chunk_lists_round_trip(chunks):
    builder = Builder()
    for chunk in chunks:
        builder.add(*chunk)
    assert list(chunklist.decode(builder.data(), sum(length for _, length in chunks))) == chunks


places = st.builds(
    Place,
    st.one_of(st.binary(min_size=32, max_size=32), st.integers(0, 9).map(lambda n: bytes([n]) * 32)),
    st.integers(0, 5).map(lambda n: bytes([n]) * 32),
    st.integers(0, 2**40),
    st.integers(0, 2**26),
    st.integers(0, 2**26),
    st.integers(0, 255),
)
TABLE = [(bytes([n]) * 32, 100 + n) for n in range(6)]


@given(st.lists(places, max_size=150), st.randoms())
def test_an_index_answers_as_a_list_would_however_it_was_merged(rows, random):
    whole = index.build(TABLE, rows)
    opened = index.Index(whole)
    for row in rows:
        assert opened.find(row.chunk) == sorted({each for each in rows if each.chunk == row.chunk})
    piles = [[], [], []]
    for row in rows:
        random.choice(piles).append(row)
    assert index.merge([index.Index(index.build(TABLE, pile)) for pile in piles]) == whole


@settings(max_examples=25)
@given(st.lists(st.lists(blobs, min_size=1, max_size=5), min_size=1, max_size=6))
def test_a_store_gives_back_what_it_was_given(adds):
    with tempfile.TemporaryDirectory() as folder:
        store = ObjectStore(Path(folder) / "store", durability="batch")
        taken = []
        for number, contents in enumerate(adds):
            source = Path(folder) / str(number)
            source.mkdir()
            for at, data in enumerate(contents):
                (source / str(at)).write_bytes(data)
            taken.append(store.add_directory(source))
        for reader in (store, ObjectStore(store.root)):
            for manifest, contents in zip(taken, adds, strict=True):
                assert [reader.read(entry) for entry in manifest.entries] == contents
                assert [entry.blake3 for entry in manifest.entries] == [digest.of_bytes(data) for data in contents]
                assert reader.missing(manifest) == []
        assert fsck(store, full=True) == []
        distinct = {data for contents in adds for data in contents}
        assert len(list(store.catalog.places())) == len(distinct)
        stored = sum(path.stat().st_size for path in store.packs_folder.iterdir())
        assert stored <= sum(len(data) + HEADER_SIZE for data in distinct) + len(adds) * len(pack.HEAD)


@settings(max_examples=15)
@given(st.lists(blobs, min_size=1, max_size=12))
def test_rebuilding_is_a_pure_function_of_the_packs(contents):
    with tempfile.TemporaryDirectory() as folder:
        store = ObjectStore(Path(folder), durability="batch")
        for data in contents:
            store.add_bytes(data)
        before = list(store.catalog.places())
        store.rebuild_index()
        first = {path.name: path.read_bytes() for path in store.index_folder.iterdir()}
        assert list(store.catalog.places()) == before
        ObjectStore(Path(folder), durability="batch").rebuild_index()
        assert {path.name: path.read_bytes() for path in store.index_folder.iterdir()} == first
        assert len(first) == 1
