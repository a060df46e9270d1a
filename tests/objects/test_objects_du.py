from gitmodels import digest
from gitmodels.objects.du import explain, usage
from gitmodels.objects.manifest import Entry, Manifest
from gitmodels.objects.record import HEADER_SIZE
from gitmodels.objects.store import ObjectStore


def test_the_store_and_its_packs(store, model, noise):
    manifest = store.add_directory(model)
    store.add_bytes(noise(100))
    store.cached(manifest.entry("weights.bin"))
    found = usage(store)
    sizes = {path.stem: path.stat().st_size for path in store.packs_folder.iterdir()}
    assert {each.pack: each.stored for each in found.packs} == sizes
    assert found.stored == sum(sizes.values())
    assert found.raw == 200_000 + 480 + 0 + 100
    assert sum(each.chunks for each in found.packs) == 4
    assert found.cached == 200_000


def test_an_empty_store(store):
    assert usage(store) == (0, 0, 0, ())


def balanced(room):
    saved = room.deduplicated + room.compressed + room.deltas
    return room.raw + room.overhead == room.stored + room.lacking + saved


def test_what_is_shared_added_and_saved_adds_up(store, model, noise):
    one = store.add_directory(model)
    (model / "weights.bin").write_bytes(noise(1000))
    two = store.add_directory(model)
    found = explain(store, [("a", one), ("b", two)])
    assert all(map(balanced, (found.whole, *found.groups.values(), *found.items)))
    assert found.whole.raw == one.size + two.size
    assert (
        found.whole.stored
        == found.whole.exclusive
        == sum(HEADER_SIZE + place.encoded_length for place in store.catalog.places())
    )
    assert found.items[1].exclusive == found.items[1].added == 1000 + HEADER_SIZE
    assert found.items[0].exclusive == 0  # the other version still has a twin of these weights
    assert found.groups["a"].shared_with == ("b",)
    assert found.whole.deduplicated == 480 + 2 * 200_000
    assert found.whole.compressed > 300


def test_a_cut_file_counts_its_list(store, tmp_path):
    with open(tmp_path / "large", "wb") as stream:
        stream.truncate(65 << 20)
    manifest = store.add_file(tmp_path / "large")
    found = explain(store, [("a", manifest)]).whole
    assert found.raw == 65 << 20
    assert found.deduplicated == 60 << 20
    assert balanced(found)
    empty = explain(ObjectStore(tmp_path / "other"), [("a", manifest)]).whole
    assert (empty.lacking, empty.stored, empty.deduplicated) == (65 << 20, 0, 0)


def test_what_is_not_here_counts_as_lacking(store):
    manifest = Manifest((Entry("x", 7, digest.of_bytes(b"1234567")),))
    found = explain(store, [("a", manifest)]).whole
    assert (found.raw, found.stored, found.lacking) == (7, 0, 7)


def test_versions_of_one_model_share_with_each_other_and_not_with_others(store, model, noise):
    named = []
    for _ in range(3):
        (model / "weights.bin").write_bytes(noise(1000))
        named.append(("a", store.add_directory(model)))
    found = explain(store, named)
    assert found.groups["a"].exclusive == found.groups["a"].stored == found.whole.stored
    assert found.groups["a"].shared_with == ()
    assert [item.exclusive for item in found.items] == [1000 + HEADER_SIZE] * 3
    assert sum(item.added for item in found.items) == found.whole.stored


def test_nothing_is_explained_by_nothing(store):
    assert explain(store, []).whole.raw == 0
