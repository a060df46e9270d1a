"""The public module ``gitmodels.models``: signatures, model files, models from code. MLflow's names.

Re-exports, and the few verbs that look a model up.
"""

import os
from typing import Any

from gitmodels.api import loading, model_info
from gitmodels.api.model_info import ModelInfo
from gitmodels.flavors.code_model import ModelConfig, set_model
from gitmodels.mlmodel.file import ModelFile as Model
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.signature import ModelSignature

__all__ = [
    "Model",
    "ModelConfig",
    "ModelInfo",
    "ModelSignature",
    "get_model_info",
    "infer_signature",
    "set_model",
]


def get_model_info(model_uri: str | os.PathLike[str]) -> ModelInfo:
    """What is known of the model that ``model_uri`` names, without loading it."""
    opened = loading.open_model(model_uri)
    file = Model.read(opened.directory).with_provenance(opened.provenance)
    uri: Any = f"models:/{file.model_id}" if file.model_id else str(model_uri)
    return model_info.of_file(file, uri, file.artifact_path or "model")
