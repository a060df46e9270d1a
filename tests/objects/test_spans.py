"""Parts become spans: cut, joined, keyed; and a store keeps a file of a known format by them."""

import json
import os

import pytest

from gitmodels import digest
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.objects import intake, spans
from gitmodels.objects.spans.pieces import CLOSED, JOINED, PIECE
from gitmodels.objects.spans.pieces import spans as joined
from gitmodels.objects.spans.window import BUDGET, Cursor, OddError, Part, Window

TYPES = {2: "F16", 4: "F32", 8: "F64", 1: "I8"}


def safetensors(tensors, metadata=None):
    """The bytes of a safetensors file of (name, element width, data)."""
    header, position = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, width, data in tensors:
        end = position + len(data)
        header[name] = {"dtype": TYPES[width], "shape": [len(data) // width], "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(data for _, _, data in tensors)


def reader(data):
    def read(offset, length):
        assert offset >= 0
        assert 0 < length <= len(data) - offset
        return data[offset : offset + length]

    return read


def cut(data):
    found = spans.cut(reader(data), len(data))
    return None if found is None else list(found)


def test_long_parts_are_cut_from_their_own_start():
    found = list(joined([Part(JOINED, 0, ""), Part(2 * PIECE + 6, 2, "w"), Part(PIECE, 4, "v")]))
    assert found == [
        (JOINED, 0, "#0"),
        (PIECE, 2, "w#0"),
        (PIECE, 2, "w#1"),
        (6, 2, "w#2"),
        (PIECE, 4, "v#0"),
    ]


def test_short_neighbours_are_one_span_with_the_width_they_share():
    assert list(joined([Part(8, 4, "a"), Part(0, 8, "none"), Part(12, 4, "b")])) == [(20, 4, "a#0")]
    assert list(joined([Part(10, 0, None), Part(8, 4, "a"), Part(JOINED, 2, "w"), Part(3)])) == [
        (18, 0, "a#0"),
        (JOINED, 2, "w#0"),
        (3, 0, ""),
    ]


def test_a_joined_span_does_not_grow_without_end():
    parts = [Part(JOINED - 1, 0, str(number)) for number in range(1000)]
    found = list(joined(parts))
    assert sum(span.length for span in found) == 1000 * (JOINED - 1)
    assert all(CLOSED <= span.length < CLOSED + JOINED for span in found[:-1])


def test_a_file_without_parts_has_no_spans():
    assert list(joined([])) == []


def test_a_small_file_is_not_looked_at():
    data = safetensors([("w", 4, bytes(60_000))])
    assert cut(data) is None
    assert spans.parts(reader(data), len(data)) is not None


@pytest.mark.parametrize("data", [b"", bytes(15), bytes(100_000), b"\xff" * 100_000])
def test_bytes_of_no_format_are_opaque(data):
    assert cut(data) is None
    assert spans.parts(reader(data), len(data)) is None


def test_a_window_reads_inside_the_file_and_its_budget():
    window = Window(lambda _, length: bytes(length), 1 << 40)
    with pytest.raises(OddError):
        window.bytes((1 << 40) - 1, 2)
    with pytest.raises(OddError):
        window.bytes(-1, 1)
    for _ in range(BUDGET >> 26):
        window.bytes(0, 1 << 26)
    with pytest.raises(OddError):
        window.bytes(0, 1)
    with pytest.raises(OddError):
        Window(lambda _offset, _length: b"short", 100).bytes(0, 10)


def test_a_cursor_gives_the_bytes_in_order_however_it_moves():
    data = bytes(number % 251 for number in range(100_000))
    cursor = Cursor(Window(reader(data), len(data)), 10, 99_990)
    assert cursor.take(3) == data[10:13]
    assert cursor.number(2) == data[13] + 256 * data[14]
    cursor.skip(50_000)
    assert cursor.take(30_000) == data[50_015:80_015]
    cursor.skip(19_000)
    assert cursor.take(975) == data[99_015:99_990]
    for step in (cursor.take, cursor.skip):
        with pytest.raises(OddError):
            step(1)
    with pytest.raises(OddError):
        Cursor(Window(reader(data), len(data)), 10, 100_001)


def stored(store):
    return sum(place.encoded_length for place in store.catalog.places())


def test_a_stored_file_is_cut_by_its_tensors_and_comes_back(store, tmp_path, noise):
    data = safetensors([("a", 4, noise(40_000)), ("b", 2, noise(5 << 20)), ("c", 4, noise(100)), ("d", 4, noise(4))])
    path = tmp_path / "model.safetensors"
    path.write_bytes(data)
    (entry,) = store.add_file(path).entries
    lengths = [chunk.length for chunk in store.chunks(entry)]
    assert lengths == [len(data) - 40_104 - (5 << 20), 40_000, 4 << 20, 1 << 20, 104]
    assert entry.blake3 == digest.of_bytes(data)
    assert store.read(entry) == data
    assert store.add_file(path).entries == (entry,)


def test_a_changed_header_adds_little_and_a_changed_tensor_itself(store, tmp_path, noise):
    tensors = [(f"layer.{number}", 4, noise(50_000)) for number in range(20)]
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors(tensors))
    store.add_file(path)
    before = stored(store)
    path.write_bytes(safetensors(tensors, {"note": "other"}))
    store.add_file(path)
    assert stored(store) - before < 3000
    before = stored(store)
    tensors.insert(7, ("inserted", 4, noise(2000)))
    path.write_bytes(safetensors(tensors, {"note": "other"}))
    store.add_file(path)
    assert stored(store) - before < 6000


def test_a_cut_of_one_span_needs_no_list(store, tmp_path, noise, monkeypatch):
    path = tmp_path / "one"
    path.write_bytes(noise(100_000))
    monkeypatch.setattr(intake.spans, "cut", lambda _, size: iter([spans.Span(size, 4, "w#0")]))
    (entry,) = store.add_file(path).entries
    assert entry.chunks is None
    assert store.read(entry) == path.read_bytes()


def test_case20_a_file_that_becomes_another_while_it_is_read_is_refused(store, tmp_path, noise, monkeypatch):
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors([("a", 4, noise(80_000))]))
    real = spans.cut

    def cut_then_grow(read, size):
        found = real(read, size)
        with open(path, "ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr(intake.spans, "cut", cut_then_grow)
    with pytest.raises(Invalid, match="changed while it was read"):
        store.add_file(path)


def test_case24_a_disk_that_fails_under_the_header_is_named(store, tmp_path, monkeypatch):
    path = tmp_path / "model.safetensors"
    path.write_bytes(safetensors([("a", 4, bytes(80_000))]))

    def fails(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fails)
    with pytest.raises(GitModelsError, match=r"cannot read .*model\.safetensors: Input/output error"):
        store.add_file(path)
    assert not store.packs_folder.exists()
