"""What loading may run, judged without running any of it."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from gitmodels.errors import InvalidModel
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.pickle_detection import looks_like_pickle


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


def _locked(data):
    """The zip with the bit set that says its members are encrypted."""
    at = data.rindex(b"PK\x01\x02")
    return data[:6] + b"\x01" + data[7 : at + 8] + b"\x01" + data[at + 9 :]


def _tar(members):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
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
    "fields of objects": _npy([("a", "f4"), ("b", object)]),
    "many fields, one of objects": _npy([(f"field{number}", "f4") for number in range(500)] + [("last", object)]),
    "huge header": b"\x93NUMPY\x02\x00" + (1 << 30).to_bytes(4, "little") + b"{" * 100,
    "long first argument": pickle.dumps(["x" * 200_000], protocol=1),
    "huge first argument": b"X" + (17 << 20).to_bytes(4, "little") + b"x" * (18 << 20),
    "long first line": b"S'" + b"x" * (2 << 20) + b"'\n.",
    "protocol 0 in gzip": gzip.compress(pickle.dumps([1], protocol=0)),
    "protocol 1 in zlib": zlib.compress(pickle.dumps(["x" * 200_000], protocol=1)),
    "member of another name": _zip("archive/weights.bin", BOMB),
    "npz of objects": _zip("a.npy", _npy(object)),
    "zip behind safetensors": (2).to_bytes(8, "little") + b"{}" + _zip("archive/data.pkl", BOMB),
    "zip with a password": _locked(_zip("a.bin", b"words")),
    "tar of torch": _tar({"sys_info": b"x", "pickle": BOMB}),
    "tar with a member of another name": _tar({"readme": b"words", "weights": BOMB}),
    "tar with a broken header": _tar({"a": b"x"})[:100] + b"?" * 30 + _tar({"a": b"x"})[130:],
    "7z": b"7z\xbc\xaf\x27\x1c" + b"\0" * 20,
    "lz4": b"\x04\x22\x4d\x18" + b"\0" * 20,
    "zstd": b"\x28\xb5\x2f\xfd" + b"\0" * 20,
}
HARMLESS = {
    "text": b"A README that ends in a full stop.",
    "empty": b"",
    "json": json.dumps({"a": 1}).encode(),
    "array": _npy(float),
    "zip of schema": _zip("schema.json", b"{}"),
    "gzip of text": gzip.compress(b"plain words"),
    "compressed archive of words": _zip("a.bin", b"words " * 1000),
    "npz": _zip("a.npy", _npy(float)),
    "tar": _tar({"readme": b"words", "table": _npy(float)}),
    "many fields": _npy([(f"field{number}", "f4") for number in range(500)]),
    "long text": b"X marks the spot. " * 10_000,
    "long line": b"{" + b"x" * (2 << 20),
    "a word and a stop": b".",
    "zeros": b"\0" * 100_000,
    "the end of a zip": b"words PK\x05\x06 words",
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


def test_case_97_a_bomb_of_a_zip_is_not_unpacked(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.bin", b"B" + (8 << 20).to_bytes(4, "little") + b"x" * (8 << 20) + b"?")
    (tmp_path / "file").write_bytes(stream.getvalue())
    tracemalloc.start()
    try:
        assert looks_like_pickle(tmp_path / "file")
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


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
