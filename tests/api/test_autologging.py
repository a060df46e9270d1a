"""``autolog``: what is logged of trainings, in which run, and that nothing of it ever reaches the training."""

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pandas")
pytest.importorskip("wrapt")

import sklearn.metrics
from sklearn.ensemble import BaggingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

import gitmodels
from gitmodels import entities
from gitmodels.api import autolog_session, autologging, data_digests
from gitmodels.api.autolog_frameworks import FRAMEWORKS

X = numpy.arange(40.0).reshape(20, 2)
Y = X[:, 0] * 2 + 1
CLASSES = numpy.array([0, 1] * 10)


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


def test_a_training_without_a_run_gets_one_of_its_own_that_ends_with_it() -> None:
    gitmodels.sklearn.autolog()
    model = Ridge(alpha=0.5).fit(X, Y)
    (run,) = _runs()
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.autologging"] == "sklearn"
    assert run.data.params["alpha"] == "0.5"
    assert run.data.metrics["training_r2_score"] == pytest.approx(model.score(X, Y))
    assert gitmodels.active_run() is None


def test_a_training_that_fails_marks_its_own_run_and_leaves_the_users_open() -> None:
    gitmodels.sklearn.autolog()
    with pytest.raises(ValueError, match="NaN"):
        Ridge().fit(X * numpy.nan, Y)
    assert _runs()[0].info.status == "FAILED"
    with gitmodels.start_run() as run:
        with pytest.raises(ValueError, match="NaN"):
            Ridge().fit(X * numpy.nan, Y)
        active = gitmodels.active_run()
        assert active is not None
        assert active.info.run_id == run.info.run_id


def test_the_model_loads_without_trust_and_has_signature_and_example() -> None:
    gitmodels.sklearn.autolog(log_input_examples=True)
    with gitmodels.start_run() as run:
        Ridge().fit(X, Y)
    info = gitmodels.models.get_model_info(f"runs:/{run.info.run_id}/model")
    assert info.signature is not None
    assert info.flavors["sklearn"]["serialization_format"] == "skops"
    loaded = gitmodels.pyfunc.load_model(f"runs:/{run.info.run_id}/model")
    assert loaded.input_example.shape == (5, 2)


def test_the_serialization_format_that_is_named_is_used() -> None:
    gitmodels.sklearn.autolog(serialization_format="cloudpickle")
    with gitmodels.start_run() as run:
        Ridge().fit(X, Y)
    info = gitmodels.models.get_model_info(f"runs:/{run.info.run_id}/model")
    assert info.flavors["sklearn"]["serialization_format"] == "cloudpickle"


def test_only_what_is_switched_on_is_logged() -> None:
    gitmodels.sklearn.autolog(log_models=False, log_datasets=False, log_post_training_metrics=False)
    with gitmodels.start_run() as run:
        model = Ridge().fit(X, Y)
    model.score(X, Y)
    found = gitmodels.get_run(run.info.run_id)
    assert found.outputs.model_outputs == []
    assert found.inputs.dataset_inputs == []
    assert not any("Ridge_score" in name for name in found.data.metrics)


def test_exclusive_keeps_out_of_the_users_run() -> None:
    gitmodels.sklearn.autolog(exclusive=True)
    with gitmodels.start_run() as run:
        Ridge().fit(X, Y)
    assert gitmodels.get_run(run.info.run_id).data.params == {}


def test_what_a_fit_fits_and_what_only_prepares_is_no_training() -> None:
    gitmodels.sklearn.autolog(log_models=False)
    BaggingRegressor(Ridge(), n_estimators=3, n_jobs=2).fit(X, Y)
    StandardScaler().fit_transform(X)
    assert [run.data.tags["estimator_name"] for run in _runs()] == ["BaggingRegressor"]


def test_a_class_defined_later_is_watched_too() -> None:
    gitmodels.sklearn.autolog(log_models=False)

    class Mine(Ridge):
        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "Mine":
            super().fit(X, y, sample_weight)
            return self

    assert isinstance(Mine().fit(X, Y), Mine)
    assert [run.data.tags["estimator_name"] for run in _runs()] == ["Mine"]


def test_logging_that_fails_warns_once_and_the_training_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    gitmodels.sklearn.autolog()
    from gitmodels.flavors.trainings import sklearn as facts

    def broken(*_: Any) -> Any:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(facts, "params", broken)
    with gitmodels.start_run(), pytest.warns(UserWarning, match="not logged: the disk is on fire") as told:
        first, second = Ridge().fit(X, Y), Ridge().fit(X, Y)
    assert (first.coef_ == second.coef_).all()
    assert len({str(each.message) for each in told}) == len(told)


def test_a_training_outside_any_repository_goes_on_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gitmodels.sklearn.autolog()
    with pytest.warns(UserWarning, match="the run is not logged"):
        model = Ridge().fit(X, Y)
    assert model.coef_.shape == (2,)


def test_silent_holds_for_a_run_that_cannot_start_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    gitmodels.sklearn.autolog(silent=True)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        Ridge().fit(X, Y)
    assert not told


def test_metrics_are_named_after_the_variables_of_the_user() -> None:
    gitmodels.sklearn.autolog(log_models=False)
    with gitmodels.start_run() as run:
        model = LogisticRegression().fit(X, CLASSES)
        held_out, other = X[:6], X[6:]
        predicted = model.predict(held_out)
        sklearn.metrics.accuracy_score(CLASSES[:6], predicted)
        sklearn.metrics.log_loss(CLASSES[6:], model.predict_proba(other))
        sklearn.metrics.accuracy_score(CLASSES[:6], CLASSES[:6])
        sklearn.metrics.accuracy_score(CLASSES[:6], model.predict(X[:6]))
        model.score(other, CLASSES[6:])
    found = gitmodels.get_run(run.info.run_id).data.metrics
    later = {name for name in found if not name.startswith("training_")}
    assert later == {
        "accuracy_score_held_out",
        "accuracy_score-2_unknown_dataset",
        "log_loss_other",
        "LogisticRegression_score_other",
    }


def test_trials_of_a_search_are_finished_child_runs() -> None:
    gitmodels.sklearn.autolog(max_tuning_runs=1)
    with gitmodels.start_run() as parent:
        GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=2).fit(X, Y)
    (child,) = [run for run in _runs() if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert child.info.status == "FINISHED"
    assert child.data.metrics["rank_test_score"] == 1.0
    assert gitmodels.sklearn.load_model(f"runs:/{parent.info.run_id}/best_estimator").alpha == float(
        child.data.params["alpha"]
    )


def test_a_negative_number_of_trials_is_refused() -> None:
    with pytest.raises(gitmodels.MlflowException, match="must be non-negative, instead got -1") as raised:
        gitmodels.sklearn.autolog(max_tuning_runs=-1)
    assert raised.value.error_code == "INVALID_PARAMETER_VALUE"


def test_trainings_of_two_threads_never_disturb_each_other() -> None:
    gitmodels.sklearn.autolog(log_models=False)
    failures: list[Exception] = []

    def train() -> None:
        try:
            for _ in range(5):
                Ridge().fit(X, Y).predict(X)
        except Exception as error:  # noqa: BLE001 - whatever it is, the main thread tells it
            failures.append(error)

    threads = [threading.Thread(target=train) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert autolog_session.idle()
    assert {run.info.status for run in _runs()} == {"FINISHED"}


def test_all_frameworks_are_switched_at_once_but_for_those_left_out() -> None:
    gitmodels.autolog(exclude_flavors=["sklearn"])
    assert not autologging.switches("sklearn").enabled
    gitmodels.autolog(log_models=False, silent=True)
    now = autologging.switches("sklearn")
    assert (now.enabled, now.models, now.silent, now.signatures) == (True, False, True, True)
    assert now.options["max_tuning_runs"] == 5
    gitmodels.autolog(disable=True)
    assert not autologging.switches("sklearn").enabled


def test_a_framework_is_watched_when_it_is_imported_later_and_is_not_imported_for_it(git_repo: Path) -> None:
    script = (
        "import sys, gitmodels\n"
        "gitmodels.autolog(log_models=False)\n"
        "assert 'sklearn' not in sys.modules\n"
        "from sklearn.linear_model import Ridge\n"
        "Ridge().fit([[0.0], [1.0]], [0.0, 1.0])\n"
        "print(gitmodels.last_active_run().data.tags['estimator_name'])\n"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=git_repo, env=os.environ, capture_output=True, text=True, check=False)
    assert done.stdout == "Ridge\n", done.stderr


def test_the_fingerprint_of_sparse_data_is_that_of_the_same_data_made_dense() -> None:
    scipy = pytest.importorskip("scipy.sparse")
    dense = numpy.random.default_rng(0).integers(0, 3, size=(12_000, 3)).astype(float)
    expected = data_digests.of_arrays(dense, dense[:, 0])
    for made in (scipy.csr_matrix, scipy.csc_array, scipy.coo_matrix):
        assert data_digests.of_arrays(made(dense), dense[:, 0]) == expected
    assert data_digests.of_arrays(numpy.asfortranarray(dense), dense[:, 0]) == expected


def test_a_run_is_asked_for_its_info_as_mlflows_examples_ask_for_it() -> None:
    with gitmodels.start_run() as run:
        Ridge().fit(X, Y)
    assert run._info.run_id == gitmodels.last_active_run().info.run_id  # type: ignore[union-attr]


def test_every_framework_has_its_file_and_a_row_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "autologging.md").read_text(encoding="utf-8")
    for name, framework in FRAMEWORKS.items():
        watcher = import_module(f"gitmodels.flavors.trainings.{framework.watcher}")
        assert callable(watcher.watch), name
        assert f"| `{name}` | " in guide
        assert import_module(f"gitmodels.{name}").autolog.__doc__.startswith(f"Log {framework.logs}")


def test_switching_on_costs_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gitmodels.autolog()
        gitmodels.sklearn.autolog(disable=True)
