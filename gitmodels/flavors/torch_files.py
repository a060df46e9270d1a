"""The files of a torch module: an exported program, weights in safetensors, a pickle as MLflow writes it; its answers.

It knows torch's formats; the keys in MLmodel are the flavor's. Trust was decided before anything is read.
"""

import importlib
import json
import pickle
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from gitmodels.errors import Invalid, InvalidModel
from gitmodels.flavors.base import Config
from gitmodels.flavors.frameworks import framework, reading

# What MLflow imports to read the pickle again; here it is answered by cloudpickle's own names.
PICKLE_MODULE = "mlflow.pytorch.pickle_module"
_INFO = "pickle_module_info.txt"


def best_format(model: Any, options: Config) -> str:
    """pt2 with an example to trace; else safetensors where the class can be made again; else pickle, with a warning."""
    if options.get("input_example") is not None:
        return "pt2"
    try:
        _rebuilt(model, options)
    except Invalid as error:
        text = "it is pickled; an input_example, or model_kwargs to make it with, keeps it without a pickle"
        warnings.warn(f"{error.message}: {text}", UserWarning, stacklevel=4)
        return "pickle"
    return "safetensors"


def export(model: Any, path: Path, options: Config) -> int:
    """Write ``model`` as a traced program; gives how many tensors it takes. Raises Invalid without an example."""
    import numpy as np

    torch = framework("torch", "torch")
    given: Any = options.get("input_example")
    if hasattr(given, "columns"):
        given = given.to_numpy(dtype="float32")
    values = [given] if isinstance(given, np.ndarray | torch.Tensor) else given
    if not isinstance(values, list | tuple) or not all(isinstance(each, np.ndarray | torch.Tensor) for each in values):
        raise Invalid(
            "an exported program needs an input_example of arrays or tensors",
            hint="give one, or serialization_format='safetensors' or 'pickle'",
        )
    tensors = tuple(torch.from_numpy(np.array(each)) if isinstance(each, np.ndarray) else each for each in values)
    shapes = [{place: torch.export.Dim.AUTO for place in _open(options, number)} for number, _ in enumerate(tensors)]
    program = torch.export.export(model, tensors, dynamic_shapes=shapes)
    torch.export.save(program, path)
    return len(tensors)


def _open(options: Config, number: int) -> list[int]:
    """The dimensions of input ``number`` that may have any size: those the signature leaves open, else the first."""
    inputs = getattr(options.get("signature") or None, "inputs", None)
    if inputs is None or not inputs.is_tensor_spec() or len(inputs.inputs) <= number:
        return [0]
    return [place for place, size in enumerate(inputs.inputs[number].shape) if size == -1]


def save_weights(model: Any, path: Path, options: Config) -> dict[str, Any]:
    """Write the state of ``model`` as safetensors; gives what its class is made with.

    Raises Invalid when the class cannot be made so, or comes back with other weights.
    """
    safetensors = framework("safetensors.torch", "safetensors")
    kwargs = _rebuilt(model, options)
    # One metadata key: with more, their order is not the same in every file.
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in sorted(model.state_dict().items())}
    shared: dict[int, str] = {}
    for name, tensor in state.items():
        if tensor.numel() and shared.setdefault(tensor.data_ptr(), name) != name:
            state[name] = tensor.clone()
    path.write_bytes(safetensors.save(state, {"format": "pt"}))
    return kwargs


def load_weights(model: Any, path: Path) -> None:
    """Put the weights of a safetensors file into ``model``. Raises InvalidModel when they are not of its class."""
    safetensors = framework("safetensors.torch", "safetensors")
    with reading(f"the weights in {path.name}"):
        state = safetensors.load_file(path)
    wanted = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if {name: tuple(tensor.shape) for name, tensor in state.items()} != wanted:
        raise InvalidModel(f"the weights in {path.name} are not those of a {type(model).__name__}")
    model.load_state_dict(state)


def save_pickle(model: Any, folder: Path) -> None:
    """Write ``model`` as ``model.pth`` with the name of the pickle module beside it, as MLflow does."""
    framework("torch", "torch").save(model, folder / "model.pth", pickle_module=_pickles())
    (folder / _INFO).write_text(PICKLE_MODULE, encoding="utf-8")


def load_pickle(path: Path) -> Any:
    """The module in ``model.pth``: RUNS the pickle."""
    torch = framework("torch", "torch")
    try:
        return torch.load(path, map_location="cpu", weights_only=False, pickle_module=_pickles())
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        raise InvalidModel(f"the pickled module in {path.name} cannot be read: it is damaged") from error


def answer(model: Any, data: Any, params: Config) -> Any:
    """The module's answer: rows as a DataFrame for a DataFrame, an array for an array.

    Raises Invalid for other data and for a device, InvalidModel for a module that does not answer with one tensor.
    """
    torch = framework("torch", "torch")
    if "device" in params:
        raise Invalid("device is chosen when the model is loaded", hint="model_config={'device': 'cuda'}")
    table = hasattr(data, "columns")
    if not table and type(data).__name__ != "ndarray":
        raise Invalid("a pytorch model predicts for a DataFrame or an array")
    array = data.to_numpy(dtype="float32", copy=True) if table else data
    # Torch may write where it reads, so what nobody may write to is copied.
    rows = torch.from_numpy(array if array.flags.writeable else array.copy())
    place = next(iter(model.parameters()), rows).device
    with torch.no_grad():
        tensor = model(rows.to(place), **params)
    if not isinstance(tensor, torch.Tensor):
        raise InvalidModel(f"the pytorch model answers with a {type(tensor).__name__}, not with one tensor")
    array = tensor.cpu().numpy()
    return type(data)(array, index=data.index) if table else array


def _pickles() -> Any:
    """What torch asks of a pickle module: cloudpickle to write, Python's own to read."""
    made: Any = ModuleType(PICKLE_MODULE)
    cloudpickle = importlib.import_module("cloudpickle")
    made.Pickler, made.dumps = cloudpickle.Pickler, cloudpickle.dumps
    made.Unpickler, made.load = pickle.Unpickler, pickle.load
    return made


def _rebuilt(model: Any, options: Config) -> dict[str, Any]:
    """What the class of ``model`` is made with, proven to make one with the same weights. Raises Invalid when not."""
    kind, kwargs = type(model), dict(options.get("model_kwargs") or {})
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        raise Invalid(f"the class {kind.__qualname__} cannot be imported elsewhere", hint="write it into a module")
    try:
        json.dumps(kwargs)
        made = kind(**kwargs)
    except (TypeError, ValueError) as error:
        raise Invalid(f"a {kind.__name__} cannot be made from model_kwargs ({type(error).__name__})") from error
    state, again = model.state_dict(), made.state_dict()
    if {name: each.shape for name, each in state.items()} != {name: each.shape for name, each in again.items()}:
        raise Invalid(
            f"a {kind.__name__} made from model_kwargs has other weights", hint="give the model_kwargs it had"
        )
    return kwargs
