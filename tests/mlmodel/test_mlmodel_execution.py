"""What loading may run, judged without running any of it."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import zipfile
import zlib

import numpy as np
import pytest

from gitmodels.errors import InvalidModel
from gitmodels.mlmodel.execution import code_execution, looks_like_pickle
from gitmodels.mlmodel.file import ModelFile


class _Bomb:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was run",))


BOMB = pickle.dumps(_Bomb())


def _zip(name, data):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
    return stream.getvalue()


def _npy(dtype):
    stream = io.BytesIO()
    np.save(stream, np.array([1, 2], dtype=dtype), allow_pickle=True)
    return stream.getvalue()


PICKLES = {
    "plain": BOMB,
    "protocol 0": pickle.dumps(_Bomb(), protocol=0),
    "protocol 1": pickle.dumps([1, 2], protocol=1),
    "long protocol 0": pickle.dumps(list(range(50_000)), protocol=0),
    "then garbage": BOMB + b"garbage",
    "appended": pickle.dumps(1) + BOMB,
    "gzip": gzip.compress(BOMB),
    "bz2": bz2.compress(BOMB),
    "xz": lzma.compress(BOMB),
    "lzma": lzma.compress(BOMB, lzma.FORMAT_ALONE),
    "zlib": zlib.compress(BOMB),
    "old joblib": b"ZF" + zlib.compress(BOMB),
    "torch zip": _zip("archive/data.pkl", BOMB),
    "bad zip": b"PK\x03\x04 not a zip",
    "object array": _npy(object),
}
HARMLESS = {
    "text": b"A README that ends in a full stop.",
    "empty": b"",
    "json": json.dumps({"a": 1}).encode(),
    "array": _npy(float),
    "zip of schema": _zip("schema.json", b"{}"),
    "gzip of text": gzip.compress(b"plain words"),
    "safetensors": (2).to_bytes(8, "little") + b"{}",
}


@pytest.mark.parametrize("kind", PICKLES)
def test_cases_40_and_97_a_pickle_is_seen_whatever_it_is_called(kind, tmp_path):
    (tmp_path / "weights.safetensors").write_bytes(PICKLES[kind])
    assert looks_like_pickle(tmp_path / "weights.safetensors")
    assert code_execution(tmp_path) == "pickle"


@pytest.mark.parametrize("kind", HARMLESS)
def test_other_files_are_not(kind, tmp_path):
    (tmp_path / "file").write_bytes(HARMLESS[kind])
    assert not looks_like_pickle(tmp_path / "file")
    assert code_execution(tmp_path) == "none"


def test_a_file_that_calls_itself_a_pickle_is_one(tmp_path):
    (tmp_path / "model.joblib").write_bytes(b"whatever")
    assert code_execution(tmp_path) == "pickle"


def test_case_16_links_are_not_followed(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "x.pkl").write_bytes(BOMB)
    (tmp_path / "model/x.pkl").symlink_to(tmp_path / "x.pkl")
    assert code_execution(tmp_path / "model") == "none"


def _with(tmp_path, **flavors):
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors=flavors).to_bytes())
    return code_execution(tmp_path)


@pytest.mark.parametrize("loader", ["os", "subprocess", "my.loader", "..x", 3, None])
def test_case_38_a_foreign_loader_is_python_code_and_is_not_imported(loader, tmp_path):
    assert _with(tmp_path, python_function={"loader_module": loader}) == "python-code"


def test_case_39_a_code_folder_is_python_code(tmp_path):
    (tmp_path / "code").mkdir()
    (tmp_path / "code/json.py").write_text("raise SystemExit('run')")
    assert _with(tmp_path, python_function={"loader_module": "mlflow.pyfunc.model", "code": "code"}) == "python-code"


def test_remote_code_counts_most(tmp_path):
    flavors = {"transformers": {"trust_remote_code": True}, "python_function": {"loader_module": "os"}}
    assert _with(tmp_path, **flavors) == "remote-code"


def test_a_flavor_that_is_not_here_is_judged_by_its_files(tmp_path):
    (tmp_path / "model.ubj").write_bytes(b"{L")
    flavors = {"xgb": {"data": "model.ubj"}, "python_function": {"loader_module": "mlflow.xgb", "data": "model.ubj"}}
    assert _with(tmp_path, **flavors) == "none"
    (tmp_path / "model.pickle").write_bytes(BOMB)
    assert _with(tmp_path, **flavors) == "pickle"


def test_a_loader_without_its_flavor_is_taken_for_a_pickle(tmp_path):
    assert _with(tmp_path, python_function={"loader_module": "mlflow.sklearn", "model_path": "m"}) == "pickle"


def test_a_broken_mlmodel_file_is_no_harmless_model(tmp_path):
    (tmp_path / "MLmodel").write_text("flavors: 3")
    with pytest.raises(InvalidModel):
        code_execution(tmp_path)


def test_nothing_of_the_model_is_run_or_imported(tmp_path):
    """A canary over the interpreter's own audit events: no import, exec, unpickling or process while judging."""
    import subprocess
    import sys

    (tmp_path / "code").mkdir()
    (tmp_path / "code/json.py").write_text("raise SystemExit('run')")
    (tmp_path / "python_model.pkl").write_bytes(BOMB)
    (tmp_path / "next.py").write_text("raise SystemExit('run')")
    flavors = {
        "python_function": {"loader_module": "canary_loader", "code": "code", "data": "python_model.pkl"},
        "sklearn": {"pickled_model": "python_model.pkl", "serialization_format": "cloudpickle"},
    }
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors=flavors).to_bytes())
    done = subprocess.run([sys.executable, "-c", CANARY, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["python-code"]


CANARY = """
import pathlib, sys
from gitmodels import flavors
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
place = sys.argv[1]
for name in flavors.names():
    flavors.get(name)
def canary(event, arguments):
    shown = repr(arguments)
    if event in ("subprocess.Popen", "os.system", "pickle.find_class", "os.exec", "os.fork", "socket.connect"):
        raise RuntimeError(event)
    if event in ("import", "compile", "exec") and (place in shown or "canary_loader" in shown):
        raise RuntimeError(event + shown)
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise RuntimeError(event + shown)
sys.addaudithook(canary)
directory = pathlib.Path(place)
ModelFile.read(directory)
print(code_execution(directory))
assert place not in " ".join(sys.path)
"""
