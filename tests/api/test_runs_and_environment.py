"""Runs that are nested, taken up, renamed, named by the environment; what MLflow refuses is refused."""

import warnings
from pathlib import Path

import pytest

import gitmodels
from gitmodels.api import fluent_runs
from gitmodels.errors import Invalid, NotFound, RunNotFound
from gitmodels.exceptions import MlflowException


@pytest.fixture(autouse=True)
def _nothing_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fluent_runs, "_taken_up", set())
    for name in ("MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID", "MLFLOW_RUN_ID", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)


def test_the_environment_names_the_experiment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "churn")
    with gitmodels.start_run() as run:
        pass
    assert gitmodels.get_experiment(run.info.experiment_id).name == "churn"
    assert len(gitmodels.search_runs(output_format="list")) == 1
    gitmodels.set_experiment_tag("a", 1)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "never used")
    gitmodels.set_experiment_tag("b", 1)
    gitmodels.set_experiment("chosen")
    with gitmodels.start_run() as run:
        pass
    assert gitmodels.get_experiment(run.info.experiment_id).name == "chosen"


def test_the_environment_names_the_experiment_by_id(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = gitmodels.create_experiment("one")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", one)
    with gitmodels.start_run() as run:
        assert run.info.experiment_id == one
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "999")
    with pytest.raises(NotFound):
        gitmodels.start_run()


def test_the_environment_names_a_run_once(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with gitmodels.start_run() as first:
        gitmodels.log_metric("a", 1)
    monkeypatch.setenv("MLFLOW_RUN_ID", first.info.run_id)
    with gitmodels.start_run() as again:
        gitmodels.log_metric("b", 2)
        assert again.info.status == "RUNNING"
    with gitmodels.start_run() as other:
        pass
    assert again.info.run_id == first.info.run_id != other.info.run_id
    assert gitmodels.get_run(first.info.run_id).data.metrics == {"a": 1.0, "b": 2.0}


def test_a_server_in_the_environment_is_said_once_and_not_used(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    with pytest.warns(UserWarning, match="MLFLOW_TRACKING_URI is ignored"), gitmodels.start_run():
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with gitmodels.start_run():
            pass
    assert gitmodels.get_tracking_uri() == f"gitmodels://{here.resolve()}"


def test_parents(here: Path) -> None:
    with gitmodels.start_run() as outer:
        with gitmodels.start_run(nested=True) as inner:
            parent = gitmodels.get_parent_run(inner.info.run_id)
            assert parent is not None
            assert parent.info.run_id == outer.info.run_id
        assert gitmodels.get_parent_run(outer.info.run_id) is None
        with pytest.raises(MlflowException, match="does not match the specified parent_run_id"):
            gitmodels.start_run(nested=True, parent_run_id=inner.info.run_id)
    with gitmodels.start_run(parent_run_id=outer.info.run_id) as later:
        pass
    assert later.data.tags["mlflow.parentRunId"] == outer.info.run_id
    found = gitmodels.search_runs(
        filter_string=f"tags.mlflow.parentRunId = '{outer.info.run_id}'", output_format="list"
    )
    assert {run.info.run_id for run in found} == {inner.info.run_id, later.info.run_id}
    with pytest.raises(RunNotFound):
        gitmodels.start_run(parent_run_id="0" * 32)
    with pytest.raises(RunNotFound):
        gitmodels.get_parent_run("0" * 32)


def test_deleted_runs_are_not_taken_up_nor_parents(here: Path) -> None:
    with gitmodels.start_run() as run:
        pass
    gitmodels.delete_run(run.info.run_id)
    for arguments in ({"run_id": run.info.run_id}, {"parent_run_id": run.info.run_id}):
        with pytest.raises(MlflowException, match="deleted state"):
            gitmodels.start_run(**arguments)
    assert gitmodels.active_run() is None


def test_a_run_of_another_experiment_is_not_taken_up(here: Path) -> None:
    with gitmodels.start_run() as run:
        pass
    gitmodels.set_experiment("other")
    with pytest.raises(Invalid, match="active experiment ID does not match"):
        gitmodels.start_run(run.info.run_id)


def test_names(here: Path) -> None:
    with gitmodels.start_run(run_name="first") as run:
        gitmodels.set_tag("mlflow.runName", "second")
    found = gitmodels.get_run(run.info.run_id)
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == ("second", "second")
    with gitmodels.start_run(run.info.run_id, run_name="third", tags={"a": 1}, description="why"):
        pass
    found = gitmodels.get_run(run.info.run_id)
    assert (found.info.run_name, found.data.tags["mlflow.runName"]) == ("third", "third")
    assert (found.data.tags["a"], found.data.tags["mlflow.note.content"]) == ("1", "why")
    with gitmodels.start_run(tags={"mlflow.runName": "by tag"}) as run:
        pass
    gitmodels.MlflowClient().update_run(run.info.run_id, name="renamed")
    assert gitmodels.get_run(run.info.run_id).data.tags["mlflow.runName"] == "renamed"
    assert gitmodels.search_runs(filter_string="run_name = 'renamed'", output_format="list") != []


def test_refusals(here: Path) -> None:
    with pytest.raises(Invalid, match="Description is already set"):
        gitmodels.start_run(description="a", tags={"mlflow.note.content": "b"})
    with pytest.warns(UserWarning, match="system metrics"):
        gitmodels.start_run(log_system_metrics=True)
    gitmodels.end_run()
