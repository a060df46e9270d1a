"""Tensors compared by headers and chunk ids: on a real store, and without decoding what is equal."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gitmodels.objects.manifest import Manifest
from gitmodels.objects.ranges import Ranges
from gitmodels.objects.store import ObjectStore
from gitmodels.review.report import plain
from gitmodels.review.weights import compare_weights

TYPES = {"float32": "F32", "float16": "F16", "int8": "I8", "uint16": "BF16"}
Add = Callable[..., Manifest]


def safetensors(tensors: dict[str, np.ndarray]) -> bytes:
    header, offset = {}, 0
    for name, array in tensors.items():
        place = [offset, offset + array.nbytes]
        header[name] = {"dtype": TYPES[array.dtype.name], "shape": list(array.shape), "data_offsets": place}
        offset += array.nbytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(array.tobytes() for array in tensors.values())


@pytest.fixture
def store(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "store")


@pytest.fixture
def add(store: ObjectStore, tmp_path: Path) -> Add:
    """``add({"w": array})``: the manifest of a model of these tensors, stored."""

    def run(tensors: dict[str, np.ndarray], name: str = "model.safetensors") -> Manifest:
        folder = tmp_path / "model"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / name).write_bytes(safetensors(tensors))
        return store.add_directory(folder)

    return run


def large(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((512, 512)).astype("float32")


def test_each_tensor_that_differs_is_told_with_what_became_of_it(store: ObjectStore, add: Add) -> None:
    old = {"a": large(0), "b": large(1), "c": large(2), "gone": np.ones(4, "float32"), "small": np.ones(3, "float32")}
    new = {"a": old["a"], "b": old["b"] + 1, "c": old["c"].astype("float16"), "small": np.zeros(3, "float32")}
    new["fresh"] = np.ones((2, 2), "float32")
    found = list(compare_weights(store, add(old), add(new)))
    assert {each.subject: (each.verdict.word, each.text, each.before, each.after) for each in found} == {
        "b": ("ok", "values changed: all of it", "F32[512,512]", "F32[512,512]"),
        "c": ("warn", "another type", "F32[512,512]", "F16[512,512]"),
        "gone": ("note", "removed", "F32[4]", None),
        "small": ("ok", "values changed: all of it", "F32[3]", "F32[3]"),
        "fresh": ("note", "added", None, "F32[2,2]"),
        "model.safetensors": (
            "note",
            "1 added, 1 removed, 1 reshaped or retyped, 2 changed, of 5 tensors; 1.6 MB of 2.6 MB are new",
            None,
            None,
        ),
    }


def test_what_is_equal_is_not_decoded(store: ObjectStore, add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    first = add({"a": large(0), "b": large(1)})
    second = add({"a": large(0), "b": large(2)})
    read: list[int] = []
    plain = store.contents.read

    def counted(chunk: bytes, path: str = "") -> object:
        data = plain(chunk, path)
        read.append(len(data))
        return data

    monkeypatch.setattr(store.contents, "read", counted)
    found = list(compare_weights(store, first, second))
    assert [each.subject for each in found] == ["b", "model.safetensors"]
    assert sum(read) < 2000, "headers and chunk lists only"


def test_a_tensor_of_many_chunks_tells_how_much_of_it_changed(store: ObjectStore, add: Add) -> None:
    whole = np.zeros((3 << 20,), "float32")
    other = whole.copy()
    other[-1] = 1
    found = list(compare_weights(store, add({"w": whole}), add({"w": other})))
    assert found[0].text == "values changed: in 4.2 MB of 13 MB"


def test_a_tensor_that_moved_in_its_file_is_equal(store: ObjectStore, add: Add) -> None:
    found = list(compare_weights(store, add({"a": large(0)}), add({"first": large(5), "a": large(0)})))
    assert [(each.subject, each.text) for each in found[:-1]] == [("first", "added")]


def test_weights_that_are_not_here_are_told_as_such(store: ObjectStore, add: Add, tmp_path: Path) -> None:
    old, new = add({"a": large(0)}), add({"a": large(1)})
    (found,) = compare_weights(ObjectStore(tmp_path / "empty"), old, new)
    assert (found.verdict.word, found.text) == ("note", "not compared: its bytes are not all here")


def test_values_are_told_by_their_distance_where_somebody_asks(store: ObjectStore, add: Add) -> None:
    one = large(1)
    two = one.copy()
    two[3, 4] += 0.5
    old = {"a": large(0), "b": one, "i": np.array([1, -128], "int8"), "h": np.array([0x3F80, 0x4000], "uint16")}
    new = {"a": old["a"], "b": two, "i": np.array([1, 127], "int8"), "h": np.array([0x3F80, 0x3F80], "uint16")}
    old["n"], new["n"] = np.ones(4, "float32"), np.array([1, 1.5, np.nan, 1], "float32")
    old["z"], new["z"] = np.zeros(2, "float32"), np.ones(2, "float32")
    found = {each.subject: each for each in compare_weights(store, add(old), add(new), values=True)}
    assert set(found) == {"b", "i", "h", "n", "z", "model.safetensors"}
    numbers = {name: dict(each.numbers) for name, each in found.items()}
    assert numbers["b"]["max_abs_difference"] == pytest.approx(0.5)
    assert numbers["b"]["mean_abs_difference"] == pytest.approx(0.5 / one.size)
    flat = [side.ravel().astype(float) for side in (one, two)]
    assert numbers["b"]["cosine"] == pytest.approx(flat[0] @ flat[1] / np.prod([np.linalg.norm(side) for side in flat]))
    assert numbers["i"]["max_abs_difference"] == 255
    assert numbers["h"] == {
        "max_abs_difference": 1,
        "mean_abs_difference": 0.5,
        "cosine": pytest.approx(3 / 10**0.5),
        "not_finite": 0,
    }
    assert found["n"].text == "values changed: all of it; max |Δ| 0.5, mean |Δ| 0.1667, cosine 0.980196, 1 not finite"
    assert found["z"].text == "values changed: all of it; max |Δ| 1, mean |Δ| 1"
    assert "numbers" not in plain(found["model.safetensors"])
    assert plain(found["z"])["numbers"] == {"max_abs_difference": 1.0, "mean_abs_difference": 1.0, "not_finite": 0}


def test_values_are_read_of_changed_tensors_only_and_a_piece_at_a_time(
    store: ObjectStore, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = np.zeros((5 << 20,), "float32")
    other = whole.copy()
    other[-1] = 1
    first, second = add({"a": large(0), "w": whole}), add({"a": large(0), "w": other})
    asked: list[int] = []
    plain_read = Ranges.read
    monkeypatch.setattr(Ranges, "read", lambda self, at, n: asked.append(n) or plain_read(self, at, n))
    found = list(compare_weights(store, first, second, values=True))
    assert [each.subject for each in found] == ["w", "model.safetensors"]
    assert found[0].text.startswith("values changed: in 4.2 MB of 21 MB; max |Δ| 1, ")
    assert max(asked) == 4 << 20
    assert sum(asked) < 2 * whole.nbytes + 10_000


def test_a_file_that_is_no_safetensors_says_nothing(store: ObjectStore, tmp_path: Path) -> None:
    manifests = []
    for content in (b"x" * 100, b"y" * 100):
        (tmp_path / "m").mkdir(exist_ok=True)
        (tmp_path / "m" / "a.safetensors").write_bytes(content)
        manifests.append(store.add_directory(tmp_path / "m"))
    assert list(compare_weights(store, *manifests)) == []
