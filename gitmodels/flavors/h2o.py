"""The h2o flavor: models as the binary files of H2O's server, which reads them; such a file names Java classes.

It knows h2o and MLflow's keys for it; nothing of signatures, stores or trust. A model lives in a server: the one this
process is connected to, or one that is started here, on this machine only, and ends with the process.
"""

from pathlib import Path
from typing import Any

from gitmodels import yaml
from gitmodels.errors import Invalid, InvalidModel
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading, starting_java
from gitmodels.flavors.model_files import inside

NAME = "h2o"
PACKAGES = ("h2o",)
# H2O's server makes objects of the Java classes that the file names, as unpickling does of Python's.
FORMATS = {"binary": "pickle"}
VERSION = ("h2o_version", "h2o")
FOLDER, FILE, SETTINGS = "model.h2o", "model", "h2o.yaml"
# What a model may say of the server that is started for it; anything else could name another server, or code.
SIZES = ("max_mem_size", "min_mem_size", "nthreads")


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a model of the connected server as ``model.h2o/model``.

    Option: ``settings``, whose ``init`` says how large a server is started to load it (``max_mem_size``, ``nthreads``).
    Raises Invalid for what is no model of H2O.
    """
    h2o = framework("h2o", "h2o")
    only(options, ["settings"], NAME)
    if not isinstance(model, framework("h2o.model", "h2o").ModelBase):
        raise Invalid(
            f"the h2o flavor does not keep a {type(model).__name__}", hint="it keeps models of h2o.estimators"
        )
    folder = directory / FOLDER
    folder.mkdir()
    h2o.download_model(model, path=str(folder), filename=FILE)
    # MLflow notes absolute paths beside it, which it does not read.
    (folder / SETTINGS).write_bytes(yaml.dump({**(options.get("settings") or {}), "model_file": FILE}))
    config = {"h2o_version": h2o.__version__, "data": FOLDER}
    return Saved(config, {"loader_module": "mlflow.h2o", "data": FOLDER}, "pickle")


def load(directory: Path, config: Config) -> Any:
    """The model back, in the connected server: it MAKES the Java objects that the file names."""
    folder = inside(directory, config.get("data", FOLDER), "data")
    h2o = framework("h2o", "h2o", config.get(VERSION[0]))
    settings = yaml.load(inside(folder, SETTINGS, "data").read_bytes(), what=SETTINGS)
    if not isinstance(settings, dict) or not isinstance(settings.get("init", {}), dict):
        raise InvalidModel(f"{SETTINGS} does not say where the model is")
    path = inside(folder, settings.get("model_file"), "model_file")
    connection = h2o.connection()
    if connection is None or not connection.connected:
        sizes = {key: value for key, value in settings.get("init", {}).items() if key in SIZES}
        with starting_java("H2O"):
            h2o.init(**sizes, verbose=False)
    with reading(f"the h2o model in {path.name}"):
        return h2o.upload_model(str(path))


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict``: a DataFrame, with the index of the data."""
    h2o = framework("h2o", "h2o")
    job = framework("h2o.job", "h2o").H2OJob
    shown, job.__PROGRESS_BAR__ = job.__PROGRESS_BAR__, False
    try:
        answer = model.predict(h2o.H2OFrame(data)).as_data_frame()
    finally:
        job.__PROGRESS_BAR__ = shown
    answer.index = getattr(data, "index", answer.index)
    return answer


def code_execution(directory: Path, config: Config) -> str:
    """``pickle``, always."""
    return "pickle"
