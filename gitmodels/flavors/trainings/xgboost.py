"""XGBoost's trainings: ``xgboost.train``, and the fits of its scikit-learn style classes, which call it.

What is told, and under which names, is MLflow's (mlflow.xgboost.autolog, 3.17).
"""

import copy
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from gitmodels.flavors.trainings import plots, sklearn_watch
from gitmodels.flavors.trainings.stories import Call, Log, Observer, told

_NO_PARAMS = {"params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks", "learning_rates"}
_ROWS = 5
# A DMatrix that cannot be cut is copied for its fingerprint, up to so many cells.
_CELLS = 20_000_000
# The first rows of a DMatrix as the user gave them, while it lives: of its own it gives back no names and no types.
_heads: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def watch(module: Any, observer: Observer) -> None:
    """Put the wrappers on. Once in a process."""
    from wrapt import wrap_function_wrapper

    def train(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.trained(BoosterTraining(), Call(wrapped, args, kwargs))

    def train_of_estimator(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        log = observer.inside()
        return (
            wrapped(*args, **kwargs) if log is None else told(BoosterTraining(False), log, Call(wrapped, args, kwargs))
        )

    def made(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        observer.noticed(lambda: _keep_head(instance, args[0] if args else kwargs.get("data")))
        return wrapped(*args, **kwargs)

    wrap_function_wrapper(module, "train", train)
    wrap_function_wrapper(module.DMatrix, "__init__", made)
    wrap_function_wrapper(module.QuantileDMatrix, "__init__", made)
    if hasattr(module, "XGBModel"):
        wrap_function_wrapper(module.sklearn, "train", train_of_estimator)
        kinds = [kind for kind in vars(module.sklearn).values() if isinstance(kind, type)]
        kinds = [kind for kind in kinds if issubclass(kind, module.XGBModel)]
        sklearn_watch.watch_estimators(kinds, observer, sklearn_watch.EstimatorTraining)


class BoosterTraining:
    """One ``train``; that of an estimator (``whole`` is False) leaves the model to its fit."""

    def __init__(self, whole: bool = True) -> None:
        self._whole = whole
        self._results: dict[int, dict[str, float]] = {}
        self._params: dict[str, Any] = {}
        self._used: Any = None

    def before(self, log: Log, call: Call) -> None:
        """Params, data sets, and a callback that tells the metrics of each round."""
        given = call.given
        matrix = given["dtrain"]
        with log.step("the params of a training are"):
            self._params = {name: value for name, value in given.items() if name not in _NO_PARAMS}
            log.params(dict(given["params"]))
            log.params(self._params)
        with log.step("the data set of a training is"):
            self._used = log.data(_Rows(matrix))
            for other, name in given.get("evals") or ():
                log.data(_Rows(other), context="eval", name=name)
        call.with_callback(_callback(log, self._results))

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The model, the best round, and what each feature counts for."""
        given = call.given
        if self._whole and log.wants_models:
            with log.step("the model of a training is"):
                self._log_model(log, given["dtrain"], answer)
        if given.get("early_stopping_rounds"):
            with log.step("the best round of a training is"):
                steps = len(self._results)
                best = answer.best_iteration
                log.metrics({"stopped_iteration": steps - 1, "best_iteration": best}, data=self._used)
                log.metrics(self._results[best], steps, data=self._used)
        for kind in log.options.get("importance_types") or ["weight"]:
            with log.step("the importance of features is"):
                found = answer.get_score(importance_type=kind)
                log.json(f"feature_importance_{kind}.json", found)
                figure = plots.importance(found, kind)
                if figure is not None:
                    log.figure(f"feature_importance_{kind}.png", figure)

    def _log_model(self, log: Log, matrix: Any, booster: Any) -> None:
        import xgboost

        output = None
        with log.step("the example of a model is"):
            if matrix not in _heads:
                raise ValueError("its data was made before autologging was switched on, or is read from a file")
            log.example(_heads[matrix])
            output = _predicting(booster, xgboost.DMatrix)
        log.model(booster, output, params=self._params, model_format=log.options.get("model_format"))


def _predicting(booster: Any, matrix: Any) -> Callable[[Any], Any]:
    return lambda rows: booster.predict(matrix(rows))


def _keep_head(matrix: Any, data: Any) -> None:
    if data is not None and hasattr(data, "__getitem__") and not isinstance(data, str):
        _heads[matrix] = copy.deepcopy(data[:_ROWS])


def _callback(log: Log, results: dict[int, dict[str, float]]) -> Any:
    from xgboost.callback import TrainingCallback

    class Rounds(TrainingCallback):
        """Tells what was measured after each round."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            """Never stops the training."""
            with log.step("the metrics of a training are"):
                found = {
                    # "@" is in no key of MLflow's.
                    f"{data}-{metric.replace('@', '_at_')}": values[-1]
                    for data, metrics in evals_log.items()
                    for metric, values in metrics.items()
                }
                results[epoch] = found
                log.metrics(found, epoch)
            return False

    return Rounds()


class _Rows:
    """A DMatrix as a sparse matrix, of which no more is copied than is asked for."""

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.shape = (matrix.num_row(), matrix.num_col())

    def toarray(self) -> Any:
        """All of it."""
        return self._matrix.get_data().toarray()

    def __getitem__(self, rows: slice) -> Any:
        from xgboost.core import XGBoostError

        try:
            return self._matrix.slice(range(self.shape[0])[rows], allow_groups=True).get_data()
        except XGBoostError:
            # Quantiles cannot be cut.
            if self.shape[0] * self.shape[1] > _CELLS:
                raise ValueError("it is too large to be copied for its fingerprint") from None
            return self._matrix.get_data()[rows]
