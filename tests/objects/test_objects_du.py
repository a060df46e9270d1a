from gitmodels import digest
from gitmodels.objects.du import of_manifests, usage
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


def test_groups_of_manifests(store, model, tmp_path, noise):
    one = store.add_directory(model)
    (model / "weights.bin").write_bytes(noise(1000))
    two = store.add_directory(model)
    both = of_manifests(store, [one, two])
    assert both.raw == one.size + two.size
    assert both.unique == 200_000 + 480 + 1000
    assert both.stored == both.exclusive
    alone = of_manifests(store, [two], others=[one])
    assert alone.exclusive == 1000 + HEADER_SIZE
    assert alone.lacking == 0


def test_a_cut_file_counts_its_list(store, tmp_path):
    with open(tmp_path / "large", "wb") as stream:
        stream.truncate(65 << 20)
    manifest = store.add_file(tmp_path / "large")
    found = of_manifests(store, [manifest])
    assert found.raw == 65 << 20
    assert found.unique == (4 << 20) + (1 << 20) + len(store.read_bytes(manifest.entries[0].chunks))
    empty = of_manifests(ObjectStore(tmp_path / "other"), [manifest])
    assert (empty.lacking, empty.stored) == (65 << 20, 0)


def test_what_is_not_here_counts_as_lacking(store):
    manifest = Manifest((Entry("x", 7, digest.of_bytes(b"1234567")),))
    assert of_manifests(store, [manifest]) == (7, 0, 0, 0, 7)
