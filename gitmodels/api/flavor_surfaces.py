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
_ONNX = "onnx_execution_providers onnx_session_options metadata save_as_external_data=true extra_files"
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
    "h2o": _surface(
        "h2o_model",
        f"{_HEAD} registered_model_name {_INPUTS} {_PIP} metadata extra_files name {_LOGGED}",
        f"path conda_env code_paths mlflow_model settings {_INPUTS} {_PIP} metadata extra_files",
        "settings",
        packages=("h2o",),
    ),
    "keras": _surface(
        "model",
        f"artifact_path save_exported_model=false conda_env {_INPUTS} registered_model_name await_registration_for "
        f"{_PIP} save_model_kwargs metadata name {_LOGGED}",
        f"path save_exported_model=false conda_env mlflow_model {_INPUTS} {_PIP} save_model_kwargs metadata",
        "save_exported_model save_model_kwargs",
        packages=("keras",),
    ),
    "lightgbm": _surface(
        "lgb_model",
        _LOG.format(own="") + " serialization_format skops_trusted_types",
        f"path conda_env code_paths mlflow_model {_INPUTS} {_PIP} metadata serialization_format skops_trusted_types "
        "extra_files",
        "serialization_format",
        packages=("lightgbm",),
        optional=("cloudpickle", "skops"),
    ),
    "onnx": _surface(
        "onnx_model",
        f"{_HEAD} registered_model_name {_INPUTS} await_registration_for {_PIP} {_ONNX} name {_LOGGED}",
        f"path conda_env code_paths mlflow_model {_INPUTS} {_PIP} {_ONNX}",
        "onnx_execution_providers onnx_session_options save_as_external_data",
        packages=("onnx", "onnxruntime"),
        names={"ONNX_EXECUTION_PROVIDERS": ["CUDAExecutionProvider", "CPUExecutionProvider"]},
    ),
    "pmdarima": _usual("pmdarima_model", packages=("pmdarima",)),
    "prophet": _usual("pr_model", packages=("prophet",)),
    "pytorch": _surface(
        "pytorch_model",
        f"{_HEAD} pickle_module registered_model_name {_INPUTS} await_registration_for extra_files {_PIP} metadata "
        f"name {_LOGGED} export_model=false serialization_format",
        f"path conda_env mlflow_model code_paths pickle_module {_INPUTS} extra_files {_PIP} metadata "
        "export_model=false serialization_format",
        "pickle_module export_model serialization_format input_example signature model_kwargs",
        packages=("torch", "cloudpickle"),
        names={"SERIALIZATION_FORMAT_PICKLE": "pickle", "SERIALIZATION_FORMAT_PT2": "pt2"},
    ),
    "sentence_transformers": _surface(
        "model",
        f"artifact_path task inference_config code_paths registered_model_name {_INPUTS} await_registration_for {_PIP} "
        f"conda_env metadata extra_files prompts name {_LOGGED}",
        f"path task inference_config code_paths mlflow_model {_INPUTS} {_PIP} conda_env metadata extra_files",
        "task inference_config prompts",
        packages=("sentence-transformers", "transformers", "torch"),
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
    "spacy": _surface(
        "spacy_model",
        f"{_HEAD} registered_model_name {_INPUTS} {_PIP} metadata extra_files name {_LOGGED}",
        _SAVE.format(own=""),
        packages=("spacy",),
    ),
    "spark": _surface(
        "spark_model",
        f"artifact_path conda_env code_paths dfs_tmpdir registered_model_name {_INPUTS} await_registration_for {_PIP} "
        f"metadata name {_LOGGED}",
        f"path mlflow_model conda_env code_paths dfs_tmpdir {_INPUTS} {_PIP} metadata",
        "dfs_tmpdir",
        packages=("pyspark",),
    ),
    "statsmodels": _surface(
        "statsmodels_model",
        f"{_HEAD} registered_model_name remove_data=false {_INPUTS} await_registration_for {_PIP} metadata extra_files "
        f"name {_LOGGED}",
        f"path conda_env code_paths mlflow_model remove_data=false {_INPUTS} {_PIP} metadata extra_files",
        "remove_data",
        packages=("statsmodels",),
    ),
    "tensorflow": _surface(
        "model",
        f"artifact_path custom_objects conda_env code_paths {_INPUTS} registered_model_name await_registration_for "
        f"{_PIP} saved_model_kwargs keras_model_kwargs metadata extra_files name {_LOGGED}",
        f"path conda_env code_paths mlflow_model custom_objects {_INPUTS} {_PIP} saved_model_kwargs "
        "keras_model_kwargs metadata extra_files",
        "custom_objects saved_model_kwargs keras_model_kwargs",
        packages=("tensorflow",),
    ),
    "transformers": _surface(
        "transformers_model",
        f"artifact_path processor task torch_dtype model_card code_paths registered_model_name {_INPUTS} "
        f"await_registration_for {_PIP} conda_env metadata model_config prompt_template save_pretrained=true "
        f"prompts name {_LOGGED} base_model_path",
        f"path processor task torch_dtype model_card code_paths mlflow_model {_INPUTS} {_PIP} conda_env metadata "
        "model_config prompt_template save_pretrained=true base_model_path",
        "processor task torch_dtype model_card model_config prompt_template save_pretrained prompts base_model_path",
        packages=("transformers", "torch"),
    ),
    "xgboost": _usual("xgb_model", 'model_format="ubj"', packages=("xgboost",)),
}
