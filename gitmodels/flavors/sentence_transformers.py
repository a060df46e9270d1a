"""The sentence_transformers flavor: the folder the library writes, in safetensors, read from its place or not at all.

Nothing is fetched, and the library's own plain modules run no code of the model.
It knows sentence_transformers and MLflow's keys for it; nothing of signatures, stores or trust.
"""

import json
from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import hub_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, is_within, only, reading
from gitmodels.flavors.model_files import inside

NAME = "sentence_transformers"
PACKAGES = ("sentence-transformers", "transformers", "torch")
FORMATS = {"safetensors": "none", "modules of others": "python-code"}
VERSION = ("sentence_transformers_version", "sentence_transformers")
FOLDER = "model.sentence_transformer"
# Modules that take no name of a class from their configuration.
_MODULES = ("Transformer", "Pooling", "Normalize")


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write the model into ``model.sentence_transformer``."""
    library = framework("sentence_transformers", "sentence-transformers")
    only(options, [], NAME)
    path = directory / FOLDER
    model.save_pretrained(str(path), create_model_card=False, safe_serialization=True)
    config = {"sentence_transformers_version": library.__version__, "model_type": type(model[0]).__name__}
    pyfunc = {"loader_module": "mlflow.sentence_transformers", "data": FOLDER}
    return Saved(config, pyfunc, code_execution(directory, config))


def load(directory: Path, config: Config) -> Any:
    """The model back, on the CPU or the device the library chooses."""
    path = inside(directory, FOLDER, "data")
    library = framework("sentence_transformers", "sentence-transformers", config.get(VERSION[0]))
    inside(path, "modules.json", "data")
    with reading(f"the sentence transformer in {path.name}"):
        return library.SentenceTransformer(str(path), local_files_only=True, trust_remote_code=False)


def predict(model: Any, data: Any, params: Config) -> Any:
    """The embeddings of a text, of a list of texts or of the first column of a table; ``params`` go to ``encode``."""
    if hasattr(data, "columns"):
        data = data.iloc[:, 0]
    texts = data.tolist() if hasattr(data, "tolist") else data
    if isinstance(texts, list) and len(texts) == 1 and isinstance(texts[0], list):
        texts = texts[0]
    try:
        return model.encode(texts, **params)
    except TypeError as error:
        raise Invalid(
            "encode does not take these params", hint="it was given " + (", ".join(sorted(params)) or "none")
        ) from error


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for the library's own modules in words, numbers and tensors; what the configuration names is not run."""
    path = inside(directory, FOLDER, "data")
    try:
        kinds = [each["type"] for each in json.loads((path / "modules.json").read_text(encoding="utf-8"))]
    except (OSError, ValueError, KeyError, TypeError):
        return "python-code"
    own = all(is_within(kind, [NAME]) and kind.rpartition(".")[2] in _MODULES for kind in kinds)
    return "none" if own and hub_files.is_plain(path) else "python-code"
