"""The statsmodels flavor: fitted results as a pickle, the only form statsmodels has; loading one asks for trust.

It knows statsmodels and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import pickle_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only
from gitmodels.flavors.model_files import inside

NAME = "statsmodels"
PACKAGES = ("statsmodels",)
FORMATS = {"pickle": "pickle"}
VERSION = ("statsmodels_version", "statsmodels")
FILE = "model.statsmodels"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write fitted results as ``model.statsmodels``.

    Option: ``remove_data`` leaves out the arrays that are as long as the data; the caller's results keep theirs.
    """
    from gitmodels.flavors import pickling

    statsmodels = framework("statsmodels", "statsmodels")
    only(options, ["remove_data"], NAME)
    if not hasattr(model, "predict") or not hasattr(model, "remove_data"):
        raise Invalid(f"the statsmodels flavor keeps fitted results, not a {type(model).__name__}", hint="call fit()")
    data = pickling.dumps(model)
    if options.get("remove_data"):
        smaller = pickling.loads(data)
        smaller.remove_data()
        data = pickling.dumps(smaller)
    (directory / FILE).write_bytes(data)
    config = {"statsmodels_version": statsmodels.__version__, "data": FILE}
    return Saved(config, {"loader_module": "mlflow.statsmodels", "data": FILE}, "pickle")


def load(directory: Path, config: Config) -> Any:
    """The results back: RUNS the pickle."""
    path = inside(directory, config.get("data", FILE), "data")
    framework("statsmodels", "statsmodels", config.get(VERSION[0]))
    return pickle_files.loads(path.read_bytes())


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict(data)``; of a time series, from ``start`` to ``end`` of the table's one row."""
    series = framework("statsmodels.tsa.base.tsa_model", "statsmodels").TimeSeriesModel
    if not isinstance(model.model, series):
        return model.predict(data)
    if len(data) != 1 or not {"start", "end"} <= set(data.columns):
        raise Invalid("a time series predicts from one row with the columns start and end")
    return model.predict(start=data["start"].iloc[0], end=data["end"].iloc[0])


def code_execution(directory: Path, config: Config) -> str:
    """``pickle``, always."""
    return "pickle"
