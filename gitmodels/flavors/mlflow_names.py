"""Stand-ins for the names of MLflow that a model saved by MLflow refers to, where MLflow is not installed.

MLflow pickles a model's base class by reference, and its code files import ``mlflow``. This room answers for those
few names and for nothing else; it never imports MLflow and never puts anything into ``sys.modules`` for good.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NamedTuple

from gitmodels.errors import GitModelsError, MissingDependency
from gitmodels.flavors import code_model, python_model
from gitmodels.flavors.type_hints import to_hint

_lock = threading.RLock()


class FuncInfo(NamedTuple):
    """MLflow's note about a checked ``predict``: the hint of its input and the parameter's name."""

    input_type_hint: Any
    input_param_name: str


class Record:
    """Anything of MLflow's type system inside a pickle: held, never used. The MLmodel file has the signature."""

    def __init__(self, *values: Any, **named: Any) -> None:
        self.values = values
        self.named = named


class _Public:
    """MLflow's public names, as a room above answers for them; without one there are the few names below only."""

    modules: frozenset[str] = frozenset()
    attribute: Callable[[str, str], Any] | None = None


def answer_with(modules: Iterable[str], attribute: Callable[[str, str], Any]) -> None:
    """Let ``attribute(module, name)`` answer for ``modules`` of MLflow where a model's code file asks for them.

    It raises AttributeError or ImportError for what it does not have. Pickles are not answered by it.
    """
    _Public.modules = frozenset(modules)
    _Public.attribute = staticmethod(attribute)


def find(module: str, name: str) -> Any:
    """What stands in for ``module.name`` of MLflow. Raises MissingDependency when nothing does.

    >>> find("mlflow.pyfunc.model", "PythonModel").__name__
    'PythonModel'
    """
    if name in _NAMES.get(module, {}):
        return _NAMES[module][name]
    if module.startswith("mlflow.types") or module == "mlflow.models.signature":
        return Record
    raise MissingDependency(
        f"the model uses {module}.{name}, which only MLflow has", hint="pip install mlflow-skinny and load it again"
    )


def module(name: str) -> ModuleType:
    """The stand-in for the module ``name``; its attributes are the names above."""
    made = _StandIn(name)
    made.__path__ = []
    return made


@contextmanager
def standing_in() -> Iterator[None]:
    """``import mlflow`` finds the stand-ins inside the block, where MLflow is neither installed nor imported."""
    with _lock:
        added = [name for name in sorted(_MODULES | _Public.modules) if name not in sys.modules]
        sys.modules.update({name: module(name) for name in added})
        try:
            yield
        finally:
            for name in added:
                sys.modules.pop(name, None)


class _StandIn(ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if _Public.attribute is not None:
            try:
                return _Public.attribute(self.__name__, name)
            except (AttributeError, ImportError):
                # Not public: one of the names below, or nothing.
                pass
        if full in _MODULES | _Public.modules:
            return module(full)
        try:
            return find(self.__name__, name)
        except MissingDependency as error:
            raise AttributeError(f"{error.message}; {error.hint}") from None


def _pass(function: Any) -> Any:
    return function


def _checked_input(args: Any, kwargs: Any, index: int, hint: Any, parameter: str) -> tuple[Any, Any]:
    """MLflow's call before a hinted ``predict``: the input in the form its hint asks for."""
    if parameter in kwargs:
        return args, {**kwargs, parameter: to_hint(kwargs[parameter], hint)}
    if len(args) > index:
        return (*args[:index], to_hint(args[index], hint), *args[index + 1 :]), kwargs
    return args, kwargs


_HINTS = {"_validate_model_input": _checked_input, "FuncInfo": FuncInfo, "pyfunc": _pass}
_CLASSES = {
    "PythonModel": python_model.PythonModel,
    "PythonModelContext": python_model.PythonModelContext,
    "_FunctionPythonModel": python_model.FunctionModel,
}
_NAMES: dict[str, dict[str, Any]] = {
    "mlflow": {},
    "mlflow.pyfunc": _CLASSES,
    "mlflow.pyfunc.model": _CLASSES,
    "mlflow.pyfunc.utils": {"pyfunc": _pass},
    "mlflow.pyfunc.utils.data_validation": _HINTS,
    "mlflow.models": {
        "set_model": code_model.set_model,
        "ModelSignature": Record,
        "ModelConfig": code_model.ModelConfig,
    },
    "mlflow.models.model": {"set_model": code_model.set_model},
    "mlflow.models.signature": {"_TypeHints": python_model.TypeHints},
    "mlflow.exceptions": {"MlflowException": GitModelsError},
    "mlflow.types": {},
    "mlflow.types.schema": {},
    "mlflow.types.type_hints": {"TypeFromExample": python_model.TypeFromExample},
}
_MODULES = frozenset(_NAMES)
