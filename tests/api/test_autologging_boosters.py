"""``autolog`` of boosting: what is logged of a training, by which of two frameworks, and what it never does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")
pytest.importorskip("wrapt")
pytest.importorskip("lightgbm")
pytest.importorskip("xgboost")

import lightgbm
import pandas
import xgboost
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import gitmodels
from gitmodels import entities
from gitmodels.api import autolog_session

X = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
Y = (X["a"] > 0).astype(int)
HELD = (X[40:], Y[40:])
ROUNDS = {"objective": "binary:logistic", "max_depth": 2}


@pytest.fixture(autouse=True)
def switched_off(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(git_repo)
    autolog_session._told.clear()
    yield
    gitmodels.autolog(disable=True)
    while gitmodels.active_run():
        gitmodels.end_run()


def _runs() -> list[entities.Run]:
    found: list[entities.Run] = gitmodels.search_runs(output_format="list", search_all_experiments=True)
    return found


def _history(run_id: str, key: str) -> list[tuple[int, float]]:
    return [(point.step, point.value) for point in gitmodels.MlflowClient().get_metric_history(run_id, key)]


def _files(run_id: str) -> set[str]:
    return {file.path for file in gitmodels.MlflowClient().list_artifacts(run_id)}


def test_a_training_of_xgboost_is_told_as_mlflow_tells_it() -> None:
    gitmodels.xgboost.autolog(log_input_examples=True, importance_types=["weight", "gain"])
    data, held = xgboost.DMatrix(X, label=Y), xgboost.DMatrix(*HELD)
    results: dict[str, Any] = {}
    with gitmodels.start_run() as run:
        booster = xgboost.train(
            ROUNDS,
            data,
            9,
            evals=[(held, "held")],
            early_stopping_rounds=2,
            evals_result=results,
            verbose_eval=False,
            custom_metric=lambda predicted, _: ("mean@1", float(predicted.mean())),
        )
    found = gitmodels.get_run(run.info.run_id)
    told = {"max_depth": "2", "objective": "binary:logistic", "num_boost_round": "9", "early_stopping_rounds": "2"}
    assert told.items() <= found.data.params.items()
    assert "dtrain" not in found.data.params
    steps = results["held"]["mean@1"]
    *rounds, best = _history(run.info.run_id, "held-mean_at_1")
    assert rounds == list(enumerate(steps))
    assert best == (len(steps), steps[booster.best_iteration])
    assert found.data.metrics["best_iteration"] == booster.best_iteration
    assert found.data.metrics["stopped_iteration"] == len(steps) - 1
    assert {each.dataset.name: each.tags[0].value for each in found.inputs.dataset_inputs} == {
        "dataset": "train",
        "held": "eval",
    }
    kept = {f"feature_importance_{kind}" for kind in ("weight", "gain")}
    assert {f"{name}.json" for name in kept} <= _files(run.info.run_id)
    assert gitmodels.artifacts.load_dict(f"runs:/{run.info.run_id}/feature_importance_weight.json") == (
        booster.get_score(importance_type="weight")
    )
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.metadata.signature.inputs.input_names() == ["a", "b", "c"]
    assert loaded.input_example.shape == (5, 3)
    assert numpy.allclose(loaded.predict(HELD[0]), booster.predict(held))


@pytest.mark.parametrize("both", [False, True])
def test_an_estimator_of_xgboost_is_one_run_and_its_later_scores_are_logged(both: bool) -> None:
    gitmodels.sklearn.autolog(disable=not both)
    gitmodels.xgboost.autolog(model_format="json")
    model = xgboost.XGBClassifier(n_estimators=3, max_depth=2).fit(X, Y, eval_set=[HELD], verbose=False)
    held_out = HELD[0]
    model.score(held_out, HELD[1])
    (run,) = _runs()
    assert run.data.tags["mlflow.autologging"] == "xgboost"
    assert (run.data.params["num_boost_round"], run.data.params["max_depth"]) == ("3", "2")
    assert len(_history(run.info.run_id, "validation_0-logloss")) == 3
    assert "XGBClassifier_score_held_out" in run.data.metrics
    info = gitmodels.models.get_model_info(f"runs:/{run.info.run_id}/model")
    assert info.flavors["xgboost"]["model_class"] == "xgboost.sklearn.XGBClassifier"
    assert info.flavors["xgboost"]["model_format"] == "json"
    assert {metric.key for metric in gitmodels.get_logged_model(info.model_id).metrics} >= {"validation_0-logloss"}


@pytest.mark.parametrize("both", [True, False])
def test_an_estimator_in_a_pipeline_belongs_to_the_outermost_fit_that_is_watched(both: bool) -> None:
    gitmodels.xgboost.autolog(log_models=False)
    gitmodels.sklearn.autolog(log_models=False, disable=not both)
    make_pipeline(StandardScaler(), xgboost.XGBClassifier(n_estimators=2)).fit(X, Y)
    assert [run.data.tags["mlflow.autologging"] for run in _runs()] == ["sklearn" if both else "xgboost"]


def test_a_booster_trains_the_same_whatever_is_logged_and_the_users_callbacks_stay_as_they_are() -> None:
    data = xgboost.DMatrix(X, label=Y)
    plain = xgboost.train(ROUNDS, data, 3)
    gitmodels.xgboost.autolog()
    callbacks = [xgboost.callback.EvaluationMonitor(period=100)]
    with gitmodels.start_run():
        logged = xgboost.train(ROUNDS, xgboost.DMatrix(X, label=Y), 3, callbacks=callbacks)
    assert logged.save_raw() == plain.save_raw()
    assert len(callbacks) == 1


def test_metrics_that_cannot_be_logged_warn_once_and_the_rounds_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from gitmodels.api.autolog_recorder import Recorder

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Recorder, "metrics", broken)
    gitmodels.xgboost.autolog(log_models=False)
    data = xgboost.DMatrix(X, label=Y)
    with pytest.warns(UserWarning, match="metrics of a training are not logged: no space left") as told:
        booster = xgboost.train(ROUNDS, data, 4, evals=[(data, "train")], verbose_eval=False)
    assert booster.num_boosted_rounds() == 4
    assert len(told) == 1


def test_what_was_measured_before_a_training_fails_is_kept() -> None:
    class Stops(xgboost.callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            if epoch == 2:
                raise RuntimeError("out of patience")
            return False

    gitmodels.xgboost.autolog()
    data = xgboost.DMatrix(X, label=Y)
    with pytest.raises(RuntimeError, match="out of patience"):
        xgboost.train(ROUNDS, data, 9, evals=[(data, "train")], callbacks=[Stops()], verbose_eval=False)
    (run,) = _runs()
    assert run.info.status == "FAILED"
    assert [step for step, _ in _history(run.info.run_id, "train-logloss")] == [0, 1]


def test_a_version_that_is_registered_has_the_metrics_of_the_last_round() -> None:
    gitmodels.xgboost.autolog(registered_model_name="churn")
    data = xgboost.DMatrix(X, label=Y)
    with gitmodels.start_run() as run:
        xgboost.train(ROUNDS, data, 3, evals=[(data, "train")], verbose_eval=False)
    version = gitmodels.MlflowClient().get_model_version("churn", 1)
    assert version.run_id == run.info.run_id
    last = _history(run.info.run_id, "train-logloss")[-1]
    assert [(metric.step, metric.value) for metric in version.metrics] == [last]
    (measured,) = gitmodels.get_logged_model(version.model_id).metrics
    assert (measured.key, measured.step, measured.value) == ("train-logloss", *last)


def test_data_that_was_made_before_gives_a_model_without_signature_and_a_warning() -> None:
    data = xgboost.DMatrix(X, label=Y)
    gitmodels.xgboost.autolog()
    with gitmodels.start_run() as run, pytest.warns(UserWarning, match="made before autologging was switched on"):
        xgboost.train(ROUNDS, data, 2)
    assert gitmodels.models.get_model_info(f"runs:/{run.info.run_id}/model").signature is None


def test_importance_that_is_no_tree_s_has_a_bar_for_each_class() -> None:
    gitmodels.xgboost.autolog(log_models=False)
    classes = numpy.arange(60) % 3
    with gitmodels.start_run() as run:
        xgboost.train(
            {"booster": "gblinear", "objective": "multi:softprob", "num_class": 3}, xgboost.DMatrix(X, label=classes), 2
        )
    found = gitmodels.artifacts.load_dict(f"runs:/{run.info.run_id}/feature_importance_weight.json")
    assert {len(values) for values in found.values()} == {3}


def test_a_training_of_lightgbm_is_told_as_mlflow_tells_it() -> None:
    gitmodels.lightgbm.autolog(log_input_examples=True)
    data, held = lightgbm.Dataset(X, label=Y), lightgbm.Dataset(*HELD)
    callbacks = [lightgbm.early_stopping(2, verbose=False)]
    params = {"objective": "binary", "num_leaves": 4, "verbosity": -1, "metric": "auc"}
    with gitmodels.start_run() as run:
        booster = lightgbm.train(params, data, 6, valid_sets=[held], valid_names=["held"], callbacks=callbacks)
    assert len(callbacks) == 1
    found = gitmodels.get_run(run.info.run_id)
    told = {"num_leaves": "4", "objective": "binary", "num_boost_round": "6", "metric": "auc"}
    assert told.items() <= found.data.params.items()
    assert "train_set" not in found.data.params
    *rounds, best = _history(run.info.run_id, "held-auc")
    assert found.data.metrics["stopped_iteration"] == len(rounds)
    assert best == (len(rounds), rounds[booster.best_iteration - 1][1])
    used = {(each.dataset.name, each.tags[0].value) for each in found.inputs.dataset_inputs}
    assert used == {("dataset", "train"), ("held", "eval")}
    counted = dict(zip(booster.feature_name(), booster.feature_importance("gain").tolist(), strict=True))
    assert gitmodels.artifacts.load_dict(f"runs:/{run.info.run_id}/feature_importance_gain.json") == counted
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.input_example.shape == (5, 3)
    assert numpy.allclose(loaded.predict(HELD[0]), booster.predict(HELD[0]))


def test_an_estimator_of_lightgbm_is_one_run_of_a_model_that_runs_no_code() -> None:
    gitmodels.autolog(exclude_flavors=["sklearn"])
    model = lightgbm.LGBMRegressor(n_estimators=2, num_leaves=4, verbosity=-1).fit(X, Y, eval_X=HELD[0], eval_y=HELD[1])
    (run,) = _runs()
    assert run.data.tags["mlflow.autologging"] == "lightgbm"
    assert len(_history(run.info.run_id, "valid_0-l2")) == 2
    loaded = gitmodels.lightgbm.load_model(f"runs:/{run.info.run_id}/model", trust=False)
    assert numpy.allclose(loaded.predict(X), model.predict(X))
