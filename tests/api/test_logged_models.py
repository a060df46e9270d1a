"""Logged models: merged over the runs that logged the same content, measured later, tagged, searched."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.entities import LoggedModelInput, LoggedModelOutput
from gitmodels.errors import Invalid, ModelNotFound, NotFound


@pytest.fixture
def logged(classifier: Any, here: Path) -> tuple[str, str]:
    """The id of a model and of the run that logged it at step 2, with metrics at steps 1 and 2."""
    with gitmodels.start_run() as run:
        gitmodels.log_metric("loss", 0.5, step=1)
        gitmodels.log_metric("loss", 0.25, step=2)
        info = gitmodels.sklearn.log_model(
            classifier, name="clf", step=2, params={"c": 1}, tags={"team": "risk"}, model_type="classifier"
        )
        gitmodels.log_metric("loss", 0.1, step=3)
    return info.model_id or "", run.info.run_id


def test_what_is_told_of_a_logged_model(logged: tuple[str, str]) -> None:
    model_id, run_id = logged
    model = gitmodels.get_logged_model(model_id)
    assert (model.name, model.model_id, model.source_run_id, model.model_type) == (
        "clf",
        model_id,
        run_id,
        "classifier",
    )
    assert (model.params, model.tags, model.status, model.experiment_id) == ({"c": "1"}, {"team": "risk"}, "READY", "0")
    assert model.model_uri == f"models:/{model_id}"
    assert [(metric.key, metric.value, metric.step, metric.run_id) for metric in model.metrics] == [
        ("loss", 0.25, 2, run_id)
    ]
    assert gitmodels.last_logged_model() == model
    assert gitmodels.get_active_model_id() is None
    assert model.to_dictionary()["metrics"][0]["value"] == 0.25


def test_a_later_run_measures_it(logged: tuple[str, str]) -> None:
    import pandas as pd

    model_id, first = logged
    data = gitmodels.data.from_pandas(pd.DataFrame({"a": [1]}), name="holdout")
    with gitmodels.start_run() as run:
        gitmodels.log_metric("auc", 0.9, model_id=model_id, dataset=data)
        during = gitmodels.get_logged_model(model_id)
    model = gitmodels.get_logged_model(model_id)
    assert during.metrics == model.metrics
    assert [(m.key, m.dataset_name, m.run_id) for m in model.metrics if m.key == "auc"] == [
        ("auc", "holdout", run.info.run_id)
    ]
    assert model.source_run_id == first
    assert gitmodels.get_run(run.info.run_id).inputs.model_inputs == [LoggedModelInput(model_id)]
    assert gitmodels.get_run(first).outputs.model_outputs == [LoggedModelOutput(model_id, 2)]
    assert gitmodels.get_run(first).inputs.model_inputs == []


def test_tags_and_params(logged: tuple[str, str]) -> None:
    model_id, _ = logged
    gitmodels.set_logged_model_tags(model_id, {"stage": "tried", "team": "ops"})
    gitmodels.delete_logged_model_tag(model_id, "stage")
    gitmodels.log_model_params({"d": 2, "c": 1}, model_id)
    model = gitmodels.get_logged_model(model_id)
    assert (model.tags, model.params) == ({"team": "ops"}, {"c": "1", "d": "2"})
    with pytest.raises(Invalid, match="not allowed"):
        gitmodels.log_model_params({"c": 2}, model_id)
    with pytest.raises(Invalid, match="`model_id` must be"):
        gitmodels.log_model_params({"c": 2})
    with pytest.raises(NotFound):
        gitmodels.delete_logged_model_tag(model_id, "stage")


def test_params_while_the_run_goes_on(classifier: Any, here: Path) -> None:
    with gitmodels.start_run():
        model_id = gitmodels.sklearn.log_model(classifier, name="clf").model_id
        gitmodels.MlflowClient().log_model_params(model_id, {"c": 1})
        assert gitmodels.get_logged_model(model_id).params == {"c": "1"}
    assert gitmodels.get_logged_model(model_id).params == {"c": "1"}


@pytest.mark.parametrize("model_id", ["m-" + "0" * 32, "nonsense", ""])
def test_a_model_that_is_not_there(model_id: str, here: Path) -> None:
    with pytest.raises(ModelNotFound, match="Logged model with ID"):
        gitmodels.get_logged_model(model_id)
    assert gitmodels.search_logged_models(output_format="list") == []
    assert gitmodels.search_logged_models().empty


def test_two_runs_that_log_the_same_share_it(logged: tuple[str, str], classifier: Any) -> None:
    model_id, first = logged
    with gitmodels.start_run() as second:
        assert gitmodels.sklearn.log_model(classifier, name="again").model_id == model_id
    model = gitmodels.get_logged_model(model_id)
    assert (model.name, model.source_run_id) == ("again", second.info.run_id)
    assert [m.value for m in model.metrics] == [0.25]
    assert gitmodels.get_run(first).outputs.model_outputs[0].model_id == model_id


def test_a_run_can_say_that_it_made_a_model(logged: tuple[str, str]) -> None:
    model_id, _ = logged
    with gitmodels.start_run() as run:
        gitmodels.log_outputs([LoggedModelOutput(model_id, 1)])
        with pytest.raises(ModelNotFound):
            gitmodels.log_outputs([LoggedModelOutput("m-" + "0" * 32, 1)])
    assert gitmodels.get_run(run.info.run_id).outputs.model_outputs == [LoggedModelOutput(model_id, 1)]
    gitmodels.sklearn.load_model(f"runs:/{run.info.run_id}/clf")


def test_searching(logged: tuple[str, str], iris: tuple[Any, Any]) -> None:
    import pandas as pd
    from sklearn.linear_model import LogisticRegression

    first, _ = logged
    data = gitmodels.data.from_pandas(pd.DataFrame({"a": [1]}), name="holdout")
    with gitmodels.start_run():
        second = gitmodels.sklearn.log_model(LogisticRegression(C=0.5).fit(*iris), name="other", step=9).model_id
        gitmodels.log_metric("auc", 0.9, model_id=second, dataset=data)
        gitmodels.log_metric("auc", 0.8, model_id=first)

    def ids(text: str | None = None, **arguments: Any) -> list[str]:
        found = gitmodels.search_logged_models(filter_string=text, output_format="list", **arguments)
        return [model.model_id for model in found]

    assert ids() == [second, first]
    assert ids("name = 'clf'") == ids("tags.team = 'risk'") == ids("params.c = '1'") == [first]
    assert ids("metrics.auc > 0.85") == [second]
    assert ids("source_run_id LIKE '%' AND creation_time > 0", max_results=1) == [second]
    assert ids(f"model_id IN ('{first}')") == [first]
    assert ids(order_by=[{"field_name": "metrics.auc", "ascending": True}]) == [first, second]
    assert ids(order_by=[{"field_name": "creation_time"}]) == [first, second]
    assert ids(order_by=[{"field_name": "metrics.auc", "dataset_name": "holdout"}]) == [second, first]
    assert ids(datasets=[{"dataset_name": "holdout"}]) == [second]
    assert ids("metrics.auc > 0", datasets=[{"dataset_name": "holdout", "dataset_digest": "other"}]) == []
    assert ids(experiment_ids=["12"]) == []
    assert gitmodels.search_logged_models()["model_id"].tolist() == [second, first]
    page = gitmodels.MlflowClient().search_logged_models(["0"], max_results=1)
    assert len(page) == 1
    assert page.token
    for wrong in (
        {"order_by": ["auc"]},
        {"order_by": [{"ascending": True}]},
        {"order_by": [{"field_name": "nothing"}]},
        {"order_by": [{"field_name": "name", "ascending": 3}]},
        {"order_by": [{"field_name": "metrics.auc", "dataset_digest": "x"}]},
        {"datasets": [{"digest": "x"}]},
        {"filter_string": "nothing = 'x'"},
        {"output_format": "csv"},
    ):
        with pytest.raises(Invalid):
            gitmodels.search_logged_models(**wrong)
