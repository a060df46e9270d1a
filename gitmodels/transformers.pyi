# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from typing import Any

from gitmodels.api.model_info import ModelInfo

FLAVOR_NAME: str

def autolog(
    log_input_examples: Any = ...,
    log_model_signatures: Any = ...,
    log_models: Any = ...,
    log_datasets: Any = ...,
    disable: Any = ...,
    exclusive: Any = ...,
    disable_for_unsupported_versions: Any = ...,
    silent: Any = ...,
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
    transformers_model: Any,
    artifact_path: Any = ...,
    processor: Any = ...,
    task: Any = ...,
    torch_dtype: Any = ...,
    model_card: Any = ...,
    code_paths: Any = ...,
    registered_model_name: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    await_registration_for: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    conda_env: Any = ...,
    metadata: Any = ...,
    model_config: Any = ...,
    prompt_template: Any = ...,
    save_pretrained: Any = ...,
    prompts: Any = ...,
    name: Any = ...,
    params: Any = ...,
    tags: Any = ...,
    model_type: Any = ...,
    step: Any = ...,
    model_id: Any = ...,
    base_model_path: Any = ...,
    base: Any = ...,
    **kwargs: Any,
) -> ModelInfo: ...
def save_model(
    transformers_model: Any,
    path: Any,
    processor: Any = ...,
    task: Any = ...,
    torch_dtype: Any = ...,
    model_card: Any = ...,
    code_paths: Any = ...,
    mlflow_model: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    conda_env: Any = ...,
    metadata: Any = ...,
    model_config: Any = ...,
    prompt_template: Any = ...,
    save_pretrained: Any = ...,
    base_model_path: Any = ...,
    **kwargs: Any,
) -> None: ...
