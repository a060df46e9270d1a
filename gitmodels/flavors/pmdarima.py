"""The pmdarima flavor: a fitted ARIMA or pipeline as a pickle, the only form pmdarima has; loading asks for trust.

It knows pmdarima and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import pickle_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only
from gitmodels.flavors.model_files import inside

NAME = "pmdarima"
PACKAGES = ("pmdarima",)
FORMATS = {"pickle": "pickle"}
VERSION = ("pmdarima_version", "pmdarima")
FILE = "model.pmd"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a fitted model as ``model.pmd``."""
    from gitmodels.flavors import pickling

    pmdarima = framework("pmdarima", "pmdarima")
    only(options, [], NAME)
    (directory / FILE).write_bytes(pickling.dumps(model))
    config = {"pmdarima_version": pmdarima.__version__, "data": FILE, "model_type": type(model).__name__}
    return Saved(config, {"loader_module": "mlflow.pmdarima", "data": FILE}, "pickle")


def load(directory: Path, config: Config) -> Any:
    """The model back: RUNS the pickle."""
    path = inside(directory, config.get("data", FILE), "data")
    framework("pmdarima", "pmdarima", config.get(VERSION[0]))
    return pickle_files.loads(path.read_bytes())


def predict(model: Any, data: Any, params: Config) -> Any:
    """The periods to come, asked for by one row: ``n_periods``, and ``X``, ``return_conf_int``, ``alpha`` if wanted."""
    asked = data.iloc[0].to_dict() if len(data) == 1 else {}
    if not asked.get("n_periods"):
        raise Invalid("a pmdarima model predicts from one row with the column n_periods")
    bounds = bool(asked.get("return_conf_int", False))
    found = model.predict(
        n_periods=int(asked["n_periods"]),
        X=asked.get("X"),
        return_conf_int=bounds,
        alpha=asked.get("alpha", 0.05),
    )
    if not bounds:
        return type(data)({"yhat": found})
    return type(data)({"yhat": found[0], "yhat_lower": found[1][:, 0], "yhat_upper": found[1][:, 1]})


def code_execution(directory: Path, config: Config) -> str:
    """``pickle``, always."""
    return "pickle"
