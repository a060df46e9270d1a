"""The lightgbm flavor: boosters as LightGBM's own text, scikit-learn style models as skops; neither runs code.

It knows lightgbm and MLflow's keys for it; estimators are kept as the sklearn flavor keeps its own.
"""

from pathlib import Path
from typing import Any

from gitmodels.flavors import sklearn, skops
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import class_name, framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "lightgbm"
PACKAGES = ("lightgbm",)
FORMATS = {"text": "none", **sklearn.FORMATS}
VERSION = ("lgb_version", "lightgbm")
BOOSTER = "lightgbm.basic.Booster"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a Booster as ``model.lgb``, an estimator as ``model.skops`` or ``model.pkl``.

    Options: ``serialization_format`` (skops, cloudpickle, pickle; of estimators only), ``skops_trusted_types`` (taken
    and not needed). Raises NotSupported for an estimator that a forced skops cannot hold.
    """
    lightgbm = framework("lightgbm", "lightgbm")
    only(options, ["serialization_format", "skops_trusted_types"], NAME)
    config: dict[str, Any] = {"lgb_version": lightgbm.__version__, "model_class": class_name(model)}
    if isinstance(model, lightgbm.Booster):
        name, kept = "model.lgb", "text"
        # The text as such: written by the library itself, it would end with how this machine spells line ends.
        (directory / name).write_text(model.model_to_string(), encoding="utf-8", newline="\n")
    else:
        kept, data = sklearn.serialized(model, options.get("serialization_format"))
        name = "model.skops" if kept == sklearn.SKOPS else "model.pkl"
        (directory / name).write_bytes(data)
        config["serialization_format"] = kept
        config["skops_trusted_types"] = skops.types_to_trust(data) if kept == sklearn.SKOPS else None
    return Saved(config | {"data": name}, {"loader_module": "mlflow.lightgbm", "data": name}, FORMATS[kept])


def load(directory: Path, config: Config) -> Any:
    """The booster or estimator back. RUNS a pickle when the format is one."""
    path = inside(directory, config.get("data"), "data")
    lightgbm = framework("lightgbm", "lightgbm", config.get(VERSION[0]))
    if config.get("model_class", BOOSTER) != BOOSTER:
        return sklearn.deserialized(*_read(path, config))
    with reading(f"the lightgbm model in {path.name}"):
        return lightgbm.Booster(model_str=path.read_text(encoding="utf-8"))


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict(data)``; MLflow hands no parameters on."""
    return model.predict(data)


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for a booster's text, and for a skops file of nothing but reviewed types."""
    path = inside(directory, config.get("data"), "data")
    return "none" if config.get("model_class", BOOSTER) == BOOSTER else sklearn.execution_of(*_read(path, config))


def _read(path: Path, config: Config) -> tuple[Any, bytes]:
    return config.get("serialization_format", sklearn.CLOUDPICKLE), path.read_bytes()
