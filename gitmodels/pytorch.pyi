# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from typing import Any

from gitmodels.api.model_info import ModelInfo

FLAVOR_NAME: str
SERIALIZATION_FORMAT_PICKLE: str
SERIALIZATION_FORMAT_PT2: str

def autolog(
    log_every_n_epoch: Any = ...,
    log_every_n_step: Any = ...,
    log_models: Any = ...,
    log_datasets: Any = ...,
    disable: Any = ...,
    exclusive: Any = ...,
    disable_for_unsupported_versions: Any = ...,
    silent: Any = ...,
    registered_model_name: Any = ...,
    extra_tags: Any = ...,
    checkpoint: Any = ...,
    checkpoint_monitor: Any = ...,
    checkpoint_mode: Any = ...,
    checkpoint_save_best_only: Any = ...,
    checkpoint_save_weights_only: Any = ...,
    checkpoint_save_freq: Any = ...,
    log_model_signatures: Any = ...,
) -> None: ...
def get_default_conda_env() -> dict[str, Any]: ...
def get_default_pip_requirements() -> list[str]: ...
def load_model(
    model_uri: Any,
    dst_path: Any = ...,
    *,
    trust: Any = ...,
    verify: Any = ...,
) -> Any: ...
def log_model(
    pytorch_model: Any,
    artifact_path: Any = ...,
    conda_env: Any = ...,
    code_paths: Any = ...,
    pickle_module: Any = ...,
    registered_model_name: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    await_registration_for: Any = ...,
    extra_files: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    metadata: Any = ...,
    name: Any = ...,
    params: Any = ...,
    tags: Any = ...,
    model_type: Any = ...,
    step: Any = ...,
    model_id: Any = ...,
    export_model: Any = ...,
    serialization_format: Any = ...,
    base: Any = ...,
    **kwargs: Any,
) -> ModelInfo: ...
def save_model(
    pytorch_model: Any,
    path: Any,
    conda_env: Any = ...,
    mlflow_model: Any = ...,
    code_paths: Any = ...,
    pickle_module: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    extra_files: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    metadata: Any = ...,
    export_model: Any = ...,
    serialization_format: Any = ...,
    **kwargs: Any,
) -> None: ...
