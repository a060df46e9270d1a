"""What a run measures of registered versions is noted beside them when it ends: once, whole, and never at its cost."""

import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.registry import evaluations, layout
from gitmodels.registry.evaluations import Evaluation

Git = Callable[..., str]


@pytest.fixture
def fraud(here: Path, files: Path) -> str:
    """``fraud``, one version of plain files; gives its model id."""
    gitmodels.register_model(str(files), "fraud")
    return registered("fraud", 1).model_id


def registered(name: str, number: int) -> Any:
    return context.repository().registry.state().version(name, number).record


def noted(name: str = "fraud", number: int = 1) -> list[Evaluation]:
    state = context.repository().registry.state()
    return evaluations.of_version(state, name, number, registered(name, number).manifest)


def measure(model_id: str, dataset: Any = None, **metrics: float) -> str:
    with gitmodels.start_run(run_name="quarterly") as run:
        gitmodels.log_metrics(metrics, model_id=model_id, dataset=dataset)
    return run.info.run_id


def test_a_later_run_measures_a_registered_version(fraud: str) -> None:
    import pandas as pd

    data = gitmodels.data.from_pandas(pd.DataFrame({"a": [1, 2]}), name="q3")
    run_id = measure(fraud, data, auc=0.9, f1=0.7)
    [one] = noted()
    assert (one.metrics, one.run) == ({"auc": 0.9, "f1": 0.7}, {"id": run_id, "name": "quarterly"})
    assert one.dataset is not None
    assert (one.dataset.name, one.dataset.digest) == ("q3", data.digest)


def test_a_version_that_is_looked_at_tells_what_was_measured_later(fraud: str) -> None:
    run_id = measure(fraud, auc=0.9)
    [metric] = gitmodels.MlflowClient().get_model_version("fraud", 1).metrics or []
    assert (metric.key, metric.value, metric.model_id, metric.run_id) == ("auc", 0.9, fraud, run_id)
    [listed] = gitmodels.search_model_versions(filter_string="name = 'fraud'")
    assert listed.metrics is None


def test_each_data_set_is_an_evaluation_of_its_own(fraud: str) -> None:
    import pandas as pd

    frames = {name: pd.DataFrame({"a": [number]}) for number, name in enumerate(("q3", "q4"))}
    with gitmodels.start_run():
        for name, frame in frames.items():
            gitmodels.log_metric("auc", 0.9, model_id=fraud, dataset=gitmodels.data.from_pandas(frame, name=name))
        gitmodels.log_metric("auc", 0.5, model_id=fraud)
        gitmodels.log_metric("minutes", 3)
    found = {one.dataset.name if one.dataset else None: one.metrics for one in noted()}
    assert found == {"q3": {"auc": 0.9}, "q4": {"auc": 0.9}, None: {"auc": 0.5}}


def test_of_a_series_the_last_value_is_noted(fraud: str) -> None:
    with gitmodels.start_run():
        for step, value in enumerate((0.7, 0.9, 0.8)):
            gitmodels.log_metric("auc", value, step, model_id=fraud)
    assert [one.metrics for one in noted()] == [{"auc": 0.8}]


def test_every_living_version_of_the_content_has_it(fraud: str, files: Path) -> None:
    gitmodels.register_model("models:/fraud/1", "theft")
    gitmodels.register_model("models:/fraud/1", "fraud")
    gitmodels.MlflowClient().delete_model_version("fraud", 2)
    measure(fraud, auc=0.9)
    assert len(noted("fraud", 1)) == len(noted("theft", 1)) == 1
    state = context.repository().registry.state()
    assert evaluations.paths(state, "fraud", 2) == []


def test_what_a_run_logs_after_it_registered_its_model_is_noted(here: Path, classifier: Any) -> None:
    with gitmodels.start_run():
        gitmodels.log_metric("before", 1.0)
        gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="iris")
        gitmodels.log_metric("after", 2.0)
    assert registered("iris", 1).metrics == {"before": 1.0}
    assert [one.metrics for one in noted("iris")] == [{"after": 2.0}]


def test_what_a_run_logs_for_a_later_step_or_for_one_of_several_models_is_nobodys(
    here: Path, iris: tuple[Any, Any], classifier: Any
) -> None:
    with gitmodels.start_run():
        gitmodels.sklearn.log_model(classifier, name="m", registered_model_name="iris")
        gitmodels.log_metric("loss", 0.1, step=7)
    assert noted("iris") == []
    with gitmodels.start_run():
        for iterations in (150, 151):
            model = type(classifier)(max_iter=iterations).fit(*iris)
            info = gitmodels.sklearn.log_model(model, name=f"m{iterations}", registered_model_name="iris")
            gitmodels.log_metric("auc", iterations / 200)
            gitmodels.log_metric("own", iterations, model_id=info.model_id)
    assert [[one.metrics for one in noted("iris", number)] for number in (2, 3)] == [[{"own": 150.0}], [{"own": 151.0}]]


def test_nothing_is_noted_twice_that_the_version_says_itself(here: Path, classifier: Any, git: Git) -> None:
    with gitmodels.start_run():
        gitmodels.log_metric("nan", float("nan"))
        info = gitmodels.sklearn.log_model(classifier, name="m")
        gitmodels.log_metric("auc", 0.9, model_id=info.model_id)
        gitmodels.register_model(info.model_uri, "iris")
    assert noted("iris") == []


def test_a_run_that_is_ended_again_is_noted_once(fraud: str, git: Git, here: Path) -> None:
    run_id = measure(fraud, auc=0.9)
    tip = git("rev-parse", "gitmodels", cwd=here)
    client = gitmodels.MlflowClient()
    client.set_terminated(run_id, "FAILED")
    with gitmodels.start_run(run_id=run_id):
        pass
    assert git("rev-parse", "gitmodels", cwd=here) == tip
    client.update_run(run_id, "RUNNING")
    client.log_metric(run_id, "f1", 0.7, model_id=fraud)
    client.update_run(run_id, "FINISHED")
    assert [one.metrics for one in noted()] == [{"auc": 0.9}, {"auc": 0.9, "f1": 0.7}]


def test_what_an_ended_run_is_given_later_is_noted_at_once(fraud: str) -> None:
    run_id = measure("m-" + "0" * 32, auc=0.1)
    client = gitmodels.MlflowClient()
    client.log_metric(run_id, "auc", 0.9, model_id=fraud)
    client.log_batch(run_id, [gitmodels.entities.Metric("f1", 0.7, 1, 0, model_id=fraud)])
    gitmodels.log_metric("recall", 0.5, run_id=run_id, model_id=fraud)
    assert [one.metrics for one in noted()][-1] == {"auc": 0.9, "f1": 0.7, "recall": 0.5}


def test_a_run_that_measured_no_registered_version_leaves_the_registry_alone(
    here: Path, classifier: Any, git: Git
) -> None:
    with gitmodels.start_run():
        info = gitmodels.sklearn.log_model(classifier, name="m")
        gitmodels.log_metric("auc", 0.9, model_id=info.model_id)
    assert git("branch", "--list", "gitmodels", cwd=here) == ""


def test_a_run_ends_whatever_becomes_of_its_evaluations(
    fraud: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(layout, "FORMAT", 0)
    with caplog.at_level(logging.WARNING, logger="gitmodels"):
        run_id = measure(fraud, auc=0.9)
    assert "was not noted beside registered versions" in caplog.text
    assert gitmodels.get_run(run_id).info.status == "FINISHED"
    assert noted() == []


def test_a_script_that_never_ends_its_run_is_noted_too(fraud: str, here: Path) -> None:
    script = f"import gitmodels; gitmodels.log_metric('auc', 0.9, model_id={fraud!r})"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=here)
    assert [one.metrics for one in noted()] == [{"auc": 0.9}]
