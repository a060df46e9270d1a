"""What the trainings of XGBoost and LightGBM have in common: where they are called, and what their data looked like.

Both have ``train`` for a booster, a container that takes the data in, and scikit-learn style classes whose fit calls
``train``. This room knows neither.
"""

import copy
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from gitmodels.flavors.trainings import plots, sklearn_watch
from gitmodels.flavors.trainings.stories import Call, Log, Observer, Story, told

_ROWS = 5
# The first rows of a container as the user gave them, while it lives: it does not give them back.
_heads: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()


def watch(module: Any, observer: Observer, story: Callable[[bool], Story], containers: list[Any], base: str) -> None:
    """Watch ``train``, the containers and the estimators below ``base``; a story is told whether it has the model."""
    from wrapt import wrap_function_wrapper

    def train(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return observer.trained(story(True), Call(wrapped, args, kwargs))

    def train_of_estimator(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        log, call = observer.inside(), Call(wrapped, args, kwargs)
        return call() if log is None else told(story(False), log, call)

    def made(wrapped: Any, instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        observer.noticed(lambda: _keep_head(instance, args[0] if args else kwargs.get("data")))
        return wrapped(*args, **kwargs)

    wrap_function_wrapper(module, "train", train)
    for container in containers:
        wrap_function_wrapper(container, "__init__", made)
    if hasattr(module, base):
        wrap_function_wrapper(module.sklearn, "train", train_of_estimator)
        kinds = [kind for kind in vars(module.sklearn).values() if isinstance(kind, type)]
        kinds = [kind for kind in kinds if issubclass(kind, getattr(module, base))]
        sklearn_watch.watch_estimators(kinds, observer, sklearn_watch.EstimatorTraining)


def log_model(log: Log, container: Any, booster: Any, predict: Callable[[Any], Any], **how: Any) -> None:
    """The booster with what was kept of its data; told once, and without a signature, where nothing was kept."""
    known = container in _heads
    with log.step("the signature of a model is"):
        if not known:
            raise ValueError("its data was made before autologging was switched on, or is read from a file")
        log.example(_heads[container])
    log.model(booster, predict if known else None, **how)


def log_importance(log: Log, found: Any, kind: str) -> None:
    """What each feature counts for, as a file and as a figure."""
    log.json(f"feature_importance_{kind}.json", found)
    figure = plots.importance(found, kind)
    if figure is not None:
        log.figure(f"feature_importance_{kind}.png", figure)


def key(name: str) -> str:
    """The name of a metric as MLflow spells it: it has no "@".

    >>> key("ndcg@3")
    'ndcg_at_3'
    """
    return name.replace("@", "_at_")


def _keep_head(container: Any, data: Any) -> None:
    if data is not None and hasattr(data, "__getitem__") and not isinstance(data, str):
        _heads[container] = copy.deepcopy(data[:_ROWS])
