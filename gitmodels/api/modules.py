"""The table of public modules and names, and the finder that makes the modules importable.

``gitmodels.models`` and its kin carry MLflow's names but are written in ``gitmodels.api``: without real submodules,
``from mlflow.models import …`` with the word replaced would fail, or find the real MLflow. The finder answers the
public name with the very module object of the private one, so a class exists once whichever way it is imported.
This room knows names only; it must stay cheap, because ``import gitmodels`` loads it.
"""

import os
import sys
from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False  # typing itself is most of what importing the package would cost
if TYPE_CHECKING:
    from typing import Any

PACKAGE = "gitmodels"

# Public module -> the module that implements it, or ``module:argument`` for a factory ``build(argument)`` in it.
MODULES: dict[str, str] = {
    "gitmodels.artifacts": "gitmodels.api.artifacts",
    "gitmodels.catboost": "gitmodels.api.flavor_modules:catboost",
    "gitmodels.client": "gitmodels.api.client",
    "gitmodels.config": "gitmodels.api.config",
    "gitmodels.data": "gitmodels.api.data",
    "gitmodels.entities": "gitmodels.api.entities",
    "gitmodels.entities.model_registry": "gitmodels.api.registry_entities",
    "gitmodels.exceptions": "gitmodels.api.exceptions",
    "gitmodels.h2o": "gitmodels.api.flavor_modules:h2o",
    "gitmodels.keras": "gitmodels.api.flavor_modules:keras",
    "gitmodels.lightgbm": "gitmodels.api.flavor_modules:lightgbm",
    "gitmodels.models": "gitmodels.api.models",
    "gitmodels.models.model": "gitmodels.api.model_file",
    "gitmodels.models.signature": "gitmodels.api.signature",
    "gitmodels.models.utils": "gitmodels.api.serving_checks",
    "gitmodels.onnx": "gitmodels.api.flavor_modules:onnx",
    "gitmodels.pmdarima": "gitmodels.api.flavor_modules:pmdarima",
    "gitmodels.prophet": "gitmodels.api.flavor_modules:prophet",
    "gitmodels.protos": "gitmodels.api.protos",
    "gitmodels.protos.databricks_pb2": "gitmodels.api.error_codes",
    "gitmodels.pyfunc": "gitmodels.api.pyfunc",
    "gitmodels.pyfunc.context": "gitmodels.api.prediction_context",
    "gitmodels.pyfunc.model": "gitmodels.api.python_models",
    "gitmodels.pytorch": "gitmodels.api.flavor_modules:pytorch",
    "gitmodels.sentence_transformers": "gitmodels.api.flavor_modules:sentence_transformers",
    "gitmodels.sklearn": "gitmodels.api.flavor_modules:sklearn",
    "gitmodels.spacy": "gitmodels.api.flavor_modules:spacy",
    "gitmodels.spark": "gitmodels.api.flavor_modules:spark",
    "gitmodels.statsmodels": "gitmodels.api.flavor_modules:statsmodels",
    "gitmodels.store": "gitmodels.api.store",
    "gitmodels.store.entities": "gitmodels.api.paging",
    "gitmodels.tensorflow": "gitmodels.api.flavor_modules:tensorflow",
    "gitmodels.tracking": "gitmodels.api.tracking",
    "gitmodels.transformers": "gitmodels.api.flavor_modules:transformers",
    "gitmodels.types": "gitmodels.api.types",
    "gitmodels.types.schema": "gitmodels.api.schema",
    "gitmodels.types.type_hints": "gitmodels.api.type_hints",
    "gitmodels.types.utils": "gitmodels.api.type_inference",
    "gitmodels.xgboost": "gitmodels.api.flavor_modules:xgboost",
}

_FLUENT = "gitmodels.api.fluent"
_RUNS = "gitmodels.api.fluent_runs"
_LOGGING = "gitmodels.api.fluent_logging"
_ARTIFACTS = "gitmodels.api.fluent_artifacts"
_EXPERIMENTS = "gitmodels.api.fluent_experiments"
_MODELS = "gitmodels.api.fluent_models"
_REGISTRY = "gitmodels.api.fluent_registry"

# Public name of the package itself -> the module it lives in.
NAMES: dict[str, str] = {
    "ActiveRun": _RUNS,
    "Client": "gitmodels.api.client",
    "GitModelsError": "gitmodels.api.exceptions",
    "MlflowClient": "gitmodels.api.client",
    "MlflowException": "gitmodels.api.exceptions",
    "active_run": _RUNS,
    "at": "gitmodels.api.looking_back",
    "autolog": "gitmodels.api.autologging",
    "create_experiment": _EXPERIMENTS,
    "delete_experiment": _EXPERIMENTS,
    "delete_experiment_tag": _EXPERIMENTS,
    "delete_logged_model_tag": _MODELS,
    "delete_run": _RUNS,
    "delete_tag": _LOGGING,
    "disable_system_metrics_logging": "gitmodels.api.config",
    "doctor": "gitmodels.api.config",
    "enable_system_metrics_logging": "gitmodels.api.config",
    "end_run": _RUNS,
    "evaluate": "gitmodels.api.evaluation",
    "flush_artifact_async_logging": "gitmodels.api.config",
    "flush_async_logging": "gitmodels.api.config",
    "get_active_model_id": _MODELS,
    "get_artifact_uri": _ARTIFACTS,
    "get_experiment": _EXPERIMENTS,
    "get_experiment_by_name": _EXPERIMENTS,
    "get_logged_model": _MODELS,
    "get_parent_run": _RUNS,
    "get_registry_uri": _FLUENT,
    "get_run": _RUNS,
    "get_tracking_uri": _FLUENT,
    "init": _FLUENT,
    "is_tracking_uri_set": _FLUENT,
    "last_active_run": _RUNS,
    "last_logged_model": _MODELS,
    "list_tensors": "gitmodels.api.tensor_reading",
    "load_table": _ARTIFACTS,
    "load_tensor": "gitmodels.api.tensor_reading",
    "log_artifact": _ARTIFACTS,
    "log_artifacts": _ARTIFACTS,
    "log_dict": _ARTIFACTS,
    "log_figure": _ARTIFACTS,
    "log_image": _ARTIFACTS,
    "log_input": _LOGGING,
    "log_inputs": _LOGGING,
    "log_metric": _LOGGING,
    "log_metrics": _LOGGING,
    "log_model": _FLUENT,
    "log_model_params": _MODELS,
    "log_outputs": _LOGGING,
    "log_param": _LOGGING,
    "log_params": _LOGGING,
    "log_stream": _ARTIFACTS,
    "log_table": _ARTIFACTS,
    "log_text": _ARTIFACTS,
    "promote": _FLUENT,
    "register_model": _FLUENT,
    "restore_experiment": _EXPERIMENTS,
    "restore_run": _RUNS,
    "rollback": _FLUENT,
    "search_experiments": _EXPERIMENTS,
    "search_logged_models": _MODELS,
    "search_model_versions": _REGISTRY,
    "search_registered_models": _REGISTRY,
    "search_runs": _EXPERIMENTS,
    "set_experiment": _RUNS,
    "set_experiment_tag": _EXPERIMENTS,
    "set_experiment_tags": _EXPERIMENTS,
    "set_logged_model_tags": _MODELS,
    "set_model_version_tag": _REGISTRY,
    "set_registry_uri": _FLUENT,
    "set_system_metrics_node_id": "gitmodels.api.config",
    "set_system_metrics_samples_before_logging": "gitmodels.api.config",
    "set_system_metrics_sampling_interval": "gitmodels.api.config",
    "set_tag": _LOGGING,
    "set_tags": _LOGGING,
    "set_tracking_uri": _FLUENT,
    "start_run": _RUNS,
}


class PublicModules:
    """A finder and loader for the modules of the table, put before the one that reads folders.

    Before it, because a folder that holds only type stubs (``gitmodels/types/``) looks like a namespace package.
    """

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> "Any":
        """The spec of a public module; None for every other name."""
        if fullname not in MODULES:
            return None
        from importlib.machinery import ModuleSpec

        return ModuleSpec(fullname, self, is_package=_is_package(fullname))  # type: ignore[arg-type]

    def create_module(self, spec: "Any") -> None:
        """Leave it to Python: the placeholder is replaced in ``exec_module``."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the implementing module under the public name, where the import system picks it up."""
        name = module.__name__
        implementation = implementing(name)
        if _is_package(name) and not hasattr(implementation, "__path__"):
            implementation.__path__ = []
        # A private module does not know its public name: modules below it, and what only MLflow has, are found here.
        vars(implementation).setdefault("__getattr__", lambda missing: member(name, missing))
        sys.modules[name] = implementation


class AbsentModules:
    """The last finder: asked for a module that nobody has, it answers for those that only MLflow has."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> "Any":
        """The spec of a module that says what to do instead; None for every other name.

        Raises MissingDependency, an ImportError, for a flavor of MLflow that is not shipped.
        """
        if not fullname.startswith(f"{PACKAGE}."):
            return None
        from gitmodels.api import unsupported

        return unsupported.spec(fullname)


def install() -> None:
    """Make the public modules importable; does nothing the second time."""
    if not any(isinstance(finder, PublicModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, PublicModules())
        sys.meta_path.append(AbsentModules())


def implementing(name: str) -> ModuleType:
    """The module that implements the public module ``name``; KeyError when there is none."""
    module, _, argument = MODULES[name].partition(":")
    implementation = import_module(module)
    return implementation.build(argument) if argument else implementation


def attribute(name: str) -> "Any":
    """What ``gitmodels.<name>`` is, imported now.

    Raises AttributeError when it is not public. A name that only MLflow has answers with what to do instead.
    """
    if name in NAMES:
        return getattr(import_module(NAMES[name]), name)
    return member(PACKAGE, name)


def member(module: str, name: str) -> "Any":
    """What a public module has under ``name`` beside what is written in it: a public module, or MLflow's name.

    Raises AttributeError for every other name.
    """
    public = f"{module}.{name}"
    if name.startswith("__"):
        # Python asks for these on its own; nothing more is loaded to say no.
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    if public in MODULES:
        return import_module(public)
    if module == PACKAGE and _is_written(name):
        # ``from gitmodels import names`` asks here first, and imports the module when it is told no.
        raise AttributeError(f"module {module!r} has no attribute {name!r}")
    from gitmodels.api import unsupported

    return unsupported.attribute(module, name)


def _is_written(name: str) -> bool:
    """Whether the package has a module or a room of that name."""
    folder = os.path.dirname(os.path.dirname(__file__))
    return os.path.isfile(f"{folder}/{name}.py") or os.path.isfile(f"{folder}/{name}/__init__.py")


def as_mlflows() -> list[str]:
    """The names that MLflow has for the public modules, the package's own first."""
    return ["mlflow", *(f"mlflow{name.removeprefix(PACKAGE)}" for name in MODULES)]


def for_mlflow(module: str, name: str) -> "Any":
    """What ``name`` of MLflow's ``module`` is here. Raises AttributeError or ImportError when it is nothing."""
    return getattr(import_module(f"{PACKAGE}{module.removeprefix('mlflow')}"), name)


def public_names() -> list[str]:
    """Every name of the package: ``__version__``, the names of the table and its top-level modules, sorted."""
    modules = {name.split(".")[1] for name in MODULES}
    return sorted({"__version__", *NAMES, *modules})


def _is_package(name: str) -> bool:
    return any(other.startswith(f"{name}.") for other in MODULES)
