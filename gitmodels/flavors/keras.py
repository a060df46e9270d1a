"""The keras flavor: ``.keras`` files, which run no code when all they name are layers that are known to be harmless.

It knows keras and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import keras_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "keras"
PACKAGES = ("keras",)
FORMATS = {"keras": "none", "keras with layers of others": "python-code"}
VERSION = ("keras_version", "keras")
FOLDER, FILE, SPEC = "data", "model.keras", "keras_module.txt"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a ``keras.Model`` as ``data/model.keras``, the same bytes for the same model.

    Option: ``save_model_kwargs``, for ``Model.save``. Raises Invalid for an exported model, which needs TensorFlow.
    """
    keras = framework("keras", "keras")
    only(options, ["save_exported_model", "save_model_kwargs"], NAME)
    if options.get("save_exported_model"):
        raise Invalid("a keras model is kept as .keras here, not as an exported one", hint="save_exported_model=False")
    (directory / FOLDER).mkdir()
    path = directory / FOLDER / FILE
    model.save(path, **(options.get("save_model_kwargs") or {}))
    keras_files.make_canonical(path)
    (directory / FOLDER / SPEC).write_text("keras", encoding="utf-8")
    config = {
        "data": FOLDER,
        "keras_version": keras.__version__,
        "keras_backend": keras.backend.backend(),
        "save_exported_model": False,
    }
    return Saved(config, {"loader_module": "mlflow.keras"}, keras_files.execution_of(path))


def load(directory: Path, config: Config) -> Any:
    """The model back, in Keras' safe mode."""
    path = _path(directory, config)
    keras = framework("keras", "keras", config.get(VERSION[0]))
    with reading(f"the keras model in {path.name}"):
        return keras.saving.load_model(path, safe_mode=True)


def predict(model: Any, data: Any, params: Config) -> Any:
    """``model.predict``: a DataFrame for a DataFrame, else an array."""
    if hasattr(data, "columns"):
        return type(data)(model.predict(data.to_numpy(), verbose=0), index=data.index)
    return framework("keras", "keras").ops.convert_to_numpy(model.predict(data, verbose=0))


def code_execution(directory: Path, config: Config) -> str:
    """``none`` when the file names nothing but known layers, optimizers and losses of Keras."""
    return keras_files.execution_of(_path(directory, config))


def _path(directory: Path, config: Config) -> Path:
    if config.get("save_exported_model"):
        raise Invalid("an exported keras model is TensorFlow's", hint="load the directory with mlflow itself")
    return inside(directory, f"{config.get('data', FOLDER)}/{FILE}", "data")
