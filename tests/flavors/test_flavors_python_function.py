"""The python_function flavor: every kind of Python model, saved and loaded, and MLflow's own directories."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from gitmodels import yaml
from gitmodels.errors import FileMissing, Invalid, InvalidModel, MissingDependency, NotSupported, Untrusted
from gitmodels.flavors import code_model, mlflow_names, pickling, python_function
from gitmodels.flavors.python_model import PythonModel

MLFLOW = Path(__file__).parents[1] / "formats" / "mlflow"
FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
CODE = """
from gitmodels.flavors.code_model import ModelConfig, set_model
from gitmodels.flavors.python_model import PythonModel

class Scaled(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input["a"] * ModelConfig_values["factor"]

ModelConfig_values = ModelConfig(development_config={"factor": 0}).to_dict()
set_model(Scaled())
"""


class _Add(PythonModel):
    def __init__(self, factor):
        self.factor = factor

    def load_context(self, context):
        self.offset = float(Path(context.artifacts["offset"]).read_text())
        self.config = context.model_config

    def predict(self, context, model_input, params=None):
        return (model_input["a"] * self.factor + self.offset + (params or {}).get("more", 0)).tolist()


class _Streaming(PythonModel):
    def predict(self, model_input):
        return model_input

    def predict_stream(self, model_input, params=None):
        yield from model_input


def _config(name):
    return yaml.load((MLFLOW / name / "MLmodel").read_bytes())["flavors"]["python_function"]


def _round_trip(model, directory, **options):
    directory.mkdir()
    saved = python_function.save(model, directory, options)
    json.dumps(saved.pyfunc)
    return saved, python_function.load(directory, saved.pyfunc)


def test_an_instance_finds_its_artifacts_and_its_configuration(tmp_path):
    (tmp_path / "offset.txt").write_text("10")
    saved, loaded = _round_trip(
        _Add(3), tmp_path / "model", artifacts={"offset": tmp_path / "offset.txt"}, model_config={"k": 1}
    )
    assert python_function.predict(loaded, FRAME, {}) == [13.0, 16.0, 19.0]
    assert python_function.predict(loaded, FRAME, {"more": 1}) == [14.0, 17.0, 20.0]
    assert loaded.python_model.config == {"k": 1}
    assert saved.pyfunc["loader_module"] == "mlflow.pyfunc.model"
    assert saved.code_execution == "pickle"


def test_saving_leaves_the_callers_object_alone(tmp_path):
    (tmp_path / "offset.txt").write_text("10")
    model = _Add(3)
    _round_trip(model, tmp_path / "model", artifacts={"offset": tmp_path / "offset.txt"})
    assert not hasattr(model, "offset")


def test_artifacts_with_one_file_name_do_not_overwrite_each_other(tmp_path):
    sources = {}
    for name in ("one", "two", "three"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / ("W.txt" if name == "two" else "w.txt")).write_text(name)
        sources[name] = folder / ("W.txt" if name == "two" else "w.txt")
    (tmp_path / "model").mkdir()
    saved = python_function.save(lambda model_input: model_input, tmp_path / "model", {"artifacts": sources})
    paths = {name: entry["path"] for name, entry in saved.pyfunc["artifacts"].items()}
    assert len({path.casefold() for path in paths.values()}) == 3
    assert {name: (tmp_path / "model" / path).read_text() for name, path in paths.items()} == {
        name: name for name in sources
    }


def test_a_folder_as_artifact_is_copied_without_what_git_keeps_there(tmp_path):
    folder = tmp_path / "tokens"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "vocabulary").write_text("x")
    (folder / ".gitattributes").write_text("*")
    (tmp_path / "model").mkdir()
    python_function.save(lambda model_input: 0, tmp_path / "model", {"artifacts": {"t": folder}})
    assert (tmp_path / "model/artifacts/tokens/deep/vocabulary").read_text() == "x"
    assert not (tmp_path / "model/artifacts/tokens/.gitattributes").exists()


def test_nothing_of_the_machine_is_written(tmp_path):
    (tmp_path / "offset.txt").write_text("10")
    (tmp_path / "code.py").write_text(CODE)
    saved, _ = _round_trip(_Add(3), tmp_path / "one", artifacts={"offset": tmp_path / "offset.txt"})
    coded, _ = _round_trip(str(tmp_path / "code.py"), tmp_path / "two", model_config={"factor": 2})
    assert str(tmp_path) not in json.dumps([saved.pyfunc, coded.pyfunc])
    assert coded.pyfunc["model_code_path"] == "code.py"


@pytest.mark.parametrize(
    ("function", "expected"),
    [(lambda model_input: model_input * 2, 6), (lambda model_input, params=None: model_input + params["k"], 8)],
)
def test_a_function_is_a_model(function, expected, tmp_path):
    _, loaded = _round_trip(function, tmp_path / "model")
    assert python_function.predict(loaded, 3, {"k": 5}) == expected


def test_a_code_file_is_run_with_its_configuration_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "code.py").write_text(CODE)
    saved, loaded = _round_trip(tmp_path / "code.py", tmp_path / "model", model_config={"factor": 2})
    assert python_function.predict(loaded, FRAME, {}).tolist() == [2.0, 4.0, 6.0]
    assert saved.code_execution == "python-code"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["code.py"]


def test_a_code_file_that_streams_is_noticed_without_running_it(tmp_path):
    (tmp_path / "code.py").write_text("raise SystemExit\nclass M:\n    def predict_stream(self):\n        pass\n")
    (tmp_path / "model").mkdir()
    assert python_function.save(tmp_path / "code.py", tmp_path / "model", {}).pyfunc["streamable"] is True
    (tmp_path / "broken.py").write_text("x =\n")
    with pytest.raises(Invalid, match=r"broken\.py is not Python: line 1"):
        python_function.save(tmp_path / "broken.py", tmp_path / "model", {})


def test_a_code_file_that_sets_no_model_is_refused(tmp_path):
    (tmp_path / "code.py").write_text("x = 1\n")
    with pytest.raises(InvalidModel, match="sets no model"):
        _round_trip(str(tmp_path / "code.py"), tmp_path / "model")


def test_a_loader_module_loads_its_data(tmp_path, monkeypatch):
    (tmp_path / "own_loader_of_this_test.py").write_text((MLFLOW / "loader/code/fixture_loader.py").read_text())
    (tmp_path / "factor.txt").write_text("7")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _, loaded = _round_trip(
        None, tmp_path / "model", loader_module="own_loader_of_this_test", data_path=tmp_path / "factor.txt"
    )
    assert python_function.predict(loaded, FRAME, {}).tolist() == [7.0, 14.0, 21.0]


def test_streaming_is_noticed_and_works(tmp_path):
    saved, loaded = _round_trip(_Streaming(), tmp_path / "model")
    assert saved.pyfunc["streamable"] is True
    assert list(python_function.predict_stream(loaded, [1, 2], {})) == [1, 2]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("context", "model_input", "params"), True),
        (("ctx", "data"), True),
        (("model_input", "params"), False),
        (("model_input",), False),
    ],
)
def test_both_arities_are_told_apart(names, expected):
    assert python_function.takes_context(names) is expected


@pytest.mark.parametrize(
    ("model", "options", "words"),
    [
        (PythonModel, {}, "not an instance"),
        (3, {}, "not int"),
        (lambda: 1, {}, "takes model_input"),
        (lambda first, second: 1, {}, "takes model_input"),
        ("absent.py", {}, "no Python file"),
        ("notes.txt", {}, "no Python file"),
        (_Streaming(), {"loader_module": "x"}, "without python_model"),
        (_Streaming(), {"data_path": "x"}, "goes with loader_module"),
        (None, {"loader_module": "x", "artifacts": {"a": "b"}}, "without python_model"),
    ],
)
def test_what_is_no_model_is_refused_in_one_line(model, options, words, tmp_path):
    with pytest.raises(Invalid, match=words):
        python_function.save(model, tmp_path, options)


def test_a_missing_artifact_is_named(tmp_path):
    with pytest.raises(FileMissing, match=r"nowhere\.txt"):
        python_function.save(lambda model_input: 0, tmp_path, {"artifacts": {"a": tmp_path / "nowhere.txt"}})


@pytest.mark.parametrize("name", ["os", "subprocess", "sys", "importlib.machinery", "builtins", "gitmodels.api"])
def test_case_38_a_loader_module_of_python_itself_is_never_imported(name, tmp_path):
    with pytest.raises(Untrusted, match="never imported"):
        python_function.load(tmp_path, {"loader_module": name})


@pytest.mark.parametrize("name", [".relative", "a..b", "", None, "a b", "os;x", "a/b", 3])
def test_case_38_a_loader_module_that_is_no_module_name_is_refused(name, tmp_path):
    with pytest.raises(InvalidModel, match="loader_module"):
        python_function.load(tmp_path, {"loader_module": name})


def test_a_loader_module_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(MissingDependency, match="no_such_loader_anywhere"):
        python_function.load(tmp_path, {"loader_module": "no_such_loader_anywhere"})


def test_a_flavor_of_mlflow_that_is_not_here_is_not_imported(tmp_path):
    with pytest.raises(NotSupported, match=r"mlflow\.spark"):
        python_function.load(tmp_path, {"loader_module": "mlflow.spark"})


@pytest.mark.parametrize("path", ["../../x", "/etc/passwd", "a/../../b", "..\\x", "C:\\x", "", None, 3, "a\nb"])
def test_case_44_a_pickle_outside_the_model_is_refused(path, tmp_path):
    with pytest.raises(InvalidModel):
        python_function.load(tmp_path, {"loader_module": "mlflow.pyfunc.model", "python_model": path})


def test_case_44_a_link_out_of_the_model_is_not_followed(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "outside.pkl").write_bytes(pickling.dumps(1))
    (tmp_path / "model" / "python_model.pkl").symlink_to(tmp_path / "outside.pkl")
    with pytest.raises(InvalidModel, match="symbolic link"):
        python_function.load(
            tmp_path / "model", {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl"}
        )


def test_an_unknown_compression_is_refused(tmp_path):
    (tmp_path / "m").write_bytes(b"x")
    config = {"loader_module": "mlflow.pyfunc.model", "python_model": "m", "python_model_compression": "brotli"}
    with pytest.raises(InvalidModel, match="compression"):
        python_function.load(tmp_path, config)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"loader_module": "mlflow.pyfunc.model"}, "pickle"),
        ({"loader_module": "mlflow.pyfunc.model", "code": "code"}, "python-code"),
        ({"loader_module": "mlflow.pyfunc.loaders.code_model", "model_code_path": "x.py"}, "python-code"),
        ({"loader_module": "os"}, "python-code"),
        ({}, "python-code"),
    ],
)
def test_what_loading_runs_is_told_from_the_configuration(config, expected, tmp_path):
    assert python_function.code_execution(tmp_path, config) == expected


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("instance", FRAME, [13.0, 16.0, 19.0]),
        ("function", FRAME["a"], [2.0, 4.0, 6.0]),
        ("code_file", FRAME, [2.0, 3.0, 4.0]),
        ("hints", ["a", "b"], ["A", "B"]),
        ("hints", pd.DataFrame({"text": ["a", "b"]}), ["A", "B"]),
    ],
)
def test_what_mlflow_saved_loads_without_mlflow(name, data, expected):
    assert not pickling.mlflow_installed()
    loaded = python_function.load(MLFLOW / name, _config(name))
    assert list(python_function.predict(loaded, data, {})) == expected
    assert "mlflow" not in sys.modules


def test_gitmodels_answering_for_mlflow_is_not_taken_for_it(monkeypatch):
    import gitmodels

    monkeypatch.setitem(sys.modules, "mlflow", gitmodels)
    assert not pickling.mlflow_installed()
    assert pickling.mlflow_answered()
    loaded = python_function.load(MLFLOW / "instance", _config("instance"))
    assert isinstance(loaded.python_model, PythonModel)


def test_a_hint_is_enforced_for_what_mlflow_saved_too():
    loaded = python_function.load(MLFLOW / "hints", _config("hints"))
    with pytest.raises(Invalid, match="item 1 is int, the type hint of the model says str"):
        python_function.predict(loaded, ["a", 3], {})


def test_a_name_of_mlflow_that_nothing_stands_for_says_so():
    with pytest.raises(MissingDependency, match="ChatAgent"):
        mlflow_names.find("mlflow.pyfunc.model", "ChatAgent")


def test_inside_a_code_file_the_rest_of_mlflow_is_missing(tmp_path, monkeypatch):
    # Whoever imported the rooms above let them answer for the rest; here the flavor stands alone.
    monkeypatch.setattr(mlflow_names._Public, "modules", frozenset())
    monkeypatch.setattr(mlflow_names._Public, "attribute", None)
    (tmp_path / "code.py").write_text("import mlflow\nmlflow.start_run()\n")
    with pytest.raises(AttributeError, match="only MLflow has"):
        python_function.load(
            tmp_path, {"loader_module": "mlflow.pyfunc.loaders.code_model", "model_code_path": "/somewhere/code.py"}
        )


def test_a_model_configuration_can_be_a_file(tmp_path):
    (tmp_path / "c.yaml").write_text("factor: 3\n")
    assert code_model.read_config(tmp_path / "c.yaml") == {"factor": 3}
    (tmp_path / "c.yaml").write_text("- 3\n")
    with pytest.raises(Invalid, match="mapping"):
        code_model.read_config(tmp_path / "c.yaml")
    with pytest.raises(FileMissing):
        code_model.read_config(tmp_path / "absent.yaml")


def test_outside_of_loading_the_development_configuration_counts():
    config = code_model.ModelConfig(development_config={"k": 1})
    assert config.to_dict() == {"k": 1}
    with pytest.raises(Invalid, match="no key"):
        config.get("absent")


def test_set_model_takes_models_only():
    with pytest.raises(Invalid, match="not int"):
        code_model.set_model(3)
