"""Reading what is not stored: fetched while somebody expects it, in one go, and never otherwise."""

import json
import struct
from pathlib import Path

import pytest

from gitmodels import digest
from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.store import ObjectStore
from gitmodels.objects.views import Views

SIZE = 300_000


class Elsewhere:
    """Another store to fetch from, and what it was asked for."""

    def __init__(self, here: ObjectStore, there: ObjectStore) -> None:
        self.here, self.there = here, there
        self.asked: list[list[str]] = []

    def __call__(self, wanted):
        self.asked.append([each.path if isinstance(each, Entry) else each.hex() for each in wanted])
        for each in wanted:
            if isinstance(each, bytes):
                self.here.add_bytes(self.there.read_bytes(digest.parse(each.hex())))
                continue
            if each.chunks is not None:
                self.here.add_bytes(self.there.read_bytes(each.chunks))
            for chunk in self.there.chunks(each):
                self.here.add_bytes(self.there.read_bytes(digest.parse(chunk.id.hex())))


@pytest.fixture
def there(tmp_path: Path, model: Path, noise) -> tuple[ObjectStore, Manifest]:
    # Each tensor is a chunk, and so is the header.
    tensors = {
        str(at): {"dtype": "U8", "shape": [SIZE], "data_offsets": [at * SIZE, at * SIZE + SIZE]} for at in (0, 1)
    }
    header = json.dumps(tensors).encode()
    (model / "large.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + noise(2 * SIZE))
    other = ObjectStore(tmp_path / "there")
    return other, other.add_directory(model)


def bound(store, there):
    store.contents.fetch = Elsewhere(store, there[0])
    return store.contents.fetch


def test_a_view_fetches_all_it_lacks_at_once(store, there, model):
    fetch = bound(store, there)
    folder = Views(store).view(there[1])
    assert fetch.asked == [[entry.path for entry in there[1].entries]]
    for entry in there[1].entries:
        assert (folder / entry.path).read_bytes() == (model / entry.path).read_bytes()


def test_a_checkout_fetches_all_it_lacks_at_once(store, there, tmp_path):
    fetch = bound(store, there)
    store.checkout(there[1], tmp_path / "out")
    assert len(fetch.asked) == 1
    store.checkout(there[1], tmp_path / "again")
    assert len(fetch.asked) == 1


def test_one_file_fetches_that_file(store, there):
    fetch = bound(store, there)
    entry = there[1].entries[-1]
    assert store.read(entry) == there[0].read(entry)
    assert fetch.asked == [[entry.path]]


def test_a_range_fetches_the_chunk_that_holds_it(store, there):
    fetch = bound(store, there)
    entry = there[1].entry("large.safetensors")
    at = entry.size - 10
    assert store.read_range(entry, at, 10) == there[0].read_range(entry, at, 10)
    assert [one for one in fetch.asked if one] == [[entry.chunks], [there[0].chunks(entry)[-1].id.hex()]]


def test_nothing_is_fetched_for_who_only_looks(store, there):
    fetch = bound(store, there)
    assert store.missing(there[1])
    with pytest.raises(ObjectNotFound):
        store.chunks(there[1].entry("large.safetensors"))
    with pytest.raises(ObjectNotFound):
        store.read_bytes(there[1].entries[0].blake3)
    assert fetch.asked == []


def test_what_cannot_be_fetched_is_told_as_missing(store, there):
    entry = there[1].entries[0]
    store.contents.fetch = Elsewhere(store, ObjectStore(store.root / "empty"))
    with pytest.raises(ObjectNotFound, match="lacks"):
        store.read(entry)

    def unreachable(wanted):
        raise RemoteError("origin cannot be reached")

    store.contents.fetch = unreachable
    with pytest.raises(RemoteError):
        store.read(entry)
