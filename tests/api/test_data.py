"""Data sets: MLflow's digests, and that nothing but a name and a digest is kept of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gitmodels
from gitmodels.errors import Invalid


@pytest.fixture
def frame() -> Any:
    import pandas as pd

    return pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": ["x", "y", "z"]})


def test_digests_are_mlflows(frame: Any) -> None:
    assert gitmodels.data.from_pandas(frame).digest == "daa55b8f"
    targets = np.array([1, 0, 1])
    assert gitmodels.data.from_numpy(np.arange(6.0).reshape(3, 2), targets=targets).digest == "697b2574"
    assert gitmodels.data.from_numpy({"x": np.arange(3)}).digest == "4b8fa1ac"


def test_what_a_data_set_of_a_frame_tells(frame: Any) -> None:
    found = gitmodels.data.from_pandas(frame, targets="c", name="t", source="https://ana:secret@example.org/x.csv")
    assert (found.name, found.targets, found.profile) == ("t", "c", {"num_rows": 3, "num_elements": 9})
    assert [column.name for column in found.schema.inputs] == ["a", "b", "c"]
    told = found.to_dict()
    assert sorted(told) == ["digest", "name", "profile", "schema", "source", "source_type"]
    assert told["source_type"] == "http"
    assert "secret" not in json.dumps(told)
    assert json.loads(told["schema"])["mlflow_colspec"][0]["name"] == "a"
    assert json.loads(found.to_json()) == told
    assert gitmodels.data.from_pandas(frame, name="n", digest="mine").digest == "mine"
    assert (gitmodels.data.from_pandas(frame).name, gitmodels.data.from_pandas(frame).source.kind) == (
        "dataset",
        "code",
    )
    for arguments in ({"targets": "nothing"}, {"predictions": "nothing"}):
        with pytest.raises(Invalid, match="does not contain"):
            gitmodels.data.from_pandas(frame, **arguments)


def test_what_a_data_set_of_arrays_tells() -> None:
    found = gitmodels.data.from_numpy({"x": np.zeros((3, 2))}, targets=np.array([1, 0, 1]), source="/data/x.npz")
    assert found.profile["features_shape"] == {"x": [3, 2]}
    assert found.profile["targets_size"] == 3
    told = json.loads(found.to_dict()["schema"])["mlflow_tensorspec"]
    assert json.loads(told["features"])[0]["name"] == "x"
    assert found.to_dict()["source"] == '{"uri": "/data/x.npz"}'


def test_a_run_keeps_name_and_digest_and_nothing_else(frame: Any, here: Path) -> None:
    data = gitmodels.data.from_pandas(frame, name="churn", source="/secret/place.csv")
    with gitmodels.start_run() as run:
        gitmodels.log_input(data, context="training", tags={"owner": "risk"})
        gitmodels.log_input(data, context="training")
        gitmodels.log_inputs([data], ["evaluation"], [None])
        for step in range(3):
            gitmodels.log_metric("auc", 0.5 + step, step=step, dataset=data)
    inputs = gitmodels.get_run(run.info.run_id).inputs
    assert [(row.dataset.name, row.dataset.digest) for row in inputs.dataset_inputs] == [("churn", data.digest)] * 2
    assert {tag.key: tag.value for tag in inputs.dataset_inputs[1].tags} == {
        "owner": "risk",
        "mlflow.data.context": "training",
    }
    (point, *_) = gitmodels.MlflowClient().get_metric_history(run.info.run_id, "auc")
    assert (point.dataset_name, point.dataset_digest) == ("churn", data.digest)
    found = gitmodels.search_runs(filter_string="datasets.name = 'churn'", output_format="list")
    assert [one.info.run_id for one in found] == [run.info.run_id]
    import subprocess

    log = subprocess.run(["git", "log", "-p", "--all"], cwd=here, capture_output=True, text=True, check=True).stdout
    assert data.digest in log
    assert "secret" not in log


def test_a_metric_tells_of_its_data_set_without_log_input(frame: Any, here: Path) -> None:
    data = gitmodels.data.from_pandas(frame, name="holdout")
    with gitmodels.start_run() as run:
        gitmodels.log_metrics({"auc": 0.5, "loss": 1}, dataset=data)
    (row,) = gitmodels.get_run(run.info.run_id).inputs.dataset_inputs
    assert (row.dataset.name, row.tags) == ("holdout", [])


def test_who_says_what_for_knows_more_than_a_metric(frame: Any, here: Path) -> None:
    data = gitmodels.data.from_pandas(frame, name="churn")
    for first in (True, False):
        with gitmodels.start_run() as run:
            if first:
                gitmodels.log_metric("auc", 0.5, dataset=data)
            gitmodels.log_input(data, context="training")
            gitmodels.log_metric("auc", 0.5, dataset=data)
        (row,) = gitmodels.get_run(run.info.run_id).inputs.dataset_inputs
        assert [(tag.key, tag.value) for tag in row.tags] == [("mlflow.data.context", "training")]


def test_what_is_no_data_set(here: Path) -> None:
    with gitmodels.start_run():
        for wrong in ({"a": 1}, "text"):
            with pytest.raises(Invalid, match="not a data set"):
                gitmodels.log_input(wrong)
            with pytest.raises(Invalid, match="not a data set"):
                gitmodels.log_metric("auc", 0.5, dataset=wrong)
        with pytest.raises(Invalid, match="same length"):
            gitmodels.log_inputs([], ["a"])
