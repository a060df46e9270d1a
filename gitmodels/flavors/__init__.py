"""The table of flavors: one module per framework, imported when it is used, found by the class of a model.

The table is words only, so that knowing all flavors costs nothing. A third party adds its own by the entry-point group
``gitmodels.flavors`` (name → module); those are looked at only when the table has no answer.
"""

import importlib
import os
from collections.abc import Iterator, Mapping
from typing import Any, cast

from gitmodels.errors import FlavorNotFound, MissingDependency
from gitmodels.flavors.base import Flavor

MODULES = {
    "catboost": "gitmodels.flavors.catboost",
    "h2o": "gitmodels.flavors.h2o",
    "keras": "gitmodels.flavors.keras",
    "lightgbm": "gitmodels.flavors.lightgbm",
    "onnx": "gitmodels.flavors.onnx",
    "pmdarima": "gitmodels.flavors.pmdarima",
    "prophet": "gitmodels.flavors.prophet",
    "python_function": "gitmodels.flavors.python_function",
    "pytorch": "gitmodels.flavors.pytorch",
    "sentence_transformers": "gitmodels.flavors.sentence_transformers",
    "sklearn": "gitmodels.flavors.sklearn",
    "spacy": "gitmodels.flavors.spacy",
    "spark": "gitmodels.flavors.spark",
    "statsmodels": "gitmodels.flavors.statsmodels",
    "tensorflow": "gitmodels.flavors.tensorflow",
    "transformers": "gitmodels.flavors.transformers",
    "xgboost": "gitmodels.flavors.xgboost",
}
# The first package of a class in the model's MRO → the flavor that keeps it. The nearest class wins.
ROOTS = {
    "catboost": "catboost",
    "gitmodels": "python_function",
    "h2o": "h2o",
    "imblearn": "sklearn",
    "keras": "keras",
    "lightgbm": "lightgbm",
    "onnx": "onnx",
    "pmdarima": "pmdarima",
    "prophet": "prophet",
    "pyspark": "spark",
    "sentence_transformers": "sentence_transformers",
    "sklearn": "sklearn",
    "spacy": "spacy",
    "statsmodels": "statsmodels",
    "tensorflow": "tensorflow",
    "torch": "pytorch",
    "transformers": "transformers",
    "xgboost": "xgboost",
}
GROUP = "gitmodels.flavors"
PYFUNC = "python_function"
_PYFUNC_LOADERS = frozenset({"mlflow.pyfunc.model", "mlflow.pyfunc.loaders.code_model"})


class _Table(Mapping[str, Flavor]):
    """The flavors by name; a module is imported at its first use."""

    def __getitem__(self, name: str) -> Flavor:
        if name not in MODULES:
            raise KeyError(name)
        return _module(name, MODULES[name])

    def __iter__(self) -> Iterator[str]:
        return iter(MODULES)

    def __len__(self) -> int:
        return len(MODULES)


FLAVORS: Mapping[str, Flavor] = _Table()


def names() -> list[str]:
    """The names of the flavors that come with gitmodels, sorted.

    >>> names()[:3]
    ['catboost', 'h2o', 'keras']
    """
    return sorted(MODULES)


def get(name: str) -> Flavor:
    """The flavor called ``name``. Raises FlavorNotFound, or MissingDependency when its framework is absent."""
    if name in MODULES:
        return FLAVORS[name]
    for entry in _entry_points():
        if entry.name == name:
            return cast(Flavor, entry.load())
    raise FlavorNotFound(
        f"no flavor is called {name!r}; there are {', '.join(names())}",
        hint=f"install a package that offers {name!r} in the entry-point group {GROUP}",
    )


def behind(loader_module: object) -> str | None:
    """The flavor that does what ``loader_module`` would; None for a flavor of MLflow that is not here.

    A loader that is the module of somebody's flavor is that flavor: MLflow calls its ``_load_pyfunc``, we its ``load``.

    >>> behind("mlflow.sklearn"), behind("my_loader"), behind("mlflow.paddle")
    ('sklearn', 'python_function', None)
    """
    if not isinstance(loader_module, str) or loader_module in _PYFUNC_LOADERS:
        return PYFUNC
    if not loader_module.startswith("mlflow."):
        return next((entry.name for entry in _entry_points() if entry.value == loader_module), PYFUNC)
    name = loader_module.removeprefix("mlflow.")
    return name if name in MODULES or name in third_party() else None


def third_party() -> list[str]:
    """The names of the flavors that other installed packages offer, sorted; nothing of them is imported."""
    return sorted({entry.name for entry in _entry_points()})


def detect(model: Any) -> str:
    """The name of the flavor that keeps ``model``, from the packages its class derives from; imports no framework.

    A function, and the path of a Python file, is a python_function. Raises FlavorNotFound, naming the ways out.

    >>> detect(lambda model_input: model_input)
    'python_function'
    """
    kind = type(model)
    roots = [base.__module__.partition(".")[0] for base in kind.__mro__]
    for root in roots:
        if root in ROOTS:
            return ROOTS[root]
    for entry in _entry_points():
        flavor = entry.load()
        if set(roots) & set(getattr(flavor, "ROOTS", ())):
            return str(entry.name)
    if _is_function(model) or _is_code_file(model) or hasattr(model, "load_context"):
        return "python_function"
    raise FlavorNotFound(
        f"no flavor keeps a {kind.__module__}.{kind.__qualname__}",
        hint="name one (flavor=…), wrap the model in a gitmodels.pyfunc.PythonModel, or register a directory it saved",
    )


def _is_function(model: Any) -> bool:
    return callable(model) and not isinstance(model, type) and hasattr(model, "__code__")


def _is_code_file(model: Any) -> bool:
    return isinstance(model, str | os.PathLike) and os.fspath(model).endswith(".py")


def _module(name: str, path: str) -> Flavor:
    try:
        return cast(Flavor, importlib.import_module(path))
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "gitmodels":
            raise FlavorNotFound(f"the flavor {name!r} is not part of this installation") from error
        raise MissingDependency(
            f"the flavor {name!r} needs the module {error.name}", hint=f"pip install 'gitmodels[{name}]'"
        ) from error


def _entry_points() -> Any:
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)
