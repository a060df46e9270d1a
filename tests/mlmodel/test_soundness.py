"""Signatures that hold and signatures that do not, judged from an MLmodel file and the JSON of its example alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitmodels.mlmodel import soundness
from gitmodels.mlmodel.datatype import DataType
from gitmodels.mlmodel.enforce import enforce_schema
from gitmodels.mlmodel.example import read_example
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.schema import ColSpec, Schema

SAVED_BY_MLFLOW = sorted(Path(__file__).parents[1].joinpath("formats", "mlflow").rglob("MLmodel"))
COLUMN = '[{"type": "long", "name": "age", "required": true}]'
TENSOR = '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]'
PARAMS = '[{"name": "k", "type": "long", "default": 1, "shape": null}]'


def judged(example: object, kind: str = "dataframe", inputs: str = COLUMN, **more: str) -> str | None:
    """The kind of what is wrong with a model of this example."""
    info = {"artifact_path": "e.json", "type": kind}
    file = ModelFile(
        flavors={"sklearn": {}},
        signature_record={"inputs": inputs, "outputs": None, "params": more.get("params")},
        saved_input_example_info=info | ({"params": "true"} if "params" in more else {}),
    )
    text = example if isinstance(example, bytes) else json.dumps(example).encode()
    found = soundness.examine(file.to_bytes(), lambda name: text if name == "e.json" else None)
    return None if found is None else found.kind


def test_an_example_that_the_signature_accepts_is_sound() -> None:
    assert judged({"columns": ["age"], "data": [[1], [2]]}) is None
    assert judged({"columns": ["age", "more"], "data": [[1, "x"]]}) is None
    assert judged([[1.0, 2.0]], "ndarray", TENSOR) is None
    assert judged({"inputs": {"columns": ["age"], "data": [[1]]}, "params": {"k": 2}}, params=PARAMS) is None


_CELLS = st.none() | st.booleans() | st.integers(-(2**64), 2**64) | st.floats() | st.text("ab1", max_size=3)


@given(st.lists(st.sampled_from([one.name for one in DataType]), min_size=1, max_size=3), st.data())
def test_what_is_taken_at_a_glance_is_taken_by_enforcement(types: list[str], data: st.DataObject) -> None:
    columns = [f"c{place}" for place, _ in enumerate(types)]
    specs = [ColSpec(kind, name) for kind, name in zip(types, columns, strict=True)]
    alike = st.sampled_from(_CELLS.branches).flatmap(lambda cells: st.lists(cells, min_size=2, max_size=2))
    rows = [list(row) for row in zip(*(data.draw(alike) for _ in types), strict=True)]
    raw, info = json.dumps({"columns": columns, "data": rows}).encode(), {"type": "dataframe"}
    if soundness._plainly_taken(raw, info, Schema(specs)):
        found, _ = read_example(raw, info, Schema(specs))
        enforce_schema(found, Schema(specs))


def test_a_plain_example_is_taken_at_a_glance() -> None:
    schema = Schema([ColSpec(kind, kind) for kind in ("long", "double", "string", "boolean", "integer")])
    example = {"columns": ["more", *(spec.name for spec in schema)], "data": [[None, 1, 1.5, "x", True, 2]]}
    info = {"type": "dataframe"}
    assert soundness._plainly_taken(json.dumps(example).encode(), info, schema)
    for place, doubtful in ((1, True), (2, 1), (3, None), (4, 1), (5, 2**31)):
        row = [*example["data"][0]]
        row[place] = doubtful
        assert not soundness._plainly_taken(json.dumps({**example, "data": [row]}).encode(), info, schema)


@pytest.mark.parametrize(
    ("example", "kind", "inputs"),
    [
        ({"columns": ["age"], "data": [["x"]]}, "dataframe", COLUMN),
        ({"columns": ["age"], "data": [[1.5]]}, "dataframe", COLUMN),
        ({"columns": ["years"], "data": [[1]]}, "dataframe", COLUMN),
        ([[1.0, 2.0, 3.0]], "ndarray", TENSOR),
        ([1.0, 2.0], "ndarray", TENSOR),
        (b"{not json", "dataframe", COLUMN),
        (b'{"columns": ["age"], "columns": [], "data": []}', "dataframe", COLUMN),
        ({"columns": ["age"], "data": [[1]]}, "no such type", COLUMN),
        (b"[" * 100_000, "json_object", COLUMN),
    ],
)
def test_an_example_that_the_signature_refuses_violates_it(example: object, kind: str, inputs: str) -> None:
    assert judged(example, kind, inputs) == soundness.VIOLATED


def test_params_of_the_example_are_held_to_the_signature() -> None:
    example = {"inputs": {"columns": ["age"], "data": [[1]]}, "params": {"k": "many"}}
    assert judged(example, params=PARAMS) == soundness.VIOLATED


def test_what_is_missing_broken_or_exempt_is_told_apart() -> None:
    def kind(data: bytes) -> str | None:
        found = soundness.examine(data, lambda name: None)
        return None if found is None else found.kind

    assert kind(b"flavors: {}\n") is None
    assert kind(b"flavors: {sklearn: {}}\n") == soundness.MISSING
    assert (
        kind(b"flavors: {sklearn: {}}\nsignature: {inputs: null, outputs: null, params: null}\n") == soundness.MISSING
    )
    for text in (b"", b"[]", b"flavors: 1", b"flavors: {a: {}}\nsignature: x", b"\xff\xfe"):
        assert kind(text) == soundness.BROKEN
    for inputs in ("{", "[]x", '"x"', '[{"type": "no such"}]', '[{"type": "long", "name": 3, "required": "x"}]', "[1]"):
        data = ModelFile(flavors={"a": {}}, signature_record={"inputs": inputs}).to_bytes()
        assert kind(data) == soundness.BROKEN, inputs
    absent = ModelFile(
        flavors={"a": {}},
        signature_record={"inputs": COLUMN},
        saved_input_example_info={"artifact_path": "gone.json", "type": "dataframe"},
    )
    assert kind(absent.to_bytes()) == soundness.BROKEN


@pytest.mark.parametrize("path", SAVED_BY_MLFLOW, ids=lambda path: path.parent.name)
def test_models_that_mlflow_saved_are_sound_or_have_no_signature(path: Path) -> None:
    def read(name: str) -> bytes | None:
        beside = path.parent / name
        return beside.read_bytes() if beside.is_file() else None

    found = soundness.examine(path.read_bytes(), read)
    assert found is None or found.kind == soundness.MISSING
