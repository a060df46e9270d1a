"""The story of a scikit-learn training: params and tags before it, metrics, plots, model and trials after it.

The facts come from ``sklearn``; this file decides what of them is told, in MLflow's order and under MLflow's keys
(mlflow.sklearn.autolog, 3.17).
"""

import csv
import io
import logging
from typing import Any

from gitmodels.flavors.trainings import sklearn as facts
from gitmodels.flavors.trainings.sklearn import Data
from gitmodels.flavors.trainings.stories import Call, Log

_logger = logging.getLogger("gitmodels")


class Training:
    """One fit of an estimator."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator
        self._data = Data(None)
        self._used: Any = None
        self._model: str | None = None

    def before(self, log: Log, call: Call) -> None:
        """Params, tags and data; the data as it is now, for a fit may change it."""
        with log.step("the params of a training are"):
            log.params(facts.params(self._estimator))
            log.tags(facts.tags(self._estimator))
        with log.step("the data of a training is"):
            self._data = facts.data_of(call)
            log.example(self._data.features)
        with log.step("the data set of a training is"):
            self._used = log.data(self._data.features, self._data.labels)

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """Model, metrics and files; of a search its best and its trials."""
        with log.step("the model of a training is"):
            self._model = self._log_model(log, self._estimator, "model")
        with log.step("the metrics of a training are"):
            log.metrics(facts.metrics(self._estimator, self._data, log.options.get("pos_label")), data=self._used)
        with log.step("the page of an estimator is"):
            log.text("estimator.html", facts.page(self._estimator))
        with log.step("the plots of a training are"):
            for name, figure in facts.plots(self._estimator, self._data):
                log.figure(name, figure)
        if facts.is_search(self._estimator):
            self._log_search(log, self._estimator)

    def _log_model(self, log: Log, estimator: Any, name: str) -> str | None:
        return log.model(
            estimator,
            lambda rows: facts.output(estimator, rows),
            name=name,
            params=facts.params(estimator) | facts.best_params(estimator),
            serialization_format=log.options.get("serialization_format"),
        )

    def _log_search(self, log: Log, search: Any) -> None:
        with log.step("the best of a search is"):
            log.params(facts.best_params(search))
            if hasattr(search, "best_score_"):
                log.metrics({"best_cv_score": float(search.best_score_)}, data=self._used)
        best = None
        if hasattr(search, "best_estimator_"):
            with log.step("the best estimator of a search is"):
                best = self._log_model(log, search.best_estimator_, "best_estimator")
        with log.step("the trials of a search are"):
            self._log_trials(log, search, best)
        with log.step("the results of a search are"):
            log.text("cv_results.csv", _table(search.cv_results_))

    def _log_trials(self, log: Log, search: Any, best: str | None) -> None:
        found = list(facts.trials(search, log.options.get("max_tuning_runs", 5)))
        left = len(search.cv_results_["params"]) - len(found)
        _logger.info("Logging the %d best trials of the search, %d are left out.", len(found), left)
        for trial in found:
            won = best if trial.params.items() >= getattr(search, "best_params_", {"": ""}).items() else None
            log.child(trial.params, trial.metrics, facts.tags(search.estimator), data=self._used, model_id=won)


def _table(results: Any) -> str:
    """The results of a search as CSV, a row for each trial."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(results)
    writer.writerows(zip(*(list(column) for column in results.values()), strict=True))
    return text.getvalue()
