"""Watching scikit-learn: wrappers on the methods of its estimators and on its metrics, which tell an observer.

The classes that are there are wrapped when watching starts, those imported later when they are defined. A wrapper only
passes on: who observes decides, and is asked on every call, so that switching off costs nothing but a look.
This room knows where to look, not what is done with it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from gitmodels.flavors.trainings.sklearn import learns
from gitmodels.flavors.trainings.sklearn_training import Training
from gitmodels.flavors.trainings.stories import Call, Log, Observer

FITTING = ("fit", "fit_transform", "fit_predict")
PREDICTING = ("predict", "predict_proba", "predict_log_proba", "transform")
# Functions of sklearn.metrics that measure no prediction, or take an estimator and a scorer.
_NO_METRICS = frozenset({"check_scoring", "get_scorer", "get_scorer_names", "make_scorer", "get_routing_for_object"})
_NO_TRAINING = ("cross_validate", "cross_val_predict", "cross_val_score", "learning_curve", "permutation_test_score",
                "validation_curve")  # fmt: skip

Tell = Callable[[Any, Call], Any]


def watch(module: Any, observer: Observer) -> None:
    """Put the wrappers on. Once in a process: what is wrapped stays so."""
    from sklearn.base import BaseEstimator

    telling = _telling(observer, Training)
    for kind in _subclasses(BaseEstimator):
        _wrap_class(kind, telling)
    _wrap_later_classes(BaseEstimator, telling)
    watch_measures(observer)


def watch_estimators(kinds: list[type], observer: Observer, story: Callable[[Any], Any]) -> None:
    """Watch the estimators of another framework: fits have ``story``, and what is measured later goes to their runs.

    Each class gets wrappers of its own, for the methods it has from scikit-learn too.
    """
    from wrapt import FunctionWrapper

    telling = _telling(observer, story)
    for kind in kinds:
        for name, tell in telling.items():
            owner = next((base for base in kind.__mro__ if name in base.__dict__), None)
            original = None if owner is None else owner.__dict__[name]
            # What scikit-learn's own watching wrapped passes these classes by.
            is_own = owner is not None and not owner.__module__.startswith("sklearn.")
            if callable(original) and not (is_own and isinstance(original, FunctionWrapper)):
                setattr(kind, name, FunctionWrapper(original, _teller(tell)))
    watch_measures(observer)


class EstimatorTraining:
    """One fit of an estimator of another framework, whose own training, inside it, tells all but the model."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator

    def before(self, log: Log, call: Call) -> None:
        """The first rows as they are now, for a fit may change its data."""
        with log.step("the data of a training is"):
            log.example(call.first)

    def after(self, log: Log, call: Call, answer: Any) -> None:
        """The model, in the format that was chosen for it."""
        chosen = {name: log.options[name] for name in ("model_format",) if name in log.options}
        with log.step("the model of a training is"):
            log.model(self._estimator, self._estimator.predict, **chosen)


def watch_measures(observer: Observer) -> None:
    """Watch the functions of ``sklearn.metrics``, and the cross validations, whose trainings are not the user's own."""
    import wrapt

    wrapt.register_post_import_hook(lambda module: _wrap_metrics(module, observer), "sklearn.metrics")
    wrapt.register_post_import_hook(lambda module: _wrap_validation(module, observer), "sklearn.model_selection")


def _telling(observer: Observer, story: Callable[[Any], Any]) -> Mapping[str, Tell]:
    """The name of a method -> what is done when it is called."""

    def fitted(estimator: Any, call: Call) -> Any:
        return observer.trained(story(estimator), call, estimator)

    return {
        **dict.fromkeys(FITTING, fitted),
        **dict.fromkeys(PREDICTING, observer.predicted),
        "score": observer.scored,
    }


def _subclasses(kind: type) -> set[type]:
    found: set[type] = set()
    waiting = [kind]
    while waiting:
        children: list[type] = waiting.pop().__subclasses__()
        for child in children:
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def _wrap_later_classes(base: type, telling: Mapping[str, Tell]) -> None:
    """Wrap classes as they are defined; the base's own hook, which scikit-learn has for metadata, still runs."""
    original = base.__init_subclass__

    def defined(cls: type, /, **kwargs: Any) -> None:
        original.__func__(cls, **kwargs)  # type: ignore[attr-defined]
        _wrap_class(cls, telling)

    base.__init_subclass__ = classmethod(defined)  # type: ignore[assignment]


def _wrap_class(kind: type, telling: Mapping[str, Tell]) -> None:
    """Wrap the methods where they are written: in the class itself or in a base or mixin of scikit-learn's."""
    from wrapt import FunctionWrapper

    for base in kind.__mro__:
        for name in telling.keys() & base.__dict__.keys() if base.__module__.startswith("sklearn.") else ():
            if not isinstance(base.__dict__[name], FunctionWrapper):
                setattr(base, name, FunctionWrapper(base.__dict__[name], _teller(telling[name], learns)))


def _teller(tell: Tell, counts: Callable[[type], bool] | None = None) -> Callable[..., Any]:
    def told(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if instance is None or (counts is not None and not counts(type(instance))):
            return wrapped(*args, **kwargs)
        return tell(instance, Call(wrapped, args, kwargs))

    return told


def _wrap_metrics(module: Any, observer: Observer) -> None:
    for name in module.__all__:
        function = getattr(module, name)
        if callable(function) and not isinstance(function, type) and name not in _NO_METRICS:
            _wrap_function(module, name, observer.measured)


def _wrap_validation(module: Any, observer: Observer) -> None:
    for name in _NO_TRAINING:
        _wrap_function(module, name, observer.unobserved)


def _wrap_function(module: Any, name: str, tell: Callable[[Call], Any]) -> None:
    """Wrap a function where it stands, once: several frameworks may ask for it."""
    from wrapt import FunctionWrapper

    def told(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return tell(Call(wrapped, args, kwargs))

    function = getattr(module, name)
    if not isinstance(function, FunctionWrapper):
        setattr(module, name, FunctionWrapper(function, told))
