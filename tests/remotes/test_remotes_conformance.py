"""What every remote promises, asked of each kind: the protocol call by call, then whole models there and back."""

import threading

import pytest

from gitmodels.errors import ObjectNotFound, RemoteError
from gitmodels.objects import index as index_file
from gitmodels.objects import pack
from gitmodels.objects.fsck import fsck
from gitmodels.objects.repair import repair
from gitmodels.objects.store import ObjectStore
from gitmodels.remotes.probe import probe
from gitmodels.remotes.transfer import download, source, upload


@pytest.fixture
def made(store, added):
    """A pack of some size in ``store``: its id, its file and its index file."""

    def make(*files):
        before = set(store.catalog.packs())
        added(*files)
        (name,) = set(store.catalog.packs()) - before
        path = store.catalog.path(name)
        places = [
            pack.Place(each.chunk, name, offset, each.raw_length, each.encoded_length, each.codec)
            for offset, each in pack.scan(path).records
        ]
        return name, path, index_file.build([(name, path.stat().st_size)], places)

    return make


def test_a_new_remote_is_empty(place):
    writer, reader = place
    if reader is not writer:
        writer.renew_listing()
    assert reader.packs() == frozenset()
    assert "\n" not in reader.address


def test_what_was_put_is_given_back_to_the_byte(place, made, tmp_path):
    writer, reader = place
    name, path, index = made("a", 5000, "b", 300)
    assert writer.put(name, path, index) is True
    assert reader.packs() == {name}
    assert reader.index(name) == index
    data = path.read_bytes()
    for offset, length in [(0, 16), (16, 104), (0, len(data)), (len(data) - 1, 1), (77, 0), (1000, 4000)]:
        assert reader.read(name, offset, length) == data[offset : offset + length]
    moved = []
    reader.save(name, tmp_path / "saved", moved.append)
    assert (tmp_path / "saved").read_bytes() == data
    assert sum(moved) == len(data)


def test_a_large_pack_goes_and_comes(place, made, tmp_path):
    writer, reader = place
    name, path, index = made("a", 20 << 20)
    moved = []
    assert writer.put(name, path, index, moved.append)
    assert sum(moved) == path.stat().st_size
    reader.save(name, tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == path.read_bytes()
    assert reader.read(name, 9 << 20, 12345) == path.read_bytes()[9 << 20 :][:12345]


def test_a_pack_that_is_there_is_not_put_again(place, made):
    writer, reader = place
    name, path, index = made("a", 5000)
    writer.put(name, path, index)
    moved = []
    assert writer.put(name, path, index, moved.append) is False
    assert moved == []
    assert reader.packs() == {name}


def test_two_may_put_the_same_pack_at_once(place, made):
    writer, reader = place
    name, path, index = made("a", 300_000)
    answers, trouble = [], []

    def put():
        try:
            answers.append(writer.put(name, path, index))
        except Exception as error:  # noqa: BLE001 - looked at below
            trouble.append(error)

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trouble == []
    assert any(answers)
    assert reader.read(name, 0, path.stat().st_size) == path.read_bytes()


def test_what_is_not_there_is_told_as_that_and_deleting_it_does_nothing(place, made, tmp_path):
    writer, reader = place
    name, path, index = made("a", 500)
    nothing = b"\xab" * 32
    writer.put(name, path, index)
    reader.packs()
    asks = (reader.index, lambda one: reader.read(one, 0, 5), lambda one: reader.save(one, tmp_path / "x"))
    for ask in asks:
        with pytest.raises(ObjectNotFound, match="abababababababab"):
            ask(nothing)
    writer.delete(nothing)
    writer.delete(name)
    assert reader.packs() == frozenset()
    with pytest.raises(ObjectNotFound):
        reader.read(name, 0, 5)
    writer.delete(name)


def test_a_range_that_is_not_in_the_pack_is_an_error_of_the_remote(place, made):
    writer, reader = place
    name, path, index = made("a", 500)
    writer.put(name, path, index)
    size = path.stat().st_size
    for offset, length in [(size - 5, 10), (size, 1), (size + 100, 10)]:
        with pytest.raises(RemoteError):
            reader.read(name, offset, length)


def test_trouble_of_whoever_watches_ends_the_transfer_and_leaves_nothing_visible(place, made, tmp_path):
    writer, reader = place
    name, path, index = made("a", 20 << 20)

    class Enough(Exception):
        pass

    def stop(count):
        raise Enough

    with pytest.raises(Enough):
        writer.put(name, path, index, stop)
    if reader is writer:
        assert reader.packs() == frozenset()
    writer.put(name, path, index)
    with pytest.raises(Enough):
        reader.save(name, tmp_path / "saved", stop)


def test_models_go_there_and_back(place, store, other, added):
    writer, reader = place
    first = added("a", 70_000, "b", 300, "c", 9 << 20)
    second = added("a", 70_000, "b", 300)
    upload(store, [first, second], writer)
    download(other, [second, first.entries[1]], reader)
    download(other, [first], reader)
    for manifest in (first, second):
        for entry in manifest.entries:
            assert other.read(entry) == store.read(entry)
    assert not fsck(other, full=True)


def test_damage_is_healed_from_there(place, store, added):
    writer, reader = place
    manifest = added("a", 70_000)
    whole = store.read(manifest.entries[0])
    upload(store, [manifest], writer)
    (name,) = store.catalog.packs()
    path = store.catalog.path(name)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-9] + b"damaged!!")
    store = ObjectStore(store.root)
    assert repair(store, fsck(store, full=True), sources=[source(store, reader)]).lost == ()
    assert store.read(manifest.entries[0]) == whole


def test_trying_a_remote_tells_what_it_can_and_leaves_nothing(place, made, request):
    writer, reader = place
    name, path, index = made("a", 500)
    writer.put(name, path, index)
    found = {tried.what: tried.verdict for tried in probe(reader)}
    able = "yes" if reader.writable else "not tried"
    once = "no" if request.node.callspec.params["place"] == "rclone" else able
    assert found == {"reach": "yes", "read": "yes", "ranges": "yes", "write": able, "create once": once, "delete": able}
    assert reader.packs() == {name}
