"""Trying a model out before it serves."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import gitmodels
from gitmodels import models
from gitmodels.errors import Invalid, SchemaMismatch


@pytest.fixture
def uri(here: Path, classifier: Any, iris: tuple[Any, Any]) -> str:
    return gitmodels.sklearn.log_model(classifier, "model", input_example=iris[0].head(2)).model_uri


def test_the_example_of_a_model_is_a_request_that_it_answers(uri: str, iris: tuple[Any, Any]) -> None:
    request = models.convert_input_example_to_serving_input(iris[0].head(2))
    assert request is not None
    assert list(models.validate_serving_input(uri, request)) == [0, 0]
    assert list(models.validate_serving_input(uri, json.loads(request))) == [0, 0]
    assert models.convert_input_example_to_serving_input(None) is None


def test_a_request_the_model_cannot_take_is_refused(uri: str) -> None:
    with pytest.raises(gitmodels.MlflowException, match="Model is missing inputs"):
        models.validate_serving_input(uri, {"dataframe_records": [{"a": 1}]})
    with pytest.raises(Invalid, match="exactly one of the input fields"):
        models.validate_serving_input(uri, "{}")


def test_a_schema_is_checked_alone() -> None:
    schema = models.infer_signature(pd.DataFrame({"a": [1.0], "b": [2.0]})).inputs
    models.validate_schema(pd.DataFrame({"a": [1.0], "b": [2.0]}), schema)
    with pytest.raises(SchemaMismatch, match=r"Model is missing inputs \['b'\]\."):
        models.validate_schema(pd.DataFrame({"a": [1.0]}), schema)


def test_predicting_in_this_process(uri: str, iris: tuple[Any, Any], tmp_path: Path) -> None:
    rows = iris[0].head(2)
    wanted = '{"predictions": [0, 0]}'
    assert models.predict(uri, rows, env_manager="local") == wanted
    assert models.predict(uri, rows, content_type="csv", env_manager="local") == wanted
    assert models.predict(uri, rows.to_csv(index=False), content_type="csv", env_manager="local") == wanted
    request = models.convert_input_example_to_serving_input(rows)
    assert models.predict(uri, request, env_manager="local") == wanted
    assert models.predict(uri, json.loads(str(request)), env_manager="local") == wanted
    (tmp_path / "rows.json").write_text(str(request))
    assert models.predict(uri, None, tmp_path / "rows.json", "json", tmp_path / "out", "local") is None
    assert (tmp_path / "out").read_text() == wanted


def test_another_environment_is_said_not_to_be_used(uri: str, iris: tuple[Any, Any]) -> None:
    with pytest.warns(UserWarning, match="env_manager='virtualenv' is not used"):
        models.predict(uri, iris[0].head(1))
    with pytest.raises(Invalid, match="Invalid value for `env_manager`: docker"):
        models.predict(uri, iris[0].head(1), env_manager="docker")
    with pytest.raises(Invalid, match="pip_requirements_override"):
        models.predict(uri, iris[0].head(1), env_manager="local", pip_requirements_override=["numpy"])


def test_what_predict_does_not_take(uri: str, iris: tuple[Any, Any]) -> None:
    with pytest.raises(Invalid, match="Content type must be one of"):
        models.predict(uri, iris[0], content_type="xml")
    with pytest.raises(Invalid, match="Exactly one of input_data or input_path"):
        models.predict(uri)
    with pytest.raises(Invalid, match="CSV text or a DataFrame, not list"):
        models.predict(uri, [1], content_type="csv", env_manager="local")


def test_requirements_of_a_model_that_exists(uri: str) -> None:
    found = models.infer_pip_requirements(uri, "sklearn")
    assert any(line.startswith("scikit-learn==") for line in found)
    assert models.infer_pip_requirements("models:/nothing/1", "sklearn", fallback=["numpy"]) == ["numpy"]
    with pytest.raises(gitmodels.MlflowException):
        models.infer_pip_requirements("models:/nothing/1", "sklearn")
