"""Versions stored as differences from those before: which chunk is the base, and when there is none."""

import json

import numpy as np
import pytest

from gitmodels.objects import codecs, intake
from gitmodels.objects.fsck import fsck
from gitmodels.objects.store import ObjectStore

SHAPES = {"embed": (300, 400), "head": (120, 50), "norm": (40,)}


def tensors(seed=0, tuned=None, relative=1e-3, shapes=None):
    random = np.random.default_rng(seed)
    if tuned is not None:
        return {
            name: (value * (1 + relative * random.standard_normal(value.shape))).astype("<f4")
            for name, value in tuned.items()
        }
    return {name: (random.standard_normal(shape) * 0.02).astype("<f4") for name, shape in (shapes or SHAPES).items()}


def write(path, values, note=""):
    header, position = {"__metadata__": {"note": note}}, 0
    for name, value in values.items():
        end = position + value.nbytes
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(value.tobytes() for value in values.values()))
    return path


def add(store, tmp_path, values, parent=None, **how):
    path = write(tmp_path / "model" / "w.safetensors", values)
    manifest = store.add_file(path, parent=parent, **how)
    assert store.read(manifest.entries[0]) == path.read_bytes()
    assert ObjectStore(store.root).read(manifest.entries[0]) == path.read_bytes()
    return manifest


def codecs_of(store, manifest):
    return [store.catalog.find(chunk.id)[0].codec for chunk in store.chunks(manifest.entries[0])]


def stored(store):
    return sum(path.stat().st_size for path in store.packs_folder.iterdir())


def test_a_tuned_model_is_stored_as_the_difference(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    before = stored(store)
    second = add(store, tmp_path, tensors(1, base), first)
    assert codecs_of(store, second)[1:3] == [codecs.DELTA, codecs.DELTA]
    assert stored(store) - before < 0.55 * second.size
    assert fsck(store, full=True) == []


def test_without_a_parent_it_stands_alone(store, tmp_path):
    base = tensors()
    add(store, tmp_path, base)
    assert not set(codecs_of(store, add(store, tmp_path, tensors(1, base)))) & codecs.BASED


def test_a_base_is_never_a_delta_however_many_versions_follow(store, tmp_path):
    values = tensors()
    manifest = first = add(store, tmp_path, values)
    roots = {chunk.id for chunk in store.chunks(first.entries[0])}
    for seed in range(1, 5):
        values = tensors(seed, values)
        manifest = add(store, tmp_path, values, manifest)
        for chunk in store.chunks(manifest.entries[0])[1:3]:
            (place,) = store.catalog.find(chunk.id)
            assert store.contents.base_of(place) in roots
    assert fsck(store, full=True) == []


def test_what_drifted_away_stands_alone_and_is_the_next_base(store, tmp_path):
    values = tensors()
    first = add(store, tmp_path, values)
    second = add(store, tmp_path, far := tensors(1, values, relative=0.5), first)
    assert codecs_of(store, second)[1:3] == [codecs.PLANES, codecs.PLANES]
    third = add(store, tmp_path, tensors(2, far), second)
    (place,) = store.catalog.find(store.chunks(third.entries[0])[1].id)
    assert store.contents.base_of(place) == store.chunks(second.entries[0])[1].id


def test_a_tensor_of_another_shape_stands_alone(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    changed = tensors(1, base) | {"head": tensors(2)["head"][:100]}
    assert codecs_of(store, add(store, tmp_path, changed, first))[1:3] == [codecs.DELTA, codecs.PLANES]


def test_a_tensor_that_moved_in_the_file_is_found_by_its_name(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    moved = dict(reversed(tensors(1, base).items()))
    assert codecs_of(store, add(store, tmp_path, moved, first)).count(codecs.DELTA) == 2


def test_a_file_of_another_path_is_no_parent(store, tmp_path):
    base = tensors()
    first = store.add_file(write(tmp_path / "other.safetensors", base))
    assert not set(codecs_of(store, add(store, tmp_path, tensors(1, base), first))) & codecs.BASED


def test_an_opaque_file_is_written_after_its_parent(store, tmp_path, noise):
    data = noise(50_000)
    (tmp_path / "model.pkl").write_bytes(data)
    first = store.add_file(tmp_path / "model.pkl")
    before = stored(store)
    (tmp_path / "model.pkl").write_bytes(noise(10) + data + noise(500))
    second = store.add_file(tmp_path / "model.pkl", parent=first)
    assert codecs_of(store, second) == [codecs.AFTER_BASE]
    assert stored(store) - before < 1000
    assert store.read(second.entries[0]) == (tmp_path / "model.pkl").read_bytes()


def test_a_folder_is_compared_file_by_file(store, tmp_path):
    base = tensors()
    for name in ("a", "b/c"):
        write(tmp_path / "model" / name / "w.safetensors", base, name)
    first = store.add_directory(tmp_path / "model")
    tuned = tensors(1, base)
    write(tmp_path / "model" / "b/c" / "w.safetensors", tuned, "b/c")
    second = store.add_directory(tmp_path / "model", parent=first)
    (chunk, *_) = store.chunks(second.entry("b/c/w.safetensors"))[1:]
    assert store.catalog.find(chunk.id)[0].codec == codecs.DELTA
    for entry in second.entries:
        assert store.read(entry) == (tmp_path / "model" / entry.path).read_bytes()


def test_a_parent_that_is_gone_or_damaged_is_no_parent(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    for path in store.packs_folder.iterdir():
        path.chmod(0o644)
        data = bytearray(path.read_bytes())
        data[200::50] = bytes(255 - byte for byte in data[200::50])
        path.write_bytes(data)
    second = add(store, tmp_path, tensors(1, base), first)
    assert not set(codecs_of(store, second)) & codecs.BASED
    for path in store.packs_folder.iterdir():
        path.unlink()
    fresh = ObjectStore(store.root)
    third = add(fresh, tmp_path, tensors(2, base), first)
    assert not set(codecs_of(fresh, third)) & codecs.BASED


def test_healing_leans_on_no_base(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    second = add(store, tmp_path, tensors(1, base), first, heal=True)
    assert not set(codecs_of(store, second)) & codecs.BASED


def test_the_same_model_again_writes_nothing(store, tmp_path):
    base = tensors()
    first = add(store, tmp_path, base)
    second = add(store, tmp_path, tensors(1, base), first)
    before = stored(store)
    assert add(store, tmp_path, tensors(1, base), second) == second
    assert stored(store) == before


@pytest.mark.parametrize("remember", ["files", "nothing"])
def test_a_delta_counts_as_stored_only_with_its_base(store, tmp_path, monkeypatch, remember):
    monkeypatch.setattr(intake, "VERIFIED", 0)
    base = tensors()
    first = add(store, tmp_path, base)
    (pack,) = store.packs_folder.iterdir()
    second = add(store, tmp_path, tensors(1, base), first, remember=remember)
    pack.unlink()
    fresh = ObjectStore(store.root)
    assert fresh.missing(second) != []
    assert add(fresh, tmp_path, tensors(1, base), remember=remember) == second
    assert fresh.missing(second) == []
