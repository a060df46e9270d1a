"""Large files go through threads: what is stored is the same as without, and nothing is left when something fails."""

import os
import threading

import pytest

from gitmodels import digest
from gitmodels.errors import GitModelsError, Invalid
from gitmodels.objects import intake, line, ordered
from gitmodels.objects.codecs.encoder import Encoder
from gitmodels.objects.store import ObjectStore

MIB = 1 << 20


def threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("gitmodels")]


def safetensors(path, tensors):
    """A file of float32 tensors from bytes by name."""
    import json

    begins = 0
    described = {}
    for name, data in tensors.items():
        described[name] = {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [begins, begins + len(data)]}
        begins += len(data)
    header = json.dumps(described).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"".join(tensors.values()))
    return path


@pytest.fixture
def weights(tmp_path, noise):
    """Weights, noise, repetition and twins, in pieces of all sizes: 22 MiB."""
    import numpy as np

    normal = np.random.default_rng(3).standard_normal(2 * MIB, dtype=np.float32).tobytes()
    tensors = {"a": normal[: 5 * MIB], "bias": normal[:2048], "b": noise(5 * MIB), "zero": bytes(2 * MIB)}
    tensors |= {f"small{number}": noise(3000) for number in range(40)}
    tensors |= {"twin": tensors["a"][: 4 * MIB], "c": normal[5 * MIB :] + noise(3 * MIB), "d": noise(200_000)}
    return safetensors(tmp_path / "weights.safetensors", tensors)


def packs(store):
    return {path.name: path.read_bytes() for path in store.packs_folder.iterdir()}


def changed(path, source):
    """The same weights after a little training."""
    import numpy as np

    data = bytearray(source.read_bytes())
    words = np.frombuffer(data, "<u4", offset=len(data) % 4)
    words[len(words) // 2 :: 50] += 1
    path.write_bytes(data)
    return path


def test_threads_change_no_byte_of_the_packs(tmp_path, weights, monkeypatch):
    found = []
    (tmp_path / "new").mkdir()
    new = changed(tmp_path / "new" / weights.name, weights)
    for cores in (1, 2, 2):
        monkeypatch.setattr(ordered, "cores", lambda cores=cores: cores)
        store = ObjectStore(tmp_path / f"store{len(found)}")
        manifest = store.add_file(weights)
        store.add_file(new, parent=manifest)
        found.append(packs(store))
        assert store.read(manifest.entries[0]) == weights.read_bytes()
        assert digest.of_file(store.cached(store.add_file(new).entries[0])) == digest.of_file(new)
        assert threads() == []
    assert found[0] == found[1] == found[2]
    assert {place.codec for place in store.catalog.places()} >= {0, 1, 2, 4}


def test_memory_for_chunks_on_their_way_is_bounded(tmp_path, weights, monkeypatch):
    made = []
    fit = line._Room.fit

    def noted(room, length):
        made.append(room)
        return fit(room, length)

    monkeypatch.setattr(line._Room, "fit", noted)
    ObjectStore(tmp_path / "store").add_file(weights)
    assert len({id(room) for room in made}) <= 6
    assert all(len(room.bytes) <= 4 * MIB for room in made)


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), MemoryError()])
def test_an_error_while_encoding_ends_the_add_and_leaves_nothing(tmp_path, weights, monkeypatch, error):
    encode = Encoder.encode
    calls = []

    def failing(self, data, width=0, base=None):
        calls.append(len(data))
        if len(calls) == 5:
            raise error
        return encode(self, data, width, base)

    store = ObjectStore(tmp_path / "store")
    monkeypatch.setattr(Encoder, "encode", failing)
    with pytest.raises(type(error)):
        store.add_file(weights)
    assert threads() == []
    assert os.listdir(store.root / "tmp") == []
    assert not store.packs_folder.exists()
    monkeypatch.undo()
    (entry,) = store.add_file(weights).entries
    assert store.read(entry) == weights.read_bytes()


def test_an_interrupt_while_reading_leaves_no_thread(tmp_path, weights, monkeypatch):
    fill = intake._fill
    calls = []

    def interrupted(stream, view):
        calls.append(len(view))
        if len(calls) == 6:
            raise KeyboardInterrupt
        return fill(stream, view)

    store = ObjectStore(tmp_path / "store")
    monkeypatch.setattr(intake, "_fill", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.add_file(weights)
    assert threads() == []
    assert os.listdir(store.root / "tmp") == []


def test_a_file_that_shrinks_once_while_it_is_read_is_read_again(tmp_path, weights, monkeypatch):
    fill = intake._fill
    calls = []
    whole = weights.read_bytes()

    def shrinking(stream, view):
        calls.append(len(view))
        if len(calls) == 7:
            return 0
        return fill(stream, view)

    monkeypatch.setattr(intake, "_fill", shrinking)
    store = ObjectStore(tmp_path / "store")
    (entry,) = store.add_file(weights).entries
    assert store.read(entry) == whole
    assert threads() == []


def test_a_file_that_goes_on_shrinking_is_refused_and_leaves_nothing(tmp_path, weights, monkeypatch):
    monkeypatch.setattr(intake, "_fill", lambda stream, view: 0)
    store = ObjectStore(tmp_path / "store")
    with pytest.raises(Invalid, match="changed while it was read"):
        store.add_file(weights)
    assert threads() == []
    assert not store.packs_folder.exists()


def test_a_damaged_chunk_in_the_middle_fails_the_read_after_the_good_ones(tmp_path, weights):
    store = ObjectStore(tmp_path / "store")
    (entry,) = store.add_file(weights).entries
    chunks = store.chunks(entry)
    bad = next(number for number, chunk in enumerate(chunks) if number > 3 and chunk.length > 3 * MIB)
    (place,) = store.catalog.find(chunks[bad].id)
    path = store.catalog.path(place.pack)
    path.chmod(0o644)
    with open(path, "r+b") as stream:
        stream.seek(place.offset + 5000)
        stream.write(b"damage")
    got = []
    with pytest.raises(GitModelsError, match="damaged"):
        got.extend(len(piece) for piece in store.pieces(entry))
    assert threads() == []
    taken = store.pieces(entry)
    assert [len(next(taken)) for _ in range(bad)] == [chunk.length for chunk in chunks[:bad]]
    with pytest.raises(GitModelsError, match="damaged"):
        next(taken)
