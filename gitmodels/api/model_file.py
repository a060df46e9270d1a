"""The public module ``gitmodels.models.model``: the MLmodel file of a model, and what is known of a model.

This room adds to the file what needs a repository: finding it by a URI. Reading and writing is known below.
"""

import os
from pathlib import Path
from typing import Any, NoReturn

from gitmodels.api import content, context, model_info
from gitmodels.api.model_info import ModelInfo
from gitmodels.errors import InvalidModel, NotSupported
from gitmodels.flavors.code_model import set_model
from gitmodels.mlmodel.file import ModelFile
from gitmodels.uris import PathRef, parse_uri

__all__ = ["Model", "ModelInfo", "get_model_info", "set_model"]


class Model(ModelFile):
    """What the MLmodel file of a model says, under MLflow's names; ``Model.load`` finds it by path or URI."""

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Model":
        """The file of the model at ``path``: a directory, its MLmodel file, or a URI.

        Raises FileMissing, InvalidModel, and what finding the model raises.
        """
        uri = os.fspath(path).removesuffix("/MLmodel") if "://" in os.fspath(path) or ":/" in os.fspath(path) else ""
        if not uri:
            return cls.from_dict(ModelFile.read(Path(path)).to_dict())
        return cls.from_dict(_found(uri)[0].to_dict())

    def get_model_info(self) -> ModelInfo:
        """The same as a ModelInfo: its URI is by id where the id is known, else empty."""
        uri = f"models:/{self.model_id}" if self.model_id else ""
        return model_info.of_file(self, uri, self.artifact_path or "model")

    @classmethod
    def log(cls, *_: Any, **__: Any) -> NoReturn:
        """Not here: a flavor of one's own is a module in the entry-point group ``gitmodels.flavors``."""
        raise NotSupported.only_in_mlflow("models.Model.log")


def get_model_info(model_uri: str | os.PathLike[str]) -> ModelInfo:
    """What is known of the model that ``model_uri`` names, without loading it."""
    ref = parse_uri(str(model_uri))
    if isinstance(ref, PathRef):
        return model_info.of_file(ModelFile.read(Path(ref.path)), str(model_uri), "model")
    file, found = _found(str(model_uri))
    number = found.version.number if found.version is not None else None
    uri = f"models:/{found.manifest.model_id}"
    return model_info.of_file(file, uri, file.artifact_path or "model", registered_model_version=number)


def _found(uri: str) -> tuple[ModelFile, content.Content]:
    found = content.find(*context.located(uri))
    if "MLmodel" not in found.readable:
        raise InvalidModel(f"{uri} has no MLmodel file: nothing is said of it", hint="git models show lists its files")
    return ModelFile.read(found.readable["MLmodel"]).with_provenance(found.provenance), found
