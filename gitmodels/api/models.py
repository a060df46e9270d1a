"""The public module ``gitmodels.models``: signatures, model files, models from code. MLflow's names.

Re-exports, and the few verbs that look a model up.
"""

import os
from pathlib import Path

from gitmodels.api import content, context, model_info
from gitmodels.api.model_info import ModelInfo
from gitmodels.errors import InvalidModel
from gitmodels.flavors.code_model import ModelConfig, set_model
from gitmodels.mlmodel.file import ModelFile as Model
from gitmodels.mlmodel.infer import infer_signature
from gitmodels.mlmodel.signature import ModelSignature
from gitmodels.uris import PathRef, parse_uri

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
    ref = parse_uri(str(model_uri))
    if isinstance(ref, PathRef):
        return model_info.of_file(Model.read(Path(ref.path)), str(model_uri), "model")
    found = content.find(context.repository(), str(model_uri))
    if "MLmodel" not in found.readable:
        raise InvalidModel(
            f"{model_uri} has no MLmodel file: nothing is said of it", hint="git models show lists its files"
        )
    file = Model.read(found.readable["MLmodel"]).with_provenance(found.provenance)
    number = found.version.number if found.version is not None else None
    uri = f"models:/{found.manifest.model_id}"
    return model_info.of_file(file, uri, file.artifact_path or "model", registered_model_version=number)
