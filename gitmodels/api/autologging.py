"""``autolog`` under MLflow's names: the switches, one for all frameworks and one for each.

A framework is watched from the moment it is imported, which may be before or after it is switched on; that it is not
imported at all costs nothing. Which frameworks there are stands in ``autolog_frameworks``, what is logged of a training
in ``flavors.trainings``.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from gitmodels.api.autolog_frameworks import FRAMEWORKS, Framework
from gitmodels.errors import Invalid, MissingDependency
from gitmodels.values import field, frozen

__all__ = ["autolog"]

# MLflow's argument -> the switch. What is not here is an option of the framework's own.
_COMMON = {
    "log_input_examples": "input_examples",
    "log_model_signatures": "signatures",
    "log_models": "models",
    "log_datasets": "datasets",
    "exclusive": "exclusive",
    "silent": "silent",
    "registered_model_name": "registered_model_name",
}
_KNOWN = {*_COMMON, "disable", "disable_for_unsupported_versions", "extra_tags"}


@frozen
class Switches:
    """What one framework's autologging logs; ``options`` are the switches that only this framework has."""

    enabled: bool = False
    input_examples: bool = False
    signatures: bool = True
    models: bool = True
    datasets: bool = True
    exclusive: bool = False
    silent: bool = False
    registered_model_name: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)


# What is in force for each framework.
_switches: dict[str, Switches] = {}
_watched: set[str] = set()
_OFF = Switches()


def switches(framework: str) -> Switches:
    """What is in force for a framework; all off when nobody switched it on."""
    return _switches.get(framework, _OFF)


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
    said = {
        "log_input_examples": log_input_examples,
        "log_model_signatures": log_model_signatures,
        "log_models": log_models,
        "log_datasets": log_datasets,
        "disable": disable,
        "exclusive": exclusive,
        "silent": silent,
        "extra_tags": extra_tags,
    }
    for name, framework in FRAMEWORKS.items():
        if name not in (exclude_flavors or ()):
            _switch(name, {key: value for key, value in said.items() if key in framework.parameters})


def build(name: str) -> Callable[..., None]:
    """The public ``autolog`` of one framework. Raises KeyError when there is none."""
    framework = FRAMEWORKS[name]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    listed = [inspect.Parameter(key, kind, default=value) for key, value in framework.parameters.items()]
    signature = inspect.Signature(listed, return_annotation=None)

    def autolog(*args: Any, **kwargs: Any) -> None:
        _switch(name, signature.bind(*args, **kwargs).arguments)

    autolog.__doc__ = (
        f"Log {framework.logs}.\n\nThe arguments are MLflow's. Raises Invalid for a value that none can have, "
        "MissingDependency without the package wrapt."
    )
    autolog.__signature__ = signature  # type: ignore[attr-defined]
    return autolog


def _switch(name: str, said: Mapping[str, Any]) -> None:
    """Put what was said in force; the rest is MLflow's defaults."""
    framework = FRAMEWORKS[name]
    given = {**framework.parameters, **said}
    if (given.get("max_tuning_runs") or 0) < 0:
        raise Invalid(f"`max_tuning_runs` must be non-negative, instead got {given['max_tuning_runs']}.")
    if given.get("log_every_epoch") and given.get("log_every_n_steps") is not None:
        raise Invalid("`log_every_n_steps` must be None if `log_every_epoch=True`.")
    unknown = given.keys() - _KNOWN
    wanted = Switches(
        enabled=not given["disable"],
        tags=dict(given.get("extra_tags") or {}),
        options={key: given[key] for key in unknown if key in said or key not in framework.when_said},
        **{switch: given[key] for key, switch in _COMMON.items() if key in given},
    )
    _switches[name] = wanted
    if wanted.enabled and name not in _watched:
        _watch_imports(name, framework)


def _watch_imports(name: str, framework: Framework) -> None:
    try:
        import wrapt
    except ModuleNotFoundError as error:
        raise MissingDependency("autologging needs the module wrapt", hint="pip install wrapt") from error
    _watched.add(name)
    for module in framework.modules:
        if module in sys.modules:
            _guarded(name, framework, sys.modules[module])
        else:
            wrapt.register_post_import_hook(lambda imported: _guarded(name, framework, imported), module)


def _guarded(name: str, framework: Framework, module: Any) -> None:
    """Watch; a framework that is other than we know it must still be importable."""
    try:
        from gitmodels.api.autolog_session import Session

        watcher = import_module(f"gitmodels.flavors.trainings.{framework.watcher}")
        watcher.watch(module, Session(name))
    except Exception as error:  # noqa: BLE001 - the import of the user's framework goes on
        _switches[name] = _OFF
        warnings.warn(f"{name} cannot be watched, nothing of it is logged: {error}", UserWarning, stacklevel=2)
