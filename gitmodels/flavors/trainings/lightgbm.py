"""LightGBM's trainings: ``lightgbm.train``, and the fits of its scikit-learn style classes, which call it.

What is told, and under which names, is MLflow's (mlflow.lightgbm.autolog, 3.17).
"""

from collections.abc import Callable
from typing import Any

from gitmodels.flavors.trainings import boosting
from gitmodels.flavors.trainings.stories import Call, Log, Observer

_NO_PARAMS = {"params", "train_set", "valid_sets", "valid_names", "fobj", "feval", "init_model", "learning_rates",
              "callbacks"}  # fmt: skip


def watch(module: Any, observer: Observer) -> None:
    """Put the wrappers on. Once in a process."""
    boosting.watch(module, observer, BoosterTraining, [module.Dataset], "LGBMModel")


class BoosterTraining:
    """One ``train``; that of an estimator (``whole`` is False) leaves the model to its fit."""

    def __init__(self, whole: bool) -> None:
        self._whole = whole
        self._results: list[dict[str, float]] = []

    def before(self, log: Log, call: Call) -> None:
        """Params, data sets, and a callback that tells the metrics of each round."""
        given = call.given
        with log.step("the params of a training are"):
            log.params(dict(given["params"]))
            log.params({name: value for name, value in given.items() if name not in _NO_PARAMS})
        with log.step("the data set of a training is"):
            log.data(given["train_set"].data, given["train_set"].label)
            others = given.get("valid_sets") or ()
            others = others if isinstance(others, list | tuple) else [others]
            names = given.get("valid_names") or [None] * len(others)
            for other, name in zip(others, [names] if isinstance(names, str) else names, strict=False):
                log.data(other.data, other.label, "eval", name)
        call.with_callback(self._rounds(log))

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The best round, what each feature counts for, and the model."""
        if answer.best_iteration > 0:
            with log.step("the best round of a training is"):
                steps, best = len(self._results), answer.best_iteration
                log.metrics({"stopped_iteration": steps, "best_iteration": best})
                # Rounds are counted from 1 here.
                log.metrics(self._results[best - 1], steps)
        with log.step("the importance of features is"):
            for kind in ("split", "gain"):
                counted = answer.feature_importance(importance_type=kind).tolist()
                found = dict(zip(answer.feature_name(), counted, strict=True))
                boosting.log_importance(log, found, kind)
        if self._whole and log.wants_models:
            with log.step("the model of a training is"):
                boosting.log_model(log, call.given["train_set"], answer, answer.predict)

    def _rounds(self, log: Log) -> Callable[[Any], None]:
        def told_round(env: Any) -> None:
            with log.step("the metrics of a training are"):
                rows = env.evaluation_result_list or ()
                found = {boosting.key(f"{data}-{metric}"): value for data, metric, value, *_ in rows}
                self._results.append(found)
                log.metrics(found, env.iteration)

        return told_round
