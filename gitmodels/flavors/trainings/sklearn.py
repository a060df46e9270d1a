"""What there is to say of a scikit-learn training: data, params, metrics, plots and the trials of a search.

The names and the way each metric is computed are those of MLflow's autologging (mlflow.sklearn.autolog, 3.17), so that
dashboards and scripts that read them go on working. Nothing here logs, and nothing changes the estimator or the data.
"""

import inspect
import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from numbers import Real
from typing import Any

from gitmodels.flavors.trainings.plots import drawn
from gitmodels.flavors.trainings.stories import Call
from gitmodels.values import frozen

_logger = logging.getLogger(__name__)

PREFIX = "training_"
_WEIGHTS = "sample_weight"
# Routines that prepare data: they are part of a pipeline's training, not trainings of their own.
_PREPARING = ("sklearn.preprocessing", "sklearn.impute", "sklearn.feature_extraction", "sklearn.feature_selection")
_PREPARING_CLASSES = frozenset({"sklearn.compose._column_transformer.ColumnTransformer"})


@frozen
class Data:
    """What a fit was given: features, labels and sample weights; None where there are none."""

    features: Any
    labels: Any = None
    weights: Any = None


@frozen
class Trial:
    """One point of a parameter search: its params, and the means and deviations measured for it."""

    params: dict[str, Any]
    metrics: dict[str, float]


def learns(kind: type) -> bool:
    """Whether fitting this class is a training of its own: an estimator of scikit-learn that does not only prepare.

    A class of the user's own counts as the estimator it derives from.

    >>> from sklearn.linear_model import Ridge
    >>> from sklearn.preprocessing import StandardScaler
    >>> learns(Ridge), learns(type("Mine", (Ridge,), {})), learns(StandardScaler), learns(int)
    (True, True, False, False)
    """
    estimators = (base for base in kind.__mro__ if base.__module__.startswith("sklearn.") and hasattr(base, "fit"))
    nearest = next(estimators, None)
    if nearest is None or not hasattr(nearest, "get_params") or nearest.__module__.startswith(_PREPARING):
        return False
    return f"{nearest.__module__}.{nearest.__name__}" not in _PREPARING_CLASSES


def data_of(call: Call) -> Data:
    """What a call of ``fit`` hands over, whatever the method calls its arguments."""
    given, names = call.said, list(inspect.signature(call.function).parameters)
    labels = given.get(names[1]) if len(names) > 1 else None
    return Data(call.first, labels, given.get(_WEIGHTS))


def is_search(estimator: Any) -> bool:
    """Whether the estimator tries params: a grid, random or halving search."""
    from sklearn.model_selection._search import BaseSearchCV

    return isinstance(estimator, BaseSearchCV)


def params(estimator: Any) -> dict[str, Any]:
    """The estimator's params, those of its parts included; of a search only its own, its seed's are not tuned yet."""
    return dict(estimator.get_params(deep=not is_search(estimator)))


def best_params(estimator: Any) -> dict[str, Any]:
    """``best_<param>`` of a search that is fitted; nothing of anything else."""
    return {f"best_{name}": value for name, value in getattr(estimator, "best_params_", {}).items()}


def tags(estimator: Any) -> dict[str, str]:
    """The estimator's class, short and whole."""
    kind = type(estimator)
    return {"estimator_name": kind.__name__, "estimator_class": f"{kind.__module__}.{kind.__name__}"}


def output(estimator: Any, features: Any) -> Any:
    """What the fitted estimator answers for ``features``; None when it neither predicts nor transforms."""
    for method in ("predict", "transform"):
        if hasattr(estimator, method):
            return getattr(estimator, method)(features)
    return None


def metrics(estimator: Any, data: Data, positive: Any = None) -> dict[str, float]:
    """The metrics of a fitted estimator on the data it was fitted with; ``positive`` is the label that counts as such.

    What cannot be computed is left out, with a line in the log. Nothing without labels.
    """
    from sklearn.base import is_classifier, is_regressor

    if data.labels is None:
        return {}
    found: dict[str, float] = {}
    computed = _classified if is_classifier(estimator) else _regressed if is_regressor(estimator) else None
    for name, compute in computed(estimator, data, positive) if computed else ():
        _note(found, name, compute)
    if "mean_squared_error" in found:
        found["root_mean_squared_error"] = found["mean_squared_error"] ** 0.5
    if hasattr(estimator, "score"):
        _note(found, "score", lambda: _score(estimator, data))
    return {f"{PREFIX}{name}": value for name, value in found.items()}


def trials(search: Any, most: int | None) -> Iterator[Trial]:
    """The trials of a fitted search, best first when ``most`` of them are wanted, else in the order they were made."""
    from sklearn.model_selection._search import BaseSearchCV

    results: Mapping[str, Any] = search.cv_results_
    count = len(results["params"])
    order = list(range(count))
    rank = next((name for name in ("rank_test_score", *results) if name.startswith("rank_test_")), None)
    if most is not None and rank is not None:
        order = sorted(order, key=lambda row: (results[rank][row], row))[:most]
    seed = search.estimator
    base = seed.get_params(deep=not isinstance(seed, BaseSearchCV))
    # Params stand in columns of their own too, and every split has one: neither is a measure of the trial.
    measured = [name for name in results if not name.startswith(("param", "split"))]
    for row in order:
        values = {name: results[name][row] for name in measured}
        numbers = {name: float(value) for name, value in values.items() if isinstance(value, Real)}
        yield Trial(base | results["params"][row], numbers)


def plots(estimator: Any, data: Data) -> Iterator[tuple[str, Any]]:
    """File names and figures worth keeping of a fitted classifier, drawn one after the other.

    Nothing where matplotlib is not installed.
    """
    import numpy
    from sklearn import metrics as measures
    from sklearn.base import is_classifier

    if data.labels is None or not is_classifier(estimator) or find_spec("matplotlib") is None:
        return
    matrix = {"normalize": "true", "cmap": "Blues"}
    wanted = [("confusion_matrix", measures.ConfusionMatrixDisplay, "Normalized confusion matrix", matrix)]
    if len(numpy.unique(numpy.asarray(data.labels))) == 2:
        wanted.append(("roc_curve", measures.RocCurveDisplay, "ROC curve", {}))
        wanted.append(("precision_recall_curve", measures.PrecisionRecallDisplay, "Precision recall curve", {}))
    given = partial(_shown, estimator, data)
    for name, display, title, options in wanted:
        yield f"{PREFIX}{name}.png", drawn(partial(given, display, options), title)


def _shown(estimator: Any, data: Data, display: Any, options: Mapping[str, Any], axes: Any) -> None:
    display.from_estimator(estimator, data.features, data.labels, sample_weight=data.weights, ax=axes, **options)


def page(estimator: Any) -> str:
    """The estimator as the HTML page that scikit-learn makes of it."""
    from sklearn.utils import estimator_html_repr

    return str(estimator_html_repr(estimator))


def _note(found: dict[str, float], name: str, compute: Callable[[], Any]) -> None:
    try:
        found[name] = float(compute())
    except Exception as error:  # noqa: BLE001 - whatever the metric says, the training goes on
        _logger.warning("the metric %s%s is not logged: %s", PREFIX, name, error)


def _classified(estimator: Any, data: Data, positive: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from sklearn import metrics as measures

    labels, weights = data.labels, {_WEIGHTS: data.weights}
    predicted = estimator.predict(data.features)
    averaged = {"average": "weighted"} if positive is None else {"average": "binary", "pos_label": positive}
    yield "precision_score", lambda: measures.precision_score(labels, predicted, **averaged, **weights)
    yield "recall_score", lambda: measures.recall_score(labels, predicted, **averaged, **weights)
    yield "f1_score", lambda: measures.f1_score(labels, predicted, **averaged, **weights)
    yield "accuracy_score", lambda: measures.accuracy_score(labels, predicted, **weights)
    if not hasattr(estimator, "predict_proba"):
        return
    chances = estimator.predict_proba(data.features)
    yield "log_loss", lambda: measures.log_loss(labels, chances, **weights)
    # Of two classes the score is that of the greater label.
    scores = chances[:, 1] if len(chances[0]) == 2 else chances
    yield (
        "roc_auc",
        lambda: measures.roc_auc_score(labels, scores, average="weighted", multi_class="ovo", **weights),
    )


def _regressed(estimator: Any, data: Data, positive: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    from sklearn import metrics as measures

    predicted = estimator.predict(data.features)
    weights = {_WEIGHTS: data.weights}
    yield "mean_squared_error", lambda: measures.mean_squared_error(data.labels, predicted, **weights)
    yield "mean_absolute_error", lambda: measures.mean_absolute_error(data.labels, predicted, **weights)
    yield "r2_score", lambda: measures.r2_score(data.labels, predicted, **weights)


def _score(estimator: Any, data: Data) -> Any:
    if data.weights is not None and _WEIGHTS in inspect.signature(estimator.score).parameters:
        return estimator.score(data.features, data.labels, data.weights)
    return estimator.score(data.features, data.labels)
