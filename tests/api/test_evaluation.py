"""``evaluate`` under MLflow's name: what is measured, where it goes, and what only MLflow does."""

from pathlib import Path
from typing import Any

import pytest

import gitmodels
from gitmodels.api import context
from gitmodels.errors import Invalid, NotSupported, Untrusted
from gitmodels.models import EvaluationResult, evaluate
from gitmodels.registry import evaluations

BINARY = {
    "score",
    *("true_negatives", "false_positives", "false_negatives", "true_positives", "example_count", "accuracy_score"),
    *("recall_score", "precision_score", "f1_score", "log_loss", "roc_auc", "precision_recall_auc"),
}
NUMBERS = {
    *("example_count", "mean_absolute_error", "mean_squared_error", "root_mean_squared_error", "sum_on_target"),
    *("mean_on_target", "r2_score", "max_error", "mean_absolute_percentage_error"),
}


@pytest.fixture
def table(iris: tuple[Any, Any]) -> Any:
    return iris[0].assign(kind=iris[1])


@pytest.fixture
def uri(here: Path, classifier: Any, iris: tuple[Any, Any]) -> str:
    gitmodels.sklearn.log_model(classifier, "m", input_example=iris[0].head(2), registered_model_name="iris")
    return "models:/iris/1"


def noted() -> list[evaluations.Evaluation]:
    state = context.repository().registry.state()
    return evaluations.of_version(state, "iris", 1, state.version("iris", 1).record.manifest)


def test_a_registered_classifier_is_evaluated_under_mlflows_name(uri: str, table: Any) -> None:
    result = gitmodels.evaluate(uri, table, targets="kind", model_type="classifier", evaluators="default")
    assert result.metrics.keys() == BINARY
    assert (result.metrics["accuracy_score"], result.metrics["example_count"]) == (1.0, 100.0)
    run = gitmodels.get_run(str(result.run_id))
    assert (run.info.status, run.data.metrics) == ("FINISHED", result.metrics)
    [read] = run.inputs.dataset_inputs
    assert read.dataset.digest == gitmodels.data.from_pandas(table, targets="kind").digest
    [one] = noted()
    assert one.metrics == result.metrics
    assert one.dataset is not None
    assert one.dataset.digest == read.dataset.digest


def test_the_active_run_is_used_and_goes_on(uri: str, table: Any) -> None:
    model = gitmodels.pyfunc.load_model(uri)
    data = gitmodels.data.from_pandas(table, targets="kind", name="flowers")
    with gitmodels.start_run() as run:
        result = evaluate(model, data, model_type="classifier", evaluator_config={"metric_prefix": "val_"})
        assert result.run_id == run.info.run_id
        gitmodels.log_metric("later", 1.0)
    assert {f"val_{name}" for name in BINARY} | {"later"} == gitmodels.get_run(run.info.run_id).data.metrics.keys()
    [read] = gitmodels.get_run(run.info.run_id).inputs.dataset_inputs
    assert {tag.value for tag in read.tags} == {"val_"}
    assert [one.dataset.name for one in noted() if one.dataset] == ["flowers"]


def test_functions_and_given_answers_are_evaluated_too(here: Path, table: Any) -> None:
    def guess(rows: Any) -> Any:
        assert "kind" not in rows.columns
        return [0.5] * len(rows)

    result = evaluate(guess, table, targets="kind", model_type="regressor")
    assert result.metrics.keys() == NUMBERS
    assert result.metrics["mean_absolute_error"] == 0.5
    answered = table.assign(answer=table["kind"])
    assert "score" not in result.metrics
    result = evaluate(data=answered, targets="kind", predictions="answer", model_type="classifier")
    assert result.metrics["accuracy_score"] == 1.0
    data = gitmodels.data.from_pandas(answered, targets="kind", predictions="answer")
    assert evaluate(data=data, model_type="classifier").metrics == result.metrics


def test_arrays_have_their_columns_named(here: Path, table: Any) -> None:
    seen = []
    values = table.drop(columns="kind").to_numpy()

    def answer(rows: Any) -> Any:
        seen.append(list(rows.columns))
        return [0] * len(rows)

    evaluate(answer, values, targets=table["kind"].to_numpy(), model_type="classifier")
    evaluate(answer, values, targets=list(table["kind"]), model_type="classifier", feature_names=list("abcd"))
    assert seen == [["feature_1", "feature_2", "feature_3", "feature_4"], ["a", "b", "c", "d"]]
    data = gitmodels.data.from_numpy(values, targets=table["kind"].to_numpy())
    assert evaluate(lambda rows: [0] * len(rows), data, model_type="classifier").metrics["accuracy_score"] == 0.5


def test_a_result_is_saved_and_loaded(here: Path, table: Any, tmp_path: Path) -> None:
    result = evaluate(lambda rows: [1] * len(rows), table, targets="kind", model_type="classifier")
    result.save(tmp_path / "result")
    again = EvaluationResult.load(tmp_path / "result")
    assert (again.metrics, again.artifacts, again.tables) == (result.metrics, {}, {})


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ({"model_type": None}, Invalid, "model_type argument must be specified"),
        ({"model_type": "question-answering"}, NotSupported, "by MLflow only"),
        ({"extra_metrics": [1]}, NotSupported, "takes no extra_metrics"),
        ({"evaluators": "shap"}, NotSupported, "takes no evaluators"),
        ({"env_manager": "conda"}, NotSupported, "in this process"),
        ({"evaluator_config": {"label_list": [0]}}, NotSupported, "label_list"),
        ({"targets": None}, Invalid, "targets argument must be specified"),
        ({"targets": "gone"}, Invalid, "does not contain the specified targets column 'gone'"),
        ({"targets": [1, 2]}, Invalid, "2 targets for 100 rows"),
        ({"data": None}, Invalid, "data argument cannot be None"),
        ({"model": None}, Invalid, "neither a model nor predictions"),
        ({"model": 3}, Invalid, "must be a string URI"),
        ({"model_id": "m-" + "0" * 32}, Invalid, "contradicts the model_id"),
        ({"model": lambda rows: [[1, 2]] * len(rows)}, Invalid, "one label a row"),
        ({"model": lambda rows: 1 / 0}, Invalid, "it raised ZeroDivisionError"),
    ],
)
def test_what_cannot_be_evaluated(uri: str, table: Any, how: dict[str, Any], error: Any, words: str) -> None:
    given = {"model": uri, "data": table, "targets": "kind", "model_type": "classifier"} | how
    with pytest.raises(error, match=words):
        evaluate(**given)
    assert gitmodels.active_run() is None
    assert noted() == []


def test_a_model_that_runs_code_has_to_be_trusted(here: Path, table: Any, tmp_path: Path) -> None:
    gitmodels.pyfunc.save_model(tmp_path / "saved", python_model=lambda model_input: [0] * len(model_input))
    with (tmp_path / "saved" / "MLmodel").open("a") as stream:
        stream.write("metadata:\n  from: afar\n")
    with pytest.raises(Untrusted):
        evaluate(str(tmp_path / "saved"), table, targets="kind", model_type="classifier")
