"""PyFuncModel: MLflow's attributes, the signature enforced, nothing run before trust."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gitmodels.errors import FlavorNotFound, Invalid, InvalidModel, NotSupported, SchemaMismatch, Untrusted
from gitmodels.flavors.python_model import PythonModel
from gitmodels.mlmodel import package
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.loaders import load_native
from gitmodels.mlmodel.package import PackageOptions
from gitmodels.mlmodel.predictor import PyFuncModel, load_predictor
from gitmodels.mlmodel.provenance import Provenance
from gitmodels.mlmodel.requirements import Overrides
from gitmodels.mlmodel.trust import Subject, Trust

MLFLOW = Path(__file__).parents[1] / "formats" / "mlflow"
FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0]})
QUICK = Overrides(pip_requirements=["pandas"])


class _Scaled(PythonModel):
    def load_context(self, context):
        self.factor = context.model_config.get("factor", 1)

    def predict(self, context, model_input, params=None):
        self.seen = params
        return model_input["a"] * self.factor

    def predict_stream(self, context, model_input, params=None):
        yield from (model_input, params)


def _load(directory, **keys):
    return load_predictor(directory, trust=Trust.all(), **keys)


@pytest.fixture
def scaled(tmp_path):
    directory = tmp_path / "scaled"
    signature = infer_signature(FRAME, FRAME["a"], {"more": 1})
    options = PackageOptions(signature=signature, metadata={"team": "risk"}, overrides=QUICK)
    package.save(_Scaled(), directory, "python_function", options, {"model_config": {"factor": 2}})
    return directory


def test_predicting_enforces_the_signature(scaled):
    model = _load(scaled)
    assert model.predict(FRAME[["b", "a"]]).tolist() == [2.0, 4.0, 6.0]
    assert model.predict({"a": [1.0], "b": [2.0]}).tolist() == [2.0]
    with pytest.raises(SchemaMismatch, match=r"missing inputs \['b'\]") as caught:
        model.predict(FRAME[["a"]])
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "3.0" not in caught.value.message


def test_parameters_get_their_defaults(scaled):
    model = _load(scaled)
    model.predict(FRAME)
    assert model.unwrap_python_model().seen == {"more": 1}
    model.predict(FRAME, params={"more": 5})
    assert model.unwrap_python_model().seen == {"more": 5}


def test_without_parameters_there_are_none(tmp_path):
    package.save(_Scaled(), tmp_path / "m", "python_function", PackageOptions(overrides=QUICK))
    model = _load(tmp_path / "m")
    model.predict(FRAME)
    assert model.unwrap_python_model().seen is None


def test_the_configuration_can_be_changed_at_loading_where_it_was_logged(scaled, caplog):
    assert _load(scaled, model_config={"factor": 10}).predict(FRAME).tolist() == [10.0, 20.0, 30.0]
    with caplog.at_level(logging.WARNING, "gitmodels"):
        model = _load(scaled, model_config={"other": 1})
    assert model.model_config == {"factor": 2}
    assert "other" in caplog.text


def test_streaming(scaled):
    model = _load(scaled)
    rows, params = model.predict_stream({"a": 1.0, "b": 2.0})
    assert len(rows) == 1
    assert params == {"more": 1}


def test_a_model_that_does_not_stream_says_so():
    with pytest.raises(NotSupported, match="does not support predict_stream"):
        _load(MLFLOW / "instance").predict_stream("x")


def test_the_metadata_has_mlflows_attributes(scaled):
    provenance = Provenance(run_id="r" * 32, model_id="m-1", utc_time_created="2026-11-23 03:10:04", artifact_path="m")
    model = _load(scaled, provenance=provenance)
    metadata = model.metadata
    assert (metadata.run_id, metadata.model_id, metadata.model_uuid) == ("r" * 32, "m-1", "m-1")
    assert metadata.metadata == {"team": "risk"}
    assert metadata.get_input_schema().input_names() == ["a", "b"]
    assert metadata.to_dict()["utc_time_created"] == "2026-11-23 03:10:04"
    assert model.model_id == "m-1"
    assert model.loader_module == "mlflow.pyfunc.model"
    assert repr(model) == (
        f"mlflow.pyfunc.loaded_model:\n  artifact_path: m\n  flavor: mlflow.pyfunc.model\n  run_id: {'r' * 32}\n"
    )
    assert model == _load(scaled, provenance=provenance)
    assert model != _load(scaled)
    assert isinstance(model, PyFuncModel)


def test_a_python_model_has_no_raw_model(scaled):
    with pytest.raises(NotSupported, match="get_raw_model"):
        _load(scaled).get_raw_model()


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("instance", FRAME, [13.0, 16.0, 19.0]),
        ("function", FRAME, [2.0, 4.0, 6.0]),
        ("code_file", FRAME, [2.0, 3.0, 4.0]),
        ("hints", ["a", "b"], ["A", "B"]),
        ("hints", pd.DataFrame({"text": ["a", "b"]}), ["A", "B"]),
        ("loader", FRAME, [7.0, 14.0, 21.0]),
        ("sklearn_skops", FRAME, [0, 1, 1]),
    ],
)
def test_what_mlflow_saved_predicts(name, data, expected):
    found = _load(MLFLOW / name).predict(data)
    assert list(found["a"] if name == "function" else found) == expected
    assert not list(MLFLOW.rglob("__pycache__"))


def test_another_method_can_answer_for_predict():
    found = _load(MLFLOW / "sklearn_cloudpickle").predict(FRAME)
    assert found.shape == (3, 2)
    assert np.allclose(found.sum(axis=1), 1)


def test_an_estimator_is_its_own_raw_model():
    model = _load(MLFLOW / "sklearn_skops")
    assert type(model.get_raw_model()).__name__ == "LogisticRegression"
    assert type(load_native(MLFLOW / "sklearn_skops", trust=Trust.nothing())).__name__ == "LogisticRegression"
    with pytest.raises(Invalid, match="Unable to retrieve base model object"):
        model.unwrap_python_model()


@pytest.mark.parametrize("name", ["instance", "function", "code_file", "loader", "sklearn_cloudpickle"])
@pytest.mark.parametrize("load", [load_predictor, load_native])
def test_nothing_that_runs_code_loads_without_trust(name, load):
    with pytest.raises(Untrusted, match="models:/x/1"):
        load(MLFLOW / name, trust=Trust.default(), subject=Subject("models:/x/1"))


def test_what_was_logged_here_loads():
    load_predictor(MLFLOW / "instance", trust=Trust.default(), subject=Subject(local=True))


def test_case_41_a_format_without_code_needs_no_trust():
    model = load_predictor(MLFLOW / "sklearn_skops", trust=Trust.nothing())
    assert model.predict(FRAME).tolist() == [0, 1, 1]


def test_a_directory_without_mlmodel_is_one_clear_line(tmp_path):
    (tmp_path / "weights").write_bytes(b"x")
    for load in (load_predictor, load_native):
        with pytest.raises(FlavorNotFound, match="no MLmodel file"):
            load(tmp_path, trust=Trust.all())


def _written(tmp_path, **flavors):
    (tmp_path / "MLmodel").write_bytes(ModelFile(flavors=flavors).to_bytes())
    return tmp_path


def test_flavors_that_are_not_here_are_named(tmp_path):
    directory = _written(tmp_path, python_function={"loader_module": "mlflow.paddle"}, paddle={})
    with pytest.raises(FlavorNotFound, match=r"mlflow\.paddle"):
        _load(directory)
    with pytest.raises(FlavorNotFound, match="paddle"):
        load_native(directory, trust=Trust.all())
    with pytest.raises(FlavorNotFound, match="no flavor 'onnx'"):
        load_native(directory, "onnx", trust=Trust.all())


def test_no_python_function_no_predictor(tmp_path):
    with pytest.raises(FlavorNotFound, match="python_function"):
        _load(_written(tmp_path, sklearn={}))


def test_a_loader_without_its_flavor_is_never_guessed(tmp_path):
    with pytest.raises(InvalidModel, match="no flavor sklearn"):
        _load(_written(tmp_path, python_function={"loader_module": "mlflow.sklearn", "model_path": "x"}))


def test_case_38_even_full_trust_imports_no_module_of_python(tmp_path):
    with pytest.raises(Untrusted, match="never imported"):
        _load(_written(tmp_path, python_function={"loader_module": "subprocess"}))


@pytest.mark.parametrize("method", ["__class__", "_x", "absent", "n_features_in_", "fit", "set_params"])
def test_a_method_that_is_none_is_refused(method, tmp_path):
    file = ModelFile.read(MLFLOW / "sklearn_skops")
    file.flavors["python_function"]["predict_fn"] = method
    (tmp_path / "MLmodel").write_bytes(file.to_bytes())
    (tmp_path / "model.skops").write_bytes((MLFLOW / "sklearn_skops/model.skops").read_bytes())
    with pytest.raises(Invalid, match="missing required"):
        _load(tmp_path)


def test_case_43_a_broken_or_purged_example_does_not_stop_the_model(tmp_path):
    file = ModelFile.read(MLFLOW / "sklearn_skops")
    (tmp_path / "MLmodel").write_bytes(file.to_bytes())
    (tmp_path / "model.skops").write_bytes((MLFLOW / "sklearn_skops/model.skops").read_bytes())
    assert _load(tmp_path).input_example is None
    assert _load(MLFLOW / "sklearn_skops").input_example.equals(FRAME)
