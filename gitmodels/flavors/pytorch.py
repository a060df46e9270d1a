"""The pytorch flavor: exported programs, weights in safetensors with their class by name, or a pickled module.

It knows torch and MLflow's keys for it; nothing of signatures, stores or trust. All three ask for trust: reading an
exported program evaluates expressions of the file, weights need the class that the model names, a pickle runs.
"""

from pathlib import Path
from typing import Any

from gitmodels.errors import Invalid
from gitmodels.flavors import torch_files
from gitmodels.flavors.base import Config, Saved
from gitmodels.flavors.frameworks import class_name, class_named, framework, only, reading
from gitmodels.flavors.model_files import inside

NAME = "pytorch"
PACKAGES = ("torch",)
FORMATS = {"pt2": "python-code", "safetensors": "python-code", "pickle": "pickle"}
VERSION = ("pytorch_version", "torch")
OPTIONS = ("serialization_format", "export_model", "input_example", "signature", "model_kwargs", "pickle_module")


def save(model: Any, directory: Path, options: Config) -> Saved:
    """Write a ``torch.nn.Module`` into ``data``.

    Options: ``serialization_format`` is pt2 (needs ``input_example``, and is the default with one), safetensors (the
    default without, where the class can be made from ``model_kwargs``) or pickle; ``model_kwargs`` are what the class
    is made with. Raises Invalid for what a format cannot hold.
    """
    torch = framework("torch", "torch")
    only(options, OPTIONS, NAME)
    if not isinstance(model, torch.nn.Module) or isinstance(model, torch.jit.ScriptModule):
        raise Invalid(f"the pytorch flavor keeps a torch.nn.Module, not a {type(model).__name__}")
    kept = options.get("serialization_format") or ("pt2" if options.get("export_model") else None)
    kept = kept or torch_files.best_format(model, options)
    if kept not in FORMATS:
        raise Invalid(f"the pytorch flavor does not write {kept!r}", hint="formats are pt2, safetensors and pickle")
    data = directory / "data"
    data.mkdir()
    config = {"model_data": "data", "pytorch_version": str(torch.__version__), "serialization_format": kept}
    pyfunc = {"loader_module": "mlflow.pytorch", "data": "data", "config": {"device": None}}
    pyfunc["pickle_module_name"] = torch_files.PICKLE_MODULE
    if kept == "pt2":
        takes = torch_files.export(model, data / "model.pt2", options)
        pyfunc = pyfunc if takes == 1 else {}
    elif kept == "safetensors":
        kwargs = torch_files.save_weights(model, data / "model.safetensors", options)
        config |= {"model_class": class_name(model), "model_kwargs": kwargs}
    else:
        torch_files.save_pickle(model, data)
    return Saved(config, pyfunc, FORMATS[kept])


def load(directory: Path, config: Config) -> Any:
    """The module back, on the CPU. RUNS what the format runs: trust was decided before."""
    data = inside(directory, config.get("model_data", "data"), "model_data")
    torch = framework("torch", "torch", config.get(VERSION[0]))
    if (data / "model.safetensors").exists():
        made = class_named(config.get("model_class"), torch.nn.Module)(**(config.get("model_kwargs") or {}))
        torch_files.load_weights(made, inside(data, "model.safetensors", "model_data"))
        return made.eval()
    if (data / "model.pth").exists():
        return torch_files.load_pickle(inside(data, "model.pth", "model_data")).eval()
    with reading("the exported program in model.pt2"):
        return torch.export.load(inside(data, "model.pt2", "model_data")).module()


def load_to_predict(directory: Path, config: Config) -> Any:
    """The module on the device that the model's configuration names."""
    device = (config.get("config") or {}).get("device")
    return load(directory, config) if device is None else load(directory, config).to(device)


def predict(model: Any, data: Any, params: Config) -> Any:
    """The module's answer: rows as a DataFrame for a DataFrame, an array for an array."""
    return torch_files.answer(model, data, params)


def code_execution(directory: Path, config: Config) -> str:
    """``pickle`` for a pickled module, else ``python-code``: see above."""
    data = inside(directory, config.get("model_data", "data"), "model_data")
    return "pickle" if (data / "model.pth").exists() else "python-code"


def example(value: Any) -> Any:
    """An input example that packaging can keep: a tensor as an array; several inputs are not kept."""
    if isinstance(value, list | tuple) and any(hasattr(each, "shape") for each in value):
        value = value[0] if len(value) == 1 else None
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value
