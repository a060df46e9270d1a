"""The xgboost flavor: boosters and scikit-learn style models in XGBoost's own formats, which run no code when read.

It knows xgboost and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from functools import partial
from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import accepted, class_name, class_named, framework, is_within, only, reading
from gitmodels.flavors.model_files import inside

NAME = "xgboost"
PACKAGES = ("xgboost",)
FORMATS = {"ubj": "none", "json": "none"}
VERSION = ("xgb_version", "xgboost")
BOOSTER = "xgboost.core.Booster"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write ``model`` as ``model.ubj`` or ``model.json``. Option: ``model_format``. Raises Invalid for another one."""
    xgboost = framework("xgboost", "xgboost")
    only(options, ["model_format"], NAME)
    kept = options.get("model_format") or "ubj"
    if kept not in FORMATS:
        raise Invalid(f"the xgboost flavor does not write {kept!r}", hint="formats are ubj and json")
    name = f"model.{kept}"
    model.save_model(directory / name)
    config = {"xgb_version": xgboost.__version__, "data": name, "model_class": class_name(model), "model_format": kept}
    return Saved(config, {"loader_module": "mlflow.xgboost", "data": name}, code_execution(directory, config))


def load(directory: Path, config: Config) -> Any:
    """The booster or estimator back, of the class that was saved."""
    path = inside(directory, config.get("data"), "data")
    xgboost = framework("xgboost", "xgboost", config.get(VERSION[0]))
    model = class_named(config.get("model_class", BOOSTER), (xgboost.Booster, xgboost.XGBModel))()
    with reading(f"the xgboost model in {path.name}"):
        model.load_model(path)
    return model


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict``; a booster gets the data as a DMatrix. Parameters it does not take are left out."""
    xgboost = framework("xgboost", "xgboost")
    if isinstance(model, xgboost.Booster):
        given = {"validate_features": True, **accepted(model.predict, params, NAME)}
        return model.predict(xgboost.DMatrix(data), **given)
    call = partial(model.predict, validate_features=True) if isinstance(model, xgboost.XGBModel) else model.predict
    return call(data, **accepted(call, params, NAME))


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for XGBoost's own classes: the file is data; a class of somebody else's is imported."""
    return "none" if is_within(config.get("model_class", BOOSTER), ["xgboost"]) else "python-code"
