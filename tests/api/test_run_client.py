"""The client's run methods: every one names its run, and answers as MLflow's client does."""

from pathlib import Path

import pytest

import gitmodels
from gitmodels.entities import Dataset as DatasetEntity
from gitmodels.entities import DatasetInput, InputTag, Metric, Param, RunTag
from gitmodels.errors import FileMissing, Invalid, NotFound, RunNotFound


@pytest.fixture
def client(here: Path) -> gitmodels.MlflowClient:
    return gitmodels.MlflowClient()


def test_a_run_from_making_to_ending(client: gitmodels.MlflowClient) -> None:
    made = client.create_run("0", tags={"mlflow.runName": "abc", "team": "risk"}, start_time=1_764_000_000_000)
    run_id = made.info.run_id
    assert (made.info.status, made.info.run_name, made.info.start_time) == ("RUNNING", "abc", 1_764_000_000_000)
    assert gitmodels.active_run() is None
    assert client.log_param(run_id, "depth", 4) == 4
    client.log_metric(run_id, "auc", 0.5, timestamp=5, step=1)
    client.log_metric(run_id, "auc", 0.75, timestamp=6, step=2)
    client.log_batch(run_id, [Metric("loss", 1.0, 7, 3)], [Param("kind", "tree")], [RunTag("t", "x")])
    client.set_tag(run_id, "note", 1)
    client.delete_tag(run_id, "note")
    client.set_terminated(run_id, end_time=1_764_000_000_500)
    run = client.get_run(run_id)
    assert (run.info.status, run.info.end_time) == ("FINISHED", 1_764_000_000_500)
    assert run.data.metrics == {"auc": 0.75, "loss": 1.0}
    assert run.data.params == {"depth": "4", "kind": "tree"}
    assert (run.data.tags["team"], run.data.tags["t"], run.data.tags["mlflow.runName"]) == ("risk", "x", "abc")
    assert [(point.value, point.step, point.timestamp) for point in client.get_metric_history(run_id, "auc")] == [
        (0.5, 1, 5),
        (0.75, 2, 6),
    ]
    assert client.get_metric_history(run_id, "nothing") == []


def test_an_ended_run_takes_more(client: gitmodels.MlflowClient) -> None:
    run_id = client.create_run("0").info.run_id
    client.set_terminated(run_id)
    client.log_metric(run_id, "late", 1)
    client.log_text(run_id, "x", "late.txt")
    client.update_run(run_id, "FAILED", "renamed")
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name, run.data.metrics) == ("FAILED", "renamed", {"late": 1.0})
    client.update_run(run_id, "RUNNING")
    assert (client.get_run(run_id).info.status, client.get_run(run_id).info.end_time) == ("RUNNING", None)
    client.set_terminated(run_id, "KILLED")
    assert client.get_run(run_id).info.status == "KILLED"
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    client.restore_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_refusals(client: gitmodels.MlflowClient) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_param(run_id, "a", 1)
    for error, call in (
        (RunNotFound, lambda: client.get_run("0" * 32)),
        (RunNotFound, lambda: client.log_metric("0" * 32, "a", 1)),
        (RunNotFound, lambda: client.log_text("nonsense", "a", "a.txt")),
        (NotFound, lambda: client.create_run("777")),
        (NotFound, lambda: client.delete_tag(run_id, "nothing")),
        (Invalid, lambda: client.set_terminated(run_id, "DONE")),
        (Invalid, lambda: client.log_param(run_id, "a", 2)),
        (Invalid, lambda: client.log_batch(run_id, metrics=[("a", 1)])),
        (FileMissing, lambda: client.download_artifacts(run_id, "nothing")),
    ):
        with pytest.raises(error):
            call()
    client.set_terminated(run_id)


def test_files(client: gitmodels.MlflowClient, files: Path, tmp_path: Path) -> None:
    run_id = client.create_run("0").info.run_id
    client.log_artifact(run_id, str(files / "labels.txt"), "in")
    client.log_artifacts(run_id, str(files), "all")
    client.log_dict(run_id, {"a": 1}, "d.json")
    client.log_table(run_id, {"a": [1]}, "t.json")
    client.set_terminated(run_id)
    assert [info.path for info in client.list_artifacts(run_id)] == ["all", "d.json", "in", "t.json"]
    assert [info.path for info in client.list_artifacts(run_id, "all/")] == ["all/labels.txt", "all/weights.bin"]
    assert client.list_artifacts(run_id, "d.json") == client.list_artifacts(run_id, "nothing") == []
    local = Path(client.download_artifacts(run_id, "in", str(tmp_path / "out")))
    assert (local / "labels.txt").read_text() == "a\nb\n"
    assert client.load_table("0", "t.json")["a"].tolist() == [1]


def test_inputs(client: gitmodels.MlflowClient) -> None:
    run_id = client.create_run("0").info.run_id
    entity = DatasetEntity("churn", "abc12345", "local", '{"uri": "/secret"}')
    client.log_inputs(run_id, [DatasetInput(entity, [InputTag("mlflow.data.context", "training"), InputTag("k", "v")])])
    client.set_terminated(run_id)
    (row,) = client.get_run(run_id).inputs.dataset_inputs
    assert (row.dataset.name, row.dataset.digest, row.dataset.source) == ("churn", "abc12345", "")
    assert row.to_dictionary()["tags"] == {"k": "v", "mlflow.data.context": "training"}


def test_a_client_of_a_repository_elsewhere(client: gitmodels.MlflowClient, here: Path, tmp_path: Path) -> None:
    import subprocess

    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    there = gitmodels.MlflowClient(tracking_uri=str(other))
    run_id = there.create_run("0").info.run_id
    there.log_text(run_id, "x", "a.txt")
    there.set_terminated(run_id)
    with pytest.raises(RunNotFound):
        client.get_run(run_id)
    assert [info.path for info in there.list_artifacts(run_id)] == ["a.txt"]
    assert Path(there.download_artifacts(run_id, "a.txt")).read_text() == "x"
