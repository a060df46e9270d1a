"""MLflow's face of each flavor, as data: the parameters of log_model and save_model in their order, with defaults.

A row is MLflow's signature, parameter for parameter (MLflow 3.17; a test holds it to that). Written as words: a word is
a parameter whose default is None or that of every flavor, ``name=value`` one with its own. This room knows words only.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_ALWAYS: dict[str, Any] = {"path": inspect.Parameter.empty, "await_registration_for": 300, "step": 0}
_HEAD = "artifact_path conda_env code_paths"
_INPUTS = "signature input_example"
_PIP = "pip_requirements extra_pip_requirements"
_LOGGED = "params tags model_type step model_id"
# As most flavors have it; ``own`` are the flavor's parameters between the requirements and the metadata.
_LOG = (
    f"{_HEAD} registered_model_name {_INPUTS} await_registration_for {_PIP} {{own}} metadata extra_files name {_LOGGED}"
)
_SAVE = f"path conda_env code_paths mlflow_model {_INPUTS} {_PIP} {{own}} metadata extra_files"


@dataclass(frozen=True, slots=True)
class Surface:
    """MLflow's face of one flavor: the first argument's name, and the parameters in their order with defaults.

    ``own`` are the parameters that the flavor itself takes; ``packages`` what each of its models needs at least, with
    ``optional`` more for the formats that are named; ``names`` further public names of the module.
    """

    first: str
    log: Mapping[str, Any]
    save: Mapping[str, Any]
    own: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    names: Mapping[str, Any] = field(default_factory=dict)


def parameters(words: str) -> dict[str, Any]:
    """The parameters that ``words`` say, with their defaults.

    >>> parameters('a step format="ubj"')
    {'a': None, 'step': 0, 'format': 'ubj'}
    """
    found: dict[str, Any] = {}
    for word in words.split():
        name, given, value = word.partition("=")
        found[name] = json.loads(value) if given else _ALWAYS.get(name)
    return found


def _surface(first: str, log: str, save: str, own: str = "", **more: Any) -> Surface:
    # base= is ours: the registered model that this one was made from.
    return Surface(first, parameters(f"{log} base"), parameters(save), tuple(own.split()), **more)


def _usual(first: str, own: str = "", also: str = "", **more: Any) -> Surface:
    """A flavor whose own parameters, if any, stand before the metadata; ``also`` are taken beside MLflow's."""
    names = " ".join([*parameters(own), also])
    return _surface(first, _LOG.format(own=own), _SAVE.format(own=own), names, **more)


SURFACES: dict[str, Surface] = {
    "catboost": _usual("cb_model", also="format", packages=("catboost",)),
    "lightgbm": _surface(
        "lgb_model",
        _LOG.format(own="") + " serialization_format skops_trusted_types",
        f"path conda_env code_paths mlflow_model {_INPUTS} {_PIP} metadata serialization_format skops_trusted_types "
        "extra_files",
        "serialization_format",
        packages=("lightgbm",),
        optional=("cloudpickle", "skops"),
    ),
    "sklearn": _surface(
        "sk_model",
        f"{_HEAD} serialization_format registered_model_name {_INPUTS} await_registration_for {_PIP} "
        f'pyfunc_predict_fn="predict" metadata extra_files {_LOGGED} name skops_trusted_types',
        f"path conda_env code_paths mlflow_model serialization_format {_INPUTS} {_PIP} "
        'pyfunc_predict_fn="predict" metadata skops_trusted_types extra_files',
        "serialization_format pyfunc_predict_fn zero_times",
        packages=("scikit-learn",),
        optional=("cloudpickle", "skops"),
        names={
            "SERIALIZATION_FORMAT_PICKLE": "pickle",
            "SERIALIZATION_FORMAT_CLOUDPICKLE": "cloudpickle",
            "SERIALIZATION_FORMAT_SKOPS": "skops",
            "SUPPORTED_SERIALIZATION_FORMATS": ["pickle", "cloudpickle", "skops"],
        },
    ),
    "xgboost": _usual("xgb_model", 'model_format="ubj"', packages=("xgboost",)),
}
