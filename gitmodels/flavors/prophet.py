"""The prophet flavor: Prophet's own JSON, which runs no code when read.

It knows prophet and MLflow's keys for it; nothing of signatures, stores or trust.
"""

import json
from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "prophet"
PACKAGES = ("prophet",)
FORMATS = {"json": "none"}
VERSION = ("prophet_version", "prophet")
FILE = "model.pr"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a fitted Prophet as ``model.pr``. Raises Invalid for one that was not fitted."""
    prophet = framework("prophet", "prophet")
    serialize = framework("prophet.serialize", "prophet")
    only(options, [], NAME)
    try:
        text = serialize.model_to_json(model)
    except ValueError as error:
        raise Invalid(f"the Prophet cannot be saved: {error}", hint="call fit() first") from error
    # MLflow keeps the text as a JSON text once more, and reads it so.
    (directory / FILE).write_text(json.dumps(text), encoding="utf-8")
    config = {"prophet_version": prophet.__version__, "data": FILE, "model_type": type(model).__name__}
    return Saved(config, {"loader_module": "mlflow.prophet", "data": FILE})


def load(directory: Path, config: Config) -> Any:
    """The fitted Prophet back."""
    path = inside(directory, config.get("data", FILE), "data")
    serialize = framework("prophet.serialize", "prophet", config.get(VERSION[0]))
    with reading(f"the prophet model in {path.name}"):
        return serialize.model_from_json(json.loads(path.read_text(encoding="utf-8")))


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict(data)``: a row of forecasts for each ``ds``."""
    return model.predict(data)


def code_execution(directory: Path, config: Config) -> str:
    """``none``: JSON with tables and numbers."""
    return "none"
