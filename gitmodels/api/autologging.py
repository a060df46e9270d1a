"""``autolog`` under MLflow's names: the switches, one for all frameworks and one for each.

A framework is watched from the moment it is imported, which may be before or after it is switched on; that it is not
imported at all costs nothing. What is logged of a training stands in ``autolog_sklearn`` and its kin.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from gitmodels.errors import Invalid, MissingDependency
from gitmodels.values import field, frozen

__all__ = ["autolog"]


class _Unchosen(str):
    """MLflow's default of an argument, told from the same word said by the caller."""

    __slots__ = ()


_CLOUDPICKLE = _Unchosen("cloudpickle")


@frozen
class Switches:
    """What one framework's autologging logs; ``format`` is None where the flavor's own default is meant."""

    enabled: bool = False
    input_examples: bool = False
    signatures: bool = True
    models: bool = True
    datasets: bool = True
    exclusive: bool = False
    silent: bool = False
    tuning_runs: int | None = 5
    post_training_metrics: bool = True
    format: str | None = None
    registered_model_name: str | None = None
    positive: Any = None
    tags: dict[str, str] = field(default_factory=dict)


# What is in force for each framework.
_switches: dict[str, Switches] = {}
_watched: set[str] = set()


def switches(framework: str) -> Switches:
    """What is in force for a framework; all off when nobody switched it on."""
    return _switches.get(framework, Switches())


def autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    log_traces: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    extra_tags: dict[str, str] | None = None,
    exclude_flavors: Sequence[str] | None = None,
) -> None:
    """Log the trainings of every framework that autologging is there for, whenever it is imported.

    ``exclude_flavors`` names those to leave alone; ``disable`` switches off what was on. Traces are not recorded.
    """
    for framework in _FRAMEWORKS:
        if framework not in (exclude_flavors or ()):
            _switch(
                framework,
                Switches(
                    enabled=not disable,
                    input_examples=log_input_examples,
                    signatures=log_model_signatures,
                    models=log_models,
                    datasets=log_datasets,
                    exclusive=exclusive,
                    silent=silent,
                    tags=dict(extra_tags or {}),
                ),
            )


def sklearn_autolog(
    log_input_examples: bool = False,
    log_model_signatures: bool = True,
    log_models: bool = True,
    log_datasets: bool = True,
    disable: bool = False,
    exclusive: bool = False,
    disable_for_unsupported_versions: bool = False,
    silent: bool = False,
    max_tuning_runs: int | None = 5,
    log_post_training_metrics: bool = True,
    serialization_format: str = _CLOUDPICKLE,
    registered_model_name: str | None = None,
    pos_label: Any = None,
    extra_tags: dict[str, str] | None = None,
) -> None:
    """Log every training of a scikit-learn estimator: params, metrics, data set, model with its signature.

    The arguments are MLflow's. Without ``serialization_format`` models are kept in the format that runs no code.
    Raises Invalid for a negative ``max_tuning_runs``, MissingDependency without the package wrapt.
    """
    if max_tuning_runs is not None and max_tuning_runs < 0:
        raise Invalid(f"`max_tuning_runs` must be non-negative, instead got {max_tuning_runs}.")
    _switch(
        "sklearn",
        Switches(
            enabled=not disable,
            input_examples=log_input_examples,
            signatures=log_model_signatures,
            models=log_models,
            datasets=log_datasets,
            exclusive=exclusive,
            silent=silent,
            tuning_runs=max_tuning_runs,
            post_training_metrics=log_post_training_metrics,
            format=None if serialization_format is _CLOUDPICKLE else serialization_format,
            registered_model_name=registered_model_name,
            positive=pos_label,
            tags=dict(extra_tags or {}),
        ),
    )


def _watch_sklearn(module: Any) -> None:
    from gitmodels.api.autolog_sklearn import SklearnLogger
    from gitmodels.flavors.trainings import sklearn_watch

    sklearn_watch.watch(SklearnLogger())


# A framework -> the module whose import is waited for, and what then starts to watch.
_FRAMEWORKS: dict[str, tuple[str, Callable[[Any], None]]] = {"sklearn": ("sklearn", _watch_sklearn)}


def _switch(framework: str, wanted: Switches) -> None:
    _switches[framework] = wanted
    if not wanted.enabled or framework in _watched:
        return
    try:
        import wrapt
    except ModuleNotFoundError as error:
        raise MissingDependency("autologging needs the module wrapt", hint="pip install wrapt") from error
    module, watch = _FRAMEWORKS[framework]
    _watched.add(framework)
    if module in sys.modules:
        _guarded(framework, watch, sys.modules[module])
    else:
        wrapt.register_post_import_hook(lambda imported: _guarded(framework, watch, imported), module)


def _guarded(framework: str, watch: Callable[[Any], None], module: Any) -> None:
    """Watch; a framework that is other than we know it must still be importable."""
    try:
        watch(module)
    except Exception as error:  # noqa: BLE001 - the import of the user's framework goes on
        _switches[framework] = Switches()
        warnings.warn(f"{framework} cannot be watched, nothing of it is logged: {error}", UserWarning, stacklevel=2)
