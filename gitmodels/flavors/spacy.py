"""The spacy flavor: a pipeline as the folder that spaCy writes; loading one builds what its configuration names.

It knows spacy and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "spacy"
PACKAGES = ("spacy",)
# Its config.cfg calls registered functions with arguments of the file's choosing.
FORMATS = {"folder": "python-code"}
VERSION = ("spacy_version", "spacy")
FOLDER = "model.spacy"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a pipeline into ``model.spacy``; without a text categorizer it has no python_function, as in MLflow."""
    spacy = framework("spacy", "spacy")
    only(options, [], NAME)
    model.to_disk(directory / FOLDER)
    config = {"spacy_version": spacy.__version__, "data": FOLDER}
    categorizes = any(isinstance(part, spacy.pipeline.TextCategorizer) for _, part in model.pipeline)
    pyfunc = {"loader_module": "mlflow.spacy", "data": FOLDER} if categorizes else {}
    return Saved(config, pyfunc, "python-code")


def load(directory: Path, config: Config) -> Any:
    """The pipeline back: RUNS the registered functions that its configuration names."""
    path = inside(directory, config.get("data", FOLDER), "data")
    spacy = framework("spacy", "spacy", config.get(VERSION[0]))
    inside(path, "config.cfg", "data")
    with reading(f"the spacy pipeline in {path.name}"):
        return spacy.load(path)


def predict(model: Any, data: Any, params: Config) -> Any:
    """The categories of each text, in the column ``predictions``. Raises Invalid for more than one column."""
    if len(data.columns) != 1:
        raise Invalid("a spacy model predicts for a table of one column, the texts")
    return type(data)({"predictions": data.iloc[:, 0].apply(lambda text: model(text).cats)})


def code_execution(directory: Path, config: Config) -> str:
    """``python-code``, always."""
    return "python-code"
