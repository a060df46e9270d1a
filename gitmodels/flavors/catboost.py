"""The catboost flavor: CatBoost's own model files, which run no code when read.

It knows catboost and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, InvalidModel
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "catboost"
PACKAGES = ("catboost",)
FORMATS = {"cbm": "none", "json": "none"}
VERSION = ("catboost_version", "catboost")
FILE = "model.cb"
TYPES = ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor")


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write ``model`` as ``model.cb``. Option: ``format`` (cbm, json). Raises Invalid for what cannot be read back."""
    catboost = framework("catboost", "catboost")
    only(options, ["format"], NAME)
    kept, kind = options.get("format") or "cbm", type(model).__name__
    if kept not in FORMATS:
        raise Invalid(f"the catboost flavor does not write {kept!r}", hint="formats are cbm and json")
    if kind not in TYPES:
        raise Invalid(f"the catboost flavor does not keep a {kind}", hint=f"it keeps {', '.join(TYPES)}")
    model.save_model(str(directory / FILE), format=kept)
    config = {"model_type": kind, "save_format": kept, "data": FILE, "catboost_version": catboost.__version__}
    return Saved(config, {"loader_module": "mlflow.catboost", "data": FILE})


def load(directory: Path, config: Config) -> Any:
    """The model back, of the type that was saved."""
    path = inside(directory, config.get("data", FILE), "data")
    catboost = framework("catboost", "catboost", config.get(VERSION[0]))
    kind, kept = config.get("model_type"), config.get("save_format", "cbm")
    if kind not in TYPES or kept not in FORMATS:
        raise InvalidModel(f"MLmodel: no catboost model: {str(kind)[:40]!r} in the format {str(kept)[:40]!r}")
    model = getattr(catboost, str(kind))()
    with reading(f"the catboost model in {path.name}"):
        model.load_model(str(path), format=kept)
    return model


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict(data)``; MLflow hands no parameters on."""
    return model.predict(data)


def code_execution(directory: Path, config: Config) -> str:
    """``none``: a CatBoost file is data, and the types it may be read as are listed."""
    return "none"
