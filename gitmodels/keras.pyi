# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from typing import Any

from gitmodels.api.model_info import ModelInfo

FLAVOR_NAME: str

def autolog(
    log_every_epoch: Any = ...,
    log_every_n_steps: Any = ...,
    log_models: Any = ...,
    log_model_signatures: Any = ...,
    save_exported_model: Any = ...,
    log_datasets: Any = ...,
    log_input_examples: Any = ...,
    disable: Any = ...,
    exclusive: Any = ...,
    disable_for_unsupported_versions: Any = ...,
    silent: Any = ...,
    registered_model_name: Any = ...,
    save_model_kwargs: Any = ...,
    extra_tags: Any = ...,
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
    model: Any,
    artifact_path: Any = ...,
    save_exported_model: Any = ...,
    conda_env: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    registered_model_name: Any = ...,
    await_registration_for: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    save_model_kwargs: Any = ...,
    metadata: Any = ...,
    name: Any = ...,
    params: Any = ...,
    tags: Any = ...,
    model_type: Any = ...,
    step: Any = ...,
    model_id: Any = ...,
    base: Any = ...,
    **kwargs: Any,
) -> ModelInfo: ...
def save_model(
    model: Any,
    path: Any,
    save_exported_model: Any = ...,
    conda_env: Any = ...,
    mlflow_model: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    save_model_kwargs: Any = ...,
    metadata: Any = ...,
    **kwargs: Any,
) -> None: ...
