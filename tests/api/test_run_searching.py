"""search_runs and its kin as MLflow's scripts call them: tables, lists, experiments, pages, refusals."""

import math
from pathlib import Path

import pytest

import gitmodels
from gitmodels.entities import ViewType
from gitmodels.errors import AlreadyExists, Invalid, NotFound, NotSupported
from gitmodels.exceptions import MlflowException


@pytest.fixture
def three(here: Path) -> list[str]:
    ids = []
    for number, (auc, kind) in enumerate([(0.5, "tree"), (0.9, "linear"), (0.7, None)]):
        with gitmodels.start_run(run_name=f"run-{number}") as run:
            gitmodels.log_metric("auc", auc, step=number)
            if kind:
                gitmodels.log_param("kind", kind)
            ids.append(run.info.run_id)
    return ids


def test_the_table_has_mlflows_columns(three: list[str]) -> None:
    table = gitmodels.search_runs(order_by=["metrics.auc DESC"])
    head = ["run_id", "experiment_id", "status", "artifact_uri", "start_time", "end_time"]
    assert list(table.columns[:6]) == head
    assert {"metrics.auc", "params.kind", "tags.mlflow.runName", "tags.mlflow.user"} <= set(table.columns)
    assert table["run_id"].tolist() == [three[1], three[2], three[0]]
    assert table["metrics.auc"].tolist() == [0.9, 0.7, 0.5]
    assert table["params.kind"].iloc[0] == "linear"
    missing = table["params.kind"].iloc[1]
    assert missing is None or math.isnan(missing)
    assert str(table["start_time"].dtype.tz) == "UTC"
    assert (table["end_time"] >= table["start_time"]).all()
    assert list(gitmodels.search_runs(filter_string="metrics.auc > 2").columns) == head


def test_lists_need_no_pandas(three: list[str]) -> None:
    found = gitmodels.search_runs(filter_string="metrics.auc > 0.6 AND params.kind = 'linear'", output_format="list")
    assert [run.info.run_id for run in found] == [three[1]]
    assert found[0].data.params == {"kind": "linear"}
    assert len(gitmodels.search_runs(max_results=2, output_format="list")) == 2
    assert gitmodels.search_runs(max_results=0, output_format="list") == []
    assert gitmodels.search_runs(["12"], output_format="list") == []


def test_a_run_that_goes_on_is_found(here: Path) -> None:
    with gitmodels.start_run() as run:
        gitmodels.log_metric("loss", 1)
        found = gitmodels.search_runs(filter_string="metrics.loss = 1 AND status = 'RUNNING'", output_format="list")
    assert [one.info.run_id for one in found] == [run.info.run_id]


def test_deleted_runs_show_when_asked_for(three: list[str]) -> None:
    def ids(view: int) -> set[str]:
        return {run.info.run_id for run in gitmodels.search_runs(run_view_type=view, output_format="list")}

    gitmodels.delete_run(three[0])
    assert gitmodels.get_run(three[0]).info.lifecycle_stage == "deleted"
    assert ids(ViewType.ACTIVE_ONLY) == set(three[1:])
    assert ids(ViewType.DELETED_ONLY) == {three[0]}
    assert ids(ViewType.ALL) == set(three)
    gitmodels.restore_run(three[0])
    assert ids(ViewType.ACTIVE_ONLY) == set(three)


def test_experiments_are_looked_at_by_id_by_name_or_all(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    one = gitmodels.create_experiment("one", tags={"team": "risk"})
    gitmodels.set_experiment("two")
    with gitmodels.start_run() as second:
        pass
    with gitmodels.start_run(experiment_id=one) as first:
        pass

    def ids(**arguments: object) -> list[str]:
        return [run.info.run_id for run in gitmodels.search_runs(output_format="list", **arguments)]

    assert ids() == [second.info.run_id]
    assert ids(experiment_ids=[one]) == [first.info.run_id]
    assert ids(experiment_names=["one", "nowhere"]) == [first.info.run_id]
    assert "Cannot retrieve experiment by name nowhere" in caplog.text
    assert set(ids(search_all_experiments=True)) == {first.info.run_id, second.info.run_id}
    gitmodels.delete_experiment(one)
    assert ids(search_all_experiments=True) == [second.info.run_id]
    assert ids(experiment_ids=[one]) == []
    assert ids(experiment_ids=[one], run_view_type=ViewType.DELETED_ONLY) == [first.info.run_id]


def test_refusals_of_a_search(here: Path) -> None:
    for arguments in (
        {"experiment_ids": ["0"], "experiment_names": ["one"]},
        {"output_format": "csv"},
        {"filter_string": "auc > 1"},
        {"order_by": ["auc"]},
        {"run_view_type": 7},
        {"experiment_ids": "0"},
    ):
        with pytest.raises(MlflowException) as refused:
            gitmodels.search_runs(**arguments)  # type: ignore[arg-type]
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
        assert isinstance(refused.value, ValueError)


def test_experiments_from_making_to_restoring(here: Path) -> None:
    one = gitmodels.create_experiment("one", tags={"team": "risk"})
    assert isinstance(one, str)
    entity = gitmodels.get_experiment(one)
    assert (entity.name, entity.tags, entity.lifecycle_stage) == ("one", {"team": "risk"}, "active")
    assert gitmodels.get_experiment_by_name("one") == entity
    assert gitmodels.get_experiment_by_name("nowhere") is None
    assert gitmodels.get_experiment("0").name == "Default"
    with pytest.raises(AlreadyExists, match="already exists"):
        gitmodels.create_experiment("one")
    with pytest.raises(NotFound, match="No Experiment with id=999 exists"):
        gitmodels.get_experiment("999")
    with pytest.warns(UserWarning, match="artifact_location"):
        gitmodels.create_experiment("placed", artifact_location="/data")
    gitmodels.delete_experiment(one)
    assert gitmodels.get_experiment(one).lifecycle_stage == "deleted"
    assert [row.name for row in gitmodels.search_experiments(ViewType.DELETED_ONLY)] == ["one"]
    for call in (
        lambda: gitmodels.delete_experiment(one),
        lambda: gitmodels.set_experiment("one"),
        lambda: gitmodels.start_run(experiment_id=one),
        lambda: gitmodels.create_experiment("one"),
        lambda: gitmodels.delete_experiment("0"),
    ):
        with pytest.raises(MlflowException):
            call()
    gitmodels.restore_experiment(one)
    with pytest.raises(NotFound):
        gitmodels.restore_experiment(one)
    assert {row.name for row in gitmodels.search_experiments()} == {"Default", "placed", "one"}
    assert [row.name for row in gitmodels.search_experiments(max_results=1, order_by=["name DESC"])] == ["placed"]
    assert [row.name for row in gitmodels.search_experiments(filter_string="tags.team = 'risk'")] == ["one"]


def test_tags_of_the_current_experiment(here: Path) -> None:
    gitmodels.set_experiment_tag("level", 1)
    gitmodels.set_experiment("one")
    gitmodels.set_experiment_tags({"a": 1, "b": "x"})
    gitmodels.delete_experiment_tag("a")
    with pytest.raises(NotFound, match="No tag with name"):
        gitmodels.delete_experiment_tag("a")
    assert gitmodels.get_experiment("0").tags == {"level": "1"}
    assert gitmodels.get_experiment_by_name("one").tags == {"b": "x"}


def test_pages_of_the_client(three: list[str]) -> None:
    client = gitmodels.MlflowClient()
    first = client.search_runs(["0"], max_results=2)
    second = client.search_runs(["0"], max_results=2, page_token=first.token)
    assert [run.info.run_id for run in [*first, *second]] == list(reversed(three))
    assert second.token is None
    assert client.search_experiments(max_results=1).token is None
    with pytest.raises(Invalid):
        client.search_runs(["0"], max_results=0)
    with pytest.raises(NotSupported):
        client.rename_experiment("0", "x")
