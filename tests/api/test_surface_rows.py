"""Rows of MLflow's surface that scripts use together: experiments, runs found again, logged models, schemas."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels as mlflow
from gitmodels import MlflowClient, MlflowException
from gitmodels.entities import LoggedModelOutput
from gitmodels.types import ColSpec, Schema

pytestmark = pytest.mark.usefixtures("here")


def test_experiments_of_the_fluent_interface() -> None:
    made = mlflow.create_experiment("first", tags={"team": "risk"})
    assert isinstance(made, str)
    found = mlflow.get_experiment(made)
    assert (found.experiment_id, found.name, found.tags) == (made, "first", {"team": "risk"})
    assert mlflow.get_experiment_by_name("first") == found
    assert mlflow.get_experiment_by_name("nothing") is None
    assert mlflow.get_experiment("0").name == "Default"
    with pytest.raises(MlflowException) as raised:
        mlflow.create_experiment("first")
    assert raised.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_experiments_of_the_client() -> None:
    client = MlflowClient()
    made = client.create_experiment("first")
    client.set_experiment_tag(made, "k", "v")
    assert client.get_experiment(made).tags["k"] == "v"
    assert client.get_experiment_by_name("first").experiment_id == made
    assert client.get_experiment_by_name("nothing") is None
    assert {found.name for found in client.search_experiments()} == {"Default", "first"}


def test_a_nested_run_knows_its_parent() -> None:
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as inner:
        pass
    parent = mlflow.get_parent_run(inner.info.run_id)
    assert parent.info.run_id == outer.info.run_id
    assert mlflow.get_parent_run(outer.info.run_id) is None


def test_runs_are_found_again() -> None:
    for k in (1, 2, 3):
        with mlflow.start_run():
            mlflow.log_param("k", k)
            mlflow.log_metric("auc", k / 10)
    frame = mlflow.search_runs(filter_string="metrics.auc > 0.15 and params.k != '3'")
    assert list(frame["params.k"]) == ["2"]
    assert {"run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"} <= set(frame.columns)
    listed = mlflow.search_runs(order_by=["metrics.auc DESC"], output_format="list")
    assert [run.data.params["k"] for run in listed] == ["3", "2", "1"]


def test_the_client_follows_a_run() -> None:
    client = MlflowClient()
    run = client.create_run("0")
    for step in range(3):
        client.log_metric(run.info.run_id, "loss", 1.0 - step / 10, step=step)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(metric.step, metric.value) for metric in history] == [(0, 1.0), (1, 0.9), (2, 0.8)]
    client.set_terminated(run.info.run_id)
    ended = client.get_run(run.info.run_id)
    assert (ended.info.status, ended.data.metrics) == ("FINISHED", {"loss": 0.8})
    assert [found.info.run_id for found in client.search_runs(["0"])] == [run.info.run_id]
    with pytest.raises(MlflowException) as raised:
        client.get_run("0" * 32)
    assert raised.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_logged_models(classifier: Any) -> None:
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(classifier, name="model", params={"depth": 3}, tags={"a": "b"})
    found = mlflow.get_logged_model(info.model_id)
    assert (found.model_id, found.name, found.source_run_id) == (info.model_id, "model", run.info.run_id)
    assert (found.params, found.model_uri) == ({"depth": "3"}, info.model_uri)
    assert mlflow.last_logged_model().model_id == info.model_id
    mlflow.set_logged_model_tags(info.model_id, {"c": "d"})
    mlflow.delete_logged_model_tag(info.model_id, "a")
    assert mlflow.get_logged_model(info.model_id).tags == {"c": "d"}


def test_a_schema_says_its_types_and_comes_back_from_json() -> None:
    schema = Schema([ColSpec("double", "a"), ColSpec("string", "b", required=False)])
    assert [str(each) for each in schema.input_types()] == ["DataType.double", "DataType.string"]
    text = schema.to_json()
    assert (
        text
        == '[{"type": "double", "name": "a", "required": true}, {"type": "string", "name": "b", "required": false}]'
    )
    assert Schema.from_json(text) == schema


def test_the_clients_other_ways_to_the_same(classifier: Any) -> None:
    import io

    import numpy as np

    client = MlflowClient()
    with mlflow.start_run() as outer, mlflow.start_run(nested=True) as run:
        info = mlflow.sklearn.log_model(classifier, name="model", tags={"a": "b"})
    parent = client.get_parent_run(run.info.run_id)
    assert parent is not None
    assert parent.info.run_id == outer.info.run_id
    client.log_image(run.info.run_id, np.zeros((2, 2, 3), dtype=np.uint8), "picture.png")
    client.log_stream(run.info.run_id, io.BytesIO(b"bytes"), "stream.bin")
    assert {"picture.png", "stream.bin"} <= {file.path for file in client.list_artifacts(run.info.run_id)}
    client.set_logged_model_tags(info.model_id, {"c": "d"})
    client.delete_logged_model_tag(info.model_id, "a")
    assert client.get_logged_model(info.model_id).tags == {"c": "d"}


class _Figure:
    """What matplotlib's figures can do."""

    def savefig(self, path: str) -> None:
        """Write the picture."""
        Path(path).write_bytes(b"figure")


def test_the_client_logs_figures_and_models_that_are_logged_already(classifier: Any) -> None:
    client = MlflowClient()
    info = mlflow.sklearn.log_model(classifier, name="model")
    with mlflow.start_run() as run:
        client.log_figure(run.info.run_id, _Figure(), "plots/roc.png")
        client.log_outputs(run.info.run_id, [LoggedModelOutput(str(info.model_id), 2)])
    assert [file.path for file in client.list_artifacts(run.info.run_id, "plots")] == ["plots/roc.png"]
    found = client.get_run(run.info.run_id)
    assert found.outputs.model_outputs == [LoggedModelOutput(str(info.model_id), 2)]


def test_the_client_marks_experiments_as_deleted_and_takes_it_back() -> None:
    client = MlflowClient()
    made = client.create_experiment("first", tags={"k": "v"})
    client.delete_experiment_tag(made, "k")
    assert client.get_experiment(made).tags == {}
    client.delete_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "deleted"
    client.restore_experiment(made)
    assert client.get_experiment(made).lifecycle_stage == "active"
