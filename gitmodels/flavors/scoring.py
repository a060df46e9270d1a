"""How good predictions are: metrics of a classifier or a regressor, under the names MLflow's evaluation gives them.

This room knows columns of truth and answers; it knows no files, no registry and no model beyond what it predicts.
"""

from collections.abc import Sequence
from typing import Any

from gitmodels.errors import Invalid, MissingDependency

CLASSIFIER, REGRESSOR = "classifier", "regressor"
TASKS = (CLASSIFIER, REGRESSOR)


def task_of(model: Any, truth: Any) -> str:
    """What the model does: as it says itself (scikit-learn's interface), else as the column of the truth looks."""
    if hasattr(model, "classes_") or hasattr(model, "predict_proba"):
        return CLASSIFIER
    if hasattr(model, "__sklearn_tags__"):
        from sklearn.base import is_regressor

        if is_regressor(model):
            return REGRESSOR
    return REGRESSOR if getattr(truth.dtype, "kind", "O") == "f" else CLASSIFIER


def of_regressor(truth: Any, answers: Any, *, complete: bool = False) -> dict[str, float]:
    """RMSE, MAE and R²; with ``complete`` all that MLflow tells. Raises Invalid for answers that are no numbers."""
    metrics = _sklearn()
    truth, answers = _numbers(truth), _numbers(answers)
    _refuse_other_length(truth, answers)
    squared = metrics.mean_squared_error(truth, answers)
    found = {
        "root_mean_squared_error": squared**0.5,
        "mean_absolute_error": metrics.mean_absolute_error(truth, answers),
    }
    if len(truth) > 1:
        found["r2_score"] = metrics.r2_score(truth, answers)
    if complete:
        found |= {
            "example_count": len(truth),
            "mean_squared_error": squared,
            "sum_on_target": truth.sum(),
            "mean_on_target": truth.mean(),
            "max_error": metrics.max_error(truth, answers),
            "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error(truth, answers),
        }
    return {name: float(value) for name, value in found.items()}


def of_classifier(
    truth: Any,
    answers: Any,
    classes: Sequence[Any] | None = None,
    probabilities: Any = None,
    *,
    complete: bool = False,
) -> dict[str, float]:
    """Accuracy, precision, recall and F1; with the probability of each of ``classes``, log loss and ROC AUC too.

    Of two classes, F1 and its kin are those of the last one; of more, they are averaged by weight, as MLflow does.
    With ``complete`` all that MLflow tells.
    """
    metrics = _sklearn()
    truth, answers, named = _labels(truth, answers, () if classes is None else classes)
    known = sorted({*truth, *answers} if classes is None else {*named})
    two = len({*known, *truth, *answers}) == 2
    average: dict[str, Any] = {"average": "binary", "pos_label": known[-1]} if two else {"average": "weighted"}
    found = {"accuracy_score": metrics.accuracy_score(truth, answers)}
    for name in ("precision_score", "recall_score", "f1_score"):
        found[name] = getattr(metrics, name)(truth, answers, zero_division=0, **average)
    if complete:
        found["example_count"] = len(truth)
        if two:
            counts = metrics.confusion_matrix(truth, answers, labels=known).ravel()
            names = ("true_negatives", "false_positives", "false_negatives", "true_positives")
            found |= dict(zip(names, counts, strict=True))
    if classes is not None and probabilities is not None and set(truth) <= set(known):
        found |= _by_chance(truth, named, probabilities, known, complete=complete)
    return {name: float(value) for name, value in found.items()}


def _by_chance(truth: Any, named: Any, probabilities: Any, known: list[Any], *, complete: bool) -> dict[str, float]:
    """What the probabilities of the classes ``named``, a column each, are worth."""
    import numpy as np

    metrics = _sklearn()
    # scikit-learn takes the columns for those of the classes in order, whatever order the model has them in.
    chances = np.asarray(probabilities, dtype=float)[:, np.argsort(named)]
    found = {"log_loss": metrics.log_loss(truth, chances, labels=known)}
    if len(set(truth)) < len(known):
        return found
    if len(known) > 2:
        options = {"multi_class": "ovr", "average": "weighted", "labels": known}
        return found | {"roc_auc": metrics.roc_auc_score(truth, chances, **options)}
    found["roc_auc"] = metrics.roc_auc_score(truth, chances[:, 1])
    if complete:
        # MLflow's name for the average precision.
        found["precision_recall_auc"] = metrics.average_precision_score(truth, chances[:, 1], pos_label=known[-1])
    return found


def _labels(*columns: Any) -> list[Any]:
    """Labels of one kind: whole numbers where all of them are, else text, so that ``1``, ``1.0`` and ``"1"`` agree."""
    import numpy as np

    arrays = [_flat(np.asarray(column)) for column in columns]
    for array in arrays:
        if array.ndim != 1:
            raise Invalid(f"one label a row is expected, the model answers with {array.ndim} dimensions")
    _refuse_other_length(*arrays[:2])
    if all(map(_are_whole, arrays)):
        return [array.astype(np.int64) for array in arrays]
    return [array.astype(np.int64).astype(str) if _are_whole(array) else array.astype(str) for array in arrays]


def _are_whole(array: Any) -> bool:
    import numpy as np

    if array.dtype.kind == "f":
        return bool(np.array_equal(array, np.floor(array)))
    if array.dtype.kind == "O":
        return all(isinstance(value, bool | int | np.integer | np.bool_) for value in array)
    return array.dtype.kind in "biu"


def _numbers(values: Any) -> Any:
    import numpy as np

    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise Invalid("a regressor answers with numbers", hint="--task classifier for labels") from None
    return _flat(array)


def _flat(array: Any) -> Any:
    """A table of one column as that column: how many models answer for a table."""
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _refuse_other_length(truth: Any, answers: Any) -> None:
    if answers.shape != truth.shape:
        shown = " x ".join(map(str, answers.shape)) or "one"
        raise Invalid(f"the model gives {shown} answers for {len(truth)} rows")


def _sklearn() -> Any:
    try:
        from sklearn import metrics
    except ImportError:
        raise MissingDependency("metrics are computed by scikit-learn", hint="pip install scikit-learn") from None
    return metrics
