"""Any range of a stored file, from the chunks that hold it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitmodels import digest
from gitmodels.errors import DigestMismatch, Invalid, ObjectNotFound
from gitmodels.objects.chunklist import Chunk
from gitmodels.objects.manifest import Entry
from gitmodels.objects.ranges import Ranges

DATA = bytes(range(256)) * 3


def cut(lengths):
    """DATA cut into chunks of these lengths, and the bytes of each by its id."""
    chunks, held, at = [], {}, 0
    for length in (*lengths, len(DATA)):
        piece = DATA[at : at + length]
        if piece:
            chunk = bytes.fromhex(digest.of_bytes(piece))
            chunks.append(Chunk(chunk, len(piece)))
            held[chunk] = piece
        at += length
    return tuple(chunks), held


@given(st.lists(st.integers(1, 300), max_size=6), st.integers(0, len(DATA)), st.integers(0, len(DATA)))
def test_every_range_of_every_cut_is_the_bytes_of_the_file(lengths, offset, length):
    chunks, held = cut(lengths)
    length = min(length, len(DATA) - offset)
    asked = []
    file = Ranges(Entry("x", len(DATA), digest.of_bytes(DATA)), chunks, lambda c, _: (asked.append(c), held[c])[1])
    assert file.read(offset, length) == DATA[offset : offset + length]
    start, needed = 0, set()
    for chunk in chunks:
        if start < offset + length and offset < start + chunk.length and length:
            needed.add(chunk.id)
        start += chunk.length
    assert set(asked) == needed


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (0, len(DATA) + 1), (len(DATA), 1), (1 << 70, 0)])
def test_past_the_end_is_refused(offset, length):
    chunks, held = cut([100])
    file = Ranges(Entry("x", len(DATA), digest.of_bytes(DATA)), chunks, lambda chunk, _: held[chunk])
    with pytest.raises(Invalid, match="x has 768 bytes"):
        file.read(offset, length)


def test_an_empty_file_has_the_empty_range(store):
    entry = Entry("x", 0, store.add_bytes(b""))
    assert store.read_range(entry, 0, 0) == b""


def test_a_range_of_a_large_file_needs_no_other_chunk(store, tmp_path, noise):
    path = tmp_path / "large"
    path.write_bytes(noise(65 << 20))
    (entry,) = store.add_file(path).entries
    first = store.chunks(entry)[0]
    for place in store.catalog.find(first.id):
        pack = store.catalog.path(place.pack)
        pack.chmod(0o644)
        with open(pack, "r+b") as stream:
            stream.seek(place.offset + 200)
            stream.write(b"rot")
    assert store.read_range(entry, (4 << 20) + 5, 1000) == path.read_bytes()[(4 << 20) + 5 :][:1000]
    with pytest.raises(DigestMismatch):
        store.read_range(entry, 5, 1)


def test_case51_a_chunk_of_another_length_than_its_list_says_is_refused():
    chunks, held = cut([100])
    lying = (Chunk(chunks[0].id, 99), Chunk(chunks[1].id, chunks[1].length + 1))
    file = Ranges(Entry("x", len(DATA), digest.of_bytes(DATA)), lying, lambda chunk, _: held[chunk])
    with pytest.raises(DigestMismatch, match="its list says 99"):
        file.read(0, 1)


def test_case47_a_missing_file_is_named(store):
    with pytest.raises(ObjectNotFound, match=r"weights\.bin"):
        store.read_range(Entry("weights.bin", 5, digest.of_bytes(b"gone")), 0, 5)


@given(data=st.binary(max_size=2000), span=st.tuples(st.integers(0, 2000), st.integers(0, 2000)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_what_the_store_holds_is_read_in_any_range(store, data, span):
    entry = Entry("x", len(data), store.add_bytes(data))
    offset = min(span[0], len(data))
    length = min(span[1], len(data) - offset)
    assert store.read_range(entry, offset, length) == data[offset : offset + length]
