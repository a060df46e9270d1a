"""What is logged of a scikit-learn training: params and tags before it, metrics, plots, model and trials after it.

The facts come from ``flavors.trainings.sklearn``; this room decides what of them is logged, in MLflow's order and
under MLflow's keys (mlflow.sklearn.autolog, 3.17). A step that fails is told once and the others go on.
"""

import copy
import logging
from typing import Any

from gitmodels.api import artifact_writing, autolog_session, data, dataset_uses, fluent_runs, run_files
from gitmodels.api.autolog_scores import Scores
from gitmodels.api.autologging import Switches, switches
from gitmodels.flavors.trainings import sklearn as facts
from gitmodels.flavors.trainings.sklearn import Data
from gitmodels.flavors.trainings.sklearn_watch import Call
from gitmodels.repo import Repo
from gitmodels.runs.log import NewRun
from gitmodels.runs.records import Metric
from gitmodels.runs.writer import now_ms

FRAMEWORK = "sklearn"
# As many rows of the training data tell the signature and make the example, as in MLflow.
_ROWS = 5
_PARENT = "mlflow.parentRunId"

_log = logging.getLogger("gitmodels")


class SklearnLogger:
    """The observer of scikit-learn: logs what the user calls, not what those calls call."""

    def __init__(self) -> None:
        self._scores = Scores()

    def fitted(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Fit, and log the training unless it is part of another one."""
        now = switches(FRAMEWORK)
        if not now.enabled:
            return method(*args, **kwargs)
        with autolog_session.outermost() as own:
            if not own:
                return method(*args, **kwargs)
            with autolog_session.run(FRAMEWORK, now.tags, exclusive=now.exclusive, silent=now.silent) as run_id:
                if run_id is None:
                    return method(*args, **kwargs)
                training = _Training(fluent_runs.running(run_id)[0], run_id, estimator, now)
                training.before(method, args, kwargs)
                answer = method(*args, **kwargs)
                training.after()
                if now.post_training_metrics:
                    self._scores.trained(estimator, training.repo, run_id, training.model_id)
                return answer

    def predicted(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Predict, and remember on what, so that a metric of the answer can be logged."""
        if not self._measures():
            return method(*args, **kwargs)
        with autolog_session.outermost():
            answer = method(*args, **kwargs)
        with autolog_session.quiet("a prediction is", silent=switches(FRAMEWORK).silent):
            self._scores.predicted(estimator, facts.data_of(method, args, kwargs).features, answer)
        return answer

    def scored(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Score, and log the score of an estimator whose training was logged."""
        if not self._measures():
            return method(*args, **kwargs)
        with autolog_session.outermost():
            value = method(*args, **kwargs)
        with autolog_session.quiet("a score is", silent=switches(FRAMEWORK).silent):
            self._scores.scored(estimator, method, (args, kwargs), value)
        return value

    def measured(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Measure, and log the metric of a prediction by an estimator whose training was logged."""
        if not self._measures():
            return function(*args, **kwargs)
        with autolog_session.outermost():
            value = function(*args, **kwargs)
        with autolog_session.quiet("a metric is", silent=switches(FRAMEWORK).silent):
            self._scores.measured(function, (args, kwargs), value)
        return value

    def unobserved(self, call: Call) -> Any:
        """A call whose trainings are not the user's own."""
        with autolog_session.outermost():
            return call()

    def _measures(self) -> bool:
        now = switches(FRAMEWORK)
        return now.enabled and now.post_training_metrics and autolog_session.idle()


class _Training:
    """One training and the run it is logged to."""

    def __init__(self, repo: Repo, run_id: str, estimator: Any, now: Switches) -> None:
        self.repo = repo
        self.run_id = run_id
        self.model_id: str | None = None
        self._estimator = estimator
        self._now = now
        self._started = now_ms()
        self._data = Data(None)
        self._example: Any = None
        self._dataset: data.Dataset | None = None

    def before(self, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """What is known before the training, taken now: a fit may change its data."""
        with self._quiet("the params of a training are"):
            self.repo.runs.log_params(self.run_id, facts.params(self._estimator))
            self.repo.runs.set_tags(self.run_id, {**facts.tags(self._estimator), **self._now.tags})
        with self._quiet("the data of a training is"):
            self._data = facts.data_of(method, args, kwargs)
            self._example = copy.deepcopy(self._data.features[:_ROWS])
        if self._now.datasets:
            with self._quiet("the data set of a training is"):
                self._dataset = _dataset(self._data)
                self._note_dataset(self.run_id)

    def after(self) -> None:
        """What is known after it."""
        if self._now.models:
            with self._quiet("the model of a training is"):
                self.model_id = self._log_model(self._estimator, "model", registered=True)
        with self._quiet("the metrics of a training are"):
            found = facts.metrics(self._estimator, self._data, self._now.positive)
            self._log_metrics(self.run_id, found, self.model_id)
        self._log_files()
        if facts.is_search(self._estimator):
            self._log_search()

    def _log_model(self, estimator: Any, name: str, *, registered: bool) -> str:
        from gitmodels.api import flavor_modules, signature

        told = None
        if self._now.signatures:
            with self._quiet("the signature of a model is"):
                answer = facts.output(estimator, copy.deepcopy(self._example))
                told = signature.infer_signature(self._example, answer)
        params = facts.params(estimator) | facts.best_params(estimator)
        given = {
            "name": name,
            "signature": told,
            "input_example": self._example if self._now.input_examples else None,
            "serialization_format": self._now.format,
            "registered_model_name": self._now.registered_model_name if registered else None,
            "params": {key: str(value) for key, value in params.items()},
        }
        info = flavor_modules.log_any(estimator, given)
        return str(info.model_id)

    def _log_files(self) -> None:
        with self._quiet("the page of an estimator is"):
            artifact_writing.log_text(self.repo, self.run_id, facts.page(self._estimator), "estimator.html")
        with self._quiet("the plots of a training are"):
            for name, figure in facts.plots(self._estimator, self._data):
                artifact_writing.log_figure(self.repo, self.run_id, figure, name, None)

    def _log_search(self) -> None:
        search = self._estimator
        with self._quiet("the best of a search is"):
            self.repo.runs.log_params(self.run_id, facts.best_params(search))
            if hasattr(search, "best_score_"):
                self._log_metrics(self.run_id, {"best_cv_score": float(search.best_score_)}, self.model_id)
        best = None
        if self._now.models and hasattr(search, "best_estimator_"):
            with self._quiet("the best estimator of a search is"):
                best = self._log_model(search.best_estimator_, "best_estimator", registered=False)
        with self._quiet("the trials of a search are"):
            self._log_trials(search, best)
        with self._quiet("the results of a search are"):
            run_files.log_bytes(self.repo, self.run_id, _table(search.cv_results_), "cv_results.csv")

    def _log_trials(self, search: Any, best: str | None) -> None:
        found = list(facts.trials(search, self._now.tuning_runs))
        left = len(search.cv_results_["params"]) - len(found)
        _log.info("Logging the %d best trials of the search, %d are left out.", len(found), left)
        tags = {autolog_session.AUTOLOGGING: FRAMEWORK, _PARENT: self.run_id, **facts.tags(search.estimator)}
        experiment = self.repo.runs.get(self.run_id).experiment
        for trial in found:
            child = self.repo.runs.start(NewRun(experiment=experiment, tags=tags, started=self._started))
            self.repo.runs.log_params(child.id, trial.params)
            won = best if trial.params.items() >= getattr(search, "best_params_", {"": ""}).items() else None
            self._log_metrics(child.id, trial.metrics, won)
            self._note_dataset(child.id)
            self.repo.runs.end(child.id)

    def _log_metrics(self, run_id: str, found: dict[str, float], model_id: str | None) -> None:
        name = digest = None
        if self._dataset is not None:
            name, digest = self._dataset.name, self._dataset.digest
        when = now_ms()
        points = [Metric(key, value, 0, when, name, digest, model_id) for key, value in found.items()]
        self.repo.runs.log_metrics(run_id, points)

    def _note_dataset(self, run_id: str) -> None:
        if self._dataset is not None:
            self.repo.runs.log_inputs(run_id, [dataset_uses.use(self._dataset, "train")], ())

    def _quiet(self, what: str) -> Any:
        return autolog_session.quiet(what, silent=self._now.silent)


def _dataset(given: Data) -> data.Dataset | None:
    """The features, with the labels where both are arrays; None for what has no fingerprint."""
    features, labels = given.features, given.labels
    if hasattr(features, "toarray"):  # sparse, of scipy
        features = features.toarray()
    if type(features).__module__.partition(".")[0] == "pandas":
        return data.from_pandas(features)
    if type(features).__module__ == "numpy":
        return data.from_numpy(features, targets=labels)
    return None


def _table(results: Any) -> bytes:
    """The results of a search as CSV, a row for each trial."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(results)
    writer.writerows(zip(*(list(column) for column in results.values()), strict=True))
    return text.getvalue().encode()
