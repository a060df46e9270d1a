"""What the flavors share about their frameworks: importing one late, and turning its failures into one clear line.

It knows how a missing framework, an unreadable file and a class named in a file are told; it knows no framework.
"""

import importlib
import inspect
import logging
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from gitmodels.errors import GitModelsError, Invalid, InvalidModel, MissingDependency, Untrusted

# Distributions that bring the same modules as the one a flavor names.
STAND_INS = {"xgboost": ("xgboost-cpu",), "onnxruntime": ("onnxruntime-gpu",), "tensorflow": ("tensorflow-cpu",)}
_logger = logging.getLogger("gitmodels")


def framework(module: str, package: str, version: object = None) -> ModuleType:
    """The module, imported now. Raises MissingDependency, whose hint is the very ``pip install`` that helps.

    ``version`` is what the model was saved with, when it is known.

    >>> framework("json", "json").__name__
    'json'
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module != error.name and not module.startswith(f"{error.name}."):
            raise MissingDependency(
                f"{package} is installed but cannot be imported: no module named {error.name}",
                hint=f"pip install {error.name.partition('.')[0]}",
            ) from error
        raise MissingDependency(
            f"the model needs {package}, which is not installed", hint=f"pip install {_pinned(package, version)}"
        ) from None


def installed(package: str) -> tuple[str, str] | None:
    """Name and version of the installed distribution, or of one that stands in for it; None when there is neither."""
    from importlib.metadata import PackageNotFoundError, version

    for name in (package, *STAND_INS.get(package, ())):
        try:
            return name, version(name)
        except PackageNotFoundError:
            continue
    return None


def pinned(package: str) -> str:
    """The requirement line of what is installed here for ``package``; its name alone when nothing is."""
    found = installed(package)
    return package if found is None else f"{found[0]}=={found[1].partition('+')[0]}"


def tell_version(about: tuple[str, str], config: Mapping[str, Any]) -> None:
    """Warn when a model was saved with another minor version of its framework than the one imported here.

    ``about`` is the key of ``config`` that notes the version, and the module that has it; imports nothing.
    """
    key, module = about
    saved, present = str(config.get(key)), str(getattr(sys.modules.get(module), "__version__", None))
    if _minor(saved) and _minor(present) and _minor(saved) != _minor(present):
        _logger.warning(
            "the model was saved with %s %s, and %s is installed here; if it fails or differs: pip install %s",
            *(module, saved, present, _pinned(module, saved)),
        )


def _minor(version: str) -> tuple[int, ...]:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(version).release[:2]
    except InvalidVersion:
        return ()


def _pinned(package: str, version: object) -> str:
    """``package==version`` for a version that is one: the file it comes from may say anything."""
    from packaging.version import InvalidVersion, Version

    try:
        return f"{package}=={Version(str(version)).public}"
    except InvalidVersion:
        return package


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Whatever a framework raises at a file in the block is an InvalidModel that says ``what`` could not be read."""
    try:
        yield
    except (GitModelsError, MemoryError):
        raise
    except Exception as error:
        raise InvalidModel(
            f"{what} cannot be read ({type(error).__name__})", hint="the file is damaged, or not of the declared format"
        ) from error


@contextmanager
def starting_java(what: str) -> Iterator[None]:
    """Whatever keeps the Java server of a framework from starting in the block is told as what it needs."""
    try:
        yield
    except Exception as error:
        raise MissingDependency(
            f"{what} could not start its Java server ({type(error).__name__})",
            hint="install a Java runtime, or set JAVA_HOME; on Debian: apt install default-jre-headless",
        ) from error


def is_within(name: object, packages: Iterable[str]) -> bool:
    """Whether the dotted ``name`` of a class lies inside one of ``packages``, so that naming it runs no foreign code.

    >>> is_within("xgboost.sklearn.XGBClassifier", ["xgboost"]), is_within("xgboostile.X", ["xgboost"])
    (True, False)
    """
    if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
        return False
    return name.partition(".")[0] in packages and "." in name


def class_named(name: object, base: type | tuple[type, ...]) -> type:
    """The class a file names, which must derive from ``base``. IMPORTS its module: trust was decided before.

    Raises InvalidModel for what is no such class, Untrusted for a module of Python itself or of gitmodels.
    """
    if not isinstance(name, str) or not is_within(name, [name.partition(".")[0]]):
        raise InvalidModel(f"MLmodel: not the name of a class: {str(name)[:80]!r}")
    module, _, attribute = name.rpartition(".")
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in sys.builtin_module_names or top == "gitmodels":
        raise Untrusted(f"{name} is no class of models and is never imported")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise MissingDependency(
            f"the model's class {name} cannot be imported",
            hint="install the package that has it, or log the model with code_paths=[…] that hold it",
        ) from error
    if not isinstance(found, type) or not issubclass(found, base):
        raise InvalidModel(f"MLmodel: {name} is not a class of such models")
    return found


def class_name(model: Any) -> str:
    """Module and name of the class of ``model``, as MLflow writes them."""
    kind = type(model)
    return f"{kind.__module__}.{kind.__qualname__}"


def accepted(function: Callable[..., Any], params: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Those of ``params`` that ``function`` takes; the others are dropped with a warning, as in MLflow.

    >>> accepted(lambda data, ntree=1: data, {"ntree": 2}, "spline")
    {'ntree': 2}
    """
    known = inspect.signature(function).parameters
    if any(each.kind in (each.VAR_KEYWORD, each.VAR_POSITIONAL) for each in known.values()):
        return dict(params)
    if unknown := sorted(set(params) - set(known)):
        _logger.warning("params %s are not accepted by the %s model and are left out", ", ".join(unknown), what)
    return {name: value for name, value in params.items() if name in known}


def only(options: Mapping[str, Any], known: Iterable[str], flavor: str) -> None:
    """Raises Invalid for an option that the flavor does not have."""
    known = sorted(known)
    if unknown := sorted(set(options) - set(known)):
        raise Invalid(
            f"the {flavor} flavor does not take {', '.join(unknown)}",
            hint=f"it takes {', '.join(known) or 'no options'}",
        )
