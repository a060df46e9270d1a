"""Watching scikit-learn: wrappers on the methods of its estimators and on its metrics, which tell an observer.

The classes that are there are wrapped when watching starts, those imported later when they are defined. A wrapper only
passes on: who observes decides, and is asked on every call, so that switching off costs nothing but a look.
This room knows where to look, not what is done with it.
"""

from collections.abc import Callable
from typing import Any, Protocol

from gitmodels.flavors.trainings.sklearn import learns

Call = Callable[[], Any]

FITTING = ("fit", "fit_transform", "fit_predict")
PREDICTING = ("predict", "predict_proba", "predict_log_proba", "transform")
# Functions of sklearn.metrics that measure no prediction, or take an estimator and a scorer.
_NO_METRICS = frozenset({"check_scoring", "get_scorer", "get_scorer_names", "make_scorer", "get_routing_for_object"})
_NO_TRAINING = ("cross_validate", "cross_val_predict", "cross_val_score", "learning_curve", "permutation_test_score",
                "validation_curve")  # fmt: skip


class Observer(Protocol):
    """Who is told. Each method makes the call it is handed, once, and gives its answer back."""

    def fitted(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An estimator is being fitted; ``method`` is bound."""
        ...

    def predicted(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An estimator is asked for predictions."""
        ...

    def scored(self, estimator: Any, method: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """An estimator is asked for its score."""
        ...

    def measured(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A function of ``sklearn.metrics`` is called."""
        ...

    def unobserved(self, call: Call) -> Any:
        """A call whose inner trainings are none of the user's own, as in cross validation."""
        ...


def watch(observer: Observer) -> None:
    """Put the wrappers on. Once in a process: what is wrapped stays so."""
    import wrapt
    from sklearn.base import BaseEstimator

    for kind in _subclasses(BaseEstimator):
        _wrap_class(kind, observer)
    _wrap_later_classes(BaseEstimator, observer)
    wrapt.register_post_import_hook(lambda module: _wrap_metrics(module, observer), "sklearn.metrics")
    wrapt.register_post_import_hook(lambda module: _wrap_validation(module, observer), "sklearn.model_selection")


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


def _wrap_later_classes(base: type, observer: Observer) -> None:
    """Wrap classes as they are defined; the base's own hook, which scikit-learn has for metadata, still runs."""
    original = base.__init_subclass__

    def defined(cls: type, /, **kwargs: Any) -> None:
        original.__func__(cls, **kwargs)  # type: ignore[attr-defined]
        _wrap_class(cls, observer)

    base.__init_subclass__ = classmethod(defined)  # type: ignore[assignment]


def _wrap_class(kind: type, observer: Observer) -> None:
    """Wrap the methods where they are written: in the class itself or in a base or mixin of scikit-learn's."""
    from wrapt import FunctionWrapper

    told = dict.fromkeys(FITTING, observer.fitted) | dict.fromkeys(PREDICTING, observer.predicted)
    told["score"] = observer.scored
    for base in kind.__mro__:
        for name in told.keys() & base.__dict__.keys() if base.__module__.startswith("sklearn.") else ():
            if not isinstance(base.__dict__[name], FunctionWrapper):
                setattr(base, name, FunctionWrapper(base.__dict__[name], _teller(told[name])))


def _teller(tell: Callable[..., Any]) -> Callable[..., Any]:
    def told(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if instance is None or not learns(type(instance)):
            return wrapped(*args, **kwargs)
        return tell(instance, wrapped, args, kwargs)

    return told


def _wrap_metrics(module: Any, observer: Observer) -> None:
    from wrapt import FunctionWrapper

    def told(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.measured(wrapped, args, kwargs)

    for name in module.__all__:
        function = getattr(module, name)
        measures = callable(function) and not isinstance(function, type) and name not in _NO_METRICS
        if measures and not isinstance(function, FunctionWrapper):
            setattr(module, name, FunctionWrapper(function, told))


def _wrap_validation(module: Any, observer: Observer) -> None:
    from wrapt import FunctionWrapper

    def told(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.unobserved(lambda: wrapped(*args, **kwargs))

    for name in _NO_TRAINING:
        setattr(module, name, FunctionWrapper(getattr(module, name), told))
