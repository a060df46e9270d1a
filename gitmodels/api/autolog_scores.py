"""Metrics that a user computes after a training: which run they belong to, and what they are called there.

``accuracy_score(y_test, model.predict(X_test))`` becomes ``accuracy_score_X_test`` in the run of the model's training.
A prediction is recognised as the object it is, while it lives; a data set by the name of the variable that holds it in
the user's own code. The keys, and the list of calls in ``metric_info.json``, are MLflow's (mlflow.sklearn.autolog,
"Post training metrics"). This room holds no data and no model: ids and names only.
"""

import sys
import weakref
from collections import defaultdict
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from gitmodels.api import artifact_writing
from gitmodels.api.autologging import switches
from gitmodels.flavors.trainings.stories import Call
from gitmodels.repo import Repo
from gitmodels.runs.records import Metric
from gitmodels.runs.writer import now_ms

_CALLS = "metric_info.json"
_UNKNOWN = "unknown_dataset"
_LONGEST = 32


@dataclass(slots=True)
class _Trained:
    """A training that was logged, and what was measured since."""

    framework: str
    repo: Repo
    run_id: str
    model_id: str | None
    # The name of a variable -> the ids of the data sets that were seen under it, in order.
    datasets: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    # The name of a metric -> the keys it was logged under and the calls that made it.
    calls: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def goes_on(self) -> bool:
        """Whether what is measured now is still to be logged."""
        now = switches(self.framework)
        return now.enabled and bool(now.options.get("log_post_training_metrics", True))


class Scores:
    """What was trained and predicted in this process."""

    def __init__(self) -> None:
        self._trained: dict[int, _Trained] = {}
        self._predictions: dict[int, tuple[_Trained, str]] = {}

    def trained(self, estimator: Any, framework: str, repo: Repo, run_id: str, model_id: str | None) -> None:
        """An estimator's training was logged to a run; the one of before counts no more."""
        _keep_while_alive(self._trained, estimator, _Trained(framework, repo, run_id, model_id))

    def knows(self, estimator: Any) -> bool:
        """Whether a training of the estimator was logged, and what is measured later is wanted."""
        training = self._trained.get(id(estimator))
        return training is not None and training.goes_on

    def any(self) -> bool:
        """Whether any prediction is known."""
        return bool(self._predictions)

    def predicted(self, estimator: Any, features: Any, answer: Any) -> None:
        """The estimator answered for ``features``."""
        training = self._trained.get(id(estimator))
        if training is not None:
            _keep_while_alive(self._predictions, answer, (training, _dataset_name(training, features)))

    def measured(self, call: Call, value: Any) -> None:
        """A metric was computed; logged when one of its arguments is a prediction that is known."""
        if not _is_number(value):
            return
        name = call.function.__name__
        for argument in call.said.values():
            training, dataset = self._predictions.get(id(argument), (None, ""))
            if training is not None and training.goes_on:
                _log(training, name, dataset, _spelled(name, call), float(value))
                return

    def scored(self, estimator: Any, call: Call, value: Any) -> None:
        """An estimator computed its own score."""
        training = self._trained.get(id(estimator))
        if training is None or not _is_number(value):
            return
        kind, method = type(estimator).__name__, call.function.__name__
        dataset = _dataset_name(training, call.first)
        _log(training, f"{kind}_{method}", dataset, _spelled(f"{kind}.{method}", call), float(value))


SCORES = Scores()


def _log(training: _Trained, metric: str, dataset: str, call: str, value: float) -> None:
    seen = training.calls[metric]
    key = f"{_counted(metric, len(seen))}_{dataset}"
    seen.append((key, call))
    runs = training.repo.runs
    runs.log_metrics(training.run_id, [Metric(key, value, 0, now_ms(), None, None, training.model_id)])
    calls = dict(each for listed in training.calls.values() for each in listed)
    artifact_writing.log_dict(training.repo, training.run_id, calls, _CALLS)


def _dataset_name(training: _Trained, features: Any) -> str:
    name = _variable(features) or _UNKNOWN
    known = training.datasets[name]
    if id(features) not in known:
        known.append(id(features))
    return _counted(name, known.index(id(features)))


def _counted(name: str, earlier: int) -> str:
    # "-" stands in no variable's name.
    return f"{name}-{earlier + 1}" if earlier else name


def _variable(value: Any) -> str | None:
    """The name under which the outermost code that knows ``value`` holds it."""
    found = None
    frame: Any = sys._getframe(1)
    while frame is not None:
        if not str(frame.f_globals.get("__name__", "")).startswith(("gitmodels.", "sklearn.", "wrapt")):
            names = [name for name, held in frame.f_locals.items() if held is value and not name.startswith("_")]
            found = names[0] if names else found
        frame = frame.f_back
    return found


def _spelled(name: str, call: Call) -> str:
    return f"{name}({', '.join(f'{key}={_told(value)}' for key, value in call.said.items())})"


def _told(value: Any) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else f"{value[:_LONGEST]}...")
    if value is None or isinstance(value, Real):
        return repr(value)
    return _variable(value) or f"<{type(value).__name__}>"


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _keep_while_alive(table: dict[int, Any], owner: Any, value: Any) -> None:
    """Note ``value`` for an object until it dies: its id may then be another's. What cannot be watched is left out."""
    key = id(owner)
    try:
        weakref.finalize(owner, table.pop, key, None)
    except TypeError:
        return
    table[key] = value
