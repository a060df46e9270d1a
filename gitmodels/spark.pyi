# Written by docs/scripts/stubs.py from the table in gitmodels/api/modules.py.

from typing import Any

from gitmodels.api.model_info import ModelInfo

FLAVOR_NAME: str

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
    spark_model: Any,
    artifact_path: Any = ...,
    conda_env: Any = ...,
    code_paths: Any = ...,
    dfs_tmpdir: Any = ...,
    registered_model_name: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    await_registration_for: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
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
    spark_model: Any,
    path: Any,
    mlflow_model: Any = ...,
    conda_env: Any = ...,
    code_paths: Any = ...,
    dfs_tmpdir: Any = ...,
    signature: Any = ...,
    input_example: Any = ...,
    pip_requirements: Any = ...,
    extra_pip_requirements: Any = ...,
    metadata: Any = ...,
    **kwargs: Any,
) -> None: ...
