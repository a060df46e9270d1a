"""The tensorflow flavor: Keras models as ``.keras`` files, other modules of TensorFlow as its SavedModel folders.

It knows tensorflow and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid, NotSupported
from gitmodels.flavors import keras_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "tensorflow"
PACKAGES = ("tensorflow",)
# The graph of a SavedModel is a program: it reads and writes files when it says so.
FORMATS = {"keras": "none", "keras with layers of others": "python-code", "SavedModel": "python-code"}
VERSION = ("keras_version", "tensorflow")  # MLflow calls TensorFlow's version so, and notes it for Keras models only
DATA, FILE, SAVED_MODEL = "data", "model.keras", "tf2model"


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a Keras model as ``data/model.keras``, the same bytes for the same model; a ``tf.Module`` as ``tf2model``.

    Options: ``keras_model_kwargs``, ``saved_model_kwargs`` for what saves them. Raises Invalid for what is neither.
    """
    tensorflow = framework("tensorflow", "tensorflow")
    only(options, ["keras_model_kwargs", "saved_model_kwargs"], NAME)
    pyfunc = {"loader_module": "mlflow.tensorflow"}
    if isinstance(model, tensorflow.keras.Model):
        path = directory / DATA / FILE
        path.parent.mkdir()
        model.save(path, **(options.get("keras_model_kwargs") or {}))
        keras_files.make_canonical(path)
        for name, text in (("keras_module", "tensorflow.keras"), ("save_format", "tf")):
            (path.parent / f"{name}.txt").write_text(text, encoding="utf-8")
        config = {"data": DATA, "model_type": "keras", "keras_version": tensorflow.__version__, "save_format": "tf"}
        return Saved(config, {**pyfunc, "data": DATA}, keras_files.execution_of(path))
    if not isinstance(model, tensorflow.Module):
        raise Invalid(
            f"the tensorflow flavor does not keep a {type(model).__name__}", hint="a keras.Model or tf.Module"
        )
    tensorflow.saved_model.save(model, str(directory / SAVED_MODEL), **(options.get("saved_model_kwargs") or {}))
    (directory / SAVED_MODEL / "fingerprint.pb").unlink(missing_ok=True)  # a random number, which nothing reads
    return Saved({"saved_model_dir": SAVED_MODEL, "model_type": "tf2-module"}, pyfunc, "python-code")


def load(directory: Path, config: Config) -> Any:
    """The Keras model back, in safe mode; or the module, whose graph may do what it likes once it is called."""
    path = _path(directory, config)
    tensorflow = framework("tensorflow", "tensorflow", config.get(VERSION[0]))
    with reading(f"the tensorflow model in {path.name}"):
        if config.get("model_type") == "keras":
            return tensorflow.keras.models.load_model(path, safe_mode=True)
        return tensorflow.saved_model.load(str(path))


def predict(model: Any, data: Any, params: Config) -> Any:
    """What the model answers: a DataFrame for a DataFrame, else an array."""
    tensorflow = framework("tensorflow", "tensorflow")
    array = data.to_numpy() if hasattr(data, "columns") else data
    keras = isinstance(model, tensorflow.keras.Model)
    answer = model.predict(array, verbose=0) if keras else model(tensorflow.convert_to_tensor(array)).numpy()
    return type(data)(answer, index=data.index) if hasattr(data, "columns") else answer


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for a ``.keras`` file of nothing but known layers, optimizers and losses of Keras."""
    path = _path(directory, config)
    if config.get("model_type") != "keras":
        return "python-code"
    # Classes of the user that MLflow keeps beside the file and unpickles; nothing here reads them.
    return "pickle" if any(path.parent.glob("*.cloudpickle")) else keras_files.execution_of(path)


def _path(directory: Path, config: Config) -> Path:
    if config.get("model_type") == "keras":
        return inside(directory, f"{config.get('data', DATA)}/{FILE}", "data")
    if config.get("model_type") != "tf2-module":
        raise NotSupported("only Keras models and modules of TensorFlow 2 are read here", hint="load it with mlflow")
    return inside(directory, config.get("saved_model_dir"), "saved_model_dir")
