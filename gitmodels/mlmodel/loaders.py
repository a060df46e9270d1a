"""From what an MLmodel file says to the flavor that loads it, once trust allows it.

This room knows MLflow's loader names, the flavor table and trust. It never tries a second loader when one refuses.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitmodels import flavors
from gitmodels.errors import FileMissing, FlavorNotFound, InvalidModel
from gitmodels.flavors import PYFUNC
from gitmodels.flavors.base import Flavor
from gitmodels.flavors.frameworks import tell_version
from gitmodels.flavors.model_files import inside
from gitmodels.mlmodel import mismatches
from gitmodels.mlmodel import trust as trust_rules
from gitmodels.mlmodel.code_path import importing_from
from gitmodels.mlmodel.execution import code_execution
from gitmodels.mlmodel.file import ModelFile
from gitmodels.mlmodel.trust import UNNAMED, Subject, Trust
from gitmodels.values import frozen

_logger = logging.getLogger("gitmodels")


@frozen
class Loaded:
    """A model that was loaded: its file, the flavor that loaded it, and the native object."""

    model: ModelFile
    flavor: Flavor
    native: Any


def read(directory: Path) -> ModelFile:
    """The MLmodel file of a directory that is to be loaded. Raises FlavorNotFound when it has none."""
    try:
        return ModelFile.read(directory)
    except FileMissing:
        raise FlavorNotFound(
            "no flavor can load this: it has no MLmodel file", hint="its files can still be checked out and read"
        ) from None


def load_native(directory: Path, flavor: str | None = None, *, trust: Trust, subject: Subject = UNNAMED) -> Any:
    """The model as its framework made it.

    ``flavor`` chooses one of those in the MLmodel file; without it the first native one counts, and python_function
    last. Raises Untrusted before anything runs, FlavorNotFound when no flavor here can load it.
    """
    model = read(directory)
    name = flavor or _native_name(model)
    if name not in model.flavors:
        raise FlavorNotFound(f"the model has no flavor {name!r}; it has {', '.join(sorted(model.flavors)) or 'none'}")
    return load(directory, model, name, trust=trust, subject=subject).native


def load(
    directory: Path,
    model: ModelFile,
    name: str,
    *,
    trust: Trust,
    subject: Subject,
    to_predict: bool = False,
) -> Loaded:
    """The model through its flavor ``name``; ``to_predict`` gives what its ``predict`` takes."""
    directory = directory.resolve()
    found = flavors.get(name)
    config, load_with = model.flavors[name], found.load
    if to_predict and hasattr(found, "load_to_predict"):
        config = {**config, "config": model.flavors[PYFUNC].get("config")}
        load_with = found.load_to_predict
    trust_rules.decide(trust, code_execution(directory, model), subject)
    # Before its framework is imported: where that fails, the table says why.
    python = model.flavors.get(PYFUNC, {}).get("python_version")
    mismatches.tell(subject.reference, str(subject.digest or directory), directory, python)
    code = config.get("code") or model.flavors.get(PYFUNC, {}).get("code")
    with importing_from(inside(directory, code, "code") if code else None):
        try:
            return Loaded(model, found, load_with(directory, config))
        finally:
            # Also when loading failed: then it may be why.
            if about := getattr(found, "VERSION", None):
                tell_version(about, config)


def pyfunc_flavor(model: ModelFile) -> str:
    """The flavor behind the python_function entry. Raises FlavorNotFound or InvalidModel when there is none."""
    config = model.flavors.get(PYFUNC)
    if config is None:
        raise FlavorNotFound(
            'Model does not have the "python_function" flavor', hint="load it with its own flavor's load_model"
        )
    name = flavors.behind(config.get("loader_module"))
    if name is None:
        raise FlavorNotFound(
            f"the flavor behind {config['loader_module']} is not part of this gitmodels",
            hint="load the directory with mlflow itself, or install a package that offers the flavor",
        )
    if name not in model.flavors:
        raise InvalidModel(f"MLmodel: the loader is {config.get('loader_module')}, but there is no flavor {name}")
    return name


def model_config(logged: Mapping[str, Any] | None, given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The logged configuration with ``given`` put over it. Only keys that were logged can be changed, as in MLflow."""
    if not given:
        return None if logged is None else dict(logged)
    unknown = sorted(str(key) for key in given if key not in (logged or {}))
    if unknown:
        _logger.warning(
            "model_config: %s ignored; the model was logged with the keys %s",
            ", ".join(unknown),
            sorted(logged or {}),
        )
    if not logged:
        return None
    return {**logged, **{key: value for key, value in given.items() if key in logged}}


def _native_name(model: ModelFile) -> str:
    """The first native flavor that is known here; python_function for models that have no other."""
    native = [name for name in sorted(model.flavors) if name != PYFUNC]
    known = [name for name in native if name in flavors.MODULES]
    if known:
        return known[0]
    pyfunc = model.flavors.get(PYFUNC)
    if not native or (pyfunc is not None and flavors.behind(pyfunc.get("loader_module")) == PYFUNC):
        return PYFUNC
    return native[0]
