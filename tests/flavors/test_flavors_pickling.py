"""Pickles of Python models: equal bytes for equal models, nothing of the machine, a class for every load."""

import io
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from gitmodels.errors import Invalid
from gitmodels.flavors import pickling
from gitmodels.flavors.python_model import PythonModel

SCRIPT = """
import sys
from gitmodels.flavors import pickling
from gitmodels.flavors.python_model import PythonModel
WORDS = {"north", "south", "east", "west"}
class Mine(PythonModel):
    limits = frozenset({"a", "b", "c", "d", ("e", 1)})
    def __init__(self):
        self.seen = {"x", "y", "z", 1, 2.5, None}
    def predict(self, model_input, params=None):
        return [value in {"p", "q", "r"} or value in WORDS for value in model_input]
sys.stdout.buffer.write(pickling.dumps(Mine()))
"""


def _dumped_elsewhere(folder: Path, seed: str) -> bytes:
    folder.mkdir()
    script = folder / f"script{seed}.py"
    script.write_text(SCRIPT)
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    return subprocess.run(
        [sys.executable, str(script)], env=environment, cwd=folder, capture_output=True, check=True
    ).stdout


def test_two_processes_write_the_same_bytes_whatever_the_hash_seed_and_the_place(tmp_path):
    one, two = _dumped_elsewhere(tmp_path / "one", "1"), _dumped_elsewhere(tmp_path / "two", "4242")
    assert one == two
    assert str(tmp_path).encode() not in one
    assert b"script1" not in one


class _Recording(pickle.Unpickler):
    def __init__(self, data):
        super().__init__(io.BytesIO(data))
        self.modules = set()

    def find_class(self, module, name):
        self.modules.add(module.partition(".")[0])
        return super().find_class(module, name)


def test_the_bytes_name_nothing_that_only_gitmodels_has(tmp_path):
    reader = _Recording(_dumped_elsewhere(tmp_path / "one", "1"))
    reader.load()
    assert "gitmodels" not in reader.modules


def test_a_loaded_model_has_the_live_base_class(tmp_path):
    model = pickling.loads(_dumped_elsewhere(tmp_path / "one", "1"))
    assert isinstance(model, PythonModel)
    assert model.predict(["p", "north", "n"]) == [True, True, False]
    assert PythonModel.predict.__module__ == "gitmodels.flavors.python_model"


def _made(answer):
    class Local(PythonModel):
        def predict(self, model_input, params=None):
            return answer

    Local.__module__ = "__main__"
    return Local()


def test_two_versions_of_one_class_do_not_overwrite_each_other():
    one, two = pickling.dumps(_made("one")), pickling.dumps(_made("two"))
    first = pickling.loads(one)
    second = pickling.loads(two)
    again = pickling.loads(one)
    assert [model.predict(None) for model in (first, second, again)] == ["one", "two", "one"]


def test_pickling_twice_gives_the_same_bytes():
    model = _made("one")
    assert pickling.dumps(model) == pickling.dumps(model)


def test_sharing_and_cycles_survive():
    shared = [1]
    value = {"a": shared, "b": shared}
    value["self"] = value
    loaded = pickling.loads(pickling.dumps(value))
    assert loaded["a"] is loaded["b"]
    assert loaded["self"] is loaded


class _Node:
    def __init__(self):
        self.held = frozenset({self})


def test_a_frozenset_that_holds_its_owner_survives():
    node = pickling.loads(pickling.dumps(_Node()))
    assert {type(item) for item in node.held} == {type(node)}


@pytest.mark.parametrize("bad", [open, (item for item in ())], ids=["file", "generator"])
def test_what_cannot_be_pickled_is_one_clear_error(bad, tmp_path):
    value = (tmp_path / "x").open("wb") if bad is open else bad
    try:
        with pytest.raises(Invalid, match="cannot be pickled") as caught:
            pickling.dumps({"k": value})
        assert "load_context" in caught.value.hint
    finally:
        if bad is open:
            value.close()


def test_nesting_without_end_is_one_clear_error():
    value: list = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(Invalid, match="nested too deeply"):
        pickling.dumps(value)


def test_arrays_whose_bytes_are_one_shared_object_are_kept() -> None:
    import numpy

    frozen = [numpy.zeros(length, dtype=numpy.int8) for length in (0, 0, 1, 1)]
    for array in frozen:
        array.flags.writeable = False
    found = pickling.loads(pickling.dumps(frozen))
    assert [array.tolist() for array in found] == [[], [], [0], [0]]
