"""XGBoost's trainings: ``xgboost.train``, and the fits of its scikit-learn style classes, which call it.

What is told, and under which names, is MLflow's (mlflow.xgboost.autolog, 3.17).
"""

from typing import Any

from gitmodels.flavors.trainings import boosting
from gitmodels.flavors.trainings.stories import Call, Log, Observer

_NO_PARAMS = {"params", "dtrain", "evals", "obj", "feval", "evals_result", "xgb_model", "callbacks", "learning_rates"}
# A DMatrix that cannot be cut is copied for its fingerprint, up to so many cells.
_CELLS = 20_000_000


def watch(module: Any, observer: Observer) -> None:
    """Put the wrappers on. Once in a process."""
    boosting.watch(module, observer, BoosterTraining, [module.DMatrix, module.QuantileDMatrix], "XGBModel")


class BoosterTraining:
    """One ``train``; that of an estimator (``whole`` is False) leaves the model to its fit."""

    def __init__(self, whole: bool) -> None:
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
                how = {"params": self._params, "model_format": log.options.get("model_format")}
                boosting.log_model(log, given["dtrain"], answer, lambda rows: answer.predict(_matrix(rows)), **how)
        if given.get("early_stopping_rounds"):
            with log.step("the best round of a training is"):
                steps = len(self._results)
                best = answer.best_iteration
                log.metrics({"stopped_iteration": steps - 1, "best_iteration": best}, data=self._used)
                log.metrics(self._results[best], steps, data=self._used)
        for kind in log.options.get("importance_types") or ["weight"]:
            with log.step("the importance of features is"):
                boosting.log_importance(log, answer.get_score(importance_type=kind), kind)


def _matrix(rows: Any) -> Any:
    import xgboost

    return xgboost.DMatrix(rows)


def _callback(log: Log, results: dict[int, dict[str, float]]) -> Any:
    from xgboost.callback import TrainingCallback

    class Rounds(TrainingCallback):
        """Tells what was measured after each round."""

        def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            """Never stops the training."""
            with log.step("the metrics of a training are"):
                found = {
                    boosting.key(f"{data}-{metric}"): values[-1]
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
