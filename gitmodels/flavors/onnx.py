"""The onnx flavor: one protobuf file, which runs no code when read, and ONNX Runtime to predict with it.

It knows onnx and MLflow's keys for it; nothing of signatures, stores or trust.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import onnx_session
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "onnx"
PACKAGES = ("onnx", "onnxruntime")
FORMATS = {"onnx": "none"}
VERSION = ("onnx_version", "onnx")
FILE, BESIDE = "model.onnx", "model.onnx.data"
# Past this a protobuf file is near its end, and tensors go to a file beside it.
INLINE = 1 << 30


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write the ``ModelProto`` as ``model.onnx``, past 1 GiB with ``model.onnx.data`` beside it.

    Options: ``onnx_execution_providers``, ``onnx_session_options``, ``save_as_external_data`` (False: never a second
    file). Raises Invalid for settings that ONNX Runtime is not given here.
    """
    onnx = framework("onnx", "onnx")
    only(options, ["onnx_execution_providers", "onnx_session_options", "save_as_external_data"], NAME)
    settings = options.get("onnx_session_options")
    only(settings or {}, onnx_session.SETTINGS, "onnx_session_options of the onnx")
    if any(each.data_location == each.EXTERNAL for each in _tensors(model)):
        raise Invalid("the onnx model's tensors lie in other files", hint="read it with onnx.load, which brings them")
    if options.get("save_as_external_data", True) and model.ByteSize() > INLINE:
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        onnx.save_model(copy, directory / FILE, save_as_external_data=True, location=BESIDE)
    else:
        (directory / FILE).write_bytes(model.SerializeToString(deterministic=True))
    providers = options.get("onnx_execution_providers") or onnx_session.PROVIDERS
    config = {"onnx_version": onnx.__version__, "data": FILE, "providers": providers, "onnx_session_options": settings}
    return Saved(config, {"loader_module": "mlflow.onnx", "data": FILE}, code_execution(directory, config))


def load(directory: Path, config: Config) -> Any:
    """The ``ModelProto`` back, with the tensors that lie beside it."""
    path = inside(directory, config.get("data"), "data")
    onnx = framework("onnx", "onnx", config.get(VERSION[0]))
    with reading(f"the onnx model in {path.name}"):
        model = onnx.load(path, load_external_data=False)
        for tensor in _tensors(model):
            if tensor.data_location == tensor.EXTERNAL:
                place = {entry.key: entry.value for entry in tensor.external_data}
                inside(path.parent, place.get("location"), "external data")
        onnx.load_external_data_for_model(model, str(path.parent))
    return model


def load_to_predict(directory: Path, config: Config) -> Any:
    """An ``InferenceSession``, as MLflow's python_function has it, once ``load`` has accepted the file."""
    load(directory, config)
    path = inside(directory, config.get("data"), "data")
    with reading(f"the onnx model in {path.name}"):
        return onnx_session.start(str(path), config)


def predict(model: Any, data: Any, params: Config) -> Any:
    """Outputs by name: a DataFrame for a DataFrame, else a dictionary of arrays. Raises Invalid for other data."""
    session = model if hasattr(model, "run") else onnx_session.start(model.SerializeToString(), {})
    return onnx_session.answer(session, data)


def code_execution(directory: Path, config: Config) -> str:
    """``none`` for plain names of providers and plain settings: a provider's own options may name libraries to load."""
    return "none" if onnx_session.is_plain(config) else "python-code"


def _tensors(model: Any) -> Any:
    return framework("onnx.external_data_helper", "onnx")._get_all_tensors(model)
