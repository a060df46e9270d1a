"""The public module of a flavor (``gitmodels.sklearn``): log_model, save_model, load_model, made from one table.

A row of the table is MLflow's signature of the flavor (flavor_surfaces.py); the functions behind it are the same for
all. This room knows signatures; what a model is, and how it is kept, is known below, and how one is logged is imported
by who logs: a service only loads.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gitmodels.api import autologging, default_environments, loading
from gitmodels.api.autolog_frameworks import FRAMEWORKS
from gitmodels.api.flavor_surfaces import SURFACES, Surface
from gitmodels.api.model_info import ModelInfo
from gitmodels.errors import NotSupported

if TYPE_CHECKING:
    from gitmodels.api.model_logging import Logging
    from gitmodels.mlmodel.package import PackageOptions

_REST = "kwargs"


def build(flavor: str) -> ModuleType:
    """The public module of ``flavor``. Raises KeyError when it has no row in the table."""
    surface = SURFACES[flavor]
    module = ModuleType(
        f"gitmodels.{flavor}", f"The {flavor} flavor: log, save and load its models under MLflow's names."
    )
    names: dict[str, Any] = {"FLAVOR_NAME": flavor, **surface.names}
    own = [_log_model(flavor, surface), _save_model(flavor, surface), _load_model(flavor)]
    if flavor in FRAMEWORKS:
        own.append(autologging.build(flavor))
    for function in (*own, *default_environments.functions(surface.packages, surface.optional)):
        function.__module__ = module.__name__
        names[function.__name__] = function
    # Constants first, as everywhere.
    module.__dict__.update(names, __all__=sorted(sorted(names), key=lambda name: not name.isupper()))
    return module


def log_any(model: Any, arguments: Mapping[str, Any]) -> ModelInfo:
    """Log ``model`` through the flavor found for its class; ``arguments`` are those of that flavor's log_model."""
    from gitmodels import flavors

    flavor = flavors.detect(model)
    if flavor == flavors.PYFUNC:
        from gitmodels.api import pyfunc

        return pyfunc.log_model(python_model=model, **arguments)
    return _log_model(flavor, SURFACES[flavor])(model, **arguments)  # type: ignore[no-any-return]


def package_options(given: Mapping[str, Any]) -> "PackageOptions":
    """What goes beside the flavor's files, from MLflow's arguments."""
    from gitmodels.mlmodel.package import PackageOptions
    from gitmodels.mlmodel.requirements import Overrides

    return PackageOptions(
        signature=given.get("signature"),
        input_example=given.get("input_example"),
        code_paths=given.get("code_paths") or (),
        extra_files=given.get("extra_files") or (),
        metadata=given.get("metadata"),
        infer_code_paths=bool(given.get("infer_code_paths")),
        overrides=Overrides(
            pip_requirements=given.get("pip_requirements"),
            extra_pip_requirements=given.get("extra_pip_requirements"),
            conda_env=given.get("conda_env"),
            uv_project=given.get("uv_project_path"),
            uv_groups=given.get("uv_groups") or (),
            uv_extras=given.get("uv_extras") or (),
        ),
    )


def how_logged(given: Mapping[str, Any]) -> "Logging":
    """How the model is noted and registered, from MLflow's arguments."""
    from gitmodels.api import model_logging
    from gitmodels.api.model_logging import Logging

    return Logging(
        name=model_logging.name_of(given.get("artifact_path"), given.get("name")),
        registered_model_name=given.get("registered_model_name"),
        run_id=given.get("run_id"),
        params=given.get("params"),
        tags=given.get("tags"),
        model_type=given.get("model_type"),
        step=given.get("step") or 0,
        base=given.get("base"),
    )


def _log_model(flavor: str, surface: Surface) -> Callable[..., Any]:
    signature = _signature(surface.first, surface.log, ModelInfo)

    def log_model(*args: Any, **kwargs: Any) -> ModelInfo:
        from gitmodels.api import model_logging

        model, given = _bound(signature, surface, args, kwargs)
        own = _own(surface, given)
        return model_logging.log(model, flavor, package_options(given), own, how_logged(given))

    log_model.__doc__ = (
        f"Log a {flavor} model: package it, store it, note it in the active run, register it when a name is given.\n\n"
        "The arguments are MLflow's. Gives a ModelInfo; raises AlreadyExists, Invalid and what the framework raises."
    )
    log_model.__signature__ = signature  # type: ignore[attr-defined]
    return log_model


def _save_model(flavor: str, surface: Surface) -> Callable[..., Any]:
    signature = _signature(surface.first, surface.save, None)

    def save_model(*args: Any, **kwargs: Any) -> None:
        from gitmodels.api import model_logging

        model, given = _bound(signature, surface, args, kwargs)
        model_logging.save(model, given["path"], flavor, package_options(given), _own(surface, given))

    save_model.__doc__ = f"Write a {flavor} model as a model directory, in no registry. The arguments are MLflow's."
    save_model.__signature__ = signature  # type: ignore[attr-defined]
    return save_model


def _load_model(flavor: str) -> Callable[..., Any]:
    def load_model(
        model_uri: str | os.PathLike[str],
        dst_path: str | os.PathLike[str] | None = None,
        *,
        trust: loading.Trusting = None,
        verify: bool = False,
    ) -> Any:
        return loading.load_native(model_uri, flavor, dst_path, trust, verify=verify)

    load_model.__doc__ = (
        f"The {flavor} object that ``model_uri`` names; ``dst_path`` keeps a copy of its files there.\n\n"
        "``trust`` says whether code in the model may run; None asks this clone's own decision. Raises Untrusted. "
        "With ``verify`` it raises CheckFailed unless the alias that is named was approved with signatures."
    )
    return load_model


def _signature(first: str, parameters: Mapping[str, Any], answer: Any) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    listed = [inspect.Parameter(first, kind)]
    listed += [inspect.Parameter(name, kind, default=default) for name, default in parameters.items()]
    listed.append(inspect.Parameter(_REST, inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(listed, return_annotation=answer)


def _bound(
    signature: inspect.Signature, surface: Surface, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    given = dict(bound.arguments)
    rest = given.pop(_REST)
    unknown = sorted(set(rest) - set(surface.own) - {"run_id"})
    if unknown:
        raise NotSupported(f"unexpected keyword argument {unknown[0]!r}", "INVALID_PARAMETER_VALUE")
    return given.pop(surface.first), given | rest


def _own(surface: Surface, given: Mapping[str, Any]) -> dict[str, Any]:
    return {key: given[key] for key in surface.own if given.get(key) is not None}
