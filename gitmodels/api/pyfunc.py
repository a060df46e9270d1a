"""The public module ``gitmodels.pyfunc``: one interface to every model, and models written in Python.

MLflow's names, argument order and defaults (mlflow/pyfunc/__init__.py, 3.17). Packaging and loading are known below.
"""

import os
import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from gitmodels import flavors
from gitmodels.api import flavor_modules, loading
from gitmodels.api.artifacts import download_artifacts, fetch_all
from gitmodels.api.model_info import ModelInfo
from gitmodels.errors import Invalid
from gitmodels.flavors.python_model import PythonModel, PythonModelContext
from gitmodels.mlmodel import mismatches
from gitmodels.mlmodel.predictor import PyFuncModel

__all__ = [
    "PyFuncModel",
    "PythonModel",
    "PythonModelContext",
    "get_model_dependencies",
    "load_model",
    "log_model",
    "save_model",
]

FLAVOR_NAME = flavors.PYFUNC
_OWN = ("loader_module", "data_path", "artifacts", "model_config", "streamable")
_IGNORED = ("resources", "auth_policy", "prompts")


def log_model(
    artifact_path: str | None = None,
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Any = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    registered_model_name: str | None = None,
    signature: Any = None,
    input_example: Any = None,
    await_registration_for: int | None = 300,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: Any = None,
    uv_groups: Any = None,
    uv_extras: Any = None,
    prompts: Any = None,
    name: str | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, Any] | None = None,
    model_type: str | None = None,
    step: int = 0,
    model_id: str | None = None,
    base: str | None = None,
    **kwargs: Any,
) -> ModelInfo:
    """Log a Python model: an instance of PythonModel, a function, or the path of a file that calls ``set_model``.

    ``artifacts`` maps names to paths or URIs whose files travel with the model. ``base`` names the registered model it
    was made from: recorded with its version, which is stored as the difference. Raises Invalid for a model of another
    kind, AlreadyExists, and what the store and the registry raise.
    """
    given = dict(locals())
    from gitmodels.api import model_logging

    python_model = given.pop("python_model")
    given |= given.pop("kwargs")
    with _Prepared(given) as own:
        return model_logging.log(
            python_model, FLAVOR_NAME, flavor_modules.package_options(given), own, flavor_modules.how_logged(given)
        )


def save_model(
    path: str | os.PathLike[str],
    loader_module: str | None = None,
    data_path: str | None = None,
    code_paths: Sequence[str] | None = None,
    infer_code_paths: bool = False,
    conda_env: Any = None,
    mlflow_model: Any = None,
    python_model: Any = None,
    artifacts: Mapping[str, str] | None = None,
    signature: Any = None,
    input_example: Any = None,
    pip_requirements: Any = None,
    extra_pip_requirements: Any = None,
    metadata: Mapping[str, Any] | None = None,
    model_config: Any = None,
    streamable: bool | None = None,
    resources: Any = None,
    auth_policy: Any = None,
    uv_project_path: Any = None,
    uv_groups: Any = None,
    uv_extras: Any = None,
    **kwargs: Any,
) -> None:
    """Write a Python model as a model directory at ``path``, in no registry. Raises AlreadyExists, Invalid."""
    given = dict(locals())
    from gitmodels.api import model_logging

    python_model = given.pop("python_model")
    given |= given.pop("kwargs")
    with _Prepared(given) as own:
        model_logging.save(python_model, path, FLAVOR_NAME, flavor_modules.package_options(given), own)


def load_model(
    model_uri: str | os.PathLike[str],
    suppress_warnings: bool = False,
    dst_path: str | os.PathLike[str] | None = None,
    model_config: Any = None,
    *,
    trust: loading.Trusting = None,
    verify: bool = False,
) -> PyFuncModel:
    """The model that ``model_uri`` names, behind ``predict(data, params)``.

    ``trust`` says whether code in the model may run; None asks this clone's own decision. ``suppress_warnings`` loads
    without a word on packages that are others here. Raises Untrusted before anything of the model runs, and what
    finding its bytes raises. With ``verify`` the URI names an alias, and CheckFailed is raised unless what it points at
    was approved with signatures, as ``git models verify`` finds.
    """
    config = model_config
    if isinstance(model_config, str | os.PathLike):
        from gitmodels.flavors.code_model import read_config

        config = read_config(Path(model_config))
    with mismatches.silent() if suppress_warnings else nullcontext():
        return loading.load_pyfunc(model_uri, dst_path, config, trust, verify=verify)


def get_model_dependencies(model_uri: str | os.PathLike[str], format: str = "pip") -> str:
    """The path of the model's ``requirements.txt`` (``pip``) or ``conda.yaml`` (``conda``). Raises Invalid."""
    from gitmodels.mlmodel import environment

    names = {"pip": environment.REQUIREMENTS, "conda": environment.CONDA}
    if format not in names:
        raise Invalid(
            f"Illegal format option '{format}' specified. Valid options are ['pip', 'conda'], "
            "where 'pip' is the default."
        )
    uri = str(model_uri).rstrip("/")
    return download_artifacts(f"{uri}/{names[format]}")


class _Prepared:
    """The flavor's own options; artifacts that are URIs are fetched for the time of the block."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        for key in _IGNORED:
            if given.get(key):
                warnings.warn(f"{key} has no meaning here and is ignored", UserWarning, stacklevel=3)
        self._own = {key: given[key] for key in _OWN if given.get(key) is not None}
        self._fetched: Any = None

    def __enter__(self) -> dict[str, Any]:
        if self._own.get("artifacts"):
            self._fetched = fetch_all(self._own["artifacts"])
            return {**self._own, "artifacts": self._fetched.paths}
        return self._own

    def __exit__(self, *_: object) -> None:
        if self._fetched is not None:
            self._fetched.close()
